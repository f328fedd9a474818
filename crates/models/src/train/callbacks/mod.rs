//! Callbacks: code that runs around the epochs and steps of a training run.

mod average_weights;
mod early_stopping;
mod forward;
mod model_checkpoint;
mod on_epoch;
mod plateau;
mod progress;
mod schedule;
mod state;

pub use average_weights::AverageWeights;
pub use early_stopping::EarlyStopping;
pub use model_checkpoint::ModelCheckpoint;
pub use on_epoch::OnEpoch;
pub use plateau::{PlateauConfig, ReduceOnPlateau};
pub use progress::ShowProgress;
pub use schedule::LearningRateSchedule;
pub use state::CallbackState;

use crate::{Classifier, EpochReport, Error, Result, StepReport, TrainReport};

/// The decision to continue or to stop training.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Control {
    /// Training continues with the next epoch, if there is one.
    #[default]
    Continue,
    /// Training stops after this epoch.
    Stop,
}

/// Observes a training run and may steer it; Keras's `Callback`.
///
/// Callbacks are called in the order in which they were added to the [`Trainer`](crate::Trainer). An error of a callback
/// ends the run with that error; the model then has the weights of the last step, or those from before the run when no
/// step was taken.
pub trait Callback: Send {
    /// Called before the first step, and before [`restore`](Self::restore).
    ///
    /// # Errors
    /// Any error of the callback; [`Error::callback`] wraps errors of other types.
    fn on_train_begin(&mut self, _plan: &TrainPlan, _model: &Classifier) -> Result<()> {
        Ok(())
    }

    /// Called before each epoch (counted from 1); returns the learning rate to use, given the current one.
    ///
    /// # Errors
    /// As [`on_train_begin`](Self::on_train_begin).
    fn on_epoch_begin(&mut self, _epoch: usize, learning_rate: f64) -> Result<f64> {
        Ok(learning_rate)
    }

    /// Called after each step.
    ///
    /// # Errors
    /// As [`on_train_begin`](Self::on_train_begin).
    fn on_step_end(&mut self, _report: &StepReport) -> Result<()> {
        Ok(())
    }

    /// Called after each epoch and its validation.
    ///
    /// # Errors
    /// As [`on_train_begin`](Self::on_train_begin).
    fn on_epoch_end(&mut self, _report: &EpochReport, _model: &Classifier) -> Result<Control> {
        Ok(Control::Continue)
    }

    /// Called after the last epoch.
    ///
    /// # Errors
    /// As [`on_train_begin`](Self::on_train_begin).
    fn on_train_end(&mut self, _report: &TrainReport, _model: &mut Classifier) -> Result<()> {
        Ok(())
    }

    /// Called when the run fails, provided that [`on_train_begin`](Self::on_train_begin) of this callback was called. Close
    /// here what was opened there: [`on_train_end`](Self::on_train_end) is called only when all epochs succeeded.
    fn on_train_error(&mut self, _error: &Error) {}

    /// Returns the state that a checkpoint has to keep between two epochs; `None` for a callback without one.
    ///
    /// # Errors
    /// When the state cannot be serialized.
    fn state(&self) -> Result<Option<CallbackState>> {
        Ok(None)
    }

    /// Continues from a saved state; called after [`on_train_begin`](Self::on_train_begin).
    ///
    /// # Errors
    /// [`Error::State`] when another kind of callback saved it.
    fn restore(&mut self, _state: CallbackState) -> Result<()> {
        Ok(())
    }
}

/// The planned epochs and steps of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrainPlan {
    /// Maximum number of epochs.
    pub epochs: usize,
    /// Steps per epoch.
    pub steps: usize,
    /// Number of training segments.
    pub n_training: usize,
    /// Number of validation segments; 0 without validation.
    pub n_validation: usize,
    /// The first epoch to run: 1, or a later one when the run resumes from a checkpoint.
    pub first_epoch: usize,
}

impl TrainPlan {
    /// Fails for a callback that watches the validation loss when there is none.
    fn require_validation(&self, callback: &'static str) -> Result<()> {
        if self.n_validation == 0 { Err(Error::NeedsValidation { callback }) } else { Ok(()) }
    }
}
