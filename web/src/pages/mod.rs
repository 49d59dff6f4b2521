//! Whole screens.

#[cfg(feature = "admin")]
pub mod admin;
pub mod status;
