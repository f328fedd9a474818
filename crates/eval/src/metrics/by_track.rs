//! Evaluation over whole tracks.

use cepstrum_models::Vote;
use ndarray::{Array2, Axis};

use super::Evaluation;
use crate::{Error, Result};

const QUANTITY: &str = "accuracy by track";

impl Evaluation {
    /// Returns the evaluation over tracks: each is classified once, by the vote of its segments, in the order of first
    /// appearance.
    ///
    /// [`Vote::combine`] is the rule here as it is in [`GenreClassifier`](cepstrum_models::GenreClassifier), so that
    /// both give a song the same probabilities.
    ///
    /// # Errors
    /// [`Error::Undefined`] when tracks are unknown or a track has segments of two classes.
    pub fn by_track(&self, vote: Vote) -> Result<Self> {
        let tracks = self.segments_by_track()?;
        let mut truth = Vec::with_capacity(tracks.len());
        let mut probabilities = Array2::zeros((tracks.len(), self.classes().len()));
        for (segments, mut row) in tracks.iter().zip(probabilities.outer_iter_mut()) {
            let label = self.truth()[segments[0]];
            if segments.iter().any(|&segment| self.truth()[segment] != label) {
                let reason = "a track has segments of two classes";
                return Err(Error::Undefined { quantity: QUANTITY, reason });
            }
            truth.push(label);
            row.assign(&vote.combine(&self.log_probabilities().select(Axis(0), segments), 1.0));
        }
        let track_ids: Vec<usize> = (0..tracks.len()).collect();
        Self::from_probabilities(&truth, probabilities, self.classes())?.with_tracks(&track_ids)
    }

    /// `(correct, total)` segments per track, or per segment where tracks are unknown.
    pub(super) fn correct_by_track(&self) -> Vec<(u64, u64)> {
        let correct = |segment: usize| u64::from(self.truth()[segment] == self.predicted()[segment]);
        let count = |segments: &Vec<usize>| segments.iter().map(|&segment| correct(segment)).sum();
        self.units().iter().map(|segments| (count(segments), segments.len() as u64)).collect()
    }

    /// The segments of every track, or every segment alone where tracks are unknown.
    pub(super) fn units(&self) -> Vec<Vec<usize>> {
        self.segments_by_track()
            .unwrap_or_else(|_| (0..self.truth().len()).map(|segment| vec![segment]).collect())
    }

    /// The segments of every track, never none, tracks in the order of first appearance: the track ids of a part of a
    /// set have gaps.
    fn segments_by_track(&self) -> Result<Vec<Vec<usize>>> {
        if self.track_ids().is_empty() {
            let reason = "the tracks of the segments are unknown";
            return Err(Error::Undefined { quantity: QUANTITY, reason });
        }
        let mut places = std::collections::HashMap::new();
        let mut tracks: Vec<Vec<usize>> = Vec::new();
        for (segment, &track) in self.track_ids().iter().enumerate() {
            let place = *places.entry(track).or_insert(tracks.len());
            if place == tracks.len() {
                tracks.push(Vec::new());
            }
            tracks[place].push(segment);
        }
        Ok(tracks)
    }
}
