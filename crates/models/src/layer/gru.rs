//! A gated recurrent unit.

use candle_core::Tensor;
use serde::{Deserialize, Serialize};

use super::problem::{l2_factor, positive};
use super::{Init, LayerOps, LayerProblem, WeightSpec};
use crate::ops::{self, Activation, Affine, Memory};

/// A gated recurrent unit over the first axis; Keras's `GRU` with its defaults (`reset_after=True`).
///
/// The other axes together are the vector of one step: an image `[height, width, channels]` is read row by row.
///
/// # Shapes
/// `[steps, ..]` to `[units]` (the last state) or `[steps, units]` (all states). Weights: `kernel` `[inputs, 3 units]`
/// (Glorot-uniform), `recurrent_kernel` `[units, 3 units]` (orthogonal) and `bias` `[2, 3 units]` (zeros); columns in
/// the order update gate, reset gate, new state.
///
/// # References
/// Cho et al. (2014), arXiv:1406.1078.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gru {
    /// Length of the state, at least 1; 64 is a good start. Time grows with its square.
    pub units: usize,
    /// The states that the layer returns; the last one unless set.
    pub output: GruOutput,
    /// Factor of the penalty `l2 * sum(kernel^2)` in the training loss, for the kernel on the inputs. 0 (none) unless
    /// set.
    pub l2: f64,
}

/// The states that a [`Gru`] returns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GruOutput {
    /// The last state.
    #[default]
    Last,
    /// One state per step; Keras's `return_sequences=True`.
    Sequence,
}

impl Gru {
    /// A unit that returns its last state.
    pub fn new(units: usize) -> Self {
        Self { units, output: GruOutput::Last, l2: 0.0 }
    }

    /// The same unit, returning all states.
    #[must_use]
    pub fn sequence(self) -> Self {
        Self { output: GruOutput::Sequence, ..self }
    }
}

impl LayerOps for Gru {
    fn base_name(&self) -> &'static str {
        "gru"
    }

    fn class_name(&self) -> &'static str {
        "GRU"
    }

    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, LayerProblem> {
        positive(&[("units", self.units)])?;
        l2_factor(self.l2)?;
        match (input, self.output) {
            ([_, _, ..], GruOutput::Last) => Ok(vec![self.units]),
            ([steps, _, ..], GruOutput::Sequence) => Ok(vec![*steps, self.units]),
            _ => Err(LayerProblem::Rank { expected: 2, shape: input.to_vec() }),
        }
    }

    fn weights(&self, input: &[usize]) -> Vec<WeightSpec> {
        let (inputs, units) = (input[1..].iter().product(), self.units);
        let recurrent = Init::Orthogonal { columns: 3 * units };
        vec![
            WeightSpec::kernel(vec![inputs, 3 * units], inputs, 3 * units),
            WeightSpec {
                shape: vec![units, 3 * units],
                ..WeightSpec::vector("recurrent_kernel", 0, recurrent)
            },
            WeightSpec { shape: vec![2, 3 * units], ..WeightSpec::vector("bias", 0, Init::Zeros) },
        ]
    }

    fn l2(&self) -> f64 {
        self.l2
    }

    fn infer(&self, x: &Tensor, weights: &[Tensor], memory: &Memory) -> ops::Result<Tensor> {
        let (n, steps) = (x.dim(0)?, x.dim(1)?);
        let (kernel, recurrent, bias) = (&weights[0], &weights[1], &weights[2]);
        let rows = x.reshape((n * steps, kernel.dim(0)?))?;
        let affine = Affine { kernel, bias: &bias.get(0)?, activation: Activation::Linear };
        let projected = ops::dense_with(&rows, affine, memory)?.reshape((n, steps, 3 * self.units))?;
        let states = ops::gru_with(&projected, recurrent, &bias.get(1)?, memory)?;
        match self.output {
            GruOutput::Last => Ok(states.narrow(1, steps - 1, 1)?.squeeze(1)?),
            GruOutput::Sequence => Ok(states),
        }
    }
}
