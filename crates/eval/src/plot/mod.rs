//! Pictures as PNG or SVG: each function takes plain data and a [`Style`] and returns a [`Picture`].
//!
//! A picture is laid out once, as shapes in points, which are then drawn as pixels (`tiny-skia`, glyphs by `ab_glyph`)
//! or written as SVG. This needs no system library and no installed font. plotters was considered and rejected: it
//! rotates text by multiples of 90 degrees only, does not anti-alias thick lines in bitmaps and writes a heat map to
//! SVG as one rectangle per cell.

mod attributions;
mod axes;
mod bars;
mod canvas;
mod color;
mod colormap;
mod confusion;
mod deletion_insertion;
mod font;
mod heatmap;
mod history;
mod legend;
mod masked;
mod overview;
mod picture;
mod raster;
mod reliability;
mod scale;
mod signal;
mod style;
mod svg;
mod timeline;

pub use attributions::{AttributionExample, attributions};
pub use bars::{ResultSeries, class_counts, results};
pub use colormap::Colormap;
pub use confusion::confusion;
pub use deletion_insertion::deletion_insertion;
pub use history::{histories, history};
pub use masked::masked_spectrogram;
pub use overview::{TrackViews, overview};
pub use picture::Picture;
pub use reliability::{reliability, roc};
pub use signal::{FrameRate, mfcc, spectrogram, spectrum, waveform};
pub use style::{Style, Theme};
pub(crate) use svg::escaped;
pub use timeline::timeline;
