//! Attributions of tags by their names.

use ndarray::{ArrayRef2, Axis};

use crate::pretrained::TAGS;
use crate::{Error, Result};

/// The contribution of every tag to the score of a class, the strongest first, whatever its sign.
///
/// `map` is the attribution map of one segment of [`MusiCnn`](crate::pretrained::MusiCnn)'s tags, `[n_windows, 50]`; the
/// contributions of its windows add up. Of a linear head and [`IntegratedGradients`](super::IntegratedGradients) they are
/// `weight (tag - baseline)`, and sum to the change of the score.
///
/// ```
/// use cepstrum_models::explain::by_tag;
/// use ndarray::Array2;
///
/// let mut map = Array2::zeros((1, 50));
/// (map[[0, 0]], map[[0, 9]]) = (0.5, -2.0);
/// assert_eq!(by_tag(&map)?[..2], [("jazz", -2.0), ("rock", 0.5)]);
/// # Ok::<(), cepstrum_models::Error>(())
/// ```
///
/// # Errors
/// [`Error::FeatureShape`] unless the map has one column per tag.
pub fn by_tag(map: &ArrayRef2<f32>) -> Result<Vec<(&'static str, f32)>> {
    let (n_frames, n_coefficients) = map.dim();
    if n_coefficients != TAGS.len() {
        return Err(Error::FeatureShape { expected: vec![n_frames, TAGS.len()], n_frames, n_coefficients });
    }
    let mut contributions: Vec<_> = TAGS.into_iter().zip(map.sum_axis(Axis(0))).collect();
    contributions.sort_by(|(_, left), (_, right)| right.abs().total_cmp(&left.abs()));
    Ok(contributions)
}
