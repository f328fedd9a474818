//! The training settings of the reference experiment.

use serde::{Deserialize, Serialize};

use crate::{Adam, EarlyStopping, LearningRateSchedule, Standardization, TrainConfig, Trainer};

/// The settings with which the [reference experiment](super#the-reference-experiment) trained a network. For all of them the
/// optimizer is Adam, a batch has 32 segments and inputs are not standardized.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// Largest number of epochs.
    pub epochs: usize,
    /// Adam's learning rate in the first epoch.
    pub learning_rate: f64,
    /// The learning-rate schedule; `None` for a constant rate.
    pub schedule: Option<LearningRateSchedule>,
    /// Number of epochs without a lower validation loss after which training stops; `None` for no early stopping.
    pub patience: Option<usize>,
    /// The data that the reference experiment validated on.
    pub validation: ValidationUse,
}

/// The validation data of the reference experiment.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValidationUse {
    /// The test set itself: early stopping then makes its choice by the data that are reported later.
    TestSet,
    /// The last segments of the training part, before any shuffling (Keras's `validation_split`).
    TrainingTail {
        /// Share of the training part.
        share: f64,
    },
}

impl Recipe {
    /// Returns the training settings of the reference experiment.
    pub fn config(&self, seed: u64) -> TrainConfig {
        TrainConfig {
            epochs: self.epochs,
            seed,
            batch_size: 32,
            standardize: Standardization::Off,
            ..TrainConfig::default()
        }
    }

    /// Returns a trainer with the recipe's optimizer, schedule and early stopping; `config` may differ from the recipe's
    /// [`config`](Self::config).
    pub fn trainer(&self, config: TrainConfig) -> Trainer<'static> {
        let mut trainer = Trainer::new(config).optimizer(Adam::new(self.learning_rate));
        if let Some(schedule) = &self.schedule {
            trainer = trainer.callback(schedule.clone());
        }
        if let Some(patience) = self.patience {
            trainer = trainer.callback(EarlyStopping::on_validation_loss(patience));
        }
        trainer
    }
}
