//! Whether audio resembles what a model was trained on.

use std::collections::BTreeMap;

use cepstrum_dataset::FeatureSet;
use ndarray::{Array1, Array2, ArrayView2, Axis};

use crate::{DataSource, Error, Result};

/// Share of the covariance that is replaced by its diagonal, so that it can be inverted whatever the number of segments.
const SHRINKAGE: f64 = 0.1;
/// A deviation of a coefficient, in decibels, that is as good as none.
const STILL: f64 = 0.1;
/// Standard deviations of the logarithm of a held-out song's distance that still count as familiar.
const DEVIATIONS: f64 = 2.33;

/// How far a segment is from the classes that a model was trained on: the Mahalanobis distance of its summary (mean and
/// logarithm of the standard deviation of every coefficient over the frames) to the nearest class mean, with one
/// covariance for all classes.
///
/// ```text
/// d = min over classes c of sqrt((s - m[c])' S^-1 (s - m[c]) / n),   n = 2 * n_coefficients
/// ```
///
/// It is about 1 for a segment like those of the training. A song's distance is the median of its segments'; beyond
/// [`limit`](Self::limit) the song is unlike anything in the training. The limit is `exp(mean + 2.33 deviations)` of the
/// logarithm of the distances of held-out songs of the same kind, so that about one such song in a hundred is turned away.
///
/// # References
/// Lee et al. (2018), *A simple unified framework for detecting out-of-distribution samples*, arXiv 1807.03888, with the
/// input's summary in place of the network's activations.
#[derive(Clone, Debug, PartialEq)]
pub struct OodDetector {
    /// `[n_classes, n]`.
    means: Array2<f32>,
    /// The inverse of the covariance's Cholesky factor, `[n, n]`, lower triangular.
    whitening: Array2<f32>,
    limit: f32,
}

impl OodDetector {
    /// Measures the training data, and sets the limit by the songs of `held_out` (by its segments where it does not know
    /// tracks), which must be no part of the training.
    ///
    /// # Errors
    /// [`Error::NoData`] when a part is empty; what the data give when they cannot be read.
    pub fn fit(train: &FeatureSet, held_out: &FeatureSet) -> Result<Self> {
        for (part, set) in [("training", train), ("held-out", held_out)] {
            if set.is_empty() {
                return Err(Error::NoData { part });
            }
        }
        let summaries = summaries(train)?;
        let means = class_means(&summaries, train.labels(), train.n_classes());
        let mut within = summaries;
        for (mut row, &label) in within.outer_iter_mut().zip(train.labels()) {
            row -= &means.row(label);
        }
        let whitening = inverse_factor(&covariance(&within));
        let unlimited = Self {
            means: means.mapv(|m| m as f32),
            whitening: whitening.mapv(|w| w as f32),
            limit: f32::MAX,
        };
        let logs: Vec<f64> = unlimited.of_songs(held_out)?.iter().map(|distance| distance.ln()).collect();
        let mean = logs.iter().sum::<f64>() / logs.len() as f64;
        let variance = logs.iter().map(|log| (log - mean).powi(2)).sum::<f64>() / logs.len() as f64;
        Ok(Self { limit: (mean + DEVIATIONS * variance.sqrt()).exp() as f32, ..unlimited })
    }

    /// Puts stored parts together; `None` unless their shapes fit and every number is finite.
    pub(crate) fn from_parts(means: Array2<f32>, whitening: Array2<f32>, limit: f32) -> Option<Self> {
        let n = means.ncols();
        let sound = !means.is_empty()
            && whitening.dim() == (n, n)
            && means.iter().chain(&whitening).all(|value| value.is_finite())
            && limit > 0.0;
        sound.then_some(Self { means, whitening, limit })
    }

    pub(crate) fn parts(&self) -> (&Array2<f32>, &Array2<f32>, f32) {
        (&self.means, &self.whitening, self.limit)
    }

    /// Coefficients a frame that it takes.
    pub fn n_coefficients(&self) -> usize {
        self.means.ncols() / 2
    }

    /// The distance beyond which a song is unlike the training data.
    pub fn limit(&self) -> f64 {
        f64::from(self.limit)
    }

    /// The distance of every segment.
    ///
    /// # Errors
    /// [`Error::OodDetector`] for another number of coefficients; what the data give when they cannot be read.
    pub fn of_segments(&self, data: &(impl DataSource + ?Sized)) -> Result<Vec<f64>> {
        let [_, actual] = data.segment_shape();
        if actual != self.n_coefficients() {
            return Err(Error::OodDetector { expected: self.n_coefficients(), actual });
        }
        let whitening = self.whitening.mapv(f64::from);
        let distance = |summary: ndarray::ArrayView1<'_, f64>| {
            let to = |mean: ndarray::ArrayView1<'_, f32>| {
                let difference: Array1<f64> = &summary - &mean.mapv(f64::from);
                whitening.dot(&difference).mapv(|value| value * value).sum()
            };
            let nearest = self.means.outer_iter().map(to).fold(f64::INFINITY, f64::min);
            (nearest / summary.len() as f64).sqrt()
        };
        Ok(summaries(data)?.outer_iter().map(distance).collect())
    }

    /// The distance of every song, in the order of their numbers; of every segment where tracks are not known.
    fn of_songs(&self, set: &FeatureSet) -> Result<Vec<f64>> {
        let distances = self.of_segments(set)?;
        if !set.has_tracks() {
            return Ok(distances);
        }
        let mut songs: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
        for (&track, distance) in set.track_ids().iter().zip(distances) {
            songs.entry(track).or_default().push(distance);
        }
        Ok(songs.into_values().map(median).collect())
    }
}

/// How far a song is from the training data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OodScore {
    /// Median distance of its segments; see [`OodDetector`].
    pub distance: f64,
    /// The distance beyond which it is unlike anything in the training.
    pub limit: f64,
}

impl OodScore {
    pub(super) fn of(familiarity: &OodDetector, song: &(impl DataSource + ?Sized)) -> Result<Self> {
        let distance = median(familiarity.of_segments(song)?);
        Ok(Self { distance, limit: familiarity.limit() })
    }

    /// Whether the song is unlike anything in the training.
    pub fn is_out_of_distribution(self) -> bool {
        self.distance > self.limit
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let n = values.len();
    f64::midpoint(values[(n - 1) / 2], values[n / 2])
}

/// Mean and logarithm of the standard deviation of every coefficient over the frames, `[n_segments, 2 * n_coefficients]`.
/// The logarithm sets apart what hardly changes at all, such as noise, from music that changes little.
fn summaries(data: &(impl DataSource + ?Sized)) -> Result<Array2<f64>> {
    let [n_frames, n_coefficients] = data.segment_shape();
    let mut values = vec![0.0; n_frames * n_coefficients];
    let mut summaries = Array2::zeros((data.len(), 2 * n_coefficients));
    for (segment, mut summary) in summaries.outer_iter_mut().enumerate() {
        data.read(&[segment], &mut values, &mut [0])?;
        let Ok(frames) = ArrayView2::from_shape((n_frames, n_coefficients), &values) else { continue };
        let frames = frames.mapv(f64::from);
        let means = frames.mean_axis(Axis(0)).unwrap_or_else(|| Array1::zeros(n_coefficients));
        let deviations = frames.std_axis(Axis(0), 0.0).mapv_into(|deviation| (deviation + STILL).ln());
        for (to, from) in summary.iter_mut().zip(means.iter().chain(&deviations)) {
            *to = *from;
        }
    }
    Ok(summaries)
}

/// The mean summary of every class that has a segment.
fn class_means(summaries: &Array2<f64>, labels: &[usize], n_classes: usize) -> Array2<f64> {
    let mut means = Array2::zeros((n_classes, summaries.ncols()));
    let mut counts = vec![0.0_f64; n_classes];
    for (summary, &label) in summaries.outer_iter().zip(labels) {
        let mut mean = means.row_mut(label);
        mean += &summary;
        counts[label] += 1.0;
    }
    for (mut mean, count) in means.outer_iter_mut().zip(counts) {
        mean.mapv_inplace(|sum| if count > 0.0 { sum / count } else { f64::from(f32::MAX).sqrt() });
    }
    means
}

/// The covariance of centred rows, shrunk towards its diagonal.
fn covariance(rows: &Array2<f64>) -> Array2<f64> {
    let mut covariance = rows.t().dot(rows) / rows.nrows() as f64;
    for ((i, j), value) in covariance.indexed_iter_mut() {
        if i == j {
            // A coefficient that never varies would make every difference infinite.
            *value = value.max(1e-6);
        } else {
            *value *= 1.0 - SHRINKAGE;
        }
    }
    covariance
}

/// The inverse of the Cholesky factor of a positive definite matrix, lower triangular: `|W x|^2 = x' A^-1 x`.
fn inverse_factor(matrix: &Array2<f64>) -> Array2<f64> {
    let n = matrix.nrows();
    let mut factor = Array2::<f64>::zeros((n, n));
    for i in 0..n {
        for j in 0..=i {
            let known: f64 = (0..j).map(|k| factor[[i, k]] * factor[[j, k]]).sum();
            let rest = matrix[[i, j]] - known;
            factor[[i, j]] = if i == j { rest.max(1e-12).sqrt() } else { rest / factor[[j, j]] };
        }
    }
    let mut inverse = Array2::<f64>::zeros((n, n));
    for column in 0..n {
        for i in column..n {
            let unit = if i == column { 1.0 } else { 0.0 };
            let known: f64 = (column..i).map(|k| factor[[i, k]] * inverse[[k, column]]).sum();
            inverse[[i, column]] = (unit - known) / factor[[i, i]];
        }
    }
    inverse
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};

    use super::{inverse_factor, median};

    #[test]
    fn the_factor_inverts_the_matrix() {
        let matrix = array![[4.0, 1.0, 0.5], [1.0, 3.0, -0.2], [0.5, -0.2, 2.0]];
        let inverse = inverse_factor(&matrix);
        let product: Array2<f64> = inverse.t().dot(&inverse).dot(&matrix);
        for ((i, j), value) in product.indexed_iter() {
            assert!((value - f64::from(u8::from(i == j))).abs() < 1e-12, "{product}");
        }
    }

    #[test]
    fn the_median_lies_between_the_middle_two() {
        assert!((median(vec![3.0, 1.0, 2.0]) - 2.0).abs() < 1e-12);
        assert!((median(vec![4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < 1e-12);
    }
}
