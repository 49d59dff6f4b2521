//! The JSON API, `/api/v3`: one file per resource, each handler three lines. Handlers translate; the domain decides.

pub mod error;
pub mod extract;

pub use error::ApiError;

/// What handlers return.
pub type ApiResult<T> = Result<T, ApiError>;
