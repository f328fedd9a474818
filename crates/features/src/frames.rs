//! Checks of matrices of frames that a caller hands in.

use cepstrum_dsp::Float;
use ndarray::ArrayRef2;

use crate::{Error, Result};

/// The values that a matrix may hold.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Legal {
    Finite,
    NotNegative,
}

/// Checks that `frames` is `[n_frames, n_columns]` with at least one frame, and that its values are legal.
pub(crate) fn check_frames<T: Float>(
    what: &'static str,
    frames: &ArrayRef2<T>,
    n_columns: usize,
    legal: Legal,
) -> Result<()> {
    if frames.nrows() == 0 || frames.ncols() != n_columns {
        return Err(Error::FramesShape { what, n_columns, actual: [frames.nrows(), frames.ncols()] });
    }
    let (lowest, bound) = match legal {
        Legal::Finite => (T::of(f64::NEG_INFINITY), "finite"),
        Legal::NotNegative => (T::zero(), "finite and at least 0"),
    };
    match frames.indexed_iter().find(|(_, value)| !(value.is_finite() && **value >= lowest)) {
        Some(((frame, column), &value)) => {
            Err(Error::FramesValue { what, frame, column, bound, value: value.to_f64() })
        }
        None => Ok(()),
    }
}
