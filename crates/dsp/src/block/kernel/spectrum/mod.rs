//! Spectra of eight frames at once, for frame lengths that are powers of two from 128 to 8,192.
//!
//! A real frame of `N` samples is a complex signal `z[j] = x[2j] + i x[2j + 1]` of `H = N / 2` points, and `H = R C` splits
//! its transform into two passes: transforms of length `R` down the columns, a multiplication by twiddle factors,
//! transforms of length `C` along the rows. Every operation acts on vectors of eight frames, so that no step shuffles
//! within a register except the transposition that loads the samples (and applies the window). The last step unpacks
//! the real spectrum, and squares it where powers are asked for, while a pair of rows is in the first-level cache.
//!
//! `plan` holds the tables and buffers, `column` the short transforms, `passes` the two passes over the matrix, `bins` what
//! is kept of each bin.

mod bins;
mod column;
mod passes;
mod plan;

pub(crate) use bins::Bins;
pub(super) use column::{Z, load, store};
pub(crate) use passes::SpectrumKernel;
pub(crate) use plan::Plan;
