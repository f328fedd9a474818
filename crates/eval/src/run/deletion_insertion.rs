//! Deletion and insertion curves in the record of a run.

use cepstrum_models::explain::DeletionInsertion;
use serde::{Deserialize, Serialize};

use super::SplitBy;

/// Deletion and insertion curves of a model's attribution maps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeletionInsertionRun {
    /// Name of the model.
    pub model: String,
    /// The unit that the split keeps together.
    pub split: SplitBy,
    /// Number of test segments, all classified correctly, over which the curves are means.
    pub n_segments: usize,
    /// The curves of every kind of map, and of random ones.
    pub maps: Vec<MapScores>,
}

/// Deletion and insertion curves of one kind of map.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MapScores {
    /// Kind of map.
    pub map: String,
    /// Its curves.
    pub curves: DeletionInsertion,
}
