//! A learning rate that falls when the validation loss no longer does.

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
    progress: Progress,
}

/// The settings of [`ReduceOnPlateau`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PlateauConfig {
    /// Factor of each reduction, above 0 and below 1; 0.5 with a short patience is a gentler choice than the default.
    /// Default 0.1.
    pub factor: f64,
    /// Number of epochs without a lower loss before a reduction. Shorter than the patience of
    /// [`EarlyStopping`](crate::EarlyStopping), or the run ends first. Default 10.
    pub patience: usize,
    /// Smallest decrease of the loss that counts; raise it where the loss is noisy. Default 1e-4.
    pub min_delta: f64,
    /// Number of epochs after a reduction that do not count towards the patience. Default 0.
    pub cooldown: usize,
    /// Lower bound of the learning rate. Default 0.
    pub min_learning_rate: f64,
}

/// The state between two epochs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Progress {
    /// The lowest loss; `None` before the first.
    best: Option<f64>,
    waited: usize,
    cooling: usize,
    /// `true` when the next epoch begins with a lower learning rate.
    reduces: bool,
}

impl Default for PlateauConfig {
    fn default() -> Self {
        Self { factor: 0.1, patience: 10, min_delta: 1e-4, cooldown: 0, min_learning_rate: 0.0 }
    }
}

impl ReduceOnPlateau {
    /// Creates the callback; the factor is checked when the run begins.
    pub fn new(config: PlateauConfig) -> Self {
        Self { config, progress: Progress::default() }
    }
}

impl Callback for ReduceOnPlateau {
    fn on_train_begin(&mut self, plan: &TrainPlan, _model: &Classifier) -> Result<()> {
        plan.require_validation("ReduceOnPlateau")?;
        let value = self.config.factor;
        if !(value > 0.0 && value < 1.0) {
            let (setting, bound) = ("reduce_on_plateau.factor", "above 0 and below 1");
            return Err(Error::Setting { setting, bound, value });
        }
        self.progress = Progress::default();
        Ok(())
    }

    fn on_epoch_begin(&mut self, _epoch: usize, learning_rate: f64) -> Result<f64> {
        let reduces = std::mem::take(&mut self.progress.reduces);
        let PlateauConfig { factor, min_learning_rate, .. } = self.config;
        let lower = (learning_rate * factor).max(min_learning_rate);
        Ok(if reduces && learning_rate > min_learning_rate { lower } else { learning_rate })
    }

    fn on_epoch_end(&mut self, report: &EpochReport, _model: &Classifier) -> Result<Control> {
        let Self { config, progress } = self;
        if progress.cooling > 0 {
            progress.cooling -= 1;
            progress.waited = 0;
        }
        let loss = report.validation_loss.filter(|loss| loss.is_finite());
        let is_better = |loss: f64| progress.best.is_none_or(|best| loss < best - config.min_delta);
        if let Some(loss) = loss.filter(|loss| is_better(*loss)) {
            (progress.best, progress.waited) = (Some(loss), 0);
        } else if progress.cooling == 0 {
            progress.waited += 1;
            if progress.waited >= config.patience {
                (progress.reduces, progress.cooling, progress.waited) = (true, config.cooldown, 0);
            }
        }
        Ok(Control::Continue)
    }

    fn state(&self) -> Result<Option<CallbackState>> {
        CallbackState::new(KIND, &self.progress).map(Some)
    }

    fn restore(&mut self, state: CallbackState) -> Result<()> {
        self.progress = state.values(KIND)?;
        Ok(())
    }
}
