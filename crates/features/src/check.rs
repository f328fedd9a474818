//! Checks that several features share.

use cepstrum_dsp::{Error as DspError, Float};
use ndarray::ArrayRef2;

use crate::{Error, Result};

/// Checks that a setting is positive and finite.
pub(crate) fn check_positive(name: &'static str, value: f64) -> Result<()> {
    if value > 0.0 && value.is_finite() {
        return Ok(());
    }
    Err(DspError::Parameter { name, bound: "positive and finite", value }.into())
}

/// Checks that a setting is positive and finite, also when rounded to the sample type.
pub(crate) fn check_positive_as<T: Float>(name: &'static str, value: f64) -> Result<()> {
    check_positive(name, if T::of(value).is_finite() { value } else { f64::INFINITY })
        .map_err(|_| DspError::Parameter { name, bound: "positive and finite", value }.into())
}

/// Checks that a setting is finite and at least 0.
pub(crate) fn check_not_negative(name: &'static str, value: f64) -> Result<()> {
    if value >= 0.0 && value.is_finite() {
        return Ok(());
    }
    Err(DspError::Parameter { name, bound: "finite and at least 0", value }.into())
}

/// Checks that no value is NaN or infinite; the error has the index of the first that is.
pub(crate) fn check_finite<'a, T: Float>(values: impl IntoIterator<Item = &'a T>) -> Result<()> {
    match values.into_iter().position(|value| !value.is_finite()) {
        Some(index) => Err(DspError::NonFinite { index }.into()),
        None => Ok(()),
    }
}

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
    check_values(what, frames, legal)
}

/// Checks that the values of `frames` are legal.
pub(crate) fn check_values<T: Float>(what: &'static str, frames: &ArrayRef2<T>, legal: Legal) -> Result<()> {
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
