//! Pictures: each a function that takes data and a [`Style`] and gives a [`Picture`], saved as PNG or SVG.
//!
//! A picture is laid out once, as shapes in points, and drawn from them twice: as pixels (`tiny-skia`, glyphs by
//! `ab_glyph`) and as SVG. No system library and no installed font takes part. plotters was weighed and left: it turns
//! text by quarter turns only, does not smooth thick lines in bitmaps and writes a heat map into SVG as a rectangle a cell.

mod axes;
mod bars;
mod canvas;
mod colormap;
mod confusion;
mod deletion_insertion;
mod explanation;
mod font;
mod heatmap;
mod history;
mod legend;
mod overview;
mod picture;
mod raster;
mod reliability;
mod scale;
mod signal;
mod style;
mod svg;
mod timeline;

pub use bars::{class_counts, results};
pub use colormap::Colormap;
pub use confusion::confusion;
pub use deletion_insertion::deletion_insertion;
pub use explanation::{AttributionExample, explanation};
pub use history::{histories, history};
pub use overview::{TrackViews, overview};
pub use picture::Picture;
pub use reliability::{reliability, roc};
pub use signal::{FrameRate, mfcc, spectrogram, spectrum, waveform};
pub use style::{Style, Theme};
pub(crate) use svg::escaped;
pub use timeline::timeline;
