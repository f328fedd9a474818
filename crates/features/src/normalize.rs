use cepstrum_dsp::{Error as DspError, Float};
use ndarray::ArrayViewMut2;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::check::{check_finite, check_positive};

/// The size of a frame by which its values are divided.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Norm {
    /// No division (`norm=None`).
    None,
    /// The largest magnitude (`norm=np.inf`): librosa's default.
    #[default]
    Maximum,
    /// The smallest magnitude (`norm=-np.inf`).
    Minimum,
    /// The number of values that are not 0 (`norm=0`).
    Count,
    /// `(sum |x|^p)^(1 / p)` with a positive `p`: 1 makes the values sum to 1, 2 makes them a unit vector.
    Power(f64),
}

/// The values of a frame whose size is too small to divide by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fill {
    /// Its own, undivided: librosa's default (`fill=None`).
    #[default]
    Kept,
    /// Zeros (`fill=False`).
    Zero,
    /// A constant whose size is 1 (`fill=True`); 1 for the extremes. Refused with [`Norm::Count`].
    Constant,
}

/// Divides each frame by its size, in place: `librosa.util.normalize(x, norm=norm, fill=fill, axis=-1)`.
///
/// Sizes below the smallest positive number of full precision count as too small. Pass a transposed view to divide columns.
///
/// # Shapes
/// `[n_frames, n_coefficients]`.
///
/// # Errors
/// [`Error::Dsp`](crate::Error::Dsp) when the power is not positive and finite, a constant is asked for that does not exist, or
/// a value is NaN or infinite, with its index.
///
/// ```
/// use cepstrum_features::{Fill, Norm, normalize};
/// use ndarray::array;
///
/// let mut frames = array![[3.0_f32, -4.0], [0.0, 0.0]];
/// normalize(frames.view_mut(), Norm::Power(2.0), Fill::Kept)?;
/// assert_eq!(frames, array![[0.6, -0.8], [0.0, 0.0]]);
/// # Ok::<(), cepstrum_features::Error>(())
/// ```
pub fn normalize<T: Float>(mut frames: ArrayViewMut2<'_, T>, norm: Norm, fill: Fill) -> Result<()> {
    if let Norm::Power(power) = norm {
        check_positive("the norm's power", power)?;
    }
    if norm == Norm::Count && fill == Fill::Constant {
        let bound = "Power, Maximum or Minimum where small frames become a constant";
        return Err(DspError::Parameter { name: "the norm", bound, value: 0.0 }.into());
    }
    check_finite(&frames)?;
    if norm == Norm::None {
        return Ok(());
    }
    for mut frame in frames.rows_mut() {
        let size = size(frame.iter().map(|x| x.to_f64().abs()), norm);
        if size >= T::MIN_POSITIVE.to_f64() {
            frame.iter_mut().for_each(|x| *x = T::of(x.to_f64() / size));
        } else if fill != Fill::Kept {
            let constant = match (fill, norm) {
                (Fill::Zero, _) => 0.0,
                (_, Norm::Power(p)) => (frame.len() as f64).powf(-1.0 / p),
                _ => 1.0,
            };
            frame.fill(T::of(constant));
        }
    }
    Ok(())
}

fn size(magnitudes: impl Iterator<Item = f64>, norm: Norm) -> f64 {
    match norm {
        Norm::None => 1.0,
        Norm::Maximum => magnitudes.fold(0.0, f64::max),
        Norm::Minimum => magnitudes.reduce(f64::min).unwrap_or(0.0),
        Norm::Count => magnitudes.filter(|&x| x > 0.0).count() as f64,
        Norm::Power(1.0) => magnitudes.sum(),
        Norm::Power(2.0) => magnitudes.map(|x| x * x).sum::<f64>().sqrt(),
        Norm::Power(p) => magnitudes.map(|x| x.powf(p)).sum::<f64>().powf(1.0 / p),
    }
}
