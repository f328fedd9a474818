//! What happened while a model was trained, epoch by epoch.

use cepstrum_models::{Callback, CallbackState, Classifier, Control, EpochReport, TrainPlan};
use serde::{Deserialize, Serialize};

/// Names its state in a checkpoint.
const KIND: &str = "history";

/// The epochs of one training run, in order: a [`Callback`] that keeps every report.
///
/// A new training begins it anew; one that goes on from a checkpoint takes its epochs over.
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    majority_baseline: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    watched_part: Option<String>,
}

impl History {
    /// A history with the accuracy that always guessing the commonest class would give; pictures draw it as a line.
    pub fn with_majority_baseline(self, share: f64) -> Self {
        Self { majority_baseline: Some(share), ..self }
    }

    /// A history whose validation figures are another part's, such as `"test"`; pictures and their keys call them so.
    pub fn with_eval_name(self, name: &str) -> Self {
        Self { watched_part: Some(name.to_owned()), ..self }
    }

    /// What the validation figures were measured on: `"validation"` unless it was told otherwise.
    pub fn watched_part(&self) -> &str {
        self.watched_part.as_deref().unwrap_or("validation")
    }

    /// The epochs so far.
    pub fn epochs(&self) -> &[EpochReport] {
        &self.epochs
    }

    /// The accuracy of always guessing the commonest class, when it was told.
    pub fn majority_baseline(&self) -> Option<f64> {
        self.majority_baseline
    }

    /// The first epoch with the lowest validation loss, or the lowest training loss where nothing was validated; `None`
    /// before an epoch with a finite loss.
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

    /// Time of all epochs together, in seconds.
    pub fn seconds(&self) -> f64 {
        self.epochs.iter().map(|epoch| epoch.seconds).sum()
    }

    /// Adds an epoch at the end.
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
