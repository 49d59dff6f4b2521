//! The public page.
