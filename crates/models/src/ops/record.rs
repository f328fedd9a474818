//! The two ways to compute an operation's gradient: on candle's tape, and recorded beside it.
//!
//! candle's `backward` adds every gradient to an array of zeros, each in new memory and on one thread. A network whose
//! layers follow each other has nothing to add: it can go backward from layer to layer. Both ways call the same
//! [`Operation`], so that their bits are equal.

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor};

use super::Memory;
use super::args::slice;
use super::recycle::{recycle, shares_memory};

/// The backward pass of one recorded operation.
pub(crate) trait Backward {
    /// The gradients with respect to the operation's arguments, from the gradient with respect to its result.
    fn backward(&self, grad: &Tensor, wrt: WithRespectTo) -> Result<Gradients>;

    /// Ends the backward pass: the memory of the operation's result may be reused, since nobody reads it anymore. A result
    /// that shares its memory with `kept` stays as it is.
    fn recycle_output(self: Box<Self>, _kept: &Tensor) {}
}

/// The variables whose gradients a backward pass computes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum WithRespectTo {
    /// The parameters alone: the input is data, or belongs to a layer before the first trainable one.
    Parameters,
    /// The input too.
    InputAndParameters,
}

impl WithRespectTo {
    /// The variables that candle's tape tracks when `x` is the input.
    pub(super) fn tracked(x: &Tensor) -> Self {
        if x.track_op() { Self::InputAndParameters } else { Self::Parameters }
    }

    /// True if the input is among them.
    pub(crate) fn has_input(self) -> bool {
        self == Self::InputAndParameters
    }
}

/// The outcome of [`Backward::backward`].
pub(crate) struct Gradients {
    /// The gradient with respect to the input, if it was asked for.
    pub(crate) x: Option<Tensor>,
    /// The gradients with respect to the parameters, in their order.
    pub(crate) parameters: Vec<Tensor>,
}

/// The result of an operation, with its backward pass.
pub(crate) struct Recorded {
    pub(crate) y: Tensor,
    pub(crate) backward: Box<dyn Backward>,
}

/// An operation on an input and two parameters, all contiguous.
///
/// State that the backward pass needs is saved in the operation itself, of which every call has its own.
pub(super) trait Operation: Send + Sync + 'static {
    const NAME: &'static str;

    /// The memory that results and working buffers are taken from.
    fn memory(&self) -> &Memory;

    /// The shape of the result, from that of the input.
    fn output_shape(&self, x: &Shape) -> Shape;

    /// The result.
    fn forward(&self, x: &[f32], kernel: &[f32], bias: &[f32]) -> Vec<f32>;

    /// The gradients with respect to the arguments; that of the input may be left out if it is not asked for.
    fn backward(
        &self,
        arguments: [&Tensor; 3],
        y: &Tensor,
        grad: &Tensor,
        wrt: WithRespectTo,
    ) -> Result<[Option<Tensor>; 3]>;
}

/// Computes an operation on candle's tape.
pub(super) fn apply<O: Operation>(op: O, [x, kernel, bias]: [Tensor; 3]) -> super::Result<Tensor> {
    Ok(x.apply_op3(&kernel, &bias, OnTape(op))?)
}

/// Computes an operation and records it beside candle's tape.
pub(super) fn record<O: Operation>(op: O, arguments: [Tensor; 3]) -> super::Result<Recorded> {
    let op = OnTape(op);
    let y = arguments[0].apply_op3_no_bwd(&arguments[1], &arguments[2], &op)?;
    Ok(Recorded { y: y.clone(), backward: Box::new(Node { op: op.0, arguments, y }) })
}

/// An operation as candle's tape takes it.
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
        Ok((CpuStorage::F32(y), self.0.output_shape(x_layout.shape())))
    }

    fn bwd(
        &self,
        x: &Tensor,
        kernel: &Tensor,
        bias: &Tensor,
        y: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let wrt = WithRespectTo::tracked(x);
        let [d_x, d_kernel, d_bias] = self.0.backward([x, kernel, bias], y, grad, wrt)?;
        Ok((d_x, d_kernel, d_bias))
    }
}

/// A recorded operation with its arguments and its result.
struct Node<O> {
    op: O,
    arguments: [Tensor; 3],
    y: Tensor,
}

impl<O: Operation> Backward for Node<O> {
    fn backward(&self, grad: &Tensor, wrt: WithRespectTo) -> Result<Gradients> {
        let [x, kernel, bias] = &self.arguments;
        let [d_x, d_kernel, d_bias] = self.op.backward([x, kernel, bias], &self.y, grad, wrt)?;
        Ok(Gradients { x: d_x, parameters: [d_kernel, d_bias].into_iter().flatten().collect() })
    }

    fn recycle_output(self: Box<Self>, kept: &Tensor) {
        if !shares_memory(&self.y, kept) {
            recycle(self.op.memory(), &self.y);
        }
    }
}
