//! What went wrong, in the form of RFC 9457 (`application/problem+json`).

words! {
    /// What a program can react to. The texts beside it may change; these words do not.
    pub enum Code {
        /// The body is not JSON, or not JSON of the right shape.
        Malformed = "malformed",
        /// One or more fields break a rule; `errors` names them.
        Invalid = "invalid",
        /// Nobody is signed in, or the credential is wrong, expired or revoked.
        Unauthenticated = "unauthenticated",
        /// Signed in, but the role does not allow this.
        Forbidden = "forbidden",
        /// There is no such thing, or not for you.
        NotFound = "not_found",
        /// The address does not answer this method.
        MethodNotAllowed = "method_not_allowed",
        /// What was asked does not fit the state the thing is in.
        Conflict = "conflict",
        /// The address is used already.
        SlugTaken = "slug_taken",
        /// Someone has this e-mail address already.
        EmailTaken = "email_taken",
        /// The thing has changed since you read it: read it again.
        Changed = "changed",
        /// The same `Idempotency-Key` came with another body, or the first request is still running.
        IdempotencyMismatch = "idempotency_mismatch",
        /// The body took too long to arrive.
        TimedOut = "timed_out",
        /// More than 256 KiB.
        TooLarge = "too_large",
        /// The body is not `application/json`.
        UnsupportedMediaType = "unsupported_media_type",
        /// Too many tries; `Retry-After` says when to come back.
        RateLimited = "rate_limited",
        /// The link was used, has expired, or never was one.
        LinkExpired = "link_expired",
        /// Our fault; the log has the cause under the request id.
        Internal = "internal",
        /// Not now: the database is away or the server is stopping.
        Unavailable = "unavailable",
    }
}

impl Code {
    /// The HTTP status that goes with the code.
    pub const fn status(self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::Unauthenticated => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::Conflict | Self::SlugTaken | Self::EmailTaken => 409,
            Self::LinkExpired => 410,
            Self::Changed => 412,
            Self::TimedOut => 408,
            Self::TooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::Invalid | Self::IdempotencyMismatch => 422,
            Self::RateLimited => 429,
            Self::Internal => 500,
            Self::Unavailable => 503,
        }
    }

    /// A short English title, the same for every problem with this code.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Malformed => "The request cannot be read",
            Self::Invalid => "Some fields need attention",
            Self::Unauthenticated => "Sign in first",
            Self::Forbidden => "Your role does not allow this",
            Self::NotFound => "There is nothing here",
            Self::MethodNotAllowed => "This address does not answer that method",
            Self::Conflict => "That does not fit the present state",
            Self::SlugTaken => "That address is used already",
            Self::EmailTaken => "That e-mail address is used already",
            Self::Changed => "It has changed since you read it",
            Self::IdempotencyMismatch => "That idempotency key belongs to another request",
            Self::TimedOut => "The request took too long to arrive",
            Self::TooLarge => "The request is too large",
            Self::UnsupportedMediaType => "Send application/json",
            Self::RateLimited => "Too many requests",
            Self::LinkExpired => "This link is not valid any more",
            Self::Internal => "Something went wrong on our side",
            Self::Unavailable => "Not available just now",
        }
    }
}

words! {
    /// What is wrong with a field.
    pub enum FieldCode {
        /// Needed, but absent or empty.
        Required = "required",
        /// More characters or items than allowed.
        TooLong = "too_long",
        /// Fewer characters or items than needed.
        TooShort = "too_short",
        /// Not of the form the field has.
        BadFormat = "bad_format",
        /// A template that cannot be read or written; `message` has the line and the reason.
        BadTemplate = "bad_template",
        /// Outside the allowed range.
        OutOfRange = "out_of_range",
        /// Points at something that is not there.
        Unknown = "unknown",
        /// Given twice.
        Duplicate = "duplicate",
        /// Too easy to guess.
        TooWeak = "too_weak",
        /// Someone has it already.
        Taken = "taken",
        /// Not possible in the present state.
        NotAllowed = "not_allowed",
    }
}

output! {
    /// One field that breaks a rule.
    pub struct FieldError {
        /// Where it is in the body: `title`, `components[2].status`.
        pub field: String,
        pub code: FieldCode,
        /// In English: what was found and what is expected.
        pub message: String,
    }

    /// A problem as RFC 9457 has it.
    pub struct Problem {
        /// `urn:signet:problem:` and the code.
        #[serde(rename = "type")]
        #[cfg_attr(feature = "openapi", oai(rename = "type"))]
        pub kind: String,
        /// The same for every problem with this code.
        pub title: String,
        /// The HTTP status.
        pub status: u16,
        pub code: Code,
        /// What happened this time, in English, for logs and curl.
        pub detail: Option<String>,
        /// The request id: quote it when you ask for help.
        pub instance: Option<String>,
        /// The fields that need attention; empty for other problems.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[cfg_attr(feature = "openapi", oai(default, skip_serializing_if_is_empty))]
        pub errors: Vec<FieldError>,
    }
}

impl FieldError {
    pub fn new(field: impl Into<String>, code: FieldCode, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            code,
            message: message.into(),
        }
    }
}

impl Problem {
    /// A problem with nothing but its code; add what is known.
    pub fn new(code: Code) -> Self {
        Self {
            kind: format!("urn:signet:problem:{code}"),
            title: code.title().into(),
            status: code.status(),
            code,
            detail: None,
            instance: None,
            errors: Vec::new(),
        }
    }
}
