//! What the pages are made of.

pub mod affected;
#[cfg(feature = "ssr")]
pub mod chart;
pub mod component_tree;
pub mod incident_card;
pub mod maintenance_card;
pub mod status_badge;
pub mod timeline;
#[cfg(feature = "ssr")]
pub mod uptime_bar;
pub mod words;
