//! The public page.
//!
//! The server puts together a [`PublicDocument`] and asks [`render`] for the whole HTML. The same document stands in
//! the HTML as JSON, its Markdown made safe HTML; the app reads it, takes over what only the server can draw ([`drawn`]) and mounts [`StatusPageView`] over the markup, then [`live`] keeps it true.
//! Forms work without the app, so pages that are forms do not load it.

#[cfg(feature = "ssr")]
mod announcements;
#[cfg(feature = "ssr")]
mod calendar;
#[cfg(feature = "ssr")]
mod component;
pub mod document;
#[cfg(feature = "ssr")]
mod drawing;
pub mod drawn;
#[cfg(feature = "ssr")]
pub mod entry;
pub mod headline;
mod history;
#[cfg(feature = "ssr")]
mod html;
mod incident;
#[cfg(feature = "csr")]
pub mod live;
mod maintenance;
#[cfg(feature = "ssr")]
mod manage;
#[cfg(feature = "ssr")]
mod metric;
#[cfg(feature = "ssr")]
mod missing;
mod overview;
#[cfg(feature = "ssr")]
mod plain;
#[cfg(feature = "ssr")]
mod postmortem;
#[cfg(feature = "ssr")]
mod preferences;
pub mod prepared;
#[cfg(feature = "ssr")]
mod scope;
#[cfg(feature = "ssr")]
mod search;
mod shell;
pub mod state;
#[cfg(feature = "ssr")]
mod subscribe;
#[cfg(feature = "ssr")]
mod theme;

pub use document::{
    Asked, ComponentStory, Extras, Frame, ManageForm, PlainView, PublicDocument, PublicView, SearchPage, SubscribeForm,
};
#[cfg(feature = "ssr")]
pub use html::{HeadAssets, render, render_aged};
pub use prepared::Prepared;
pub use shell::StatusPageView;
#[cfg(feature = "ssr")]
pub use theme::theme_css;
