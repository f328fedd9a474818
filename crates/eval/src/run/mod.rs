//! The record of a run: everything that a table, a picture or a page about it is made from.

mod model;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use cepstrum_dataset::write_atomically;
use serde::{Deserialize, Serialize};

pub use model::{CalibrationRun, Gap, ModelRun, Protocol};

use crate::metrics::Spread;
use crate::{Error, Result};

/// A run from audio to measured models: `run.json`.
///
/// Keys that a reader does not know are ignored and missing ones are empty, so that records and readers of different
/// versions go together.
///
/// ```
/// use cepstrum_eval::{ModelRun, Protocol, Run};
///
/// # let folder = tempfile::tempdir()?;
/// let mut run = Run { command: "notebook --seed 7".into(), seed: 7, ..Run::default() };
/// run.models.push(ModelRun { test_accuracy: 0.71, ..ModelRun::new("ffnn5", Protocol::Track, 7) });
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
    /// When the run began, RFC 3339 in UTC; empty when that is not told.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub started: String,
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
    /// The trained models, one entry a model, split and seed.
    pub models: Vec<ModelRun>,
    /// Pictures that were drawn from more than this record holds: tracks, explanations.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub figures: Vec<Figure>,
    /// Songs that were classified.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub songs: Vec<SongRun>,
}

/// Where in a report a figure belongs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Section {
    /// What the tracks look like.
    #[default]
    Tracks,
    /// What a model looks at.
    Explanations,
}

/// A picture in a file of its own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Figure {
    /// Where it belongs.
    pub section: Section,
    /// What it shows, in a sentence.
    pub caption: String,
    /// The file, relative to the record: PNG or SVG.
    pub file: PathBuf,
    /// The same on a dark background.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dark: Option<PathBuf>,
}

/// A song that was classified, segment by segment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SongRun {
    /// What the song is called.
    pub name: String,
    /// Class names in the order of the probabilities.
    pub classes: Vec<String>,
    /// The whole song's probability of every class.
    pub verdict: Vec<f64>,
    /// Every segment's probability of every class.
    pub segments: Vec<Vec<f32>>,
    /// Length of a segment, in seconds.
    pub segment_seconds: f64,
    /// The true class, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub truth: Option<String>,
    /// What else is to be said, such as that it is unlike the training data.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub remark: String,
    /// The audio, relative to the record, where it may be embedded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio: Option<PathBuf>,
}

/// The data of a run, counted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DataSummary {
    /// Where the data come from: a folder, a file, or the synthetic set and its seed.
    pub source: String,
    /// Number of tracks.
    pub tracks: usize,
    /// Number of segments.
    pub segments: usize,
    /// Length of a segment in seconds; 0 when it is not known.
    pub segment_seconds: f64,
    /// Frames and coefficients of a segment.
    pub shape: [usize; 2],
    /// Tracks and segments of every class, in the order of the labels.
    pub classes: Vec<ClassCount>,
}

/// How much there is of one class.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClassCount {
    /// Name of the class.
    pub name: String,
    /// Number of its tracks.
    pub tracks: usize,
    /// Number of its segments.
    pub segments: usize,
}

/// A file that could not be used, and why.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SkippedFile {
    /// The file.
    pub path: PathBuf,
    /// What was wrong with it.
    pub cause: String,
}

impl Run {
    /// The models that were run with both splits, and what the split by segment adds, in the order of the record.
    pub fn gaps(&self) -> Vec<Gap> {
        let mean = |name: &str, split: Protocol| {
            let runs = self.models.iter().filter(|run| run.name == name && run.split == split);
            Spread::of(&runs.map(|run| run.test_accuracy).collect::<Vec<_>>()).ok().map(|spread| spread.mean)
        };
        let mut gaps: Vec<Gap> = Vec::new();
        for ModelRun { name, .. } in &self.models {
            let both = mean(name, Protocol::Segment).zip(mean(name, Protocol::Track));
            if let Some((segment, track)) = both.filter(|_| gaps.iter().all(|gap| gap.model != *name)) {
                gaps.push(Gap { model: name.clone(), segment, track });
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
        let text = serde_json::to_vec_pretty(self)
            .map_err(|source| Error::Json { path: path.to_owned(), source })?;
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
        serde_json::from_slice(&text).map_err(|source| Error::Json { path: path.to_owned(), source })
    }
}
