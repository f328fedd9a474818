#![doc = include_str!("../README.md")]

mod block_fft;
mod dct;
mod decibel;
mod error;
mod float;
mod frame_buffer;
mod framing;
mod inverse;
mod mel;
mod power;
mod resample;
mod simd;
mod spectrum;
mod stft;
mod task;
mod window;

pub use dct::{Dct, DctNorm};
pub use decibel::{
    DecibelConfig, Reference, amplitude_to_db, decibel_block, floor_block, power_to_db, sqrt_block,
};
pub use error::{Error, Result};
pub use float::Float;
pub use frame_buffer::FrameBuffer;
pub use framing::{Framing, Padding, StftConfig, check_finite};
pub use inverse::InverseStft;
pub use mel::{MelConfig, MelFilterBank, MelNorm, MelScale, mel_frequencies};
pub use power::PowerStft;
pub use realfft::num_complex::Complex;
pub use resample::{Resampler, resample, resampled_len};
pub use simd::{LANES, Lanes};
pub use spectrum::{fft_frequencies, fft_magnitude};
pub use stft::Stft;
pub use window::{Symmetry, Window};

pub(crate) fn check_length(what: &'static str, expected: usize, actual: usize) -> Result<()> {
    if expected == actual { Ok(()) } else { Err(Error::BufferLength { what, expected, actual }) }
}
