//! The backward pass of a layer that has no own one.

use candle_core::{Error, Result, Tensor, Var};

use crate::ops::{Backward, Gradients, WithRespectTo};

/// A layer's graph on candle's tape, between its input and its output.
pub(super) struct AutogradTape {
    pub(super) x: Var,
    pub(super) parameters: Vec<Tensor>,
    pub(super) y: Tensor,
}

impl Backward for AutogradTape {
    fn backward(&self, grad: &Tensor, wrt: WithRespectTo) -> Result<Gradients> {
        let mut store = (&self.y * grad)?.sum_all()?.backward()?;
        let missing =
            || Error::Msg("internal error: a layer's result does not depend on its weight".to_owned());
        let parameters = self
            .parameters
            .iter()
            .map(|weight| store.remove(weight).ok_or_else(missing))
            .collect::<Result<_>>()?;
        let x = store.remove(&self.x).filter(|_| wrt.has_input());
        Ok(Gradients { x, parameters })
    }
}
