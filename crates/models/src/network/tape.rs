//! A training pass that goes back from layer to layer, without candle's tape.

use candle_core::Tensor;

use super::forward::check_shape;
use super::{MovingStatistics, Sequential, Weight};
use crate::layer::Fused;
use crate::ops::{Backward, Gradients, Memory, WithRespectTo, add_l2_gradient, recycle, shares_memory};
use crate::{DropoutRng, Result};

/// A training pass: nothing in the network has changed yet.
pub(crate) struct Tape {
    /// Scores before the softmax, `[n, n_classes]`.
    pub(crate) logits: Tensor,
    /// The batch normalisations' moving statistics after this batch.
    pub(crate) moving: MovingStatistics,
    /// Every pass and the layer that owns its weights, in their order.
    passes: Vec<(usize, Box<dyn Backward>)>,
    /// Allocated from forward and backward.
    memory: Memory,
}

impl Sequential {
    /// The logits of [`forward_train`](Self::forward_train), to the bit.
    pub(crate) fn record(&self, x: &Tensor, noise: DropoutRng, memory: &Memory) -> Result<Tape> {
        check_shape(x, &self.input_shape)?;
        let (mut x, mut values, mut passes) = (x.clone(), Vec::new(), Vec::new());
        let mut at = 0;
        while let Some(layer) = self.layers.get(at) {
            let weights: Vec<_> = layer.weights.iter().map(Weight::in_graph).collect();
            let mut pair = None;
            if let Some(next) = self.layers.get(at + 1)
                && let Some(both) = Fused::of(&layer.spec, &next.spec)
            {
                pair = both.record(&x, &weights, noise.of_layer(&next.name), memory)?;
            }
            let length = if pair.is_some() { 2 } else { 1 };
            let passed = match pair {
                Some(passed) => passed,
                None => layer.spec.kind().record(&x, &weights, noise.of_layer(&layer.name), memory)?,
            };
            let fixed = (0..layer.weights.len()).filter(|&weight| !layer.weights[weight].trainable);
            values.extend(fixed.zip(passed.moving).map(|(weight, value)| (at, weight, value)));
            passes.push((at, passed.back));
            x = passed.y;
            at += length;
        }
        Ok(Tape { logits: x, moving: MovingStatistics { values }, passes, memory: memory.clone() })
    }

    /// The gradients of all trainable weights, in their order, L2 penalties included, from that of the logits.
    pub(crate) fn gradients(&self, recording: Tape, d_logits: Tensor) -> Result<Vec<Tensor>> {
        let trains = |layer: usize| self.layers[layer].weights.iter().any(|weight| weight.trainable);
        let Some(first) = recording.passes.iter().position(|(layer, _)| trains(*layer)) else {
            return Ok(Vec::new());
        };
        let (mut grad, mut found) = (d_logits, Vec::new());
        for (at, (layer, back)) in recording.passes.into_iter().enumerate().skip(first).rev() {
            let wrt = if at > first { WithRespectTo::InputAndParameters } else { WithRespectTo::Parameters };
            let Gradients { x, parameters } = back.backward(&grad, wrt)?;
            self.penalize(layer, &parameters)?;
            found.push(parameters);
            back.recycle_output();
            if let Some(x) = x {
                if !shares_memory(&x, &grad) {
                    recycle(&recording.memory, &grad);
                }
                grad = x;
            }
        }
        Ok(found.into_iter().rev().flatten().collect())
    }

    /// Adds the gradients of a layer's penalties.
    fn penalize(&self, layer: usize, gradients: &[Tensor]) -> Result<()> {
        let layer = &self.layers[layer];
        let factor = layer.spec.kind().l2();
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

    /// candle's tape is the oracle: every layer, fused or not, gives the same bits without it.
    fn check(network: &Sequential) {
        let shape: Vec<usize> = [&[3], network.input_shape()].concat();
        let count = shape.iter().product::<usize>() as u32;
        let values = (0..count).map(|i| (i.wrapping_mul(2_654_435_761) >> 8) as f32 / (1 << 23) as f32 - 1.0);
        let x = Tensor::from_vec(values.collect::<Vec<f32>>(), shape, &Device::Cpu).unwrap();
        let labels = Tensor::new(&[1_u32, 0, 2], &Device::Cpu).unwrap();
        let noise = DropoutRng::Seeded { seed: 3, step: 8 };

        let pass = network.forward_train(&x, noise).unwrap();
        let mut loss = ops::softmax_cross_entropy(&pass.logits, &labels).unwrap();
        if let Some(penalty) = network.penalty().unwrap() {
            loss = (loss + penalty).unwrap();
        }
        let store = loss.backward().unwrap();

        let memory = Memory::pooled();
        let recording = network.record(&x, noise, &memory).unwrap();
        assert_eq!(bits(&recording.logits), bits(&pass.logits));
        for (ours, theirs) in recording.moving.values.iter().zip(&pass.moving.values) {
            assert_eq!((ours.0, ours.1, bits(&ours.2)), (theirs.0, theirs.1, bits(&theirs.2)));
        }
        let logits = Var::from_tensor(&recording.logits).unwrap();
        let loss = ops::softmax_cross_entropy(&logits, &labels).unwrap();
        let d_logits = loss.backward().unwrap().remove(&logits).unwrap();
        let gradients = network.gradients(recording, d_logits).unwrap();
        assert_eq!(memory.n_handles(), 1, "nothing keeps the memory of a step that is over");
        assert_eq!(gradients.len(), network.trainable_weights().count());
        for (weight, gradient) in network.trainable_weights().zip(&gradients) {
            assert_eq!(bits(gradient), bits(store.get(weight.var()).unwrap()), "{}", weight.name());
        }
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
