//! One pass over the training data.

use candle_core::Var;
use cepstrum_dataset::rng::stream;
use rand::seq::SliceRandom;

use super::loss::Loss;
use crate::model::argmax;
use crate::ops::{self, Memory};
use crate::train::data::{AugmentDraw, Batch, Batches, check_labels};
use crate::{
    Callback, Classifier, DataSource, DropoutRng, Error, Metrics, Optimizer, Result, StepReport, TrainConfig,
};

/// What the steps of an epoch share.
pub(super) struct Epoch<'a> {
    /// From 1.
    pub(super) number: usize,
    /// Steps in all epochs before.
    pub(super) first_step: u64,
    pub(super) config: &'a TrainConfig,
    pub(super) objective: &'a Loss,
    pub(super) optimizer: &'a mut dyn Optimizer,
    /// The run's, for results and working buffers.
    pub(super) memory: &'a Memory,
}

impl Epoch<'_> {
    /// Runs all steps; gives the running means that Keras reports.
    pub(super) fn run<D: DataSource + ?Sized>(
        &mut self,
        model: &mut Classifier,
        data: &D,
        callbacks: &mut [Box<dyn Callback + '_>],
    ) -> Result<Metrics> {
        let TrainConfig { seed, batch_size, augmentation, .. } = self.config;
        let order = shuffled(data.len(), *seed, self.number);
        let (standardizer, device) = (model.standardizer().cloned(), model.device().clone());
        let input_shape = model.network().input_shape().to_vec();
        let batches = Batches {
            data,
            standardizer: standardizer.as_ref(),
            input_shape: &input_shape,
            batch_size: *batch_size,
            device: &device,
            variation: Some(AugmentDraw { augmentation, seed: *seed, first_step: self.first_step }),
        };
        let steps = order.len().div_ceil(*batch_size);
        let (mut total_loss, mut hits) = (0.0, 0);
        for (at, batch) in batches.of(&order).enumerate() {
            let batch = batch?;
            check_labels("training", &order[at * batch_size..], &batch.labels, model.n_classes())?;
            let (loss, right) = self.step(model, &batch, at)?;
            total_loss += loss * batch.labels.len() as f64;
            hits += right;
            let learning_rate = self.optimizer.learning_rate();
            let report = StepReport { epoch: self.number, step: at + 1, steps, loss, learning_rate };
            callbacks.iter_mut().try_for_each(|callback| callback.on_step_end(&report))?;
        }
        let n = order.len() as f64;
        Ok(Metrics { loss: total_loss / n, accuracy: hits as f64 / n })
    }

    /// Forward, backward, update. When the loss is not finite, nothing has changed.
    fn step(&mut self, model: &mut Classifier, batch: &Batch, at: usize) -> Result<(f64, usize)> {
        let network = model.network_mut();
        let dropout = DropoutRng::Seeded { seed: self.config.seed, step: self.first_step + at as u64 };
        let mut tape = network.forward_train_with(&batch.x, dropout, self.memory)?;
        let logits = Var::from_tensor(&tape.logits)?;
        let cross_entropy = self.objective.loss(&logits, batch)?;
        let loss = match network.penalty()? {
            Some(penalty) => (&cross_entropy + penalty)?,
            None => cross_entropy.clone(),
        };
        let value = f64::from(loss.to_scalar::<f32>()?);
        if !value.is_finite() {
            return Err(Error::Diverged { epoch: self.number, step: at + 1, loss: value });
        }
        let missing = || Error::NoGradient { weight: "(logits)".to_owned() };
        let d_logits = cross_entropy.backward()?.remove(&logits).ok_or_else(missing)?;
        let moving = std::mem::take(&mut tape.moving);
        let mut gradients = network.backward(tape, d_logits)?;
        let weights: Vec<&Var> = network.trainable_weights().map(crate::Weight::var).collect();
        self.config.clipping.apply(&mut gradients)?;
        self.optimizer.step(&weights, &gradients)?;
        for gradient in &gradients {
            ops::recycle(self.memory, gradient);
        }
        network.apply_moving(&moving)?;
        let logits = logits.to_vec2::<f32>()?;
        let right =
            logits.iter().zip(&batch.labels).filter(|(row, label)| argmax(row) == **label as usize).count();
        Ok((value, right))
    }
}

/// The order of the segments in an epoch: a function of the seed and the epoch alone.
fn shuffled(n: usize, seed: u64, epoch: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    order.shuffle(&mut stream(seed, &format!("shuffle/{epoch}")));
    order
}
