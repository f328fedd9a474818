//! One trained and measured model in the record of a run.

use cepstrum_models::{Classifier, TrainReport};
use serde::{Deserialize, Deserializer, Serialize};

use super::{CalibrationRun, SplitBy};
use crate::metrics::{Bootstrap, ConfusionMatrix, Evaluation, Interval, Vote};
use crate::{History, Result};

/// One trained and measured model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ModelRun {
    /// Name of the model, such as `ffnn5` or `cnn:256-128-64-32`.
    pub name: String,
    /// The unit that the split keeps together.
    pub split: SplitBy,
    /// Seed of the split, the initial weights and the training run.
    pub seed: u64,
    /// Number of parameters, trainable or not.
    pub parameters: usize,
    /// Number of epochs that were trained.
    pub epochs: usize,
    /// Accuracy on the training part during the last epoch, 0 to 1.
    pub train_accuracy: f64,
    /// Accuracy on validation data, 0 to 1, by which [`rank_models`](super::rank_models) chooses; `None` where it was not
    /// measured. Where the model itself was trained on all of the training part, it is that of another model of the same
    /// network, trained without the validation data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation_accuracy: Option<f64>,
    /// Accuracy over whole tracks of the validation data, 0 to 1, which [`rank_models`](super::rank_models) prefers to
    /// that over segments; `None` where it was not measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation_track_accuracy: Option<f64>,
    /// Accuracy on the test part, 0 to 1.
    pub test_accuracy: f64,
    /// Mean cross-entropy on the test part.
    #[serde(deserialize_with = "nan_if_null")]
    pub test_loss: f64,
    /// Training time, in seconds.
    pub seconds: f64,
    /// The epochs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub history: Option<History>,
    /// Truth against prediction on the test part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confusion: Option<ConfusionMatrix>,
    /// The test accuracy with its interval over tracks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
    /// Accuracy over whole tracks of the test part, by the vote of their segments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub track_accuracy: Option<f64>,
    /// The accuracy over tracks with its interval, where the split keeps tracks together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub track_interval: Option<Interval>,
    /// Number of tracks of the test part; 0 where tracks are unknown.
    #[serde(skip_serializing_if = "is_zero")]
    pub test_tracks: usize,
    /// Mean area under the ROC curves of the classes, each against the rest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roc_auc: Option<f64>,
    /// Share of test segments whose class is among the three most probable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_3: Option<f64>,
    /// Reliability of the confidences on the test part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calibration: Option<CalibrationRun>,
    /// The table of layers, as text.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub layers: String,
}

impl ModelRun {
    /// An entry whose metrics are still zero.
    pub fn new(name: impl Into<String>, split: SplitBy, seed: u64) -> Self {
        Self { name: name.into(), split, seed, ..Self::default() }
    }

    /// Fills in the outcome of a training run: size, epochs, training accuracy in the last epoch, time.
    #[must_use]
    pub fn with_training(self, model: &Classifier, report: &TrainReport) -> Self {
        Self {
            parameters: model.n_parameters(),
            layers: model.summary().to_string(),
            epochs: report.epochs,
            train_accuracy: report.last.train_accuracy,
            seconds: report.seconds,
            ..self
        }
    }

    /// Fills in an evaluation on validation data: the accuracy over segments and over tracks.
    ///
    /// # Errors
    /// [`Error::Undefined`](crate::Error::Undefined) when a track has segments of two classes.
    pub fn with_validation(self, validation: &Evaluation) -> Result<Self> {
        let tracks = by_track(validation)?.map(|tracks| tracks.accuracy());
        Ok(Self {
            validation_accuracy: Some(validation.accuracy()),
            validation_track_accuracy: tracks,
            ..self
        })
    }

    /// Fills in an evaluation on the test part: accuracy, loss, confusion matrix, interval and accuracy over tracks,
    /// area under the ROC curves, top-3 accuracy.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`](crate::Error::InvalidParameter) for a bootstrap outside its bounds;
    /// [`Error::Undefined`](crate::Error::Undefined) when a track has segments of two classes.
    pub fn with_evaluation(self, test: &Evaluation, bootstrap: &Bootstrap) -> Result<Self> {
        let by_track = by_track(test)?;
        let of_tracks = by_track.as_ref().filter(|_| self.split == SplitBy::Track);
        let track_interval = of_tracks.map(|tracks| bootstrap.accuracy(tracks)).transpose()?;
        Ok(Self {
            test_accuracy: test.accuracy(),
            test_loss: test.loss(),
            confusion: Some(test.confusion().clone()),
            interval: Some(bootstrap.accuracy(test)?),
            test_tracks: by_track.as_ref().map_or(0, |tracks| tracks.truth().len()),
            track_accuracy: by_track.map(|tracks| tracks.accuracy()),
            track_interval,
            roc_auc: test.roc_auc_macro(),
            top_3: (test.classes().len() > 3).then(|| test.top_k_accuracy(3)),
            ..self
        })
    }

    /// The model's title among others.
    pub(super) fn title(&self) -> String {
        format!("{}, split by {}, seed {}", self.name, self.split, self.seed)
    }
}

/// The evaluation over tracks, where they are known.
fn by_track(evaluation: &Evaluation) -> Result<Option<Evaluation>> {
    if evaluation.track_ids().is_empty() { Ok(None) } else { evaluation.by_track(Vote::default()).map(Some) }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// Reads a value that is NaN for a diverged model, for which JSON has only `null`.
fn nan_if_null<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<f64, D::Error> {
    Ok(Option::<f64>::deserialize(from)?.unwrap_or(f64::NAN))
}
