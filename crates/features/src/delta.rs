use cepstrum_dsp::Float;
use ndarray::{Array2, ArrayView2};

use crate::check::check_finite;
use crate::{Error, Result};

/// Computes local derivatives of features along time: `librosa.feature.delta(data, width=width, order=order)`, transposed.
///
/// A polynomial of degree `order` is fitted by least squares to the `width` frames around each frame, and its `order`-th
/// derivative is the result (the Savitzky-Golay filter). That derivative is constant over the fit, so frames less than half
/// a width from an end have the value of the nearest frame that is not (`mode="interp"`).
///
/// A `width` of 9 frames, librosa's default, is a good start. A larger one is smoother, but blurs changes in time.
///
/// # Shapes
/// `[n_frames, n_coefficients]` to the same.
///
/// # Errors
/// [`Error::DeltaWidth`] unless `width` is odd, at least 3 and at most `n_frames`; [`Error::DeltaOrder`] unless
/// `1 <= order < width`; [`Error::Dsp`] when a feature is NaN or infinite, with its index `t n_coefficients + k`.
///
/// ```
/// use cepstrum_features::delta;
/// use ndarray::Array2;
///
/// let line = Array2::from_shape_fn((20, 1), |(t, _)| 3.0 * t as f64);
/// let slope = delta(line.view(), 9, 1)?;
/// assert!(slope.iter().all(|x| (x - 3.0).abs() < 1e-12));
/// # Ok::<(), cepstrum_features::Error>(())
/// ```
///
/// # References
/// A. Savitzky, M. J. E. Golay, "Smoothing and differentiation of data by simplified least squares procedures", Analytical
/// Chemistry 36(8), 1964, doi:10.1021/ac60214a047.
#[allow(clippy::needless_pass_by_value, reason = "a view is a reference")]
pub fn delta<T: Float>(features: ArrayView2<'_, T>, width: usize, order: usize) -> Result<Array2<T>> {
    let n_frames = features.nrows();
    if width < 3 || width.is_multiple_of(2) || width > n_frames {
        return Err(Error::DeltaWidth { width, n_frames });
    }
    if order == 0 || order >= width {
        return Err(Error::DeltaOrder { order, width });
    }
    check_finite(features)?;
    let filter = derivative_filter(width, order);
    let half = width / 2;
    Ok(Array2::from_shape_fn(features.dim(), |(t, k)| {
        let first = t.clamp(half, n_frames - 1 - half) - half;
        let sum: f64 = filter.iter().enumerate().map(|(i, c)| c * features[[first + i, k]].to_f64()).sum();
        T::of(sum)
    }))
}

/// The filter `order! p(x) / sum p^2` for `x` from `-half` to `half`, where `p` is the monic polynomial of degree `order`
/// that is orthogonal to all polynomials of lower degree on these points: `p_(k+1) = x p_k - (|p_k|^2 / |p_(k-1)|^2) p_(k-1)`.
fn derivative_filter(width: usize, order: usize) -> Vec<f64> {
    let half = (width / 2) as f64;
    let x: Vec<f64> = (0..width).map(|i| i as f64 - half).collect();
    let norm = |p: &[f64]| -> f64 { p.iter().map(|p| p * p).sum() };
    let (mut before, mut p) = (vec![0.0; width], vec![1.0; width]);
    let mut factorial = 1.0;
    for k in 0..order {
        let ratio = if k == 0 { 0.0 } else { norm(&p) / norm(&before) };
        let next =
            x.iter().zip(p.iter().zip(&before)).map(|(x, (p, before))| x * p - ratio * before).collect();
        before = std::mem::replace(&mut p, next);
        factorial *= (k + 1) as f64;
    }
    let scale = factorial / norm(&p);
    p.into_iter().map(|p| p * scale).collect()
}
