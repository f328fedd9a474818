//! One pass over the training data.

use candle_core::{Tensor, Var};
use cepstrum_dataset::rng::stream;
use rand::seq::SliceRandom;

use crate::classifier::argmax;
use crate::data::{Batch, Batches, check_labels};
use crate::{Callback, Classifier, DataSource, Error, Metrics, Noise, Optimizer, Result, StepReport, ops};

/// What the steps of an epoch share.
pub(super) struct Epoch<'a> {
    /// From 1.
    pub(super) number: usize,
    /// Steps in all epochs before.
    pub(super) first_step: u64,
    pub(super) batch_size: usize,
    pub(super) seed: u64,
    pub(super) optimizer: &'a mut dyn Optimizer,
}

impl Epoch<'_> {
    /// Runs all steps; gives the running means that Keras reports.
    pub(super) fn run<D: DataSource + ?Sized>(
        &mut self,
        model: &mut Classifier,
        data: &D,
        callbacks: &mut [Box<dyn Callback + '_>],
    ) -> Result<Metrics> {
        let order = shuffled(data.len(), self.seed, self.number);
        let (standardizer, device) = (model.standardizer().cloned(), model.device().clone());
        let input_shape = model.network().input_shape().to_vec();
        let batches = Batches {
            data,
            standardizer: standardizer.as_ref(),
            input_shape: &input_shape,
            batch_size: self.batch_size,
            device: &device,
        };
        let steps = order.len().div_ceil(self.batch_size);
        let (mut total_loss, mut hits) = (0.0, 0);
        for (at, batch) in batches.of(&order).enumerate() {
            let batch = batch?;
            check_labels("training", &order[at * self.batch_size..], &batch.labels, model.n_classes())?;
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
        let noise = Noise::Seeded { seed: self.seed, step: self.first_step + at as u64 };
        let pass = network.forward_train(&batch.x, noise)?;
        let labels = Tensor::from_slice(&batch.labels, batch.labels.len(), network.device())?;
        let mut loss = ops::softmax_cross_entropy(&pass.logits, &labels)?;
        if let Some(penalty) = network.penalty()? {
            loss = (loss + penalty)?;
        }
        let value = f64::from(loss.to_scalar::<f32>()?);
        if !value.is_finite() {
            return Err(Error::Diverged { epoch: self.number, step: at + 1, loss: value });
        }
        let mut store = loss.backward()?;
        let weights: Vec<&Var> = network.trainable_weights().map(crate::Weight::var).collect();
        let mut gradients = Vec::with_capacity(weights.len());
        for weight in network.trainable_weights() {
            let gradient = store.remove(weight.var());
            gradients.push(gradient.ok_or_else(|| Error::NoGradient { weight: weight.name().to_owned() })?);
        }
        self.optimizer.step(&weights, &gradients)?;
        network.apply_moving(&pass.moving)?;
        let logits = pass.logits.to_vec2::<f32>()?;
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
