//! Building blocks that know nothing of status pages.

#[cfg(feature = "admin")]
pub mod dialog;
#[cfg(feature = "admin")]
pub mod field;
#[cfg(feature = "admin")]
pub mod form;
pub mod icon;
#[cfg(feature = "admin")]
pub mod load;
pub mod markdown;
#[cfg(feature = "admin")]
pub mod menu;
#[cfg(feature = "admin")]
pub mod pager;
pub mod prose;
#[cfg(feature = "admin")]
pub mod table;
pub mod time_ago;
#[cfg(feature = "admin")]
pub mod toast;
