//! Power spectra of eight frames at once, for frame lengths that are powers of two from 128 to 8,192.
//!
//! A real frame of `N` samples is a complex signal `z[j] = x[2j] + i x[2j + 1]` of `H = N / 2` points, and `H = R C` splits
//! its transform into two passes: transforms of length `R` down the columns, a multiplication by twiddle factors,
//! transforms of length `C` along the rows. Every operation acts on vectors of eight frames, so that no step shuffles
//! within a register except the transposition that loads the samples (and applies the window). The last step unpacks
//! the real spectrum and squares it while a pair of rows is in the first-level cache.
//!
//! `plan` holds the tables and buffers, `column` the short transforms, `passes` the two passes over the matrix.

mod column;
mod passes;
mod plan;

pub(crate) use passes::PowerKernel;
pub(crate) use plan::Plan;
