//! What a training tells about itself.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One step of a training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepReport {
    /// Epoch, from 1.
    pub epoch: usize,
    /// Step within the epoch, from 1.
    pub step: usize,
    /// Steps in the epoch.
    pub steps: usize,
    /// Loss of the batch before the step, L2 penalties included.
    pub loss: f64,
    /// Rate of the step.
    pub learning_rate: f64,
}

/// One epoch of a training, as Keras reports it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochReport {
    /// Epoch, from 1.
    pub epoch: usize,
    /// Epochs at most.
    pub epochs: usize,
    /// Mean over the epoch's batches, weighted by their size, of the loss *before* each step, under dropout, L2
    /// penalties included.
    pub train_loss: f64,
    /// Share of the training segments that were right in those same forward passes, in `0.0..=1.0`.
    pub train_accuracy: f64,
    /// Loss on the validation data after the epoch, L2 penalties included.
    pub validation_loss: Option<f64>,
    /// Share of the validation segments that are right after the epoch.
    pub validation_accuracy: Option<f64>,
    /// Rate of the epoch's steps.
    pub learning_rate: f64,
    /// Time of the epoch with its validation.
    pub seconds: f64,
}

impl fmt::Display for EpochReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "epoch {}/{}: ", self.epoch, self.epochs)?;
        write!(f, "loss {:.4}, accuracy {:.4}", self.train_loss, self.train_accuracy)?;
        if let (Some(loss), Some(accuracy)) = (self.validation_loss, self.validation_accuracy) {
            write!(f, ", validation loss {loss:.4}, accuracy {accuracy:.4}")?;
        }
        Ok(())
    }
}

/// Why a training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// All epochs were run.
    Completed,
    /// A callback stopped it.
    Stopped,
}

/// A whole training.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainReport {
    /// Epochs that were run.
    pub epochs: usize,
    /// Why there were no more.
    #[serde(alias = "ending")]
    pub stop_reason: StopReason,
    /// The last epoch's figures.
    pub last: EpochReport,
    /// Time of all epochs.
    pub seconds: f64,
}

/// Loss and accuracy on some data, at inference.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// Mean cross-entropy in nats plus the network's L2 penalties, as Keras's `evaluate` gives it.
    pub loss: f64,
    /// Share of segments whose likeliest class is the true one, in `0.0..=1.0`.
    pub accuracy: f64,
}
