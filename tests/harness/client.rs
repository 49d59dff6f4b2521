//! A JSON client over `shared`'s types, for stories and for questions that a generated client would not ask.
//!
//! [`Client::api`] is the client made from `openapi.json`; stories about operations prefer it. This one also sends what no
//! well-made client would: broken JSON, unknown fields, headers of one's own.

use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use shared::problem::{Code, Problem};
use shared::session::Session;

/// An answer that is not a success.
#[derive(Debug)]
pub struct Refusal {
    pub status: StatusCode,
    pub problem: Box<Problem>,
}

impl Refusal {
    pub fn code(&self) -> Code {
        self.problem.code
    }

    /// The fields that the problem names.
    pub fn fields(&self) -> Vec<&str> {
        self.problem.errors.iter().map(|error| error.field.as_str()).collect()
    }
}

pub type Answer<T> = Result<T, Refusal>;

/// Someone at the doors of a server: signed in or not, with a cookie jar like a browser's.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    pub base: String,
    token: Option<String>,
}

impl Client {
    /// Someone nobody knows.
    pub fn stranger(base: &str) -> Self {
        let http = reqwest::Client::builder()
            .cookie_store(true)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("a client");
        Self {
            http,
            base: base.to_owned(),
            token: None,
        }
    }

    /// The same with an access token.
    #[must_use]
    pub fn bearing(&self, token: impl Into<String>) -> Self {
        Self {
            token: Some(token.into()),
            ..self.clone()
        }
    }

    /// The access token of someone signed in.
    pub fn token(&self) -> &str {
        self.token.as_deref().expect("someone who has signed in")
    }

    /// Signs in and carries the access token from then on.
    pub async fn sign_in(&self, email: &str, password: &str) -> Answer<Self> {
        let login = serde_json::json!({ "email": email, "password": password });
        let session: Session = self.post("/sessions", &login).await?;
        Ok(self.bearing(session.access_token))
    }

    /// The client made from `openapi.json`, as the same person.
    pub fn api(&self) -> openapi::Client {
        let mut headers = reqwest::header::HeaderMap::new();
        if let Some(token) = &self.token {
            headers.insert("authorization", format!("Bearer {token}").parse().expect("a header"));
        }
        let http = reqwest::Client::builder()
            .default_headers(headers)
            .build()
            .expect("a client");
        openapi::Client::new_with_client(&format!("{}/api/v3", self.base), http)
    }

    /// A request to an address of the server, `/incidents/x` as well as `/api/v3/incidents`.
    pub fn request(&self, method: Method, address: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{address}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// A page as a browser without scripts sees it: the status and the text.
    pub async fn page(&self, address: &str) -> (StatusCode, String) {
        let response = self.request(Method::GET, address).send().await.expect("an answer");
        (response.status(), response.text().await.expect("a text"))
    }

    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Answer<T> {
        read(self.call(Method::GET, path).send().await.expect("an answer")).await
    }

    pub async fn post<T: DeserializeOwned>(&self, path: &str, input: &impl Serialize) -> Answer<T> {
        self.send(Method::POST, path, input).await
    }

    pub async fn put<T: DeserializeOwned>(&self, path: &str, input: &impl Serialize) -> Answer<T> {
        self.send(Method::PUT, path, input).await
    }

    pub async fn patch<T: DeserializeOwned>(&self, path: &str, input: &impl Serialize) -> Answer<T> {
        self.send(Method::PATCH, path, input).await
    }

    pub async fn delete(&self, path: &str) -> Answer<()> {
        read(self.call(Method::DELETE, path).send().await.expect("an answer")).await
    }

    async fn send<T: DeserializeOwned>(&self, method: Method, path: &str, input: &impl Serialize) -> Answer<T> {
        read(self.call(method, path).json(input).send().await.expect("an answer")).await
    }

    /// A request to an operation, `/incidents`.
    pub fn call(&self, method: Method, path: &str) -> RequestBuilder {
        self.request(method, &format!("/api/v3{path}"))
    }
}

/// What an answer says; an empty one is read as `null`, which is what `()` and [`Value`] take.
pub async fn read<T: DeserializeOwned>(response: Response) -> Answer<T> {
    let status = response.status();
    let text = response.text().await.expect("a text");
    if status.is_success() {
        let text = if text.is_empty() { "null" } else { text.as_str() };
        return Ok(serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}")));
    }
    let problem: Box<Problem> =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{status} without a problem ({error}): {text}"));
    Err(Refusal { status, problem })
}

/// What is wrong with the shape of an answer is easier to see as a value.
pub async fn value(response: Response) -> Value {
    serde_json::from_str(&response.text().await.expect("a text")).unwrap_or(Value::Null)
}

/// What the generated client answers, as an [`Answer`].
pub trait Told<T> {
    fn told(self) -> Answer<T>;
}

impl<T> Told<T> for Result<openapi::ResponseValue<T>, openapi::Error<Problem>> {
    fn told(self) -> Answer<T> {
        match self {
            Ok(answer) => Ok(answer.into_inner()),
            Err(openapi::Error::ErrorResponse(answer)) => Err(Refusal {
                status: answer.status(),
                problem: Box::new(answer.into_inner()),
            }),
            Err(other) => panic!("{other}"),
        }
    }
}
