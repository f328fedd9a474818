//! The rule by which the segments of a song agree on a class.

use ndarray::{Array1, ArrayRef2};

use crate::model::argmax;

/// The rule by which the segments of a song agree on a class.
///
/// There is one implementation, [`combine`](Self::combine): [`GenreClassifier`](crate::GenreClassifier), the evaluation by
/// track of `cepstrum-eval` and the temperatures fitted from it all use it, so that they agree on every song.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Vote {
    /// Averages the log-probabilities of the segments, as if these were independent observations of equal weight (a
    /// normalized geometric mean). One confident segment can veto a class.
    #[default]
    MeanLogProbability,
    /// Counts one vote per segment for its most probable class; the probability of a class is its share of the votes.
    /// Less sensitive to a few confident segments, at the price of ignoring how confident each one is.
    Majority,
}

impl Vote {
    /// Combines the log-probabilities of a song's segments into the probabilities of the song.
    ///
    /// ```text
    /// MeanLogProbability:  p[c] = softmax over c of (mean over i of l[i, c]) / temperature
    /// Majority:            p[c] = (number of segments i whose first largest l[i, ..] is at c) / n_segments
    /// ```
    ///
    /// A class whose log-probability is `-inf` in some segment gets probability 0 unless every class is excluded by some
    /// segment. Then the classes that the fewest segments exclude share the probability according to their remaining
    /// log-probabilities: the limit of replacing 0 by ever smaller probabilities.
    ///
    /// The temperature must be positive and finite; see
    /// [`CalibratedTemperatures::song`](crate::CalibratedTemperatures::song). [`Majority`](Self::Majority) ignores it.
    ///
    /// # Shapes
    /// `log_probabilities` `[n_segments, n_classes]`, natural logarithms; returns `[n_classes]`, which sums to 1. Without
    /// a segment, all classes are equally probable.
    ///
    /// ```
    /// use cepstrum_models::Vote;
    /// use ndarray::array;
    ///
    /// let segments = array![[0.6_f32, 0.4], [0.6, 0.4], [0.01, 0.99]].ln();
    /// assert!(Vote::Majority.combine(&segments, 1.0)[0] > 0.66);
    /// assert!(Vote::MeanLogProbability.combine(&segments, 1.0)[0] < 0.25); // the third segment's veto
    /// ```
    #[must_use]
    pub fn combine(self, log_probabilities: &ArrayRef2<f32>, temperature: f64) -> Array1<f32> {
        let (n_segments, n_classes) = log_probabilities.dim();
        if n_segments == 0 || n_classes == 0 {
            return Array1::from_elem(n_classes, 1.0 / n_classes as f32);
        }
        match self {
            Self::MeanLogProbability => softmax(&mean_logs(log_probabilities), temperature),
            Self::Majority => {
                votes(log_probabilities).into_iter().map(|votes| votes as f32 / n_segments as f32).collect()
            }
        }
    }
}

/// The number of segments that vote for each class: the first of their most probable ones.
pub(super) fn votes(log_probabilities: &ArrayRef2<f32>) -> Vec<usize> {
    let mut votes = vec![0; log_probabilities.ncols()];
    for row in log_probabilities.rows() {
        votes[argmax(&row.to_vec())] += 1;
    }
    votes
}

/// `softmax(scores / temperature)`.
pub(super) fn softmax(scores: &[f64], temperature: f64) -> Array1<f32> {
    let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Array1<f64> = scores.iter().map(|score| ((score - largest) / temperature).exp()).collect();
    let total = powers.sum();
    powers.mapv(|power| (power / total) as f32)
}

/// The mean log-probability of every class; `-inf` for those that more segments exclude than the least excluded one.
fn mean_logs(log_probabilities: &ArrayRef2<f32>) -> Vec<f64> {
    let excludes = |log: f32| log == f32::NEG_INFINITY;
    let columns = log_probabilities.columns().into_iter();
    let exclusions: Vec<usize> =
        columns.map(|column| column.iter().filter(|log| excludes(**log)).count()).collect();
    let fewest = exclusions.iter().copied().min().unwrap_or(0);
    let columns = log_probabilities.columns().into_iter().zip(exclusions);
    columns
        .map(|(column, exclusions)| {
            if exclusions > fewest {
                return f64::NEG_INFINITY;
            }
            let sum: f64 = column.iter().filter(|log| !excludes(**log)).map(|log| f64::from(*log)).sum();
            sum / log_probabilities.nrows() as f64
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, Array2, array};

    use super::Vote;

    const BOTH: [Vote; 2] = [Vote::MeanLogProbability, Vote::Majority];

    fn assert_near(actual: &Array1<f32>, expected: &[f32]) {
        let near = actual.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6);
        assert!(near && actual.len() == expected.len(), "{actual} is not {expected:?}");
    }

    #[test]
    fn the_mean_is_geometric_and_tempered() {
        let logs = array![[0.6_f32, 0.4], [0.6, 0.4], [0.01, 0.99]].ln();
        let odds = ((0.6 * 0.6 * 0.01) / (0.4 * 0.4 * 0.99_f32)).cbrt();
        let expected = |odds: f32| [odds / (1.0 + odds), 1.0 / (1.0 + odds)];
        assert_near(&Vote::MeanLogProbability.combine(&logs, 1.0), &expected(odds));
        assert_near(&Vote::MeanLogProbability.combine(&logs, 2.0), &expected(odds.sqrt()));
    }

    #[test]
    fn a_majority_counts_first_maxima_whatever_the_temperature() {
        let logs = array![[0.5_f32, 0.5, 0.0], [0.2, 0.3, 0.5], [0.1, 0.2, 0.7], [0.4, 0.2, 0.4]].ln();
        for temperature in [1.0, 3.0] {
            assert_near(&Vote::Majority.combine(&logs, temperature), &[0.5, 0.0, 0.5]);
        }
    }

    /// Nothing is clipped: logarithms far below that of the smallest float still decide.
    #[test]
    fn tiny_probabilities_count_in_full() {
        let logs = array![[-300.0_f32, -301.0], [-0.1, -0.1]];
        let odds = 0.5_f32.exp();
        assert_near(
            &Vote::MeanLogProbability.combine(&logs, 1.0),
            &[odds / (1.0 + odds), 1.0 / (1.0 + odds)],
        );
    }

    #[test]
    fn a_class_that_one_segment_excludes_gets_nothing_and_no_nan() {
        let logs = array![[0.5_f32, 0.25, 0.25], [0.0, 0.5, 0.5]].ln();
        assert_near(&Vote::MeanLogProbability.combine(&logs, 1.0), &[0.0, 0.5, 0.5]);
        assert_near(&Vote::Majority.combine(&logs, 1.0), &[0.5, 0.5, 0.0]);
    }

    /// The limit of small probabilities in place of 0.
    #[test]
    fn classes_that_the_fewest_segments_exclude_win_where_all_are_excluded() {
        let segments = |zero: f32| array![[1.0_f32, zero, zero], [zero, 0.8, 0.2], [1.0, zero, zero]].ln();
        let exact = Vote::MeanLogProbability.combine(&segments(0.0), 1.0);
        assert_near(&exact, &[1.0, 0.0, 0.0]);
        assert_near(&Vote::MeanLogProbability.combine(&segments(1e-30), 1.0), &exact.to_vec());
        let two = array![[1.0_f32, 0.0], [0.0, 1.0]].ln();
        assert_near(&Vote::MeanLogProbability.combine(&two, 1.0), &[0.5, 0.5]);
    }

    #[test]
    fn nothing_known_is_uniform() {
        for vote in BOTH {
            assert_near(&vote.combine(&Array2::zeros((0, 4)), 1.0), &[0.25; 4]);
            assert!(vote.combine(&Array2::zeros((3, 0)), 1.0).is_empty());
        }
    }
}
