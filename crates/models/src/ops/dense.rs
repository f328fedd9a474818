use candle_core::{Shape, Tensor};

use super::args::{Affine, Arg, tensor, with_slice};
use super::kernels::{MatMul, Panels, RowLayout, Source, TransposedProduct, for_each_piece};
use super::record::{Operation, Recorded, WithRespectTo, apply, record};
use super::{Activation, Memory, Result, portable};

const OP: &str = "dense";

/// A fully connected layer: `activation(x kernel + bias)`.
///
/// # Shapes
/// `x` `[n, n_in]`, `kernel` `[n_in, n_out]`, `bias` `[n_out]`; the result is `[n, n_out]`. (Keras: `Dense`.)
///
/// # Errors
/// [`OpError::Rank`](super::OpError::Rank) or [`OpError::Shape`](super::OpError::Shape) if the shapes do not fit each
/// other, [`OpError::Type`](super::OpError::Type) or [`OpError::Device`](super::OpError::Device) if a tensor does not
/// hold `f32` on the CPU.
pub fn dense(x: &Tensor, kernel: &Tensor, bias: &Tensor, activation: Activation) -> Result<Tensor> {
    dense_with(x, Affine { kernel, bias, activation }, &Memory::none())
}

/// [`dense`] with a memory to allocate from.
pub(crate) fn dense_with(x: &Tensor, affine: Affine, memory: &Memory) -> Result<Tensor> {
    let (op, arguments) = prepare(x, affine, memory)?;
    if memory.is_portable(x) {
        return Ok(portable::dense::dense(arguments.each_ref(), affine.activation)?);
    }
    apply(op, arguments)
}

/// [`dense`] recorded beside candle's tape.
pub(crate) fn record_dense(x: &Tensor, affine: Affine, memory: &Memory) -> Result<Recorded> {
    let (op, arguments) = prepare(x, affine, memory)?;
    record(op, arguments)
}

fn prepare(x: &Tensor, affine: Affine, memory: &Memory) -> Result<(Dense, [Tensor; 3])> {
    let args = affine.args(OP, x);
    let [x, kernel, bias] = args;
    let [n, n_in] = x.axes()?;
    let [_, n_out] = kernel.axes()?;
    kernel.check_shape(&[n_in, n_out])?;
    bias.check_shape(&[n_out])?;
    let op = Dense { n, n_in, n_out, activation: affine.activation, memory: memory.clone() };
    Ok((op, Arg::floats(args)?))
}

struct Dense {
    n: usize,
    n_in: usize,
    n_out: usize,
    activation: Activation,
    memory: Memory,
}

/// Rows of the kernel's gradient in one task: a multiple of a tile's rows.
const TASK_ROWS: usize = 48;

impl Operation for Dense {
    const NAME: &'static str = OP;

    fn memory(&self) -> &Memory {
        &self.memory
    }

    fn output_shape(&self, _: &Shape) -> Shape {
        (self.n, self.n_out).into()
    }

    fn forward(&self, x: &[f32], kernel: &[f32], bias: &[f32]) -> Vec<f32> {
        let Self { n, n_in, n_out, activation, .. } = *self;
        let kernel = Source::Rows { data: kernel, stride: n_out };
        let shape = [n, n_in, n_out];
        MatMul { a: x, b: kernel, bias: Some(bias), shape, activation }.run(&self.memory)
    }

    fn backward(
        &self,
        [x, kernel, bias]: [&Tensor; 3],
        y: &Tensor,
        grad: &Tensor,
        wrt: WithRespectTo,
    ) -> candle_core::Result<[Option<Tensor>; 3]> {
        let Self { n, n_in, n_out, activation, ref memory } = *self;
        let d_sums = with_slice(y, |y| with_slice(grad, |grad| Ok(activation.backward(y, grad, memory))))?;
        let d_x = |kernel: &[f32]| {
            let b = Source::Columns { data: kernel, stride: n_out };
            let (shape, activation) = ([n, n_out, n_in], Activation::Linear);
            tensor(MatMul { a: &d_sums, b, bias: None, shape, activation }.run(memory), x.dims())
        };
        let d_x = wrt.has_input().then(|| with_slice(kernel, d_x)).transpose()?;
        let mut d_kernel = memory.acquire_zeroed(n_in * n_out);
        let b = Panels::new(Source::Rows { data: &d_sums, stride: n_out }, n, n_out, memory);
        let layout = RowLayout::evenly_spaced(n, n_in);
        with_slice(x, |x| {
            for_each_piece(&mut d_kernel, TASK_ROWS * n_out, n * n_in * n_out, |task, c| {
                TransposedProduct { a: x, layout: &layout, first: task * TASK_ROWS, b: &b, c }.run();
            });
            Ok(())
        })?;
        let mut d_bias = vec![0.0; n_out];
        for row in d_sums.chunks_exact(n_out.max(1)) {
            d_bias.iter_mut().zip(row).for_each(|(sum, d_sum)| *sum += d_sum);
        }
        Ok([d_x, Some(tensor(d_kernel, kernel.dims())?), Some(tensor(d_bias, bias.dims())?)])
    }
}
