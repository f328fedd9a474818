//! Copying blocks of eight frames to the rows of an array.

use std::ops::Range;

use cepstrum_dsp::block::Lanes;
use cepstrum_dsp::{Error as DspError, Float};
use ndarray::ArrayViewMut2;

use crate::{Error, Result};

/// Checks that an output has the shape `expected`, `[n_frames, n_coefficients]`.
pub(crate) fn check_shape<T>(expected: [usize; 2], out: &ArrayViewMut2<'_, T>) -> Result<()> {
    let actual = [out.nrows(), out.ncols()];
    if expected == actual { Ok(()) } else { Err(Error::OutputShape { expected, actual }) }
}

/// Checks that an output has one value per frame.
pub(crate) fn check_length<T>(expected: usize, out: &[T]) -> Result<()> {
    let actual = out.len();
    if expected == actual {
        return Ok(());
    }
    Err(DspError::BufferLength { what: "the output", expected, actual }.into())
}

/// Writes a block `[n_coefficients]` to the rows `frames`.
pub(crate) fn write<T: Float>(frames: Range<usize>, block: &[Lanes<T>], out: &mut ArrayViewMut2<'_, T>) {
    for (lane, t) in frames.enumerate() {
        for (y, x) in out.row_mut(t).iter_mut().zip(block) {
            *y = x.0[lane];
        }
    }
}
