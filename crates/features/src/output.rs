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

/// A buffer with one value per frame as an array of one column.
pub(crate) fn column<T>(out: &mut [T]) -> Result<ArrayViewMut2<'_, T>> {
    let n_frames = out.len();
    ArrayViewMut2::from_shape((n_frames, 1), out).map_err(|_| {
        DspError::BufferLength { what: "the output", expected: n_frames, actual: n_frames }.into()
    })
}
