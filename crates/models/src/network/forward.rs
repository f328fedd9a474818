//! Inference.

use std::ops::Range;

use candle_core::{Tensor, Var};

use super::Sequential;
use crate::ops::{self, Memory};
use crate::{Error, LayerSpec, Result};

impl Sequential {
    /// Returns the logits at inference: dropout passes every value, batch normalization uses its moving statistics.
    ///
    /// The weights are constants to candle's `backward`. When `x` is a variable, candle computes its gradient.
    ///
    /// # Shapes
    /// `[n, ..input_shape]` to `[n, ..output_shape]`.
    ///
    /// # Errors
    /// [`Error::InputShape`] when `x` has another shape.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.forward_layers(x, self.range())
    }

    /// Computes a range of layers only, at inference: `0..k` returns the input of layer `k`, `k..` continues from it.
    ///
    /// # Errors
    /// [`Error::LayerRange`] when the range is not one of this network's layers, [`Error::InputShape`] when `x` does
    /// not fit the first of them.
    pub fn forward_layers(&self, x: &Tensor, range: Range<usize>) -> Result<Tensor> {
        self.forward_layers_with(x, range, &Memory::pooled())
    }

    /// [`forward`](Self::forward) with a memory to allocate from, which the batches of one prediction share.
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
        let memory = &memory.in_form(self.form);
        let input = x;
        let mut x = x.clone();
        // Only what this crate's operations computed may be overwritten: a module of the caller's may keep its tensors.
        let mut is_ours = false;
        for step in self.steps(range) {
            let weights = step.layer.constants();
            let y = match step.fused {
                Some((fused, _)) => fused.infer(&x, &weights, memory)?,
                None => step.layer.spec.ops().infer(&x, &weights, memory)?,
            };
            let is_callers = matches!(step.layer.spec, LayerSpec::CandleModule(_));
            let is_free = is_ours && !is_callers;
            if is_free && !ops::shares_memory(&x, &y) && !ops::shares_memory(&x, input) {
                ops::recycle(memory, &x);
            }
            (x, is_ours) = (y, !is_callers);
        }
        Ok(x)
    }

    /// Returns the sum of all L2 penalties, `l2 * sum(kernel^2)` over the layers that have one; `None` when none has.
    ///
    /// # Errors
    /// [`Error::Candle`] when the device fails.
    pub fn penalty(&self) -> Result<Option<Tensor>> {
        let memory = Memory::none().in_form(self.form);
        let mut total: Option<Tensor> = None;
        for (factor, var) in self.penalized() {
            let penalty = ops::l2_penalty_with(var.as_tensor(), factor, &memory)?;
            total = Some(match total {
                Some(total) => (total + penalty)?,
                None => penalty,
            });
        }
        Ok(total)
    }

    fn penalized(&self) -> impl Iterator<Item = (f64, &Var)> {
        self.layers.iter().filter(|layer| layer.spec.ops().l2() > 0.0).flat_map(|layer| {
            let kernels = layer.weights.iter().filter(|weight| weight.penalized);
            kernels.map(|weight| (layer.spec.ops().l2(), &weight.var))
        })
    }
}

/// Fails unless `x` is a batch of at least one input of this shape.
pub(super) fn check_shape(x: &Tensor, expected: &[usize]) -> Result<()> {
    match x.dims() {
        [n, actual @ ..] if *n > 0 && actual == expected => Ok(()),
        actual => Err(Error::InputShape { expected: expected.to_vec(), actual: actual.to_vec() }),
    }
}
