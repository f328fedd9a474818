#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod block;

mod autocorrelation;
mod convolution;
mod dct;
mod decibel;
mod error;
mod float;
mod framing;
mod inverse;
mod mel;
mod mel_scale;
mod resample;
mod spectrum;
mod stft;
mod window;

pub use autocorrelation::Autocorrelation;
pub use convolution::convolve;
pub use dct::{Dct, DctNorm, DctType};
pub use decibel::{DecibelConfig, Reference, amplitude_to_db, power_to_db};
pub use error::{Error, Result};
pub use float::Float;
pub use framing::{Framing, Padding, StftConfig};
pub use inverse::InverseStft;
pub use mel::{MelConfig, MelFilterBank, MelNorm};
pub use mel_scale::{MelScale, mel_frequencies};
pub use realfft::num_complex::Complex;
pub use resample::{Resampler, resample, resampled_len};
pub use spectrum::{fft_frequencies, fft_magnitude};
pub use stft::Stft;
pub use window::{Symmetry, Window};
