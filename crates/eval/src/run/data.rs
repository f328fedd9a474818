//! The data of a run: counts, and the files that could not be used.

use std::path::PathBuf;

use cepstrum_dataset::FeatureSet;
use serde::{Deserialize, Serialize};

/// The data of a run in numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DataSummary {
    /// The origin of the data: a folder, a file, or the synthetic set and its seed.
    pub source: String,
    /// Number of tracks.
    pub tracks: usize,
    /// Number of segments.
    pub segments: usize,
    /// Length of a segment in seconds; 0 when unknown.
    pub segment_seconds: f64,
    /// Number of frames and coefficients of a segment.
    pub shape: [usize; 2],
    /// Tracks and segments of every class, in the order of the labels.
    pub classes: Vec<ClassCount>,
}

impl DataSummary {
    /// Counts the tracks and segments of a feature set.
    pub fn from_features(features: &FeatureSet, source: impl Into<String>) -> Self {
        let mut tracks = vec![0; features.n_classes()];
        let mut seen = vec![false; features.track_names().len()];
        for (&track, &label) in features.track_ids().iter().zip(features.labels()) {
            tracks[label] += usize::from(!std::mem::replace(&mut seen[track], true));
        }
        let counts = features.classes().iter().zip(tracks).zip(features.class_counts());
        let count = |((name, tracks), segments): ((&String, _), _)| ClassCount {
            name: name.clone(),
            tracks,
            segments,
        };
        Self {
            source: source.into(),
            tracks: features.track_names().len(),
            segments: features.len(),
            segment_seconds: features.config().map_or(0.0, |config| config.segment.seconds()),
            shape: features.segment_shape(),
            classes: counts.map(count).collect(),
        }
    }

    /// The accuracy of always predicting the most common class; `None` without a segment.
    pub fn majority_baseline(&self) -> Option<f64> {
        let most = self.classes.iter().map(|class| class.segments).max()?;
        (self.segments > 0).then(|| most as f64 / self.segments as f64)
    }
}

/// Number of tracks and segments of one class.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClassCount {
    /// Name of the class.
    pub name: String,
    /// Number of its tracks.
    pub tracks: usize,
    /// Number of its segments.
    pub segments: usize,
}

/// A file that could not be used, with the cause.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SkippedFile {
    /// The file.
    pub path: PathBuf,
    /// The cause, as an error message.
    pub cause: String,
}
