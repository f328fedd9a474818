//! The loop over epochs, and the checks before it.

use std::time::Instant;

use super::epoch::Epoch;
use super::{Ending, EpochReport, TrainConfig, TrainReport, Trainer};
use crate::classifier::Context;
use crate::data::{audit, check_config, check_shape};
use crate::standardize::Moments;
use crate::{Classifier, Control, DataSource, Error, Result, Standardization, TrainPlan};

impl Trainer<'_> {
    /// Trains a model, validating after every epoch.
    ///
    /// The model takes over the data's class names and feature configuration, and a standardiser fitted on the
    /// training data if one was asked for. On an error it keeps the weights of the last step that succeeded.
    ///
    /// # Errors
    /// - [`Error::Setting`]: no epoch, a batch size of 0, a learning rate that is not above 0 and finite.
    /// - [`Error::FeatureShape`], [`Error::Classes`], [`Error::Config`]: data that does not fit the network, or
    ///   validation data that does not fit the training data.
    /// - [`Error::NoData`], [`Error::OneClass`], [`Error::NonFiniteFeature`], [`Error::LabelOutOfRange`]: data that
    ///   cannot be trained on; all of it is read once before the first step.
    /// - [`Error::Diverged`]: the loss stopped being a number.
    /// - What a callback gives.
    pub fn fit<T, V>(self, model: &mut Classifier, training: &T, validation: &V) -> Result<TrainReport>
    where
        T: DataSource + ?Sized,
        V: DataSource + ?Sized,
    {
        check_validation(training, validation, model.n_classes())?;
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
        check_settings(&self.config)?;
        check_learning_rate(self.optimizer.learning_rate())?;
        model.set_context(context(&self.config, model, training)?);
        let plan = TrainPlan {
            epochs: self.config.epochs,
            steps: training.len().div_ceil(self.config.batch_size),
            n_training: training.len(),
            n_validation: validation.map_or(0, DataSource::len),
        };
        self.callbacks.iter_mut().try_for_each(|callback| callback.on_train_begin(&plan, model))?;
        let begun = Instant::now();
        let mut epoch = 1;
        let (last, ending) = loop {
            let (report, control) = self.epoch(&plan, epoch, model, training, validation)?;
            if control == Control::Stop {
                break (report, Ending::Stopped);
            }
            if epoch == plan.epochs {
                break (report, Ending::Completed);
            }
            epoch += 1;
        };
        let report = TrainReport { epochs: epoch, ending, last, seconds: begun.elapsed().as_secs_f64() };
        self.callbacks.iter_mut().try_for_each(|callback| callback.on_train_end(&report, model))?;
        Ok(report)
    }

    fn epoch<T, V>(
        &mut self,
        plan: &TrainPlan,
        number: usize,
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
            batch_size: self.config.batch_size,
            seed: self.config.seed,
            optimizer: self.optimizer.as_mut(),
        };
        let trained = epoch.run(model, training, &mut self.callbacks)?;
        let validated = validation.map(|data| model.measure("validation", data)).transpose()?;
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
}

fn check_settings(config: &TrainConfig) -> Result<()> {
    for (setting, value) in [("epochs", config.epochs), ("batch_size", config.batch_size)] {
        if value == 0 {
            return Err(Error::Setting { setting, bound: "at least 1", value: 0.0 });
        }
    }
    Ok(())
}

fn check_learning_rate(value: f64) -> Result<()> {
    if value > 0.0 && value.is_finite() {
        return Ok(());
    }
    Err(Error::Setting { setting: "learning_rate", bound: "above 0 and finite", value })
}

fn check_validation<T, V>(training: &T, validation: &V, n_classes: usize) -> Result<()>
where
    T: DataSource + ?Sized,
    V: DataSource + ?Sized,
{
    const PART: &str = "validation";
    let [n_frames, n_coefficients] = validation.shape();
    if training.shape() != validation.shape() {
        return Err(Error::FeatureShape { expected: training.shape().to_vec(), n_frames, n_coefficients });
    }
    if training.classes() != validation.classes() {
        let (expected, actual) = (format!("{:?}", training.classes()), validation.classes().to_vec());
        return Err(Error::Classes { part: PART, expected, actual });
    }
    check_config(PART, training.config(), validation.config())?;
    audit(PART, validation, n_classes, |_, _| ())
}

/// Reads the training data once: checks it and fits the standardiser.
fn context<T: DataSource + ?Sized>(config: &TrainConfig, model: &Classifier, data: &T) -> Result<Context> {
    const PART: &str = "training";
    check_shape(data, model.network().input_shape())?;
    let n_classes = model.n_classes();
    if data.classes().len() != n_classes {
        let (expected, actual) = (format!("{n_classes} of them"), data.classes().to_vec());
        return Err(Error::Classes { part: PART, expected, actual });
    }
    let [_, n_coefficients] = data.shape();
    let mut moments = Moments::new(n_coefficients);
    let mut seen = vec![false; n_classes];
    audit(PART, data, n_classes, |labels, features| {
        for label in labels {
            seen[*label as usize] = true;
        }
        if config.standardize == Standardization::PerCoefficient {
            for frame in features.chunks_exact(n_coefficients) {
                moments.add_frame(frame.iter().copied());
            }
        }
    })?;
    if let (Some(only), 1) = (seen.iter().position(|seen| *seen), seen.iter().filter(|seen| **seen).count()) {
        return Err(Error::OneClass { class: data.classes()[only].clone(), n_segments: data.len() });
    }
    let standardizer = match config.standardize {
        Standardization::Off => None,
        Standardization::PerCoefficient => Some(moments.finish()),
    };
    Ok(Context { classes: data.classes().to_vec(), config: data.config().cloned(), standardizer })
}
