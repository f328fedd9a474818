use cepstrum_dsp::{Error as DspError, Float};
use ndarray::{Array2, ArrayView2};

use crate::Result;

/// Puts the frames before each frame beside it: `librosa.feature.stack_memory(x, n_steps=n_steps, delay=delay)`, transposed.
///
/// `y[t] = x[t], x[t - delay], x[t - 2 delay], ...`, `n_steps` of them, with zeros before the beginning; a negative delay takes
/// the frames after each.
///
/// # Shapes
/// `[n_frames, n_coefficients]` to `[n_frames, n_steps n_coefficients]`.
///
/// # Errors
/// [`Error::Dsp`](crate::Error::Dsp) unless `n_steps` is from 1 to 4,096 and the delay is not 0.
///
/// ```
/// use cepstrum_features::stack_memory;
/// use ndarray::array;
///
/// let stacked = stack_memory(array![[1.0_f32], [2.0], [3.0]].view(), 2, 1)?;
/// assert_eq!(stacked, array![[1.0, 0.0], [2.0, 1.0], [3.0, 2.0]]);
/// # Ok::<(), cepstrum_features::Error>(())
/// ```
#[allow(clippy::needless_pass_by_value, reason = "a view is a reference")]
pub fn stack_memory<T: Float>(
    features: ArrayView2<'_, T>,
    n_steps: usize,
    delay: isize,
) -> Result<Array2<T>> {
    const MAX: usize = 1 << 12;
    if n_steps == 0 || n_steps > MAX {
        return Err(DspError::Count { name: "n_steps", min: 1, max: MAX, actual: n_steps }.into());
    }
    if delay == 0 {
        return Err(DspError::Parameter {
            name: "delay",
            bound: "a number of frames other than 0",
            value: 0.0,
        }
        .into());
    }
    let (n_frames, n) = features.dim();
    Ok(Array2::from_shape_fn((n_frames, n_steps * n), |(t, i)| {
        let steps = isize::try_from(i / n).unwrap_or(isize::MAX);
        let from = isize::try_from(t).ok().and_then(|t| t.checked_sub(steps.checked_mul(delay)?));
        let from = from.and_then(|from| usize::try_from(from).ok()).filter(|&from| from < n_frames);
        from.map_or(T::zero(), |from| features[[from, i % n]])
    }))
}
