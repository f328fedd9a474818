//! Tracks and models prepared for the pictures of [`plot`](crate::plot).

mod listening;
mod saliency;
mod track;

pub use listening::{Listening, Sound};
pub use saliency::AttributionPlot;
pub use track::TrackAnalysis;
