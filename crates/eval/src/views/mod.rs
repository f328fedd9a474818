//! Tracks and models prepared for the pictures of [`plot`](crate::plot).

mod saliency;
mod track;

pub use saliency::AttributionPlot;
pub use track::TrackAnalysis;
