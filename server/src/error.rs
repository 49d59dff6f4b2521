//! What can go wrong, in the caller's words. The cause goes to the log, never to the caller.

mod trouble;

use std::time::Duration;

use sea_orm::{DbErr, SqlErr};
use shared::problem::{Code, FieldCode, FieldError, Problem};

pub use self::trouble::is_deadlock;

use self::trouble::Trouble;

/// Databases are back within seconds or not for hours; asking this often costs neither side anything.
const UNAVAILABLE_FOR: Duration = Duration::from_secs(5);

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a use case did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The caller can do something about it.
    #[error("{}: {}", .0.code, .0.detail.as_deref().unwrap_or(&.0.title))]
    Refused(Box<Problem>),
    /// The caller should come back later.
    #[error("too many tries; again in {0:?}")]
    RateLimited(Duration),
    #[error("database: {0}")]
    Database(#[from] DbErr),
    #[error("{0:#}")]
    Internal(anyhow::Error),
}

// Not `#[from]`: the message has the whole chain already, and a source would be printed after it once more.
impl From<anyhow::Error> for Error {
    fn from(error: anyhow::Error) -> Self {
        Self::Internal(error)
    }
}

impl Error {
    /// A refusal with a code and what happened this time.
    pub fn refused(code: Code, detail: impl Into<String>) -> Self {
        Self::Refused(Box::new(Problem {
            detail: Some(detail.into()),
            ..Problem::new(code)
        }))
    }

    /// There is no such thing, or not for this caller.
    pub fn not_found(what: &str) -> Self {
        Self::refused(Code::NotFound, format!("there is no such {what}"))
    }

    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::refused(Code::Conflict, detail)
    }

    /// One field breaks a rule that only the server knows.
    pub fn field(field: impl Into<String>, code: FieldCode, message: impl Into<String>) -> Self {
        vec![FieldError::new(field, code, message)].into()
    }

    /// Names the field that a conflict is about.
    #[must_use]
    pub fn at(mut self, field: &str, code: FieldCode) -> Self {
        if let Self::Refused(problem) = &mut self {
            let message = problem.detail.clone().unwrap_or_else(|| problem.title.clone());
            problem.errors.push(FieldError::new(field, code, message));
        }
        self
    }

    /// The same failure for another caller that waited for the same work.
    #[must_use]
    pub fn repeat(&self) -> Self {
        match self {
            Self::Refused(problem) => Self::Refused(problem.clone()),
            Self::RateLimited(wait) => Self::RateLimited(*wait),
            Self::Database(error) => match Trouble::of(error) {
                Some(trouble) => Self::refused(Code::Unavailable, trouble.words()),
                None => Self::Internal(anyhow::anyhow!("{self}")),
            },
            Self::Internal(_) => Self::Internal(anyhow::anyhow!("{self}")),
        }
    }

    /// The code the caller will see.
    pub fn code(&self) -> Code {
        match self {
            Self::Refused(problem) => problem.code,
            Self::RateLimited(_) => Code::RateLimited,
            Self::Database(error) if Trouble::of(error).is_some() => Code::Unavailable,
            Self::Database(_) | Self::Internal(_) => Code::Internal,
        }
    }

    /// What the caller is told; causes stay here.
    pub fn to_problem(&self) -> Problem {
        match self {
            Self::Refused(problem) => (**problem).clone(),
            Self::RateLimited(wait) => {
                let detail = format!("try again in {} seconds", wait.as_secs().max(1));
                Problem {
                    detail: Some(detail),
                    ..Problem::new(Code::RateLimited)
                }
            }
            Self::Database(error) => Problem {
                detail: Trouble::of(error).map(|trouble| trouble.words().to_owned()),
                ..Problem::new(self.code())
            },
            Self::Internal(_) => Problem::new(Code::Internal),
        }
    }

    /// When the caller may try again, where that is worth saying.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited(wait) => Some(*wait),
            Self::Refused(_) | Self::Database(_) | Self::Internal(_) => {
                (self.code() == Code::Unavailable).then_some(UNAVAILABLE_FOR)
            }
        }
    }
}

impl From<Vec<FieldError>> for Error {
    fn from(errors: Vec<FieldError>) -> Self {
        Self::Refused(Box::new(Problem {
            errors,
            ..Problem::new(Code::Invalid)
        }))
    }
}

/// Turns a rule of the database into words, where it is met.
pub trait OnDuplicate<T> {
    /// The error to give when a unique index says no.
    fn on_duplicate(self, refusal: impl FnOnce() -> Error) -> Result<T>;
}

impl<T> OnDuplicate<T> for Result<T, DbErr> {
    fn on_duplicate(self, refusal: impl FnOnce() -> Error) -> Result<T> {
        self.map_err(|error| match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(_)) => refusal(),
            _ => error.into(),
        })
    }
}
