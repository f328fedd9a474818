//! Detection of audio that is unlike a model's training data.

mod covariance;
mod summary;

use std::collections::BTreeMap;

use cepstrum_dataset::FeatureSet;
use ndarray::{Array1, Array2, ArrayView1};

use crate::{DataSource, Error, Result};
use covariance::{covariance, inverse_factor};
use summary::{class_means, summaries};

/// Number of standard deviations of the log-distance of held-out songs beyond which a song is out of distribution.
const DEVIATIONS: f64 = 2.33;
/// Distances below this count as this much when the limit is set: they are as good as identical to the training data, and
/// the logarithm of 0 has no mean.
const LEAST_DISTANCE: f64 = 0.1;

/// A Mahalanobis out-of-distribution detector: the distance from the summary of a segment (mean and logarithm of the
/// standard deviation of every coefficient over the frames) to the nearest class mean of the training data, with one
/// covariance for all classes.
///
/// ```text
/// d = min over classes c of sqrt((s - m[c])' S^-1 (s - m[c]) / n),   n = 2 * n_coefficients
/// ```
///
/// The distance is about 1 for a segment like those of the training data. A song's distance is the median of its segments'.
/// Beyond [`limit`](Self::limit) a song is out of distribution. The limit is `exp(mean + 2.33 deviations)` of the logarithms
/// of the distances of held-out songs of the same kind, so that about one such song in a hundred exceeds it. Distances
/// below 0.1 count as 0.1 there, so that recordings identical to training data (digital silence, for instance) leave the
/// limit finite.
///
/// ```
/// use cepstrum_dataset::FeatureSet;
/// use cepstrum_models::OodDetector;
/// use ndarray::Array3;
///
/// let set = |level: f32| {
///     let features = Array3::from_shape_fn((8, 20, 2), |(i, j, k)| level + ((7 * i + 3 * j + k) % 11) as f32);
///     let classes = vec!["jazz".to_owned(), "rock".to_owned()];
///     FeatureSet::new(features, (0..8).map(|i| i % 2).collect(), classes, Vec::new(), None)
/// };
/// let detector = OodDetector::fit(&set(0.0)?, &set(0.1)?)?;
/// let distances = detector.segment_distances(&set(50.0)?)?;
/// assert!(distances.iter().all(|distance| *distance > detector.limit()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
/// Lee et al. (2018), *A simple unified framework for detecting out-of-distribution samples*, arXiv 1807.03888, with the
/// input's summary in place of the network's activations.
#[derive(Clone, Debug, PartialEq)]
pub struct OodDetector {
    /// One row per class that has training segments, `[n_rows, n]`.
    means: Array2<f32>,
    /// The inverse of the covariance's Cholesky factor, `[n, n]`, lower triangular.
    whitening: Array2<f32>,
    limit: f32,
}

impl OodDetector {
    /// Fits the distance to the training data, and the limit to the songs of `held_out` (to its segments if it has no
    /// tracks), which must not be part of the training data.
    ///
    /// Classes without a training segment are left out.
    ///
    /// # Errors
    /// [`Error::NoData`] when a part is empty, [`Error::NonFiniteFeature`] for a value that is NaN or infinite, and
    /// [`Error::OodDetector`] when the parts have different numbers of coefficients.
    pub fn fit(train: &FeatureSet, held_out: &FeatureSet) -> Result<Self> {
        let summaries = summaries("training", train)?;
        let (means, row_of) = class_means(&summaries, train.labels(), train.n_classes());
        let mut within = summaries;
        for (mut summary, &label) in within.outer_iter_mut().zip(train.labels()) {
            summary -= &means.row(row_of[label]);
        }
        let whitening = inverse_factor(&covariance(&within));
        let unlimited = Self {
            means: means.mapv(|m| m as f32),
            whitening: whitening.mapv(|w| w as f32),
            limit: f32::MAX,
        };
        let distances = unlimited.song_distances("held-out", held_out)?;
        Ok(Self { limit: limit(&distances), ..unlimited })
    }

    /// Assembles stored parts; `None` unless their shapes fit and every value is finite.
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

    /// Number of coefficients per frame that it takes.
    pub fn n_coefficients(&self) -> usize {
        self.means.ncols() / 2
    }

    /// The distance beyond which a song is out of distribution.
    pub fn limit(&self) -> f64 {
        f64::from(self.limit)
    }

    /// Returns the distance of every segment.
    ///
    /// # Errors
    /// [`Error::OodDetector`] for another number of coefficients, [`Error::NoData`] without a segment,
    /// [`Error::NonFiniteFeature`] for a value that is NaN or infinite, and any error of the data source.
    pub fn segment_distances(&self, data: &(impl DataSource + ?Sized)) -> Result<Vec<f64>> {
        self.distances("measured", data)
    }

    /// The distance of every song in the order of the track indices; of every segment if there are no tracks.
    fn song_distances(&self, part: &'static str, set: &FeatureSet) -> Result<Vec<f64>> {
        let distances = self.distances(part, set)?;
        if !set.has_tracks() {
            return Ok(distances);
        }
        let mut songs: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
        for (&track, distance) in set.track_ids().iter().zip(distances) {
            songs.entry(track).or_default().push(distance);
        }
        Ok(songs.into_values().map(median).collect())
    }

    fn distances(&self, part: &'static str, data: &(impl DataSource + ?Sized)) -> Result<Vec<f64>> {
        let [_, actual] = data.segment_shape();
        if actual != self.n_coefficients() {
            return Err(Error::OodDetector { expected: self.n_coefficients(), actual });
        }
        let (means, whitening) = (self.means.mapv(f64::from), self.whitening.mapv(f64::from));
        let distance = |summary: ArrayView1<'_, f64>| {
            let to = |mean: ArrayView1<'_, f64>| {
                let difference: Array1<f64> = &summary - &mean;
                whitening.dot(&difference).mapv(|value| value * value).sum()
            };
            let nearest = means.outer_iter().map(to).fold(f64::INFINITY, f64::min);
            (nearest / summary.len() as f64).sqrt()
        };
        Ok(summaries(part, data)?.outer_iter().map(distance).collect())
    }
}

/// The distance of a song from a model's training data, beside the limit; see [`OodDetector`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OodScore {
    /// Median distance of the song's segments.
    pub distance: f64,
    /// The distance beyond which the song is out of distribution.
    pub limit: f64,
}

impl OodScore {
    /// Measures a song, of which there must be at least one segment.
    pub(super) fn measure(detector: &OodDetector, song: &(impl DataSource + ?Sized)) -> Result<Self> {
        Ok(Self { distance: median(detector.segment_distances(song)?), limit: detector.limit() })
    }

    /// Returns whether the song is unlike the training data, so that its predicted class means little.
    pub fn is_out_of_distribution(self) -> bool {
        self.distance > self.limit
    }
}

/// The limit for the distances of held-out songs: positive and finite.
fn limit(distances: &[f64]) -> f32 {
    let n = distances.len() as f64;
    let logs: Vec<f64> = distances.iter().map(|distance| distance.max(LEAST_DISTANCE).ln()).collect();
    let mean = logs.iter().sum::<f64>() / n;
    let variance = logs.iter().map(|log| (log - mean).powi(2)).sum::<f64>() / n;
    (mean + DEVIATIONS * variance.sqrt()).exp().min(f64::from(f32::MAX)) as f32
}

/// The median, the mean of the middle two for an even number of values; there must be at least one.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let n = values.len();
    f64::midpoint(values[(n - 1) / 2], values[n / 2])
}

#[cfg(test)]
mod tests {
    use super::{limit, median};

    #[test]
    fn the_median_lies_between_the_middle_two() {
        assert!((median(vec![3.0, 1.0, 2.0]) - 2.0).abs() < 1e-12);
        assert!((median(vec![4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < 1e-12);
    }

    #[test]
    fn the_limit_is_finite_for_every_distance() {
        for distances in [&[0.0][..], &[0.0, 0.0], &[0.0, 1.0], &[1e30, 1e300], &[f64::MAX, 0.0]] {
            let limit = limit(distances);
            assert!(limit.is_finite() && limit > 0.0, "{limit} for {distances:?}");
        }
        let spread = (2.33 * 2.0_f64.ln()).exp() as f32;
        assert!((limit(&[0.5, 2.0]) - spread).abs() < 1e-5);
    }
}
