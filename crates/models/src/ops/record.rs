//! Operations without candle's tape.
//!
//! candle's `backward` adds every gradient to an array of zeros, on one thread and in new memory each. A network whose
//! layers follow each other has nothing to add: it can go back from layer to layer. The arithmetic is the operations' own,
//! so that the bits are those of candle's tape.

use candle_core::{CustomOp3, Result, Tensor};

use super::recycle::recycle;

/// The way back through one operation.
pub(crate) trait Back {
    /// The gradients of the operation's input, where asked, and of its parameters, from that of its result.
    fn back(&self, grad: &Tensor, with_x: bool) -> Result<Gradients>;

    /// Gives the memory of the operation's result to the next ones: nobody reads it any more.
    fn end(self: Box<Self>) {}
}

/// What a way back gives.
pub(crate) struct Gradients {
    pub(crate) x: Option<Tensor>,
    pub(crate) parameters: Vec<Tensor>,
}

/// An operation that was computed, with its way back.
pub(crate) struct Recorded {
    pub(crate) y: Tensor,
    pub(crate) back: Box<dyn Back>,
}

/// An operation on an input and two parameters.
pub(super) trait Reversible: CustomOp3 + 'static {
    /// The gradients of the arguments; that of the input may be left out unless asked.
    fn reverse(
        &self,
        arguments: [&Tensor; 3],
        y: &Tensor,
        grad: &Tensor,
        with_x: bool,
    ) -> Result<[Option<Tensor>; 3]>;
}

/// Computes an operation on arguments that are contiguous.
pub(super) fn record<C: Reversible>(op: C, arguments: [Tensor; 3]) -> Result<Recorded> {
    let y = arguments[0].apply_op3_no_bwd(&arguments[1], &arguments[2], &op)?;
    Ok(Recorded { y: y.clone(), back: Box::new(Node { op, arguments, y }) })
}

struct Node<C> {
    op: C,
    arguments: [Tensor; 3],
    y: Tensor,
}

impl<C: Reversible> Back for Node<C> {
    fn back(&self, grad: &Tensor, with_x: bool) -> Result<Gradients> {
        let [x, kernel, bias] = &self.arguments;
        let [d_x, d_kernel, d_bias] = self.op.reverse([x, kernel, bias], &self.y, grad, with_x)?;
        Ok(Gradients { x: d_x, parameters: [d_kernel, d_bias].into_iter().flatten().collect() })
    }

    fn end(self: Box<Self>) {
        recycle(&self.y);
    }
}
