//! Eight frames at once: the layer on which `cepstrum-features` is built.
//!
//! The steps from samples to MFCCs do the same work for every frame. The types and functions of this module therefore
//! process [`LANES`] = 8 frames together, one frame per vector lane, so that no step has to move values between lanes.
//! [`Stft`](crate::Stft), [`MelFilterBank`](crate::MelFilterBank), [`Dct`](crate::Dct) and
//! [`power_to_db`](crate::power_to_db) do the same one frame at a time; start there unless speed decides.
//!
//! # Layout
//! A *block* is a slice of [`Lanes`]. Element `k` holds value `k` (a frequency bin, a mel band, a coefficient) of all
//! eight frames, and frame `t` of the signal is lane `t % 8` of block `t / 8`:
//!
//! ```text
//!              lane 0    lane 1         lane 7
//!             (frame 0) (frame 1)  ... (frame 7)
//! block[0]  [  x[0,0]    x[1,0]    ...   x[7,0]  ]    value 0 of eight frames: one Lanes<T>
//! block[1]  [  x[0,1]    x[1,1]    ...   x[7,1]  ]
//!    :             :         :               :
//! block[n-1][ x[0,n-1]  x[1,n-1]   ...  x[7,n-1] ]
//! ```
//!
//! The last block of a signal may hold fewer than eight frames. Its remaining lanes repeat the last frame, so that every
//! lane holds ordinary values; a caller ignores them. Lanes never mix: a frame has the same bits whatever its neighbors
//! are, and therefore the same bits in a stream as in a whole signal.
//!
//! # The path of an MFCC
//!
//! | step | block in | block out |
//! |---|---|---|
//! | [`PowerStft::for_each_block`], or [`FrameBuffer`] and [`PowerStft::block`] for a stream | samples | `[n_fft / 2 + 1]` powers |
//! | [`sqrt`], for magnitudes instead of powers | `[n_bins]` | in place |
//! | [`MelFilterBank::process_block`](crate::MelFilterBank::process_block) | `[n_bins]` | `[n_mels]` |
//! | [`to_db`] | `[n_mels]` | in place; returns each frame's maximum |
//! | [`clip_to_reference`] | `[n_mels]` | in place |
//! | [`Dct::process_block`](crate::Dct::process_block) | `[n_mels]` | `[n_mfcc]` |
//!
//! ```
//! use cepstrum_dsp::block::{self, Lanes, PowerStft};
//! use cepstrum_dsp::{Error, MelConfig, MelFilterBank, StftConfig};
//!
//! let samples: Vec<f32> = (0..22_050).map(|i| (i as f32 * 0.1).sin()).collect();
//! let mut stft = PowerStft::new(&StftConfig::default())?;
//! let mel = MelFilterBank::new(&MelConfig::default(), 22_050, 2048)?;
//!
//! let mut bands = vec![Lanes::default(); mel.n_mels()];
//! let mut loudest = f32::NEG_INFINITY;
//! stft.for_each_block(&samples, |frames, power| {
//!     mel.process_block(power, &mut bands)?;
//!     let maxima = block::to_db(&mut bands, 1e-10);
//!     // Lane `i` is frame `frames.start + i`.
//!     loudest = maxima.0[..frames.len()].iter().copied().fold(loudest, f32::max);
//!     Ok::<(), Error>(())
//! })?;
//! assert!(loudest > 30.0 && loudest < 60.0);
//! # Ok::<(), cepstrum_dsp::Error>(())
//! ```
//!
//! Other features take other ways from the powers: [`Matrix`] (pitch classes, line fits), [`sum`], [`log_sums`],
//! [`spread`], [`maximum`], [`peaks`], [`extremes`] and [`RunningMedian`]; or start from complex spectra: [`ComplexStft`],
//! [`ComplexFilters`] (constant-Q transforms), [`magnitudes`].
//!
//! # Checks
//! [`PowerStft::for_each_block`] and [`FrameBuffer::push`] refuse samples that are NaN or infinite. The steps after them
//! check lengths but not values: what enters checked stays finite.
//!
//! # Instructions
//! Every step is written once, over a private trait of vector operations. At run time it executes with AVX2 and FMA, or
//! AVX-512, where an x86-64 CPU has them, otherwise as plain loops. In `f32` the bits with AVX2 and AVX-512 are the same, as
//! are those in `f64`; plain loops differ in the last bits, because FMA rounds once where a multiplication and an addition
//! round twice.

mod arch;
mod complex_stft;
mod decibel;
mod dispatch;
mod filters;
mod frame_buffer;
mod frames;
mod kernel;
mod lanes;
mod matrix;
mod moments;
mod order;
mod power_stft;

pub(crate) use dispatch::{Dispatch, Task};
pub(crate) use kernel::{Band, DctKernel, MatrixKernel, MelKernel};

pub use complex_stft::ComplexStft;
pub use decibel::{clip_to_reference, sqrt, to_db};
pub use filters::{ComplexFilters, magnitudes};
pub use frame_buffer::FrameBuffer;
pub use lanes::{ComplexLanes, LANES, Lanes};
pub use matrix::{Matrix, sum};
pub use moments::{LogSums, Spread, log_sums, maximum, peaks, spread};
pub use order::{RunningMedian, extremes};
pub use power_stft::PowerStft;
