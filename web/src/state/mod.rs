//! What the console remembers.
