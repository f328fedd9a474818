//! Learning rates that change with the epochs.

use serde::{Deserialize, Serialize};

use super::Callback;
use crate::Result;

/// The learning rate of every epoch.
///
/// ```
/// use cepstrum_models::{Callback, LearningRateSchedule};
///
/// let mut schedule = LearningRateSchedule::cnn();
/// assert_eq!(schedule.on_epoch_begin(26, 1.0)?, 1e-4); // Keras's epoch 25, counted from 0
/// assert_eq!(schedule.on_epoch_begin(27, 1.0)?, 5e-5);
/// # Ok::<(), cepstrum_models::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LearningRateSchedule {
    /// The optimizer's own rate for the first `after` epochs, then `exp(-rate)` of the epoch before's.
    ExponentialAfter {
        /// Epochs before the first decay.
        after: usize,
        /// Decay an epoch.
        rate: f64,
    },
    /// Each step is the first epoch (from 1) of a rate, in rising order; before the first the optimizer's own holds.
    Steps(Vec<(usize, f64)>),
}

impl LearningRateSchedule {
    /// The experiment's schedule for its convolutional networks: 1e-4, from epoch 27 on 5e-5, from epoch 102 on 3e-5.
    ///
    /// The notebook writes `epoch <= 25` and `epoch > 100` with epochs counted from 0.
    pub fn cnn() -> Self {
        Self::Steps(vec![(1, 1e-4), (27, 5e-5), (102, 3e-5)])
    }
}

impl Callback for LearningRateSchedule {
    fn on_epoch_begin(&mut self, epoch: usize, learning_rate: f64) -> Result<f64> {
        Ok(match self {
            Self::ExponentialAfter { after, rate } if epoch > *after => learning_rate * (-*rate).exp(),
            Self::ExponentialAfter { .. } => learning_rate,
            Self::Steps(steps) => {
                steps.iter().rev().find(|(from, _)| *from <= epoch).map_or(learning_rate, |(_, rate)| *rate)
            }
        })
    }
}
