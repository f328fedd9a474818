//! One trained and measured model in the record of a run.

use std::fmt;

use cepstrum_models::{CalibratedTemperatures, Classifier, TrainReport};
use serde::{Deserialize, Deserializer, Serialize};

use crate::metrics::{Bootstrap, Calibration, Interval, TemperatureScaling, Vote};
use crate::{ConfusionMatrix, Evaluation, History, Result};

/// What the test part of a run was kept apart by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SplitBy {
    /// At random over segments, the reference notebook's: segments of one track fall on both sides, which flatters.
    Segment,
    /// By track: no track has segments on both sides.
    #[default]
    Track,
}

impl fmt::Display for SplitBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Segment => "segment",
            Self::Track => "track",
        })
    }
}

/// One trained and measured model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ModelRun {
    /// Name of the model, such as `ffnn5` or `cnn:256-128-64-32`.
    pub name: String,
    /// What the test part was kept apart by.
    pub split: SplitBy,
    /// Seed of the split, the initial weights and the training.
    pub seed: u64,
    /// Number of parameters, trainable or not.
    pub parameters: usize,
    /// Number of epochs that were trained.
    pub epochs: usize,
    /// Accuracy on the training part in the last epoch, as measured while training, 0 to 1.
    pub train_accuracy: f64,
    /// Accuracy on the test part, 0 to 1.
    pub test_accuracy: f64,
    /// Mean cross-entropy on the test part.
    #[serde(deserialize_with = "nan_if_null")]
    pub test_loss: f64,
    /// Time of the training, in seconds.
    pub seconds: f64,
    /// The epochs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<History>,
    /// Truth against prediction on the test part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confusion: Option<ConfusionMatrix>,
    /// The test accuracy with its interval over tracks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
    /// Accuracy over whole tracks of the test part, by the vote of their segments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub track_accuracy: Option<f64>,
    /// Mean area under the ROC curves of the classes, each against the rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roc_auc: Option<f64>,
    /// Share of test segments whose class is among the three most probable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_3: Option<f64>,
    /// Reliability of the confidences on the test part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<CalibrationRun>,
    /// The table of layers, as text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub layers: String,
}

/// Reliability before and after a temperature that was fitted on the validation part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CalibrationRun {
    /// The temperature.
    pub temperature: TemperatureScaling,
    /// As the model was trained.
    pub before: Calibration,
    /// With the temperature.
    pub after: Calibration,
    /// The temperature of whole songs, where tracks are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub song_temperature: Option<TemperatureScaling>,
}

impl CalibrationRun {
    /// Fits temperatures on the validation part, and measures what that of segments does on the test part.
    ///
    /// # Errors
    /// As [`TemperatureScaling::recalibrated`] and [`Evaluation::by_track`].
    pub fn of(validation: &Evaluation, test: &Evaluation) -> Result<Self> {
        const N_BINS: usize = 10;
        let temperature = TemperatureScaling::fit(validation);
        let before = Calibration::of(test, N_BINS)?;
        let after = Calibration::of(&temperature.recalibrated(test)?, N_BINS)?;
        let known = !validation.track_ids().is_empty();
        let songs = known.then(|| validation.by_track(Vote::default())).transpose()?;
        Ok(Self {
            temperature,
            before,
            after,
            song_temperature: songs.map(|songs| TemperatureScaling::fit(&songs)),
        })
    }

    /// Both temperatures, for the model's file; that of segments stands in for that of songs where tracks are not known.
    ///
    /// # Errors
    /// None for temperatures that were fitted.
    pub fn temperatures(&self) -> Result<CalibratedTemperatures> {
        let (segment, song) = (self.temperature, self.song_temperature.unwrap_or(self.temperature));
        Ok(CalibratedTemperatures::new(segment.value(), song.value())?)
    }
}

/// What a split by segment adds to the accuracy of a model, over a split by track.
#[derive(Clone, Debug, PartialEq)]
pub struct LeakageGap {
    /// Name of the model.
    pub model: String,
    /// Mean test accuracy over the runs split by segment.
    pub segment: f64,
    /// Mean test accuracy over the runs split by track.
    pub track: f64,
}

/// In words.
impl fmt::Display for LeakageGap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { model, segment, track } = self;
        let points = 100.0 * (segment - track);
        let (segment, track) = (100.0 * segment, 100.0 * track);
        write!(f, "{model} is right {segment:.1} % of the time when the data are split by segment, ")?;
        write!(f, "{track:.1} % when they are split by track: ")?;
        if points > 0.05 {
            write!(
                f,
                "{points:.1} points of the first figure come from having heard other segments of the same tracks"
            )
        } else {
            write!(f, "having heard other segments of the same tracks did not help here")
        }
    }
}

impl ModelRun {
    /// An entry with its figures still at zero.
    pub fn new(name: impl Into<String>, split: SplitBy, seed: u64) -> Self {
        Self { name: name.into(), split, seed, ..Self::default() }
    }

    /// The entry with what a training says: size, epochs, accuracy on the training part in the last epoch, time.
    pub fn trained(self, model: &Classifier, report: &TrainReport) -> Self {
        Self {
            parameters: model.n_parameters(),
            layers: model.summary().to_string(),
            epochs: report.epochs,
            train_accuracy: report.last.train_accuracy,
            seconds: report.seconds,
            ..self
        }
    }

    /// The entry with what an evaluation on the test part says: accuracy, loss, confusion matrix, interval and accuracy
    /// over tracks, area under the ROC curves, top-3 accuracy.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`](crate::Error::InvalidParameter) for a bootstrap outside its bounds; [`Error::Undefined`](crate::Error::Undefined) when a track has segments of
    /// two classes.
    pub fn measured(self, test: &Evaluation, bootstrap: &Bootstrap) -> Result<Self> {
        let by_track = if test.track_ids().is_empty() { None } else { Some(test.by_track(Vote::default())?) };
        Ok(Self {
            test_accuracy: test.accuracy(),
            test_loss: test.loss,
            confusion: Some(test.confusion.clone()),
            interval: Some(bootstrap.accuracy(test)?),
            track_accuracy: by_track.map(|tracks| tracks.accuracy()),
            roc_auc: test.roc_auc_macro(),
            top_3: (test.classes().len() > 3).then(|| test.top_k_accuracy(3)),
            ..self
        })
    }
}

/// A number that a diverged model may leave undefined: JSON has no NaN and writes `null`.
fn nan_if_null<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<f64, D::Error> {
    Ok(Option::<f64>::deserialize(from)?.unwrap_or(f64::NAN))
}
