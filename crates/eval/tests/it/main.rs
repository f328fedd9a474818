//! The integration tests of this crate, linked once.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod by_track;
mod confusion;
#[path = "../../examples/gallery/data.rs"]
#[allow(dead_code, reason = "the gallery uses all of it")]
mod data;
#[path = "../../examples/gallery/pictures.rs"]
mod gallery;
mod golden;
mod metrics;
mod pictures;
mod pictures_golden;
mod pictures_layout;
mod pictures_places;
mod pixels;
mod records;
mod report;
mod sources;
mod terminal;
mod training;
