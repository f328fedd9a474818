//! What a network computes.

use std::ops::Range;

use candle_core::{Tensor, Var};

use super::{Sequential, Weight};
use crate::layer::Fused;
use crate::ops::{self, Memory};
use crate::{DropoutRng, Error, Result};

/// The outcome of [`Sequential::forward_train`]: nothing in the network has changed yet.
#[derive(Debug)]
pub struct TrainingPass {
    /// Scores before the softmax, `[n, n_classes]`, with the graph to go backward on.
    pub logits: Tensor,
    /// The batch normalisations' moving statistics after this batch.
    pub moving: MovingStatistics,
}

/// New values of the weights that a forward pass moves and an optimizer does not train.
#[derive(Debug, Default)]
pub struct MovingStatistics {
    /// Layer, weight within the layer, new value.
    pub(super) values: Vec<(usize, usize, Tensor)>,
}

impl Sequential {
    /// Logits at inference: dropout passes everything, batch normalisation uses its moving statistics.
    ///
    /// The weights are constants to candle's `backward`; when `x` is a variable, its gradient can be asked for.
    ///
    /// # Shapes
    /// `[n, ..input_shape]` to `[n, ..output_shape]`.
    ///
    /// # Errors
    /// [`Error::InputShape`] when `x` has another shape.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.forward_layers(x, self.range())
    }

    /// The layers of a range alone, at inference: `0..k` gives what layer `k` sees, `k..` what follows from it.
    ///
    /// # Errors
    /// [`Error::LayerRange`] when the range is not one of this network's layers, [`Error::InputShape`] when `x` does
    /// not fit the first of them.
    pub fn forward_layers(&self, x: &Tensor, range: Range<usize>) -> Result<Tensor> {
        self.forward_layers_with(x, range, &Memory::pooled())
    }

    /// [`forward`](Self::forward) with a memory to allocate from, which one prediction's batches share.
    pub(crate) fn forward_with(&self, x: &Tensor, memory: &Memory) -> Result<Tensor> {
        self.forward_layers_with(x, self.range(), memory)
    }

    fn forward_layers_with(&self, x: &Tensor, range: Range<usize>, memory: &Memory) -> Result<Tensor> {
        let n_layers = self.layers.len();
        let Some(layers) = self.layers.get(range.clone()) else {
            return Err(Error::LayerRange { range, n_layers });
        };
        if let Some(first) = layers.first() {
            check_shape(x, &first.input_shape)?;
        }
        let input = x;
        let mut x = x.clone();
        let mut at = 0;
        while let Some(layer) = layers.get(at) {
            let weights: Vec<_> =
                layer.weights.iter().map(|weight| weight.var.as_detached_tensor()).collect();
            let pair = layers.get(at + 1).and_then(|next| Fused::of(&layer.spec, &next.spec));
            let y = match &pair {
                Some(pair) => pair.infer(&x, &weights, memory)?,
                None => layer.spec.kind().infer(&x, &weights, memory)?,
            };
            if !ops::shares_memory(&x, &y) && !ops::shares_memory(&x, input) {
                ops::recycle(memory, &x);
            }
            x = y;
            at += if pair.is_some() { 2 } else { 1 };
        }
        Ok(x)
    }

    /// Logits while training, with dropout drawn from `noise` and the batch's own statistics in batch normalisation.
    ///
    /// # Errors
    /// [`Error::InputShape`] when `x` is not `[n, ..input_shape]`.
    pub fn forward_train(&self, x: &Tensor, noise: DropoutRng) -> Result<TrainingPass> {
        check_shape(x, &self.input_shape)?;
        let memory = &Memory::none();
        let (mut x, mut values) = (x.clone(), Vec::new());
        let mut at = 0;
        while let Some(layer) = self.layers.get(at) {
            let weights: Vec<_> = layer.weights.iter().map(Weight::in_graph).collect();
            let next = self.layers.get(at + 1);
            let pair = next.and_then(|next| Some((next, Fused::of(&layer.spec, &next.spec)?)));
            let trained = match &pair {
                Some((next, pair)) => pair.train(&x, &weights, noise.of_layer(&next.name))?,
                None => layer.spec.kind().train(&x, &weights, noise.of_layer(&layer.name), memory)?,
            };
            let fixed = (0..layer.weights.len()).filter(|&weight| !layer.weights[weight].trainable);
            values.extend(fixed.zip(trained.moving).map(|(weight, value)| (at, weight, value)));
            x = trained.y;
            at += if pair.is_some() { 2 } else { 1 };
        }
        Ok(TrainingPass { logits: x, moving: MovingStatistics { values } })
    }

    /// Takes over the moving statistics of a training pass.
    ///
    /// # Errors
    /// When they are another network's ([`Error::Candle`], [`Error::LayerRange`]).
    pub fn apply_moving(&mut self, moving: &MovingStatistics) -> Result<()> {
        let n_layers = self.layers.len();
        for (layer, weight, value) in &moving.values {
            let found = self.layers.get(*layer).and_then(|layer| layer.weights.get(*weight));
            let Some(weight) = found else {
                return Err(Error::LayerRange { range: *layer..*layer + 1, n_layers });
            };
            weight.var.set(value)?;
        }
        Ok(())
    }

    /// The sum of all L2 penalties, `l2 * sum(kernel^2)` over the layers that have one; `None` when none has.
    ///
    /// # Errors
    /// When the device fails ([`Error::Candle`]).
    pub fn penalty(&self) -> Result<Option<Tensor>> {
        let mut total: Option<Tensor> = None;
        for (factor, var) in self.penalized() {
            let penalty = ops::l2_penalty(var.as_tensor(), factor)?;
            total = Some(match total {
                Some(total) => (total + penalty)?,
                None => penalty,
            });
        }
        Ok(total)
    }

    fn penalized(&self) -> impl Iterator<Item = (f64, &Var)> {
        self.layers.iter().filter(|layer| layer.spec.kind().l2() > 0.0).flat_map(|layer| {
            let kernels = layer.weights.iter().filter(|weight| weight.penalized);
            kernels.map(|weight| (layer.spec.kind().l2(), &weight.var))
        })
    }
}

impl Weight {
    /// The tensor that a training pass computes with: the variable itself when it is to get a gradient.
    pub(super) fn in_graph(&self) -> Tensor {
        if self.trainable { self.var.as_tensor().clone() } else { self.var.as_detached_tensor() }
    }
}

pub(super) fn check_shape(x: &Tensor, expected: &[usize]) -> Result<()> {
    match x.dims() {
        [n, actual @ ..] if *n > 0 && actual == expected => Ok(()),
        actual => Err(Error::InputShape { expected: expected.to_vec(), actual: actual.to_vec() }),
    }
}
