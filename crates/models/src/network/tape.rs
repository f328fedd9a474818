//! Training passes without candle's tape.
//!
//! candle's `backward` adds every gradient to an array of zeros and keeps every intermediate result. A network whose
//! layers follow each other has nothing to add: it goes back from layer to layer, and the memory of one step serves the
//! next. The bits are those of candle's tape, which the tests compare.
//!
//! On every device but the CPU, candle's tape goes back. There the allocator keeps memory for the next step by itself, and
//! the operations bring the gradients that matter.

use std::fmt;

use candle_core::Tensor;

use super::forward::check_shape;
use super::{Layer, Sequential};
use crate::ops::{
    Backward, Form, Gradients, Memory, WithRespectTo, add_l2_gradient, recycle, shares_memory,
    with_l2_gradient,
};
use crate::{DropoutRng, Error, Result};

/// A training pass of a [`Sequential`]: its logits and the way back. Nothing in the network has changed yet.
///
/// ```
/// use candle_core::{Device, Tensor, Var};
/// use cepstrum_models::{Dense, DropoutRng, Sequential, ops};
///
/// let mut network = Sequential::builder([4]).layer(Dense::new(3)).build()?;
/// let x = Tensor::ones((2, 4), candle_core::DType::F32, &Device::Cpu)?;
/// let tape = network.forward_train(&x, DropoutRng::Off)?;
///
/// // The gradient of the loss by the logits comes from candle.
/// let logits = Var::from_tensor(&tape.logits)?;
/// let loss = ops::softmax_cross_entropy(&logits, &Tensor::new(&[0_u32, 2], &Device::Cpu)?)?;
/// let d_logits = loss.backward()?.remove(&logits).expect("the loss depends on the logits");
///
/// network.apply_moving(&tape.moving)?;
/// let gradients = network.backward(tape, d_logits)?;
/// assert_eq!(gradients[0].dims(), [4, 3]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub struct Tape {
    /// Scores before the softmax, `[n, ..output_shape]`.
    pub logits: Tensor,
    /// The batch normalizations' moving statistics after this batch.
    pub moving: MovingStatistics,
    back: Back,
    /// Memory that both directions allocate from.
    memory: Memory,
}

/// The way back.
enum Back {
    /// The backward pass of every step and the position of the layer that owns its weights, in their order.
    Passes(Vec<(usize, Box<dyn Backward>)>),
    /// The logits on candle's tape.
    Autograd(Tensor),
}

impl fmt::Debug for Tape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tape")
            .field("logits", &self.logits)
            .field("moving", &self.moving)
            .finish_non_exhaustive()
    }
}

/// New values of the weights that a training pass moves and an optimizer does not train.
#[derive(Debug, Default)]
pub struct MovingStatistics {
    /// Layer, weight within the layer, new value.
    values: Vec<(usize, usize, Tensor)>,
}

impl MovingStatistics {
    /// Adds the new values of one layer, in the order of its weights.
    pub(super) fn extend(&mut self, at: usize, layer: &Layer, moving: Vec<Tensor>) {
        let fixed = (0..layer.weights.len()).filter(|&weight| !layer.weights[weight].trainable);
        self.values.extend(fixed.zip(moving).map(|(weight, value)| (at, weight, value)));
    }
}

impl Sequential {
    /// Computes a training pass, with the batch's own statistics in batch normalization.
    ///
    /// # Shapes
    /// `[n, ..input_shape]`; the logits are `[n, ..output_shape]`.
    ///
    /// # Errors
    /// [`Error::InputShape`] when `x` has another shape.
    pub fn forward_train(&self, x: &Tensor, dropout: DropoutRng) -> Result<Tape> {
        self.forward_train_with(x, dropout, &Memory::pooled())
    }

    /// [`forward_train`](Self::forward_train) with a memory to allocate from, which the steps of one run share.
    pub(crate) fn forward_train_with(
        &self,
        x: &Tensor,
        dropout: DropoutRng,
        memory: &Memory,
    ) -> Result<Tape> {
        check_shape(x, &self.input_shape)?;
        let memory = &memory.in_form(self.form);
        if self.form == Form::Portable {
            let (logits, moving) = self.forward_on_tape(&x.detach(), dropout)?;
            let (back, memory) = (Back::Autograd(logits.clone()), memory.clone());
            return Ok(Tape { logits: logits.detach(), moving, back, memory });
        }
        let (mut x, mut moving, mut passes) = (x.clone(), MovingStatistics::default(), Vec::new());
        for step in self.steps(self.range()) {
            let (layer, weights) = (step.layer, step.layer.in_graph());
            let record = match step.fused {
                Some((fused, next)) => fused.record(&x, &weights, dropout.of_layer(&next.name), memory)?,
                None => layer.spec.ops().record(&x, &weights, dropout.of_layer(&layer.name), memory)?,
            };
            moving.extend(step.at, layer, record.moving);
            passes.push((step.at, record.back));
            x = record.y;
        }
        Ok(Tape { logits: x, moving, back: Back::Passes(passes), memory: memory.clone() })
    }

    /// Returns the gradients of all trainable weights, in the order of [`trainable_weights`](Self::trainable_weights),
    /// from the loss's gradient by the logits. The gradients of the L2 penalties are included.
    ///
    /// # Errors
    /// [`Error::Candle`] when `d_logits` has another shape than the logits, or the tape is another network's.
    pub fn backward(&self, tape: Tape, d_logits: Tensor) -> Result<Vec<Tensor>> {
        match tape.back {
            Back::Passes(passes) => self.backward_by_passes(passes, &tape.logits, d_logits, &tape.memory),
            Back::Autograd(logits) => self.backward_by_autograd(&logits, &d_logits),
        }
    }

    /// Goes back on candle's tape.
    fn backward_by_autograd(&self, logits: &Tensor, d_logits: &Tensor) -> Result<Vec<Tensor>> {
        let mut store = (logits * d_logits)?.sum_all()?.backward()?;
        let mut gradients = Vec::new();
        for layer in &self.layers {
            let factor = layer.spec.ops().l2();
            for weight in layer.weights.iter().filter(|weight| weight.trainable) {
                let missing = || Error::NoGradient { weight: weight.name.clone() };
                let gradient = store.remove(&weight.var).ok_or_else(missing)?;
                gradients.push(if weight.penalized && factor > 0.0 {
                    with_l2_gradient(&gradient, &weight.var, factor)?
                } else {
                    gradient
                });
            }
        }
        Ok(gradients)
    }

    /// Goes back from layer to layer.
    fn backward_by_passes(
        &self,
        passes: Vec<(usize, Box<dyn Backward>)>,
        logits: &Tensor,
        d_logits: Tensor,
        memory: &Memory,
    ) -> Result<Vec<Tensor>> {
        if passes.iter().any(|(layer, _)| *layer >= self.layers.len()) {
            let n_layers = self.layers.len();
            return Err(Error::LayerRange { range: 0..passes.len(), n_layers });
        }
        let trains = |layer: usize| self.layers[layer].weights.iter().any(|weight| weight.trainable);
        let Some(first) = passes.iter().position(|(layer, _)| trains(*layer)) else {
            return Ok(Vec::new());
        };
        // The caller may have kept the logits and their gradient.
        let kept = d_logits.clone();
        let (mut grad, mut found) = (d_logits, Vec::new());
        for (at, (layer, back)) in passes.into_iter().enumerate().skip(first).rev() {
            let wrt = if at > first { WithRespectTo::InputAndParameters } else { WithRespectTo::Parameters };
            let Gradients { x, parameters } = back.backward(&grad, wrt)?;
            self.penalize(layer, &parameters)?;
            found.push(parameters);
            back.recycle_output(logits);
            if let Some(x) = x {
                if !shares_memory(&x, &grad) && !shares_memory(&kept, &grad) {
                    recycle(memory, &grad);
                }
                grad = x;
            }
        }
        Ok(found.into_iter().rev().flatten().collect())
    }

    /// Takes over the moving statistics of a training pass.
    ///
    /// # Errors
    /// [`Error::Candle`] or [`Error::LayerRange`] when they are another network's.
    pub fn apply_moving(&mut self, moving: &MovingStatistics) -> Result<()> {
        self.set_moving(moving)
    }

    /// [`apply_moving`](Self::apply_moving) through a shared reference, as candle's modules do it.
    pub(super) fn set_moving(&self, moving: &MovingStatistics) -> Result<()> {
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

    /// Adds the gradients of a layer's penalties.
    fn penalize(&self, layer: usize, gradients: &[Tensor]) -> Result<()> {
        let layer = &self.layers[layer];
        let factor = layer.spec.ops().l2();
        let trainable = layer.weights.iter().filter(|weight| weight.trainable);
        for (weight, gradient) in trainable.zip(gradients).filter(|(weight, _)| weight.penalized) {
            if factor > 0.0 {
                add_l2_gradient(gradient, weight.var.as_tensor(), factor)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use candle_core::{Device, Var};

    use super::*;
    use crate::ops;
    use crate::zoo::Architecture;

    fn bits(tensor: &Tensor) -> Vec<u32> {
        let values = tensor.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        values.into_iter().map(f32::to_bits).collect()
    }

    /// Compares a network with candle's tape: every layer, fused or not, has the same bits without it.
    fn check(network: &Sequential) {
        let shape: Vec<usize> = [&[3], network.input_shape()].concat();
        let count = shape.iter().product::<usize>() as u32;
        let values = (0..count).map(|i| (i.wrapping_mul(2_654_435_761) >> 8) as f32 / (1 << 23) as f32 - 1.0);
        let x = Tensor::from_vec(values.collect::<Vec<f32>>(), shape, &Device::Cpu).unwrap();
        let labels = Tensor::new(&[1_u32, 0, 2], &Device::Cpu).unwrap();
        let dropout = DropoutRng::Seeded { seed: 3, step: 8 };

        let (expected, expected_moving) = network.forward_on_tape(&x, dropout).unwrap();
        let mut loss = ops::softmax_cross_entropy(&expected, &labels).unwrap();
        if let Some(penalty) = network.penalty().unwrap() {
            loss = (loss + penalty).unwrap();
        }
        let store = loss.backward().unwrap();

        let memory = Memory::pooled();
        let tape = network.forward_train_with(&x, dropout, &memory).unwrap();
        assert_eq!(bits(&tape.logits), bits(&expected));
        assert_eq!(tape.moving.values.len(), expected_moving.values.len());
        for (ours, theirs) in tape.moving.values.iter().zip(&expected_moving.values) {
            assert_eq!((ours.0, ours.1, bits(&ours.2)), (theirs.0, theirs.1, bits(&theirs.2)));
        }
        let logits = Var::from_tensor(&tape.logits).unwrap();
        let loss = ops::softmax_cross_entropy(&logits, &labels).unwrap();
        let d_logits = loss.backward().unwrap().remove(&logits).unwrap();
        let gradients = network.backward(tape, d_logits).unwrap();
        assert_eq!(memory.n_handles(), 1, "nothing keeps the memory of a step that is over");
        assert_eq!(gradients.len(), network.trainable_weights().count());
        for (weight, gradient) in network.trainable_weights().zip(&gradients) {
            assert_eq!(bits(gradient), bits(store.get(weight.var()).unwrap()), "{}", weight.name());
        }
    }

    #[test]
    fn a_backward_pass_leaves_the_logits_and_their_gradient_as_they_were() {
        // The logits are the dense layer's own memory, once as they are and once in another shape.
        let layers = || Sequential::builder([4, 5]).layer(crate::Flatten::new()).layer(crate::Dense::new(40));
        for network in [layers(), layers().layer(crate::Flatten::new())].map(|it| it.build().unwrap()) {
            let tape = network.forward_train(&ones(&[30, 4, 5]), DropoutRng::Off).unwrap();
            let (logits, d_logits) = (tape.logits.clone(), ones(&[30, 40]));
            let before = [bits(&logits), bits(&d_logits)];
            network.backward(tape, d_logits.clone()).unwrap();
            assert_eq!([bits(&logits), bits(&d_logits)], before);
        }
    }

    fn ones(shape: &[usize]) -> Tensor {
        Tensor::ones(shape, candle_core::DType::F32, &Device::Cpu).unwrap()
    }

    #[test]
    fn without_the_tape_the_bits_are_the_same() {
        for network in Architecture::all() {
            check(network.build([40, 13], 3, 1).unwrap().network());
        }
        let odd = Sequential::builder([9, 7, 2])
            .layer(crate::Conv2d::new(4, [2, 2]))
            .layer(crate::BatchNorm::new())
            .layer(crate::MaxPool2d::new([2, 2]))
            .layer(crate::Conv2d::new(3, [1, 1]).relu().l2(0.1))
            .layer(crate::MaxPool2d::new([20, 20]).stride([1, 1]))
            .layer(crate::Dropout::new(0.5))
            .layer(crate::Gru::new(5).sequence())
            .layer(crate::Flatten::new())
            .layer(crate::Dense::new(3));
        check(&odd.build().unwrap());
    }
}
