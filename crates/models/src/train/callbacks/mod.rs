//! What happens around the epochs of a training.

mod early_stopping;
mod model_checkpoint;
mod on_epoch;
mod plateau;
mod progress;
mod schedule;

pub use early_stopping::EarlyStopping;
pub use model_checkpoint::ModelCheckpoint;
pub use on_epoch::OnEpoch;
pub use plateau::{PlateauConfig, ReduceOnPlateau};
pub use progress::ShowProgress;
pub use schedule::LearningRateSchedule;

use crate::{Classifier, EpochReport, Error, Result, StateProblem, StepReport, TrainReport, Weights};

/// Whether to go on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Control {
    /// Go on with the next epoch.
    #[default]
    Continue,
    /// This epoch was the last.
    Stop,
}

/// Hears what a training does, and may steer it.
///
/// Callbacks are called in the order in which they were given to the [`Trainer`](crate::Trainer). An error ends the
/// training with it; the model then has the weights of the last step.
pub trait Callback {
    /// Before the first step.
    ///
    /// # Errors
    /// What the callback runs into; [`Error::callback`](crate::Error::callback) takes any error.
    fn on_train_begin(&mut self, _plan: &TrainPlan, _model: &Classifier) -> Result<()> {
        Ok(())
    }

    /// Before an epoch: gives the learning rate it shall have, from the one it would have.
    ///
    /// # Errors
    /// As [`on_train_begin`](Self::on_train_begin).
    fn on_epoch_begin(&mut self, _epoch: usize, learning_rate: f64) -> Result<f64> {
        Ok(learning_rate)
    }

    /// After every step.
    ///
    /// # Errors
    /// As [`on_train_begin`](Self::on_train_begin).
    fn on_step_end(&mut self, _report: &StepReport) -> Result<()> {
        Ok(())
    }

    /// After an epoch and its validation.
    ///
    /// # Errors
    /// As [`on_train_begin`](Self::on_train_begin).
    fn on_epoch_end(&mut self, _report: &EpochReport, _model: &Classifier) -> Result<Control> {
        Ok(Control::Continue)
    }

    /// After the last epoch.
    ///
    /// # Errors
    /// As [`on_train_begin`](Self::on_train_begin).
    fn on_train_end(&mut self, _report: &TrainReport, _model: &mut Classifier) -> Result<()> {
        Ok(())
    }

    /// What a checkpoint has to keep of it between two epochs; `None` when it remembers nothing.
    ///
    /// # Errors
    /// When the state cannot be written down.
    fn state(&self) -> Result<Option<CallbackState>> {
        Ok(None)
    }

    /// Goes on from such a state, after [`on_train_begin`](Self::on_train_begin).
    ///
    /// # Errors
    /// [`Error::State`] when another kind of callback saved it.
    fn restore(&mut self, _state: CallbackState) -> Result<()> {
        Ok(())
    }
}

/// The memory of a callback, as it is saved in a checkpoint.
#[derive(Clone, Debug)]
pub struct CallbackState {
    /// Name of the callback (`"early_stopping"`).
    pub kind: String,
    /// Numbers and words. JSON has no infinity and no NaN: leave such a value out.
    pub values: serde_json::Value,
    /// Weights it keeps.
    pub weights: Option<Weights>,
}

impl CallbackState {
    /// A state without weights.
    ///
    /// # Errors
    /// When the values cannot be written as JSON.
    pub fn new(kind: &str, values: &impl serde::Serialize) -> Result<Self> {
        Ok(Self { kind: kind.to_owned(), values: serde_json::to_value(values)?, weights: None })
    }

    /// Its values, when this kind of callback saved it.
    ///
    /// # Errors
    /// [`Error::State`] when another kind saved it, [`Error::Description`] when the values are others.
    pub fn values<T: serde::de::DeserializeOwned>(&self, kind: &str) -> Result<T> {
        if self.kind != kind {
            let problem = StateProblem::Kind { expected: kind.to_owned(), actual: self.kind.clone() };
            return Err(Error::State { what: "the callback", problem });
        }
        Ok(serde_json::from_value(self.values.clone())?)
    }
}

/// What a training sets out to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrainPlan {
    /// Epochs at most.
    pub epochs: usize,
    /// Steps in every epoch.
    pub steps: usize,
    /// Segments trained on.
    pub n_training: usize,
    /// Segments validated on, 0 without validation.
    pub n_validation: usize,
    /// The first epoch to run: 1, or later when the training goes on from a checkpoint.
    pub first_epoch: usize,
}

impl<C: Callback + ?Sized> Callback for &mut C {
    fn on_train_begin(&mut self, plan: &TrainPlan, model: &Classifier) -> Result<()> {
        (**self).on_train_begin(plan, model)
    }

    fn on_epoch_begin(&mut self, epoch: usize, learning_rate: f64) -> Result<f64> {
        (**self).on_epoch_begin(epoch, learning_rate)
    }

    fn on_step_end(&mut self, report: &StepReport) -> Result<()> {
        (**self).on_step_end(report)
    }

    fn on_epoch_end(&mut self, report: &EpochReport, model: &Classifier) -> Result<Control> {
        (**self).on_epoch_end(report, model)
    }

    fn on_train_end(&mut self, report: &TrainReport, model: &mut Classifier) -> Result<()> {
        (**self).on_train_end(report, model)
    }

    fn state(&self) -> Result<Option<CallbackState>> {
        (**self).state()
    }

    fn restore(&mut self, state: CallbackState) -> Result<()> {
        (**self).restore(state)
    }
}
