//! The record itself.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::Path;

use cepstrum_dataset::write_atomically;
use serde::{Deserialize, Serialize};

use super::{
    Comparison, CrossValidationRun, DataSummary, DeletionInsertionRun, Figure, LeakageGap, LeakageRun,
    ListeningRun, ModelRun, SkippedFile, SongRun, SplitBy,
};
use crate::metrics::Spread;
use crate::{Error, Result};

/// A run from audio to measured models, stored as `run.json`.
///
/// Unknown keys are ignored and missing ones are empty, so that records and readers of different versions work
/// together.
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
    /// The seed of all random numbers.
    pub seed: u64,
    /// Duration of the run, in seconds.
    pub seconds: f64,
    /// Versions of the program and of the libraries that its numbers depend on, by name.
    pub versions: BTreeMap<String, String>,
    /// The machine: processor, threads, operating system, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub machine: BTreeMap<String, String>,
    /// The data.
    pub data: DataSummary,
    /// Files that could not be used.
    pub skipped: Vec<SkippedFile>,
    /// The overlap between the parts of every split.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub leakage: Vec<LeakageRun>,
    /// The trained models, one entry per model, split and seed.
    pub models: Vec<ModelRun>,
    /// Cross-validations.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub folds: Vec<CrossValidationRun>,
    /// Comparisons of two models on the same test part.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub comparisons: Vec<Comparison>,
    /// Pictures of data that this record does not contain, such as tracks and attribution maps.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub figures: Vec<Figure>,
    /// Deletion and insertion curves of attribution maps.
    #[serde(rename = "faithfulness", skip_serializing_if = "Vec::is_empty")]
    pub deletion_insertion: Vec<DeletionInsertionRun>,
    /// Segments to listen to, with what spoke for their class.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub listening: Vec<ListeningRun>,
    /// Songs that were classified.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub songs: Vec<SongRun>,
}

impl Run {
    /// Returns the difference between the splits for every model that was trained on both, in the order of the record.
    pub fn gaps(&self) -> Vec<LeakageGap> {
        let mean = |name: &str, split: SplitBy| {
            let runs = self.models.iter().filter(|run| run.name == name && run.split == split);
            let accuracies: Vec<f64> = runs.map(|run| run.test_accuracy).collect();
            Spread::from_values(&accuracies).ok().map(|spread| spread.mean)
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

    /// Saves the record as indented JSON. The file appears whole or not at all.
    ///
    /// # Errors
    /// [`Error::Dataset`], which names the file, when it cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let text = self.to_json().map_err(|error| error.in_record(path))?;
        write_atomically(path, |out| {
            out.write_all(&text).map_err(|error| cepstrum_dataset::Error::from(error).in_file(path))
        })?;
        Ok(())
    }

    /// Writes the record as indented JSON.
    ///
    /// # Errors
    /// [`Error::Write`] when the writer fails.
    pub fn save_to(&self, mut writer: impl Write) -> Result<()> {
        writer.write_all(&self.to_json()?).map_err(Error::Write)
    }

    /// Loads a record from a file.
    ///
    /// # Errors
    /// [`Error::Dataset`], which names the file, when it cannot be read; [`Error::Json`] when it is not a record.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let text = std::fs::read(path).map_err(|error| cepstrum_dataset::Error::from(error).in_file(path))?;
        Self::from_bytes(&text).map_err(|error| error.in_record(path))
    }

    /// Loads a record from a reader.
    ///
    /// # Errors
    /// [`Error::Read`] when the reader fails, [`Error::Json`] when the data is not a record.
    pub fn load_from(mut reader: impl Read) -> Result<Self> {
        let mut text = Vec::new();
        reader.read_to_end(&mut text).map_err(Error::Read)?;
        Self::from_bytes(&text)
    }

    /// Loads a record from memory.
    ///
    /// # Errors
    /// [`Error::Json`] when the data is not a record.
    pub fn from_bytes(json: &[u8]) -> Result<Self> {
        serde_json::from_slice(json).map_err(|cause| Error::Json { path: None, cause })
    }

    fn to_json(&self) -> Result<Vec<u8>> {
        serde_json::to_vec_pretty(self).map_err(|cause| Error::Json { path: None, cause })
    }
}
