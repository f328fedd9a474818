//! Averaged weights.

use candle_core::Tensor;
use serde::{Deserialize, Serialize};

use super::{Callback, CallbackState, Control, TrainPlan};
use crate::{Classifier, EpochReport, Error, Result, TrainReport, Weights};

const KIND: &str = "average_weights";

/// Gives the model, at the end of a run, the mean of its weights over the last epochs: stochastic weight averaging.
///
/// The mean of several epochs lies in a flatter part of the loss than any one of them, which helps most on small sets with a
/// learning rate that stays high. All weights are averaged, the moving statistics of batch normalizations among them. The
/// reports of the epochs, validation included, are those of the weights before averaging.
///
/// ```
/// use cepstrum_models::{AverageWeights, TrainConfig, Trainer};
///
/// let trainer = Trainer::new(TrainConfig { epochs: 60, ..TrainConfig::default() }).callback(AverageWeights::last(15));
/// ```
///
/// # References
/// Izmailov et al. (2018), *Averaging weights leads to wider optima and better generalization*, arXiv:1803.05407.
#[derive(Clone, Debug)]
pub struct AverageWeights {
    epochs: usize,
    /// The first epoch that is averaged.
    first: usize,
    mean: Mean,
}

/// The running mean.
#[derive(Clone, Debug, Default)]
struct Mean {
    count: usize,
    weights: Option<Weights>,
}

/// The value that a checkpoint stores beside the mean.
#[derive(Serialize, Deserialize)]
struct Count {
    count: usize,
}

impl AverageWeights {
    /// Averages the last `epochs` of the planned epochs, at least 1. A quarter of them is a good start.
    pub fn last(epochs: usize) -> Self {
        Self { epochs, first: 1, mean: Mean::default() }
    }
}

impl Mean {
    /// Takes one more copy of the weights into the mean.
    fn add(&mut self, weights: Weights) -> Result<()> {
        self.count += 1;
        let Some(mean) = self.weights.take() else {
            self.weights = Some(weights);
            return Ok(());
        };
        let share = 1.0 / self.count as f64;
        // By name: a mean that comes from a checkpoint has the order of its file.
        let moved = weights.iter().map(|(name, value)| {
            let mean = mean.get(name).ok_or_else(|| Error::MissingWeight { weight: name.to_owned() })?;
            // A mean from a checkpoint is on the CPU.
            let mean = mean.to_device(value.device())?;
            Ok((name.to_owned(), (&mean + (value - &mean)?.affine(share, 0.0)?)?))
        });
        self.weights = Some(Weights::new(moved.collect::<Result<Vec<(String, Tensor)>>>()?));
        Ok(())
    }
}

impl Callback for AverageWeights {
    fn on_train_begin(&mut self, plan: &TrainPlan, _model: &Classifier) -> Result<()> {
        if self.epochs == 0 {
            let (setting, bound) = ("average_weights.epochs", "at least 1");
            return Err(Error::Setting { setting, bound, value: 0.0 });
        }
        self.first = (plan.epochs + 1).saturating_sub(self.epochs);
        self.mean = Mean::default();
        Ok(())
    }

    fn on_epoch_end(&mut self, report: &EpochReport, model: &Classifier) -> Result<Control> {
        if report.epoch >= self.first {
            self.mean.add(model.network().snapshot()?)?;
        }
        Ok(Control::Continue)
    }

    fn on_train_end(&mut self, _report: &TrainReport, model: &mut Classifier) -> Result<()> {
        match self.mean.weights.take() {
            Some(weights) => model.network_mut().set_weights(&weights),
            None => Ok(()),
        }
    }

    fn state(&self) -> Result<Option<CallbackState>> {
        let weights = self.mean.weights.clone();
        Ok(Some(CallbackState { weights, ..CallbackState::new(KIND, &Count { count: self.mean.count })? }))
    }

    fn restore(&mut self, state: CallbackState) -> Result<()> {
        let Count { count } = state.values(KIND)?;
        self.mean = Mean { count, weights: state.weights };
        Ok(())
    }
}
