//! Models saved during training.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Callback, CallbackState, Control, TrainPlan};
use crate::{Classifier, EpochReport, Result};

const KIND: &str = "model_checkpoint";

/// Saves the model as [`Classifier::save`] does, after its best epochs or after every one; Keras's `ModelCheckpoint`.
///
/// It writes a model to use, not a state to resume from; for that use [`Trainer::checkpoint`](crate::Trainer::checkpoint).
#[derive(Clone, Debug)]
pub struct ModelCheckpoint {
    path: PathBuf,
    when: When,
    /// The lowest loss so far.
    best: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    Best,
    EveryEpoch,
}

#[derive(Serialize, Deserialize)]
struct Best {
    loss: Option<f64>,
}

impl ModelCheckpoint {
    /// Saves after every epoch with a new lowest validation loss, or training loss where nothing is validated.
    pub fn best(path: impl AsRef<Path>) -> Self {
        Self { path: path.as_ref().to_owned(), when: When::Best, best: None }
    }

    /// Saves after every epoch. `{epoch}` in the file name is replaced by its number, in four digits.
    pub fn every_epoch(path: impl AsRef<Path>) -> Self {
        Self { path: path.as_ref().to_owned(), when: When::EveryEpoch, best: None }
    }

    fn path(&self, epoch: usize) -> PathBuf {
        match self.path.file_name().and_then(|name| name.to_str()) {
            Some(name) => self.path.with_file_name(name.replace("{epoch}", &format!("{epoch:04}"))),
            None => self.path.clone(),
        }
    }
}

impl Callback for ModelCheckpoint {
    fn on_train_begin(&mut self, _plan: &TrainPlan, _model: &Classifier) -> Result<()> {
        self.best = None;
        Ok(())
    }

    fn on_epoch_end(&mut self, report: &EpochReport, model: &Classifier) -> Result<Control> {
        let loss = report.validation_loss.unwrap_or(report.train_loss);
        let is_best = loss.is_finite() && self.best.is_none_or(|best| loss < best);
        if is_best {
            self.best = Some(loss);
        }
        if is_best || self.when == When::EveryEpoch {
            model.save(self.path(report.epoch))?;
        }
        Ok(Control::Continue)
    }

    fn state(&self) -> Result<Option<CallbackState>> {
        CallbackState::new(KIND, &Best { loss: self.best }).map(Some)
    }

    fn restore(&mut self, state: CallbackState) -> Result<()> {
        self.best = state.values::<Best>(KIND)?.loss;
        Ok(())
    }
}
