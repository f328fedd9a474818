#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

#[cfg(feature = "rayon")]
mod batch;
mod chroma;
mod config;
mod delta;
mod descriptors;
mod error;
mod frames;
pub mod inverse;
mod log_mel;
mod mfcc;
mod output;
mod stream;
mod tuning;

#[cfg(feature = "rayon")]
pub use batch::process_batch;
pub use chroma::{Chroma, ChromaConfig, Tuning};
pub use config::{LogMelConfig, LogScale, MfccConfig, Spectrum};
pub use delta::delta;
pub use descriptors::{Descriptors, DescriptorsConfig, SpectralDescriptors};
pub use error::{Error, Result};
pub use log_mel::LogMel;
pub use mfcc::Mfcc;
pub use stream::{LogMelStream, MfccStream};

// Crates whose types stand in this crate's signatures.
pub use cepstrum_dsp as dsp;
pub use ndarray;
#[cfg(feature = "rayon")]
pub use rayon;
