//! Pitch classes, tuning, and what follows from them.

mod chroma;
mod chroma_cqt;
mod cqt;
mod cqt_filters;
mod tonnetz;
mod tuning;

pub use chroma::{Chroma, ChromaConfig, Tuning};
pub use chroma_cqt::{ChromaCqt, ChromaCqtConfig, chroma_cens};
pub use cqt::{Bandwidth, Cqt, CqtConfig, CqtScale};
pub use tonnetz::tonnetz;

pub(crate) use chroma::ChromaBlocks;
