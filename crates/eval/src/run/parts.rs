//! What a record says of data, pictures and songs.

use std::fmt;
use std::path::{Path, PathBuf};

use cepstrum_dataset::{FeatureSet, leakage};
use cepstrum_models::explain::DeletionInsertion;
use cepstrum_models::{Classification, OodScore};
use serde::{Deserialize, Serialize};

use super::SplitBy;
use crate::metrics::{McNemar, Spread, Vote};
use crate::plot::{Picture, Style};
use crate::report::data_uri;
use crate::{Evaluation, Result};

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

/// A picture of data that the record does not hold, in both themes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Figure {
    /// Where it belongs.
    pub section: Section,
    /// What it shows, in a sentence.
    pub caption: String,
    /// Width and height in points.
    pub size: [f32; 2],
    /// The picture on a light background, as SVG.
    pub light: String,
    /// The same on a dark background.
    pub dark: String,
}

impl Figure {
    /// Draws a picture twice.
    ///
    /// # Errors
    /// As [`Picture::to_svg`].
    pub fn drawn(section: Section, caption: &str, draw: impl Fn(&Style) -> Picture) -> Result<Self> {
        let light = draw(&Style::default());
        let dark = draw(&Style::dark()).to_svg()?;
        Ok(Self { section, caption: caption.to_owned(), size: light.size(), light: light.to_svg()?, dark })
    }
}

/// Whether explanation maps of a model point at what matters to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeletionInsertionRun {
    /// Name of the model.
    pub model: String,
    /// What its test part was kept apart by.
    pub split: SplitBy,
    /// How many test segments, all classified rightly, were measured.
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
    /// The audio as a `data:` address, where it may be passed on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio: Option<String>,
}

impl SongRun {
    /// A song and what a model made of it.
    pub fn new(name: impl Into<String>, song: &Classification) -> Self {
        let strange = |ood_score: OodScore| {
            let (what, than) = if ood_score.is_out_of_distribution() {
                ("It is unlike anything in the training", "beyond")
            } else {
                ("It resembles the training data", "within")
            };
            let OodScore { distance, limit } = ood_score;
            format!("{what}: its distance is {distance:.2}, {than} the limit of {limit:.2}.")
        };
        Self {
            name: name.into(),
            classes: song.classes().to_vec(),
            verdict: song.song().iter().map(|&p| f64::from(p)).collect(),
            segments: song.segments().outer_iter().map(|row| row.to_vec()).collect(),
            segment_seconds: song.segment_seconds(),
            remark: song.ood_score().map_or_else(String::new, strange),
            ..Self::default()
        }
    }

    /// The same with the audio of a file inside the record, as it is; formats that browsers do not play are left out.
    ///
    /// # Errors
    /// [`Error::Dataset`](crate::Error::Dataset) with the path when the file cannot be read.
    pub fn with_audio(self, file: impl AsRef<Path>) -> Result<Self> {
        let file = file.as_ref();
        let extension = file.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        let media_type = match extension.to_ascii_lowercase().as_str() {
            "wav" => "audio/wav",
            "mp3" => "audio/mpeg",
            "ogg" | "oga" => "audio/ogg",
            "flac" => "audio/flac",
            "m4a" | "mp4" => "audio/mp4",
            _ => return Ok(self),
        };
        let bytes =
            std::fs::read(file).map_err(|error| cepstrum_dataset::Error::from(error).in_file(file))?;
        Ok(Self { audio: Some(data_uri(media_type, &bytes)), ..self })
    }
}

/// What the training and the test part of a split have in common.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LeakageRun {
    /// What the parts were kept apart by.
    pub split: SplitBy,
    /// Number of tracks in the test part.
    pub test_tracks: usize,
    /// How many of them have segments in the training part as well.
    pub shared_tracks: usize,
    /// Pairs of tracks with other names and nearly the same audio: the one in training, the one in the test.
    pub near_duplicates: Vec<[String; 2]>,
}

impl LeakageRun {
    /// Looks for what the two parts share.
    pub fn of(split: SplitBy, train: &FeatureSet, test: &FeatureSet) -> Self {
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

/// In words, without a full stop.
impl fmt::Display for LeakageRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { split, test_tracks, shared_tracks, near_duplicates } = self;
        write!(
            f,
            "split by {split}: {shared_tracks} of {test_tracks} test tracks have segments in training, "
        )?;
        write!(f, "{} near-duplicates under other names", near_duplicates.len())
    }
}

/// Two models on the same test part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Name of the first model.
    pub first: String,
    /// Name of the second model.
    pub second: String,
    /// What the test part was kept apart by.
    pub split: SplitBy,
    /// What was counted: `tracks`, each by the vote of its segments, or `segments` where tracks are not known or lie on
    /// both sides of the split.
    pub unit: String,
    /// The test.
    pub test: McNemar,
}

impl Comparison {
    /// Compares two models by their evaluations.
    ///
    /// # Errors
    /// As [`McNemar::of`] and [`Evaluation::by_track`].
    pub fn of(split: SplitBy, [(first, a), (second, b)]: [(&str, &Evaluation); 2]) -> Result<Self> {
        let by_track = split == SplitBy::Track && !a.track_ids().is_empty();
        let test = if by_track {
            McNemar::of(&a.by_track(Vote::default())?, &b.by_track(Vote::default())?)?
        } else {
            McNemar::of(a, b)?
        };
        let unit = if by_track { "tracks" } else { "segments" };
        Ok(Self { first: first.to_owned(), second: second.to_owned(), split, unit: unit.to_owned(), test })
    }
}

/// In words, without a full stop.
impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { first, second, split, unit, test } = self;
        let McNemar { only_first, only_second, exact, .. } = test;
        let verdict =
            if *exact < 0.05 { "more than chance would explain" } else { "which chance may explain" };
        let p = if *exact < 0.001 { "p < 0.001".to_owned() } else { format!("p = {exact:.3}") };
        write!(
            f,
            "split by {split}: {only_first} {unit} are right with {first} alone and {only_second} with "
        )?;
        write!(f, "{second} alone, {verdict} (exact McNemar test, {p})")
    }
}

/// A cross-validation of one model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CrossValidationRun {
    /// Name of the model.
    pub name: String,
    /// What the folds were kept apart by.
    pub split: SplitBy,
    /// Accuracy over segments, fold by fold.
    pub accuracy: Spread,
    /// Accuracy over whole tracks, fold by fold, where tracks are known and stay together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub track_accuracy: Option<Spread>,
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

impl DataSummary {
    /// Counts a set of features.
    pub fn of(features: &FeatureSet, source: impl Into<String>) -> Self {
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

    /// The accuracy of always guessing the commonest class; `None` without a segment.
    pub fn majority_baseline(&self) -> Option<f64> {
        let most = self.classes.iter().map(|class| class.segments).max()?;
        (self.segments > 0).then(|| most as f64 / self.segments as f64)
    }
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
