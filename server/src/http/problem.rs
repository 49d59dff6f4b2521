//! From our errors, and from poem's, to problems on the wire.

use poem::Response;
use poem::http::{StatusCode, header};
use poem_openapi::ApiResponse;
use poem_openapi::error::{ContentTypeError, ParseParamError, ParsePathError, ParseRequestPayloadError};
use poem_openapi::registry::{MetaMediaType, MetaResponse, MetaResponses, Registry};
use poem_openapi::types::Type;
use shared::problem::{Code, Problem};

use crate::error::Error;

pub const PROBLEM_JSON: &str = "application/problem+json";

/// An [`Error`] on its way out of a handler.
#[derive(Debug)]
pub struct ApiError(pub Error);

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl From<ApiError> for poem::Error {
    fn from(ApiError(error): ApiError) -> Self {
        let mut carried = Self::from_response(respond(&error));
        // When poem unpacks the response, what hangs on the error replaces what hung on the response.
        carried.set_data(error.to_problem());
        if error.code().status() >= 500 {
            carried.set_data(Cause(error.to_string()));
        }
        carried
    }
}

/// Why a request failed, for the log only.
#[derive(Clone)]
pub struct Cause(pub String);

/// An error as a response.
pub fn respond(error: &Error) -> Response {
    let mut response = problem_response(&error.to_problem());
    if let Some(wait) = error.retry_after() {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, wait.as_secs().max(1).into());
    }
    response
}

/// A problem as a response.
pub fn problem_response(problem: &Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = serde_json::to_vec(problem).unwrap_or_default();
    let mut response = Response::builder().status(status).content_type(PROBLEM_JSON).body(body);
    // The middleware knows the request id and writes the problem once more, with it.
    response.extensions_mut().insert(problem.clone());
    response
}

/// What poem refused before a handler saw it.
pub fn from_poem(error: poem::Error) -> Response {
    if error.is_from_response() {
        return error.into_response();
    }
    let (code, detail) = if let Some(error) = error.downcast_ref::<ParseRequestPayloadError>() {
        (Code::Malformed, error.reason.clone())
    } else if let Some(error) = error.downcast_ref::<ParseParamError>() {
        (Code::Malformed, format!("{}: {}", error.name, error.reason))
    } else if let Some(error) = error.downcast_ref::<ParsePathError>() {
        (Code::NotFound, format!("{}: {}", error.name, error.reason))
    } else if error.is::<ContentTypeError>() {
        (
            Code::UnsupportedMediaType,
            "send the body as application/json".to_owned(),
        )
    } else {
        (code_of(error.status()), error.to_string())
    };
    let detail = (code != Code::Internal).then_some(detail);
    problem_response(&Problem {
        detail,
        ..Problem::new(code)
    })
}

fn code_of(status: StatusCode) -> Code {
    match status {
        StatusCode::NOT_FOUND => Code::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => Code::MethodNotAllowed,
        StatusCode::PAYLOAD_TOO_LARGE => Code::TooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Code::UnsupportedMediaType,
        StatusCode::UNAUTHORIZED => Code::Unauthenticated,
        StatusCode::SERVICE_UNAVAILABLE => Code::Unavailable,
        status if status.is_client_error() => Code::Malformed,
        _ => Code::Internal,
    }
}

impl ApiResponse for ApiError {
    fn meta() -> MetaResponses {
        let mut statuses: Vec<u16> = Code::ALL.iter().map(|code| code.status()).collect();
        statuses.sort_unstable();
        statuses.dedup();
        MetaResponses {
            responses: statuses.into_iter().map(problem_meta).collect(),
        }
    }

    fn register(registry: &mut Registry) {
        <Problem as Type>::register(registry);
    }
}

fn problem_meta(status: u16) -> MetaResponse {
    let title = Code::ALL
        .iter()
        .find(|code| code.status() == status)
        .map_or("", |code| code.title());
    MetaResponse {
        description: title,
        status: Some(status),
        status_range: None,
        content: vec![MetaMediaType {
            content_type: PROBLEM_JSON,
            schema: <Problem as Type>::schema_ref(),
        }],
        headers: vec![],
    }
}
