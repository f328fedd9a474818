//! Early stopping.

use serde::{Deserialize, Serialize};

use super::{Callback, CallbackState, Control, TrainPlan};
use crate::{Classifier, EpochReport, Result, TrainReport, Weights};

/// Ends a run when the validation loss has not fallen for a number of epochs; Keras's
/// `EarlyStopping(monitor="val_loss", patience=..)`.
///
/// The model keeps the weights of the last epoch, as in [the reference experiment](crate::zoo), unless
/// [`restore_best`](Self::restore_best) is asked for.
#[derive(Clone, Debug)]
pub struct EarlyStopping {
    patience: usize,
    keep: Keep,
    best: f64,
    best_epoch: usize,
    best_weights: Option<Weights>,
}

const KIND: &str = "early_stopping";

/// The values that a checkpoint stores beside the best weights.
#[derive(Serialize, Deserialize)]
struct Best {
    /// `None` before the first finite loss.
    loss: Option<f64>,
    epoch: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keep {
    Last,
    Best,
}

impl EarlyStopping {
    /// Stops after `patience` epochs without a new lowest validation loss. Too short a patience ends on noise: 10 suits most
    /// runs.
    pub fn on_validation_loss(patience: usize) -> Self {
        Self { patience, keep: Keep::Last, best: f64::INFINITY, best_epoch: 0, best_weights: None }
    }

    /// Restores the weights of the best epoch at the end.
    #[must_use]
    pub fn restore_best(self) -> Self {
        Self { keep: Keep::Best, ..self }
    }

    /// The epoch with the lowest validation loss so far, 0 before the first.
    pub fn best_epoch(&self) -> usize {
        self.best_epoch
    }
}

impl Callback for EarlyStopping {
    fn on_train_begin(&mut self, plan: &TrainPlan, _model: &Classifier) -> Result<()> {
        plan.require_validation("EarlyStopping")?;
        (self.best, self.best_epoch, self.best_weights) = (f64::INFINITY, 0, None);
        Ok(())
    }

    fn on_epoch_end(&mut self, report: &EpochReport, model: &Classifier) -> Result<Control> {
        let loss = report.validation_loss.unwrap_or(f64::INFINITY);
        if loss < self.best {
            (self.best, self.best_epoch) = (loss, report.epoch);
            if self.keep == Keep::Best {
                self.best_weights = Some(model.network().snapshot()?);
            }
        }
        let waited = report.epoch - self.best_epoch;
        Ok(if waited >= self.patience.max(1) { Control::Stop } else { Control::Continue })
    }

    fn on_train_end(&mut self, _report: &TrainReport, model: &mut Classifier) -> Result<()> {
        match self.best_weights.take() {
            Some(weights) => model.network_mut().set_weights(&weights),
            None => Ok(()),
        }
    }

    fn state(&self) -> Result<Option<CallbackState>> {
        let best = Best { loss: self.best.is_finite().then_some(self.best), epoch: self.best_epoch };
        let weights = self.best_weights.clone();
        Ok(Some(CallbackState { weights, ..CallbackState::new(KIND, &best)? }))
    }

    fn restore(&mut self, state: CallbackState) -> Result<()> {
        let Best { loss, epoch } = state.values(KIND)?;
        (self.best, self.best_epoch, self.best_weights) =
            (loss.unwrap_or(f64::INFINITY), epoch, state.weights);
        Ok(())
    }
}
