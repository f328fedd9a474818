//! Leakage between training and test part, and its effect on the accuracy.

use std::fmt;

use cepstrum_dataset::{FeatureSet, leakage};
use serde::{Deserialize, Serialize};

use super::SplitBy;

/// The overlap between the training and the test part of a split.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LeakageRun {
    /// The unit that the split keeps together.
    pub split: SplitBy,
    /// Number of tracks in the test part.
    pub test_tracks: usize,
    /// Number of them that have segments in the training part as well.
    pub shared_tracks: usize,
    /// Pairs of tracks with different names and nearly the same audio: the one in training, the one in the test.
    pub near_duplicates: Vec<[String; 2]>,
}

impl LeakageRun {
    /// Searches for tracks and near-duplicates that both parts contain.
    pub fn compute(split: SplitBy, train: &FeatureSet, test: &FeatureSet) -> Self {
        let found = leakage(train, test);
        let pairs = found.near_duplicates.into_iter().map(|pair| [pair.train, pair.test]);
        Self {
            split,
            test_tracks: test.track_names().len(),
            shared_tracks: found.shared_tracks.len(),
            near_duplicates: pairs.collect(),
        }
    }
}

/// A sentence without a full stop.
impl fmt::Display for LeakageRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { split, test_tracks, shared_tracks, near_duplicates } = self;
        write!(
            f,
            "split by {split}: {shared_tracks} of {test_tracks} test tracks have segments in training, "
        )?;
        match near_duplicates.len() {
            1 => write!(f, "1 pair of near-duplicates with different names"),
            n => write!(f, "{n} pairs of near-duplicates with different names"),
        }
    }
}

/// The accuracy that a split by segment adds for one model, compared with a split by track.
#[derive(Clone, Debug, PartialEq)]
pub struct LeakageGap {
    /// Name of the model.
    pub model: String,
    /// Mean test accuracy over the runs split by segment.
    pub segment: f64,
    /// Mean test accuracy over the runs split by track.
    pub track: f64,
}

/// A sentence without a full stop.
impl fmt::Display for LeakageGap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { model, segment, track } = self;
        let points = 100.0 * (segment - track);
        let (segment, track) = (100.0 * segment, 100.0 * track);
        write!(
            f,
            "{model} classifies {segment:.1} % of the test segments correctly when split by segment, "
        )?;
        write!(f, "{track:.1} % when split by track: training on other segments of the same tracks ")?;
        if points > 0.05 {
            write!(f, "adds {points:.1} percentage points")
        } else {
            write!(f, "did not help here")
        }
    }
}
