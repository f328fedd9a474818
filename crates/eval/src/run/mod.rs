//! The record of a run: everything that a table, a picture or a page about it is made from.

mod model;
mod parts;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use cepstrum_dataset::write_atomically;
use serde::{Deserialize, Serialize};

pub use model::{CalibrationRun, LeakageGap, ModelRun, SplitBy};
pub use parts::{
    ClassCount, Comparison, CrossValidationRun, DataSummary, DeletionInsertionRun, Figure, LeakageRun,
    MapScores, Section, SkippedFile, SongRun,
};

use crate::metrics::Spread;
use crate::{Error, Result};

/// A run from audio to measured models: `run.json`.
///
/// Keys that a reader does not know are ignored and missing ones are empty, so that records and readers of different
/// versions go together.
///
/// ```
/// use cepstrum_eval::{ModelRun, SplitBy, Run};
///
/// # let folder = tempfile::tempdir()?;
/// let mut run = Run { command: "notebook --seed 7".into(), seed: 7, ..Run::default() };
/// run.models.push(ModelRun { test_accuracy: 0.71, ..ModelRun::new("ffnn5", SplitBy::Track, 7) });
/// run.save(folder.path().join("run.json"))?;
/// assert_eq!(Run::load(folder.path().join("run.json"))?, run);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Run {
    /// The exact command line.
    pub command: String,
    /// The seed that every random number of the run comes from.
    pub seed: u64,
    /// How long the run took, in seconds.
    pub seconds: f64,
    /// Versions of what took part, by name.
    pub versions: BTreeMap<String, String>,
    /// What the run was made on: processor, threads, memory, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub machine: BTreeMap<String, String>,
    /// What the data are.
    pub data: DataSummary,
    /// Files that could not be used.
    pub skipped: Vec<SkippedFile>,
    /// What the parts of every split have in common.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub leakage: Vec<LeakageRun>,
    /// The trained models, one entry a model, split and seed.
    pub models: Vec<ModelRun>,
    /// Cross-validations.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub folds: Vec<CrossValidationRun>,
    /// Models compared with each other on the same test part.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub comparisons: Vec<Comparison>,
    /// Pictures of data that are not in this record: tracks, explanations.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub figures: Vec<Figure>,
    /// Whether explanations point at what matters.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[serde(alias = "faithfulness")]
    pub deletion_insertion: Vec<DeletionInsertionRun>,
    /// Songs that were classified.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub songs: Vec<SongRun>,
}

impl Run {
    /// The models that were run with both splits, and what the split by segment adds, in the order of the record.
    pub fn gaps(&self) -> Vec<LeakageGap> {
        let mean = |name: &str, split: SplitBy| {
            let runs = self.models.iter().filter(|run| run.name == name && run.split == split);
            Spread::of(&runs.map(|run| run.test_accuracy).collect::<Vec<_>>()).ok().map(|spread| spread.mean)
        };
        let mut gaps: Vec<LeakageGap> = Vec::new();
        for ModelRun { name, .. } in &self.models {
            let both = mean(name, SplitBy::Segment).zip(mean(name, SplitBy::Track));
            if let Some((segment, track)) = both.filter(|_| gaps.iter().all(|gap| gap.model != *name)) {
                gaps.push(LeakageGap { model: name.clone(), segment, track });
            }
        }
        gaps
    }

    /// Saves the record as JSON, readable by people; the file appears whole or not at all.
    ///
    /// # Errors
    /// [`Error::Dataset`] with the path when it cannot be written, [`Error::Json`] for a number that JSON does not have.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let text =
            serde_json::to_vec_pretty(self).map_err(|cause| Error::Json { path: path.to_owned(), cause })?;
        write_atomically(path, |out| {
            out.write_all(&text).map_err(|error| cepstrum_dataset::Error::from(error).in_file(path))
        })?;
        Ok(())
    }

    /// Loads a record.
    ///
    /// # Errors
    /// [`Error::Dataset`] with the path when it cannot be read, [`Error::Json`] when it is not a record.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let text = std::fs::read(path).map_err(|error| cepstrum_dataset::Error::from(error).in_file(path))?;
        serde_json::from_slice(&text).map_err(|cause| Error::Json { path: path.to_owned(), cause })
    }
}
