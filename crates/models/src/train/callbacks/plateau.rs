//! A lower learning rate when nothing gets better.

use serde::{Deserialize, Serialize};

use super::{Callback, CallbackState, Control, TrainPlan};
use crate::{Classifier, EpochReport, Error, Result};

const KIND: &str = "reduce_on_plateau";

/// Multiplies the learning rate by a factor when the validation loss has stopped falling; Keras's `ReduceLROnPlateau`.
///
/// ```
/// use cepstrum_models::{PlateauConfig, ReduceOnPlateau};
///
/// let schedule = ReduceOnPlateau::new(PlateauConfig { factor: 0.5, patience: 5, ..PlateauConfig::default() });
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReduceOnPlateau {
    config: PlateauConfig,
    seen: Seen,
}

/// When a [`ReduceOnPlateau`] lowers the rate, and by how much.
#[derive(Clone, Debug, PartialEq)]
pub struct PlateauConfig {
    /// What the rate is multiplied by, above 0 and below 1. Default 0.1.
    pub factor: f64,
    /// Epochs without a lower loss before it is. Default 10.
    pub patience: usize,
    /// A loss must be lower than the best by more than this to count. Default 1e-4.
    pub min_delta: f64,
    /// Epochs after a reduction in which none are counted. Default 0.
    pub cooldown: usize,
    /// The rate never gets below this. Default 0.
    pub min_learning_rate: f64,
}

/// What it has seen of a training.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Seen {
    /// The lowest loss; `None` before the first.
    best: Option<f64>,
    waited: usize,
    cooling: usize,
    /// Whether the next epoch begins with a lower rate.
    reduces: bool,
}

impl Default for PlateauConfig {
    fn default() -> Self {
        Self { factor: 0.1, patience: 10, min_delta: 1e-4, cooldown: 0, min_learning_rate: 0.0 }
    }
}

impl ReduceOnPlateau {
    /// A schedule that has seen nothing; the factor is checked when the training begins.
    pub fn new(config: PlateauConfig) -> Self {
        Self { config, seen: Seen::default() }
    }
}

impl Callback for ReduceOnPlateau {
    fn on_train_begin(&mut self, plan: &TrainPlan, _model: &Classifier) -> Result<()> {
        if plan.n_validation == 0 {
            return Err(Error::NoData { part: "validation (which the learning rate depends on)" });
        }
        let value = self.config.factor;
        if !(value > 0.0 && value < 1.0) {
            let (setting, bound) = ("reduce_on_plateau.factor", "above 0 and below 1");
            return Err(Error::Setting { setting, bound, value });
        }
        self.seen = Seen::default();
        Ok(())
    }

    fn on_epoch_begin(&mut self, _epoch: usize, learning_rate: f64) -> Result<f64> {
        let reduces = std::mem::take(&mut self.seen.reduces);
        let PlateauConfig { factor, min_learning_rate, .. } = self.config;
        let lower = (learning_rate * factor).max(min_learning_rate);
        Ok(if reduces && learning_rate > min_learning_rate { lower } else { learning_rate })
    }

    fn on_epoch_end(&mut self, report: &EpochReport, _model: &Classifier) -> Result<Control> {
        let Self { config, seen } = self;
        if seen.cooling > 0 {
            seen.cooling -= 1;
            seen.waited = 0;
        }
        let loss = report.validation_loss.filter(|loss| loss.is_finite());
        let is_better = |loss: f64| seen.best.is_none_or(|best| loss < best - config.min_delta);
        if let Some(loss) = loss.filter(|loss| is_better(*loss)) {
            (seen.best, seen.waited) = (Some(loss), 0);
        } else if seen.cooling == 0 {
            seen.waited += 1;
            if seen.waited >= config.patience {
                (seen.reduces, seen.cooling, seen.waited) = (true, config.cooldown, 0);
            }
        }
        Ok(Control::Continue)
    }

    fn state(&self) -> Result<Option<CallbackState>> {
        CallbackState::new(KIND, &self.seen).map(Some)
    }

    fn restore(&mut self, state: CallbackState) -> Result<()> {
        self.seen = state.values(KIND)?;
        Ok(())
    }
}
