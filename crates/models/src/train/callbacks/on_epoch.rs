//! A closure as a callback.

use std::fmt;

use super::{Callback, Control};
use crate::{Classifier, EpochReport, Result};

/// Calls a closure after every epoch.
///
/// ```
/// use cepstrum_models::{Control, OnEpoch};
///
/// let mut losses = Vec::new();
/// let stop_early = OnEpoch(|report| {
///     losses.push(report.train_loss);
///     if report.train_loss < 0.1 { Control::Stop } else { Control::Continue }
/// });
/// # drop(stop_early);
/// ```
pub struct OnEpoch<F: FnMut(&EpochReport) -> Control>(pub F);

impl<F: FnMut(&EpochReport) -> Control> fmt::Debug for OnEpoch<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OnEpoch(..)")
    }
}

impl<F: FnMut(&EpochReport) -> Control + Send> Callback for OnEpoch<F> {
    fn on_epoch_end(&mut self, report: &EpochReport, _model: &Classifier) -> Result<Control> {
        Ok((self.0)(report))
    }
}
