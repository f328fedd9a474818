//! The loop over epochs.

use std::time::Instant;

use super::epoch::Epoch;
use super::loss::Loss;
use super::prepare::{Prepared, check_learning_rate, prepare};
use super::{EpochReport, StopReason, TrainReport, Trainer};
use crate::train::checkpoint::{self, Checkpoint, Progress, Run};
use crate::{
    Callback, CallbackState, Classifier, Control, DataSource, Error, Result, StateProblem, TrainPlan,
};

impl Trainer<'_> {
    /// Trains a model, validating after every epoch.
    ///
    /// The model takes over the data's class names and feature configuration, and a standardiser fitted on the
    /// training data if one was asked for. On an error it keeps the weights of the last step that succeeded.
    ///
    /// # Errors
    /// - [`Error::Setting`], [`Error::ClassWeights`]: no epoch, a batch size of 0, a learning rate that is not above 0
    ///   and finite, and other settings out of bounds.
    /// - [`Error::FeatureShape`], [`Error::Classes`], [`Error::Config`]: data that does not fit the network, or
    ///   validation data that does not fit the training data.
    /// - [`Error::NoData`], [`Error::OneClass`], [`Error::NonFiniteFeature`], [`Error::LabelOutOfRange`]: data that
    ///   cannot be trained on; all of it is read once before the first step.
    /// - [`Error::InFile`] around [`Error::Architecture`], [`Error::OtherTraining`], [`Error::State`] or what makes a
    ///   file unreadable: a checkpoint that this training cannot go on from.
    /// - [`Error::Diverged`]: the loss stopped being a number; a checkpoint is then that of the last epoch before.
    /// - What a callback gives, and what keeps a checkpoint from being written.
    pub fn fit<T, V>(self, model: &mut Classifier, training: &T, validation: &V) -> Result<TrainReport>
    where
        T: DataSource + ?Sized,
        V: DataSource + ?Sized,
    {
        self.run(model, training, Some(validation))
    }

    /// Trains a model on everything there is, with nothing to validate on.
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    pub fn fit_unvalidated<T>(self, model: &mut Classifier, training: &T) -> Result<TrainReport>
    where
        T: DataSource + ?Sized,
    {
        self.run::<T, T>(model, training, None)
    }

    fn run<T, V>(
        mut self,
        model: &mut Classifier,
        training: &T,
        validation: Option<&V>,
    ) -> Result<TrainReport>
    where
        T: DataSource + ?Sized,
        V: DataSource + ?Sized,
    {
        check_learning_rate(self.optimizer.learning_rate())?;
        let Prepared { context, objective, run } = prepare(&self.config, model, training, validation)?;
        let saved = self.resume.as_deref().map(|path| {
            let load =
                || Checkpoint::load(path).and_then(|saved| checkpoint::check(&saved, &run).map(|()| saved));
            load().map_err(|error| error.in_file(path))
        });
        let saved = saved.transpose()?;
        let plan = TrainPlan {
            epochs: self.config.epochs,
            steps: training.len().div_ceil(self.config.batch_size),
            n_training: training.len(),
            n_validation: validation.map_or(0, DataSource::len),
            first_epoch: saved.as_ref().map_or(1, |saved| saved.epoch() + 1),
        };
        let before = model.replace_metadata(context);
        self.callbacks.iter_mut().try_for_each(|callback| callback.on_train_begin(&plan, model))?;
        let mut progress = match saved.map(|saved| self.restore(saved, model)).transpose() {
            Ok(progress) => progress,
            Err(error) => {
                model.replace_metadata(before);
                return Err(match &self.resume {
                    Some(path) => error.in_file(path),
                    None => error,
                });
            }
        };
        let stop_reason = loop {
            let next = match &progress {
                Some(Progress { stop_reason: Some(StopReason::Stopped), .. }) => break StopReason::Stopped,
                Some(Progress { last, .. }) if last.epoch >= plan.epochs => break StopReason::Completed,
                Some(Progress { last, .. }) => last.epoch + 1,
                None => 1,
            };
            let (last, control) = self.epoch(&plan, next, &objective, model, training, validation)?;
            let stop_reason = match control {
                Control::Stop => Some(StopReason::Stopped),
                Control::Continue => (next == plan.epochs).then_some(StopReason::Completed),
            };
            let seconds = progress.map_or(0.0, |progress| progress.seconds) + last.seconds;
            let now = Progress { last, stop_reason, seconds };
            self.save(&run, now, model)?;
            progress = Some(now);
        };
        let Some(Progress { last, seconds, .. }) = progress else {
            return Err(Error::Setting { setting: "epochs", bound: "at least 1", value: 0.0 });
        };
        let report = TrainReport { epochs: last.epoch, stop_reason, last, seconds };
        self.callbacks.iter_mut().try_for_each(|callback| callback.on_train_end(&report, model))?;
        Ok(report)
    }

    fn epoch<T, V>(
        &mut self,
        plan: &TrainPlan,
        number: usize,
        objective: &Loss,
        model: &mut Classifier,
        training: &T,
        validation: Option<&V>,
    ) -> Result<(EpochReport, Control)>
    where
        T: DataSource + ?Sized,
        V: DataSource + ?Sized,
    {
        let begun = Instant::now();
        let mut learning_rate = self.optimizer.learning_rate();
        for callback in &mut self.callbacks {
            learning_rate = callback.on_epoch_begin(number, learning_rate)?;
        }
        check_learning_rate(learning_rate)?;
        self.optimizer.set_learning_rate(learning_rate);
        let mut epoch = Epoch {
            number,
            first_step: ((number - 1) * plan.steps) as u64,
            config: &self.config,
            objective,
            optimizer: self.optimizer.as_mut(),
            memory: &self.memory,
        };
        let trained = epoch.run(model, training, &mut self.callbacks)?;
        let validated = validation.map(|data| model.measure("validation", data, &self.memory)).transpose()?;
        let report = EpochReport {
            epoch: number,
            epochs: plan.epochs,
            train_loss: trained.loss,
            train_accuracy: trained.accuracy,
            validation_loss: validated.map(|metrics| metrics.loss),
            validation_accuracy: validated.map(|metrics| metrics.accuracy),
            learning_rate,
            seconds: begun.elapsed().as_secs_f64(),
        };
        let mut control = Control::Continue;
        for callback in &mut self.callbacks {
            if callback.on_epoch_end(&report, model)? == Control::Stop {
                control = Control::Stop;
            }
        }
        Ok((report, control))
    }

    /// Writes the checkpoint, if one is asked for.
    fn save(&self, run: &Run, progress: Progress, model: &Classifier) -> Result<()> {
        let Some(path) = &self.checkpoint else { return Ok(()) };
        let states = self.callbacks.iter().filter_map(|callback| callback.state().transpose());
        let states = states.collect::<Result<Vec<CallbackState>>>()?;
        checkpoint::save(path, run, progress, model, self.optimizer.state(), states)
    }

    /// Takes over a checkpoint of this very training; the model's weights last, when nothing else can fail.
    fn restore(&mut self, saved: Checkpoint, model: &mut Classifier) -> Result<Progress> {
        let Checkpoint { progress, weights, optimizer, callbacks, .. } = saved;
        self.optimizer.restore(optimizer)?;
        restore_callbacks(&mut self.callbacks, callbacks)?;
        model.network_mut().set_weights(&weights)?;
        Ok(progress)
    }
}

/// Gives every callback that remembers anything its state, in their order.
fn restore_callbacks(callbacks: &mut [Box<dyn Callback + '_>], states: Vec<CallbackState>) -> Result<()> {
    let (saved, mut states) = (states.len(), states.into_iter());
    let mut wanted = 0;
    for callback in callbacks {
        if callback.state()?.is_none() {
            continue;
        }
        wanted += 1;
        if let Some(state) = states.next() {
            callback.restore(state)?;
        }
    }
    if wanted == saved {
        return Ok(());
    }
    let what = "states of callbacks".to_owned();
    let problem = StateProblem::Size { what, expected: wanted, actual: saved };
    Err(Error::State { what: "the callbacks", problem })
}
