//! What people see: the public page and the admin console, in Leptos.
//!
//! The public page is written once and rendered twice. The server renders it (feature `ssr`, [`pages::status::render`]);
//! the app (feature `csr`, `bin/status.rs`) mounts the same components over it with the same data and keeps it live.
//! The console (feature `admin`, `bin/admin.rs`) runs in the browser only. Neither knows anything of the server but
//! the contract, whose types are `shared`'s.
//!
//! [`pages`] are whole screens, [`components`] what they are made of, [`ui`] what knows nothing of status pages.

#[cfg(feature = "admin")]
pub mod api;
pub mod components;
pub mod i18n;
mod json;
#[cfg(feature = "admin")]
mod number;
pub mod pages;
pub mod routes;
#[cfg(feature = "admin")]
pub mod state;
pub mod time;
pub mod ui;
