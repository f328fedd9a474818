//! The gated recurrent unit: a loop over steps, on candle's tape.

use candle_core::{Result, Tensor};
use candle_nn::ops::sigmoid;

/// The states from the projections of the inputs `[n, steps, 3 units]`.
pub(in super::super) fn gru([x, kernel, bias]: [&Tensor; 3]) -> Result<Tensor> {
    let (n, _, columns) = x.dims3()?;
    let units = columns / 3;
    let mut steps = Vec::new();
    halves(&x.transpose(0, 1)?.contiguous()?, &mut steps)?;
    let mut state = Tensor::zeros((n, units), x.dtype(), x.device())?;
    let mut states = Vec::with_capacity(steps.len());
    for x in steps {
        let sums = state.matmul(kernel)?.broadcast_add(bias)?;
        let gates = sigmoid(&(x.narrow(1, 0, 2 * units)? + sums.narrow(1, 0, 2 * units)?)?)?;
        let (z, r) = (gates.narrow(1, 0, units)?, gates.narrow(1, units, units)?);
        let of_state = (r * sums.narrow(1, 2 * units, units)?)?;
        let h = (x.narrow(1, 2 * units, units)? + of_state)?.tanh()?;
        state = (&h + z * (state - &h)?)?;
        states.push(state.clone());
    }
    Tensor::stack(&states, 1)
}

/// Splits off single steps by halves: the gradient of each step then grows to the whole in `log2(steps)` copies, where
/// candle would copy the whole once per step.
fn halves(x: &Tensor, steps: &mut Vec<Tensor>) -> Result<()> {
    let len = x.dim(0)?;
    if len == 1 {
        steps.push(x.squeeze(0)?);
        return Ok(());
    }
    halves(&x.narrow(0, 0, len / 2)?, steps)?;
    halves(&x.narrow(0, len / 2, len - len / 2)?, steps)
}
