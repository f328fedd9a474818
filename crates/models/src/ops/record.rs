//! Operations without candle's tape.
//!
//! candle's `backward` adds every gradient to an array of zeros, on one thread and in new memory each. A network whose
//! layers follow each other has nothing to add: it can go back from layer to layer. The arithmetic is the operations' own,
//! so that the bits are those of candle's tape.

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor};

use super::args::slice;
use super::recycle::recycle;

/// The way back through one operation.
pub(crate) trait Backward {
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
    pub(crate) back: Box<dyn Backward>,
}

/// An operation on an input and two parameters, all contiguous.
pub(super) trait Operation: Send + Sync + 'static {
    const NAME: &'static str;

    /// The shape of the result, from that of the input.
    fn shape(&self, x: &Shape) -> Shape;

    /// The result.
    fn forward(&self, x: &[f32], kernel: &[f32], bias: &[f32]) -> Vec<f32>;

    /// The gradients of the arguments; that of the input may be left out unless asked.
    fn reverse(
        &self,
        arguments: [&Tensor; 3],
        y: &Tensor,
        grad: &Tensor,
        with_x: bool,
    ) -> Result<[Option<Tensor>; 3]>;
}

/// Computes an operation with candle's tape.
pub(super) fn apply<O: Operation>(op: O, [x, kernel, bias]: [Tensor; 3]) -> Result<Tensor> {
    x.apply_op3(&kernel, &bias, OnTape(op))
}

/// Computes an operation without candle's tape.
pub(super) fn record<O: Operation>(op: O, arguments: [Tensor; 3]) -> Result<Recorded> {
    let op = OnTape(op);
    let y = arguments[0].apply_op3_no_bwd(&arguments[1], &arguments[2], &op)?;
    Ok(Recorded { y: y.clone(), back: Box::new(Node { op: op.0, arguments, y }) })
}

/// What candle asks of an operation.
struct OnTape<O>(O);

impl<O: Operation> CustomOp3 for OnTape<O> {
    fn name(&self) -> &'static str {
        O::NAME
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        kernel: &CpuStorage,
        kernel_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (kernel, bias) = (slice(kernel, kernel_layout)?, slice(bias, bias_layout)?);
        let y = self.0.forward(slice(x, x_layout)?, kernel, bias);
        Ok((CpuStorage::F32(y), self.0.shape(x_layout.shape())))
    }

    fn bwd(
        &self,
        x: &Tensor,
        kernel: &Tensor,
        bias: &Tensor,
        y: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let [d_x, d_kernel, d_bias] = self.0.reverse([x, kernel, bias], y, grad, x.track_op())?;
        Ok((d_x, d_kernel, d_bias))
    }
}

struct Node<O> {
    op: O,
    arguments: [Tensor; 3],
    y: Tensor,
}

impl<O: Operation> Backward for Node<O> {
    fn back(&self, grad: &Tensor, with_x: bool) -> Result<Gradients> {
        let [x, kernel, bias] = &self.arguments;
        let [d_x, d_kernel, d_bias] = self.op.reverse([x, kernel, bias], &self.y, grad, with_x)?;
        Ok(Gradients { x: d_x, parameters: [d_kernel, d_bias].into_iter().flatten().collect() })
    }

    fn end(self: Box<Self>) {
        recycle(&self.y);
    }
}
