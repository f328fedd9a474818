use std::f64::consts::PI;

use cepstrum_dsp::{Error as DspError, Float};
use ndarray::{Array2, ArrayView2};

use crate::Result;
use crate::check::check_finite;

/// Number of tonal centroids.
const N_TONNETZ: usize = 6;
/// Semitone steps per half turn on the circles of fifths, minor thirds and major thirds, and their radii; each twice, for
/// sine and cosine.
const CIRCLES: [(f64, f64); N_TONNETZ] =
    [(7.0 / 6.0, 1.0), (7.0 / 6.0, 1.0), (1.5, 1.0), (1.5, 1.0), (2.0 / 3.0, 0.5), (2.0 / 3.0, 0.5)];

/// Computes tonal centroids from a chromagram: `librosa.feature.tonnetz(chroma=chroma)`, transposed.
///
/// The pitch classes, scaled to a sum of 1, are points on three circles on which the steps of a fifth, a minor and a major
/// third are neighbors: `y[t, 2i] = r_i sum_c sin(pi s_i c) x[t, c]`, `y[t, 2i + 1]` with the cosine. Any number of classes
/// per octave is legal; silence yields zeros. librosa's default chromagram for this feature is that of the constant-Q
/// transform.
///
/// # Shapes
/// `[n_frames, n_chroma]` to `[n_frames, 6]`: fifths, minor thirds, major thirds, each sine and cosine.
///
/// # Errors
/// [`Error::Dsp`](crate::Error::Dsp) when a value is NaN or infinite, with its index `t n_chroma + c`, and when there is no
/// class.
///
/// ```
/// use cepstrum_features::tonnetz;
/// use ndarray::array;
///
/// // C alone lies on the cosine axes.
/// let c = array![[1.0_f64, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]];
/// let found = tonnetz(c.view())?;
/// let expected = [0.0, 1.0, 0.0, 1.0, 0.0, 0.5];
/// assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-15));
/// # Ok::<(), cepstrum_features::Error>(())
/// ```
///
/// # References
/// C. Harte, M. Sandler, M. Gasser, "Detecting harmonic change in musical audio", ACM Workshop on Audio and Music Computing
/// Multimedia, 2006, doi:10.1145/1178723.1178727.
#[allow(clippy::needless_pass_by_value, reason = "a view is a reference")]
pub fn tonnetz<T: Float>(chroma: ArrayView2<'_, T>) -> Result<Array2<T>> {
    let n_chroma = chroma.ncols();
    if n_chroma == 0 {
        return Err(DspError::Count {
            name: "the number of pitch classes",
            min: 1,
            max: usize::MAX,
            actual: 0,
        }
        .into());
    }
    check_finite(chroma)?;
    let angle = |c: usize, steps: f64| PI * steps * (12.0 * c as f64 / n_chroma as f64);
    let basis = Array2::from_shape_fn((N_TONNETZ, n_chroma), |(i, c)| {
        let (steps, radius) = CIRCLES[i];
        let angle = angle(c, steps);
        radius * if i % 2 == 0 { angle.sin() } else { angle.cos() }
    });
    let mut out = Array2::from_elem((chroma.nrows(), N_TONNETZ), T::zero());
    for (frame, mut centroids) in chroma.rows().into_iter().zip(out.rows_mut()) {
        let total: f64 = frame.iter().map(|x| x.to_f64().abs()).sum();
        let scale = if total < T::MIN_POSITIVE.to_f64() { 1.0 } else { total };
        for (centroid, weights) in centroids.iter_mut().zip(basis.rows()) {
            let sum: f64 = weights.iter().zip(frame).map(|(w, x)| w * x.to_f64()).sum();
            *centroid = T::of(sum / scale);
        }
    }
    Ok(out)
}
