//! What other sites put into their own pages: a widget, by script or in a frame, and what oEmbed and previews want to know.

mod oembed;
mod widget;

pub use oembed::answer;
pub use widget::{data, frame, script, style};
