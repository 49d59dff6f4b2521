//! Addresses: one function per page, so that a link cannot be misspelt.

/// The public page. Every address is a document of its own.
pub mod public {
    /// The front of the page.
    pub const OVERVIEW: &str = "/";
    /// The form for new subscribers.
    pub const SUBSCRIBE: &str = "/subscribe";
    /// This month's history.
    pub const HISTORY: &str = "/history";
    /// The API's documentation.
    pub const API_DOCS: &str = "/api/v3/docs";

    /// An incident, by its code.
    pub fn incident(code: &str) -> String {
        format!("/incidents/{code}")
    }

    /// A maintenance, by its code.
    pub fn maintenance(code: &str) -> String {
        format!("/maintenance/{code}")
    }

    /// A month of history, as in `2026-11`.
    pub fn history(month: &str) -> String {
        format!("/history?month={month}")
    }
}
