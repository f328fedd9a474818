//! Callbacks behind a reference or a box.

use super::{Callback, CallbackState, Control, TrainPlan};
use crate::{Classifier, EpochReport, Error, Result, StepReport, TrainReport};

macro_rules! forward {
    ($($pointer:ty),+) => {$(
        impl<C: Callback + ?Sized> Callback for $pointer {
            fn on_train_begin(&mut self, plan: &TrainPlan, model: &Classifier) -> Result<()> {
                (**self).on_train_begin(plan, model)
            }

            fn on_epoch_begin(&mut self, epoch: usize, learning_rate: f64) -> Result<f64> {
                (**self).on_epoch_begin(epoch, learning_rate)
            }

            fn on_step_end(&mut self, report: &StepReport) -> Result<()> {
                (**self).on_step_end(report)
            }

            fn on_epoch_end(&mut self, report: &EpochReport, model: &Classifier) -> Result<Control> {
                (**self).on_epoch_end(report, model)
            }

            fn on_train_end(&mut self, report: &TrainReport, model: &mut Classifier) -> Result<()> {
                (**self).on_train_end(report, model)
            }

            fn on_train_error(&mut self, error: &Error) {
                (**self).on_train_error(error);
            }

            fn state(&self) -> Result<Option<CallbackState>> {
                (**self).state()
            }

            fn restore(&mut self, state: CallbackState) -> Result<()> {
                (**self).restore(state)
            }
        }
    )+};
}

forward!(&mut C, Box<C>);
