//! Power spectra of eight frames at once, for frame lengths that are powers of two from 128 to 8,192.
//!
//! A real frame of `N` samples is a complex signal `z[j] = x[2j] + i x[2j + 1]` of `H = N / 2` points, and `H = R C` splits
//! its transform in two passes: transforms of length `R` down the columns, a twist, transforms of length `C` along the rows.
//! All of it is done on vectors of eight frames, so that no step shuffles within a register except the transposition that
//! loads the samples (and multiplies the window). The last step unpacks the real spectrum and squares it while a pair of
//! rows is in the first-level cache.

mod column;
mod kernel;
mod plan;

pub(crate) use kernel::PowerKernel;
pub(crate) use plan::BlockFft;
