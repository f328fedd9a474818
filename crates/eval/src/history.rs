//! The epochs of a training run.

use cepstrum_models::{Callback, CallbackState, Classifier, Control, EpochReport, TrainPlan};
use serde::{Deserialize, Serialize};

/// Name of the history's state in a checkpoint.
const KIND: &str = "history";

/// The epochs of one training run, in order: a [`Callback`] that keeps every report.
///
/// A new training run clears it; one that resumes from a checkpoint restores the epochs before the checkpoint.
///
/// ```
/// use cepstrum_eval::History;
/// # fn train(callback: impl cepstrum_models::Callback) {}
///
/// let mut history = History::default().with_majority_baseline(0.1);
/// train(&mut history); // Trainer::new(..).callback(&mut history).fit(..)
/// assert!(history.best().is_none());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    epochs: Vec<EpochReport>,
    #[serde(default, rename = "trivial_accuracy", skip_serializing_if = "Option::is_none")]
    majority_baseline: Option<f64>,
    #[serde(default, rename = "watched_part", skip_serializing_if = "Option::is_none")]
    eval_name: Option<String>,
}

impl History {
    /// Sets the accuracy of always predicting the most common class; pictures draw it as a line.
    #[must_use]
    pub fn with_majority_baseline(self, share: f64) -> Self {
        Self { majority_baseline: Some(share), ..self }
    }

    /// Sets the name of the data behind the validation metrics where they are another part, such as `"test"`; pictures
    /// use it in their legends.
    #[must_use]
    pub fn with_eval_name(self, name: &str) -> Self {
        Self { eval_name: Some(name.to_owned()), ..self }
    }

    /// Name of the data behind the validation metrics; `"validation"` by default.
    pub fn eval_name(&self) -> &str {
        self.eval_name.as_deref().unwrap_or("validation")
    }

    /// The epochs so far.
    pub fn epochs(&self) -> &[EpochReport] {
        &self.epochs
    }

    /// The accuracy of always predicting the most common class, if set.
    pub fn majority_baseline(&self) -> Option<f64> {
        self.majority_baseline
    }

    /// The first epoch with the lowest validation loss, or with the lowest training loss in a run without validation;
    /// `None` without an epoch whose loss is finite.
    pub fn best(&self) -> Option<&EpochReport> {
        let lowest = |loss: fn(&EpochReport) -> Option<f64>| {
            let finite = |epoch: &&EpochReport| loss(epoch).is_some_and(f64::is_finite);
            self.epochs
                .iter()
                .filter(finite)
                .min_by(|a, b| loss(a).unwrap_or(f64::INFINITY).total_cmp(&loss(b).unwrap_or(f64::INFINITY)))
        };
        lowest(|epoch| epoch.validation_loss).or_else(|| lowest(|epoch| Some(epoch.train_loss)))
    }

    /// Total time of all epochs, in seconds.
    pub fn seconds(&self) -> f64 {
        self.epochs.iter().map(|epoch| epoch.seconds).sum()
    }

    /// Appends an epoch.
    pub fn push(&mut self, epoch: EpochReport) {
        self.epochs.push(epoch);
    }
}

impl FromIterator<EpochReport> for History {
    fn from_iter<I: IntoIterator<Item = EpochReport>>(epochs: I) -> Self {
        Self { epochs: epochs.into_iter().collect(), ..Self::default() }
    }
}

impl Callback for History {
    fn on_train_begin(&mut self, _plan: &TrainPlan, _model: &Classifier) -> cepstrum_models::Result<()> {
        self.epochs.clear();
        Ok(())
    }

    fn on_epoch_end(
        &mut self,
        report: &EpochReport,
        _model: &Classifier,
    ) -> cepstrum_models::Result<Control> {
        self.push(*report);
        Ok(Control::Continue)
    }

    fn state(&self) -> cepstrum_models::Result<Option<CallbackState>> {
        CallbackState::new(KIND, &self.epochs).map(Some)
    }

    fn restore(&mut self, state: CallbackState) -> cepstrum_models::Result<()> {
        self.epochs = state.values(KIND)?;
        Ok(())
    }
}
