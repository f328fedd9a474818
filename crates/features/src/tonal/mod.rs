//! Pitch classes, tuning, and what follows from them.

mod chroma;
mod tonnetz;
mod tuning;

pub use chroma::{Chroma, ChromaConfig, Tuning};
pub use tonnetz::tonnetz;
