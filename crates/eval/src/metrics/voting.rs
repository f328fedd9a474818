//! From segments to tracks.

use cepstrum_models::Vote;
use ndarray::{Array1, Array2, ArrayRef1, Axis};

use crate::evaluation::{LEAST_PROBABILITY, first_maximum};
use crate::{Error, Evaluation, Result};

impl Evaluation {
    /// The evaluation over tracks: each is classified once, by the vote of its segments, in the order of first appearance.
    ///
    /// # Errors
    /// [`Error::Undefined`] when tracks are not known or a track has segments of two classes.
    pub fn by_track(&self, vote: Vote) -> Result<Self> {
        let (n_tracks, track_ids) = self.dense_tracks()?;
        let n_classes = self.classes().len();
        let mut truth = vec![None; n_tracks];
        let mut scores = Array2::<f64>::zeros((n_tracks, n_classes));
        for ((&track, &label), row) in
            track_ids.iter().zip(self.truth()).zip(self.probabilities().outer_iter())
        {
            if truth[track].replace(label).is_some_and(|earlier| earlier != label) {
                let because = "a track has segments of two classes";
                return Err(Error::Undefined { quantity: "accuracy by track", because });
            }
            match vote {
                Vote::MeanLogProbability => scores.row_mut(track).scaled_add(1.0, &log_probabilities(&row)),
                Vote::Majority => scores[[track, first_maximum(&row)]] += 1.0,
            }
        }
        let mut segments = vec![0.0; n_tracks];
        for &track in &track_ids {
            segments[track] += 1.0;
        }
        for (mut row, n) in scores.outer_iter_mut().zip(segments) {
            row.mapv_inplace(|score| score / n);
        }
        if vote == Vote::MeanLogProbability {
            scores = tempered(&scores, 1.0);
        }
        let truth: Vec<usize> = truth.into_iter().flatten().collect();
        let tracks: Vec<usize> = (0..n_tracks).collect();
        Self::from_probabilities(&truth, scores.mapv(|score| score as f32), self.classes())?
            .with_tracks(&tracks)
    }

    /// `(right, total)` segments of every track; of every segment where tracks are not known.
    pub(crate) fn right_by_track(&self) -> Vec<(u64, u64)> {
        let right =
            self.truth().iter().zip(self.predicted()).map(|(truth, predicted)| u64::from(truth == predicted));
        let Ok((n_tracks, track_ids)) = self.dense_tracks() else {
            return right.map(|right| (right, 1)).collect();
        };
        let mut units = vec![(0, 0); n_tracks];
        for (track, right) in track_ids.into_iter().zip(right) {
            units[track].0 += right;
            units[track].1 += 1;
        }
        units
    }

    /// The tracks numbered from 0 without gaps (a selected part of a set has gaps), in the order of first appearance.
    fn dense_tracks(&self) -> Result<(usize, Vec<usize>)> {
        if self.track_ids().is_empty() {
            let because = "the data do not say which track each segment comes from";
            return Err(Error::Undefined { quantity: "accuracy by track", because });
        }
        let mut numbers = std::collections::HashMap::new();
        let dense = self.track_ids().iter().map(|&track| {
            let next = numbers.len();
            *numbers.entry(track).or_insert(next)
        });
        let dense: Vec<usize> = dense.collect();
        Ok((numbers.len(), dense))
    }
}

pub(crate) fn log_probabilities(row: &ArrayRef1<f32>) -> Array1<f64> {
    row.mapv(|p| f64::from(p.max(LEAST_PROBABILITY)).ln())
}

/// `softmax(logs / temperature)` of every row.
pub(crate) fn tempered(logs: &Array2<f64>, temperature: f64) -> Array2<f64> {
    let mut out = logs / temperature;
    for mut row in out.axis_iter_mut(Axis(0)) {
        let highest = row.fold(f64::NEG_INFINITY, |a, &b| a.max(b));
        row.mapv_inplace(|score| (score - highest).exp());
        let sum = row.sum();
        row.mapv_inplace(|score| score / sum);
    }
    out
}
