//! One binary, so that it links once: stories by resource, then the tests of the house itself.

mod floors;
mod locales;
mod migrations;
