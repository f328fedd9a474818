//! Progress of a training run.

use cepstrum_dataset::progress::Progress;

use super::{Callback, Control, TrainPlan};
use crate::{Classifier, EpochReport, Error, Result, StepReport, TrainReport};

/// Shows the steps of a run and the last epoch's figures on a [`Progress`], and ends it when the run ends or fails.
#[derive(Clone, Debug)]
pub struct ShowProgress<P: Progress>(pub P);

impl<P: Progress + Send> Callback for ShowProgress<P> {
    fn on_train_begin(&mut self, plan: &TrainPlan, _model: &Classifier) -> Result<()> {
        self.0.start((plan.epochs * plan.steps) as u64, "steps");
        self.0.advance(((plan.first_epoch - 1) * plan.steps) as u64);
        Ok(())
    }

    fn on_step_end(&mut self, _report: &StepReport) -> Result<()> {
        self.0.advance(1);
        Ok(())
    }

    fn on_epoch_end(&mut self, report: &EpochReport, _model: &Classifier) -> Result<Control> {
        self.0.message(&report.to_string());
        Ok(Control::Continue)
    }

    fn on_train_end(&mut self, _report: &TrainReport, _model: &mut Classifier) -> Result<()> {
        self.0.finish();
        Ok(())
    }

    fn on_train_error(&mut self, _error: &Error) {
        self.0.finish();
    }
}
