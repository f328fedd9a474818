//! One pass over the training data.

use candle_core::{DType, Tensor, Var};
use cepstrum_dataset::rng::stream;
use rand::seq::SliceRandom;

use super::loss::Loss;
use super::trainee::Trainee;
use crate::model::argmax;
use crate::ops::{self, Form, Memory};
use crate::train::data::{AugmentDraw, Batch, Batches, check_labels};
use crate::{Callback, DataSource, DropoutRng, Error, Metrics, Optimizer, Result, StepReport, TrainConfig};

/// The state that the steps of an epoch share.
pub(super) struct Epoch<'a> {
    /// From 1.
    pub(super) number: usize,
    /// Number of steps in all epochs before.
    pub(super) first_step: u64,
    pub(super) config: &'a TrainConfig,
    pub(super) loss: &'a Loss,
    pub(super) optimizer: &'a mut dyn Optimizer,
    /// The memory of the run, for results and working buffers.
    pub(super) memory: &'a Memory,
}

impl Epoch<'_> {
    /// Runs all steps; returns the running means that Keras reports.
    pub(super) fn run<D: DataSource + ?Sized>(
        &mut self,
        trainee: &mut Trainee<'_>,
        data: &D,
        callbacks: &mut [Box<dyn Callback + '_>],
    ) -> Result<Metrics> {
        let TrainConfig { seed, batch_size, augmentation, .. } = self.config;
        let order = shuffled(data.len(), *seed, self.number);
        let (standardizer, device) = (trainee.standardizer().cloned(), trainee.device().clone());
        let input_shape = trainee.network().input_shape().to_vec();
        let batches = Batches {
            data,
            standardizer: standardizer.as_ref(),
            input_shape: &input_shape,
            batch_size: *batch_size,
            device: &device,
            augmentation: Some(AugmentDraw { augmentation, seed: *seed, first_step: self.first_step }),
        };
        let steps = order.len().div_ceil(*batch_size);
        let (mut total_loss, mut hits) = (0.0, 0);
        for (at, batch) in batches.of(&order).enumerate() {
            let batch = batch.map_err(|error| self.exhausted(error, at))?;
            check_labels("training", &order[at * batch_size..], &batch.labels, trainee.n_classes())?;
            let step = self.step(trainee, &batch, at);
            let (loss, right) = step.map_err(|error| self.exhausted(error, at))?;
            total_loss += loss * batch.labels.len() as f64;
            hits += right;
            let learning_rate = self.optimizer.learning_rate();
            let report = StepReport { epoch: self.number, step: at + 1, steps, loss, learning_rate };
            callbacks.iter_mut().try_for_each(|callback| callback.on_step_end(&report))?;
        }
        let n = order.len() as f64;
        Ok(Metrics { loss: total_loss / n, accuracy: hits as f64 / n })
    }

    /// Runs the forward pass, the backward pass and the update of one batch; returns its loss and the number of correct
    /// predictions. Changes nothing when the loss is not finite.
    fn step(&mut self, trainee: &mut Trainee<'_>, batch: &Batch, at: usize) -> Result<(f64, usize)> {
        let network = trainee.network_mut();
        let dropout = DropoutRng::Seeded { seed: self.config.seed, step: self.first_step + at as u64 };
        let mut tape = network.forward_train_with(&batch.x, dropout, self.memory)?;
        let logits = Var::from_tensor(&tape.logits)?;
        let memory = &self.memory.in_form(network.form());
        let cross_entropy = self.loss.loss(&logits, batch, memory)?;
        let loss = match network.penalty()? {
            Some(penalty) => (&cross_entropy + penalty)?,
            None => cross_entropy.clone(),
        };
        let (value, right) = outcome(&loss, &logits, batch, network.form())?;
        if !value.is_finite() {
            return Err(Error::Diverged { epoch: self.number, step: at + 1, loss: value });
        }
        let missing = || Error::NoGradient { weight: "(logits)".to_owned() };
        let d_logits = cross_entropy.backward()?.remove(&logits).ok_or_else(missing)?;
        let moving = std::mem::take(&mut tape.moving);
        let mut gradients = network.backward(tape, d_logits)?;
        let weights: Vec<&Var> = network.trainable_weights().map(crate::Weight::var).collect();
        self.config.clipping.apply(&mut gradients, network.form())?;
        self.optimizer.step(&weights, &gradients)?;
        if !self.optimizer.keeps_gradients() {
            for gradient in &gradients {
                ops::recycle(memory, gradient);
            }
        }
        network.apply_moving(&moving)?;
        trainee.keep();
        Ok((value, right))
    }

    /// Names the batch size in an error of a device without memory for step `at`.
    fn exhausted(&self, error: Error, at: usize) -> Error {
        if !error.to_string().to_lowercase().contains("out of memory") {
            return error;
        }
        let (epoch, step, batch_size) = (self.number, at + 1, self.config.batch_size);
        Error::OutOfMemory { epoch, step, batch_size, cause: error.into() }
    }
}

/// The loss of a step and its number of correct predictions. On every device but the CPU they are counted there, and both
/// numbers are downloaded together.
fn outcome(loss: &Tensor, logits: &Tensor, batch: &Batch, form: Form) -> Result<(f64, usize)> {
    if form == Form::Portable {
        let labels = Tensor::from_slice(&batch.labels, batch.labels.len(), logits.device())?;
        let hits = logits.detach().argmax(1)?.eq(&labels)?.to_dtype(DType::F32)?.sum_all()?;
        let both = Tensor::stack(&[loss.detach(), hits], 0)?.to_vec1::<f32>()?;
        return Ok((f64::from(both[0]), both[1] as usize));
    }
    let rows = logits.to_vec2::<f32>()?;
    let right = rows.iter().zip(&batch.labels).filter(|(row, label)| argmax(row) == **label as usize);
    Ok((f64::from(loss.to_scalar::<f32>()?), right.count()))
}

/// The order of the segments in an epoch: a function of the seed and the epoch alone.
fn shuffled(n: usize, seed: u64, epoch: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    order.shuffle(&mut stream(seed, &format!("shuffle/{epoch}")));
    order
}
