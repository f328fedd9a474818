//! How a network of the experiment was trained.

use serde::{Deserialize, Serialize};

use crate::{Adam, EarlyStopping, LearningRateSchedule, Standardization, TrainConfig, Trainer};

/// Everything about a training of the experiment but its network; the optimizer is Adam, a batch has 32 segments and
/// inputs are not standardised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// Epochs at most.
    pub epochs: usize,
    /// Adam's rate in the first epoch.
    pub learning_rate: f64,
    /// How the rate changes.
    pub schedule: Option<LearningRateSchedule>,
    /// Epochs without a lower validation loss before it stops; `None` for no early stopping.
    pub patience: Option<usize>,
    /// What the experiment validated on.
    pub validation: ValidationUse,
}

/// What the experiment took for validation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValidationUse {
    /// The test set itself: early stopping then chooses on what is later reported.
    TestSet,
    /// The last segments of the training part, before any shuffling (Keras's `validation_split`).
    TrainingTail {
        /// Share of the training part.
        share: f64,
    },
}

impl Recipe {
    /// The settings of the experiment.
    pub fn config(&self, seed: u64) -> TrainConfig {
        TrainConfig {
            epochs: self.epochs,
            seed,
            batch_size: 32,
            standardize: Standardization::Off,
            ..TrainConfig::default()
        }
    }

    /// A trainer with the recipe's optimizer, schedule and early stopping, and settings that may differ from
    /// [`config`](Self::config)'s.
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
