//! The loop over epochs.

use std::time::Instant;

use super::epoch::Epoch;
use super::loss::Loss;
use super::prepare::{Prepared, check_learning_rate, prepare};
use super::trainee::Trainee;
use super::{EpochReport, Resume, StopReason, TrainReport, Trainer};
use crate::train::checkpoint::{Checkpoint, Progress, Run, check, restore_callbacks};
use crate::{CallbackState, Classifier, Control, DataSource, Error, Result, TrainPlan, Weight};

/// Everything about a call of `fit` that stays the same from epoch to epoch.
struct Job<'d, T: ?Sized, V: ?Sized> {
    plan: TrainPlan,
    loss: Loss,
    run: Run,
    training: &'d T,
    validation: Option<&'d V>,
}

impl Trainer<'_> {
    /// Trains a model, validating after every epoch.
    ///
    /// The model takes over the data's class names and feature settings, and a standardizer fitted on the training data if
    /// one was asked for; temperatures and out-of-distribution detector have to be fitted anew. On an error the model keeps
    /// the weights of the last step that succeeded; if there was none, it is left exactly as it was before the call.
    ///
    /// # Errors
    /// - [`Error::Setting`], [`Error::ClassWeights`]: no epoch, a batch size of 0, a learning rate that is not above 0
    ///   and finite, and other settings out of bounds.
    /// - [`Error::FeatureShape`], [`Error::Classes`], [`Error::Config`]: data that does not fit the network, or
    ///   validation data that does not fit the training data.
    /// - [`Error::NoData`], [`Error::OneClass`], [`Error::NonFiniteFeature`], [`Error::LabelOutOfRange`]: data that
    ///   cannot be trained on; all of it is read once before the first step.
    /// - [`Error::Architecture`], [`Error::OtherRun`], [`Error::State`] and those of [`Checkpoint::load`]: a checkpoint
    ///   that this run cannot resume from; within [`Error::InFile`] when it comes from a file.
    /// - [`Error::Diverged`]: the loss became NaN or infinite; the checkpoint is then that of the last epoch before.
    /// - [`Error::Step`]: the optimizer was used on another network before.
    /// - [`Error::NeedsValidation`], [`Error::Callback`] and other errors of the callbacks, and those of writing a
    ///   checkpoint.
    pub fn fit<T, V>(self, model: &mut Classifier, training: &T, validation: &V) -> Result<TrainReport>
    where
        T: DataSource + ?Sized,
        V: DataSource + ?Sized,
    {
        self.run(model, training, Some(validation))
    }

    /// Trains a model without validation data.
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    pub fn fit_unvalidated<T>(self, model: &mut Classifier, training: &T) -> Result<TrainReport>
    where
        T: DataSource + ?Sized,
    {
        self.run::<T, T>(model, training, None)
    }

    /// Prepares the run, trains, and reports a failure to the callbacks.
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
        let Prepared { metadata, loss, run } = prepare(&self.config, model, training, validation)?;
        let saved = self.load_checkpoint(&run)?;
        let plan = TrainPlan {
            epochs: self.config.epochs,
            steps: training.len().div_ceil(self.config.batch_size),
            n_training: training.len(),
            n_validation: validation.map_or(0, DataSource::len),
            first_epoch: saved.as_ref().map_or(1, |saved| saved.epoch() + 1),
        };
        let job = Job { plan, loss, run, training, validation };
        let mut trainee = Trainee::new(model, metadata)?;
        let mut n_begun = 0;
        let report = self.begin(&job, saved, &mut trainee, &mut n_begun);
        let report = report.and_then(|progress| self.train(&job, progress, &mut trainee));
        if let Err(error) = &report {
            self.callbacks[..n_begun].iter_mut().for_each(|callback| callback.on_train_error(error));
        }
        report
    }

    /// Reads the checkpoint to resume from, if there is one, and checks that it belongs to this run.
    fn load_checkpoint(&mut self, run: &Run) -> Result<Option<Checkpoint>> {
        match self.resume.take() {
            None => Ok(None),
            Some(Resume::Checkpoint(saved)) => check(&saved, run).map(|()| Some(*saved)),
            Some(Resume::File(path)) => {
                let saved = Checkpoint::load(&path)?;
                check(&saved, run).map_err(|error| error.in_file(&path))?;
                self.resume = Some(Resume::File(path)); // an error of `restore` names it
                Ok(Some(saved))
            }
        }
    }

    /// Calls every callback's `on_train_begin` (`n_begun` counts them), then restores the checkpoint.
    fn begin<T, V>(
        &mut self,
        job: &Job<'_, T, V>,
        saved: Option<Checkpoint>,
        trainee: &mut Trainee<'_>,
        n_begun: &mut usize,
    ) -> Result<Option<Progress>>
    where
        T: DataSource + ?Sized,
        V: DataSource + ?Sized,
    {
        for callback in &mut self.callbacks {
            *n_begun += 1;
            callback.on_train_begin(&job.plan, trainee)?;
        }
        let Some(saved) = saved else { return Ok(None) };
        self.restore(saved, trainee).map(Some).map_err(|error| self.in_checkpoint(error))
    }

    fn train<T, V>(
        &mut self,
        job: &Job<'_, T, V>,
        mut progress: Option<Progress>,
        trainee: &mut Trainee<'_>,
    ) -> Result<TrainReport>
    where
        T: DataSource + ?Sized,
        V: DataSource + ?Sized,
    {
        let epochs = job.plan.epochs;
        let stop_reason = loop {
            let next = match &progress {
                Some(Progress { stop_reason: Some(StopReason::Stopped), .. }) => break StopReason::Stopped,
                Some(Progress { last, .. }) if last.epoch >= epochs => break StopReason::Completed,
                Some(Progress { last, .. }) => last.epoch + 1,
                None => 1,
            };
            let (last, control) = self.epoch(job, next, trainee)?;
            let stop_reason = match control {
                Control::Stop => Some(StopReason::Stopped),
                Control::Continue => (next == epochs).then_some(StopReason::Completed),
            };
            let seconds = progress.map_or(0.0, |progress| progress.seconds) + last.seconds;
            let now = Progress { last, stop_reason, seconds };
            self.save_checkpoint(&job.run, now, trainee)?;
            progress = Some(now);
        };
        trainee.keep();
        let Some(Progress { last, seconds, .. }) = progress else {
            return Err(Error::Setting { setting: "epochs", bound: "at least 1", value: 0.0 });
        };
        let report = TrainReport { epochs: last.epoch, stop_reason, last, seconds };
        self.callbacks.iter_mut().try_for_each(|callback| callback.on_train_end(&report, trainee))?;
        Ok(report)
    }

    fn epoch<T, V>(
        &mut self,
        job: &Job<'_, T, V>,
        number: usize,
        trainee: &mut Trainee<'_>,
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
            first_step: ((number - 1) * job.plan.steps) as u64,
            config: &self.config,
            loss: &job.loss,
            optimizer: self.optimizer.as_mut(),
            memory: &self.memory,
        };
        let trained = epoch.run(trainee, job.training, &mut self.callbacks)?;
        let validated =
            (job.validation).map(|data| trainee.measure("validation", data, &self.memory)).transpose()?;
        let report = EpochReport {
            epoch: number,
            epochs: job.plan.epochs,
            train_loss: trained.loss,
            train_accuracy: trained.accuracy,
            validation_loss: validated.map(|metrics| metrics.loss),
            validation_accuracy: validated.map(|metrics| metrics.accuracy),
            learning_rate,
            seconds: begun.elapsed().as_secs_f64(),
        };
        let mut control = Control::Continue;
        for callback in &mut self.callbacks {
            if callback.on_epoch_end(&report, trainee)? == Control::Stop {
                control = Control::Stop;
            }
        }
        Ok((report, control))
    }

    /// Writes the checkpoint, if one is asked for.
    fn save_checkpoint(&self, run: &Run, progress: Progress, model: &Classifier) -> Result<()> {
        let Some(path) = &self.checkpoint else { return Ok(()) };
        let states = self.callbacks.iter().filter_map(|callback| callback.state().transpose());
        let checkpoint = Checkpoint {
            run: run.clone(),
            progress,
            metadata: model.metadata().clone(),
            weights: model.network().snapshot()?,
            optimizer: self.optimizer.state()?,
            callbacks: states.collect::<Result<Vec<CallbackState>>>()?,
        };
        checkpoint.into_file(path)
    }

    /// Restores optimizer, callbacks and weights from a checkpoint of this very run.
    fn restore(&mut self, saved: Checkpoint, model: &mut Classifier) -> Result<Progress> {
        let Checkpoint { progress, weights, optimizer, callbacks, .. } = saved;
        let network = model.network_mut();
        optimizer.check_sizes(network.trainable_weights().map(Weight::len))?;
        self.optimizer.restore(optimizer)?;
        restore_callbacks(&mut self.callbacks, callbacks)?;
        network.set_weights(&weights)?;
        Ok(progress)
    }

    /// Adds the path of the checkpoint to an error about it, if it came from a file.
    fn in_checkpoint(&self, error: Error) -> Error {
        match &self.resume {
            Some(Resume::File(path)) => error.in_file(path),
            _ => error,
        }
    }
}
