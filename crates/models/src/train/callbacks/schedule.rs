//! Learning-rate schedules.

use serde::{Deserialize, Serialize};

use super::Callback;
use crate::Result;

/// A learning-rate schedule: the learning rate of every epoch.
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
    /// The optimizer's own learning rate for the first `after` epochs; then it is multiplied by `exp(-decay)` every epoch.
    ExponentialAfter {
        /// Number of epochs before the first decay.
        after: usize,
        /// Decay per epoch; 0.1 divides the learning rate by 10 in 23 epochs.
        #[serde(alias = "rate")]
        decay: f64,
    },
    /// Pairs of an epoch (from 1), in rising order, and the learning rate from that epoch on. Before the first the
    /// optimizer's own holds.
    Steps(Vec<(usize, f64)>),
    /// A linear rise to `highest` in `warmup` epochs, then half a cosine down to `lowest` at the end of `epochs`.
    ///
    /// # References
    /// Loshchilov and Hutter (2017), arXiv:1608.03983.
    Cosine {
        /// Number of epochs of the rise; the last of them has the highest learning rate. 0 starts at the highest.
        warmup: usize,
        /// Number of epochs of the whole schedule; the last of them, and all after it, have the lowest learning rate.
        epochs: usize,
        /// The highest learning rate.
        highest: f64,
        /// The lowest learning rate of the fall.
        lowest: f64,
    },
}

impl LearningRateSchedule {
    /// The schedule of [the reference experiment](crate::zoo) for its convolutional networks: 1e-4, from epoch 27 on 5e-5,
    /// from epoch 102 on 3e-5. (Its source has `epoch <= 25` and `epoch > 100`, with epochs counted from 0.)
    pub fn cnn() -> Self {
        Self::Steps(vec![(1, 1e-4), (27, 5e-5), (102, 3e-5)])
    }
}

impl Callback for LearningRateSchedule {
    fn on_epoch_begin(&mut self, epoch: usize, learning_rate: f64) -> Result<f64> {
        Ok(match self {
            Self::ExponentialAfter { after, decay } if epoch > *after => learning_rate * (-*decay).exp(),
            Self::ExponentialAfter { .. } => learning_rate,
            Self::Steps(steps) => {
                steps.iter().rev().find(|(from, _)| *from <= epoch).map_or(learning_rate, |(_, rate)| *rate)
            }
            Self::Cosine { warmup, highest, .. } if (1..=*warmup).contains(&epoch) => {
                *highest * epoch as f64 / *warmup as f64
            }
            Self::Cosine { warmup, epochs, highest, lowest } => {
                let first = (*warmup).max(1);
                let share = epoch.saturating_sub(first) as f64 / epochs.saturating_sub(first).max(1) as f64;
                let height = 0.5 * (1.0 + (std::f64::consts::PI * share.min(1.0)).cos());
                *lowest + (*highest - *lowest) * height
            }
        })
    }
}
