//! Fundamental frequency.

mod beta;
mod difference;
mod pyin;
mod viterbi;
mod yin;

pub use pyin::{PitchTrack, Pyin, PyinConfig};
pub use yin::{Yin, YinConfig};
