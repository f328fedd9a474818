//! Reports of a training run.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The report of one step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepReport {
    /// Epoch, from 1.
    pub epoch: usize,
    /// Step within the epoch, from 1.
    pub step: usize,
    /// Steps per epoch.
    pub steps: usize,
    /// Loss of the batch before the step, L2 penalties included.
    pub loss: f64,
    /// Learning rate of the step.
    pub learning_rate: f64,
}

/// The report of one epoch, with Keras's figures.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochReport {
    /// Epoch, from 1.
    pub epoch: usize,
    /// Maximum number of epochs.
    pub epochs: usize,
    /// Mean over the epoch's batches, weighted by their size, of the loss *before* each step, under dropout, L2
    /// penalties included.
    pub train_loss: f64,
    /// Share of the training segments classified correctly in those same forward passes, in `0.0..=1.0`.
    pub train_accuracy: f64,
    /// Loss on the validation data after the epoch, L2 penalties included; `None` without validation.
    pub validation_loss: Option<f64>,
    /// Share of the validation segments classified correctly after the epoch; `None` without validation.
    pub validation_accuracy: Option<f64>,
    /// Learning rate of the epoch's steps.
    pub learning_rate: f64,
    /// Duration of the epoch and its validation, in seconds.
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

/// The reason a training run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// All epochs were run.
    Completed,
    /// A callback stopped it.
    Stopped,
}

/// The report of a whole training run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainReport {
    /// Number of epochs that were run.
    pub epochs: usize,
    /// The reason there were no more.
    #[serde(alias = "ending")]
    pub stop_reason: StopReason,
    /// The report of the last epoch.
    pub last: EpochReport,
    /// Duration of all epochs, in seconds.
    pub seconds: f64,
}

/// Loss and accuracy at inference.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// Mean cross-entropy in nats plus the network's L2 penalties, as Keras's `evaluate` returns it.
    pub loss: f64,
    /// Share of segments whose most likely class is the true one, in `0.0..=1.0`.
    pub accuracy: f64,
}
