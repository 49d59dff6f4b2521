//! What handlers are handed, and what they hand back.

use std::ops::Deref;

use poem::http::{StatusCode, header};
use poem::{IntoResponse, Request, RequestBody, Response};
use poem_openapi::payload::{Json, Payload};
use poem_openapi::registry::{
    MetaHeader, MetaMediaType, MetaResponse, MetaResponses, MetaSchemaRef, MetaSecurityScheme, Registry,
};
use poem_openapi::types::{ToJSON, Type};
use poem_openapi::{ApiExtractor, ApiExtractorType, ApiResponse, ExtractParamOptions};
use shared::Timestamp;
use shared::problem::{Code, FieldCode};

use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::http::middleware::Authenticated;
use crate::http::problem::ApiError;
use crate::http::reader::reading;

/// A context whose actor showed a bearer token. Whether they may is the domain's to say.
pub struct Caller(Ctx);

/// A context for anyone.
pub struct Guest(Ctx);

/// A context for anyone who reads a page; a member who is signed in, in a browser or with a token, reads more.
pub struct Reader(Ctx);

impl Deref for Caller {
    type Target = Ctx;
    fn deref(&self) -> &Ctx {
        &self.0
    }
}

impl Deref for Guest {
    type Target = Ctx;
    fn deref(&self) -> &Ctx {
        &self.0
    }
}

impl Deref for Reader {
    type Target = Ctx;
    fn deref(&self) -> &Ctx {
        &self.0
    }
}

const SCHEME: &str = "access_token";

fn context(request: &Request) -> poem::Result<Ctx> {
    request
        .extensions()
        .get::<Ctx>()
        .cloned()
        .ok_or_else(|| ApiError(Error::Internal(anyhow::anyhow!("no context in the request"))).into())
}

impl<'a> ApiExtractor<'a> for Caller {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        registry.create_security_scheme(
            SCHEME,
            MetaSecurityScheme {
                ty: "http",
                description: Some("An access token from `POST /sessions`, good for 15 minutes."),
                name: None,
                key_in: None,
                scheme: Some("bearer"),
                bearer_format: Some("JWT"),
                flows: None,
                openid_connect_url: None,
            },
        );
    }

    fn security_schemes() -> Vec<&'static str> {
        vec![SCHEME]
    }

    async fn from_request(request: &'a Request, _: &mut RequestBody, _: ExtractParamOptions<()>) -> poem::Result<Self> {
        let cx = context(request)?;
        match request.extensions().get::<Authenticated>() {
            Some(Authenticated(Ok(actor))) => Ok(Self(cx.acting(actor.clone()))),
            Some(Authenticated(Err(error))) => Err(ApiError(error.repeat()).into()),
            None => Err(ApiError(Error::refused(
                Code::Unauthenticated,
                "send Authorization: Bearer and an access token",
            ))
            .into()),
        }
    }
}

impl<'a> ApiExtractor<'a> for Guest {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::PoemExtractor];
    type ParamType = ();
    type ParamRawType = ();

    async fn from_request(request: &'a Request, _: &mut RequestBody, _: ExtractParamOptions<()>) -> poem::Result<Self> {
        context(request).map(Self)
    }
}

impl<'a> ApiExtractor<'a> for Reader {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::PoemExtractor];
    type ParamType = ();
    type ParamRawType = ();

    async fn from_request(request: &'a Request, _: &mut RequestBody, _: ExtractParamOptions<()>) -> poem::Result<Self> {
        Ok(Self(reading(request, &context(request)?).await))
    }
}

/// The revision a PATCH was made on the sight of, from `If-Match`.
pub fn expected(if_match: Option<String>) -> Result<Option<Timestamp>> {
    let Some(text) = if_match.filter(|text| text != "*") else {
        return Ok(None);
    };
    match text.trim_start_matches("W/").trim_matches('"').parse() {
        Ok(ms) => Ok(Some(Timestamp::from_millis(ms))),
        Err(_) => Err(Error::field(
            "If-Match",
            FieldCode::BadFormat,
            "is not an ETag from an earlier answer",
        )),
    }
}

/// `200` with an `ETag` for the next `If-Match`.
pub struct Revised<T>(pub T, pub Timestamp);

/// `201` with the address of what was made.
pub struct Created<T>(pub T, pub String);

/// `201` with an answer but no address of its own.
pub struct Made<T>(pub T);

/// `202`: it will be done.
pub struct Accepted;

/// `204`: done, and nothing to say.
pub struct Done;

impl<T: ToJSON + Send> IntoResponse for Revised<T> {
    fn into_response(self) -> Response {
        let etag = format!("\"{}\"", self.1.as_millis());
        Json(self.0).with_header(header::ETAG, etag).into_response()
    }
}

impl<T: ToJSON + Send> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        Json(self.0)
            .with_header(header::LOCATION, self.1)
            .with_status(StatusCode::CREATED)
            .into_response()
    }
}

impl<T: ToJSON + Send> IntoResponse for Made<T> {
    fn into_response(self) -> Response {
        Json(self.0).with_status(StatusCode::CREATED).into_response()
    }
}

impl IntoResponse for Accepted {
    fn into_response(self) -> Response {
        StatusCode::ACCEPTED.into_response()
    }
}

impl IntoResponse for Done {
    fn into_response(self) -> Response {
        StatusCode::NO_CONTENT.into_response()
    }
}

impl<T: ToJSON + Send> ApiResponse for Revised<T> {
    fn meta() -> MetaResponses {
        one(
            200,
            "Here it is.",
            Some(T::schema_ref()),
            &[("ETag", "Give it back in If-Match.")],
        )
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

impl<T: ToJSON + Send> ApiResponse for Created<T> {
    fn meta() -> MetaResponses {
        one(
            201,
            "It was made.",
            Some(T::schema_ref()),
            &[("Location", "Where it is.")],
        )
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

impl<T: ToJSON + Send> ApiResponse for Made<T> {
    fn meta() -> MetaResponses {
        one(201, "It was made.", Some(T::schema_ref()), &[])
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

impl ApiResponse for Accepted {
    fn meta() -> MetaResponses {
        one(202, "It will be done.", None, &[])
    }

    fn register(_: &mut Registry) {}
}

impl ApiResponse for Done {
    fn meta() -> MetaResponses {
        one(204, "Done.", None, &[])
    }

    fn register(_: &mut Registry) {}
}

fn one(
    status: u16,
    description: &'static str,
    schema: Option<MetaSchemaRef>,
    headers: &[(&str, &str)],
) -> MetaResponses {
    let header = |(name, description): &(&str, &str)| MetaHeader {
        name: (*name).to_owned(),
        description: Some((*description).to_owned()),
        required: false,
        deprecated: false,
        schema: String::schema_ref(),
    };
    let content = schema.map(|schema| MetaMediaType {
        content_type: Json::<String>::CONTENT_TYPE,
        schema,
    });
    MetaResponses {
        responses: vec![MetaResponse {
            description,
            status: Some(status),
            status_range: None,
            content: content.into_iter().collect(),
            headers: headers.iter().map(header).collect(),
        }],
    }
}
