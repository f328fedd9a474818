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
    /// From `highest` down to `lowest` along half a cosine over all `epochs`, after `warmup` epochs in which the rate rises
    /// evenly to `highest`.
    ///
    /// Loshchilov and Hutter (2017), arXiv:1608.03983.
    Cosine {
        /// Epochs of the rise; the last of them has the highest rate.
        warmup: usize,
        /// Epochs of the whole schedule; the last of them has the lowest rate, as have all after it.
        epochs: usize,
        /// The highest rate.
        highest: f64,
        /// The lowest rate of the fall.
        lowest: f64,
    },
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
            Self::Cosine { warmup, highest, .. } if epoch <= *warmup => {
                *highest * epoch as f64 / *warmup as f64
            }
            Self::Cosine { warmup, epochs, highest, lowest } => {
                let first = (*warmup).max(1);
                let share = (epoch - first) as f64 / epochs.saturating_sub(first).max(1) as f64;
                let height = 0.5 * (1.0 + (std::f64::consts::PI * share.min(1.0)).cos());
                *lowest + (*highest - *lowest) * height
            }
        })
    }
}
