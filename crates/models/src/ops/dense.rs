use candle_core::{Result, Shape, Tensor};

use super::Activation;
use super::args::{Arg, tensor, with_slice};
use super::kernels::{Panels, RowLayout, Source, TransposedProduct, for_each_piece, multiply, zeros};
use super::record::{Operation, Recorded, apply, record};

const OP: &str = "dense";

/// A fully connected layer: `activation(x kernel + bias)`.
///
/// # Shapes
///
/// `x` `[n, n_in]`, `kernel` `[n_in, n_out]`, `bias` `[n_out]`; the result is `[n, n_out]`.
///
/// # Errors
///
/// When shapes do not fit each other, or a tensor does not hold `f32` on the CPU.
pub fn dense(x: &Tensor, kernel: &Tensor, bias: &Tensor, activation: Activation) -> Result<Tensor> {
    let (op, arguments) = prepare(x, kernel, bias, activation)?;
    apply(op, arguments)
}

/// [`dense`] without candle's tape.
pub(crate) fn record_dense(
    x: &Tensor,
    kernel: &Tensor,
    bias: &Tensor,
    activation: Activation,
) -> Result<Recorded> {
    let (op, arguments) = prepare(x, kernel, bias, activation)?;
    record(op, arguments)
}

fn prepare(
    x: &Tensor,
    kernel: &Tensor,
    bias: &Tensor,
    activation: Activation,
) -> Result<(Dense, [Tensor; 3])> {
    let [x, kernel, bias] =
        [("x", x), ("kernel", kernel), ("bias", bias)].map(|(name, tensor)| Arg { op: OP, name, tensor });
    let [n, n_in] = x.axes()?;
    let [_, n_out] = kernel.axes()?;
    kernel.has_shape(&[n_in, n_out])?;
    bias.has_shape(&[n_out])?;
    let op = Dense { n, n_in, n_out, activation };
    Ok((op, [x.float()?, kernel.float()?, bias.float()?]))
}

struct Dense {
    n: usize,
    n_in: usize,
    n_out: usize,
    activation: Activation,
}

/// Rows of the kernel's gradient in one task: a multiple of a tile's.
const TASK_ROWS: usize = 48;

impl Operation for Dense {
    const NAME: &'static str = OP;

    fn shape(&self, _: &Shape) -> Shape {
        (self.n, self.n_out).into()
    }

    fn forward(&self, x: &[f32], kernel: &[f32], bias: &[f32]) -> Vec<f32> {
        let kernel = Source::Rows { data: kernel, stride: self.n_out };
        multiply(x, kernel, Some(bias), [self.n, self.n_in, self.n_out], self.activation)
    }

    fn reverse(
        &self,
        [x, kernel, bias]: [&Tensor; 3],
        y: &Tensor,
        grad: &Tensor,
        with_x: bool,
    ) -> Result<[Option<Tensor>; 3]> {
        let Self { n, n_in, n_out, activation } = *self;
        let d_sums = with_slice(y, |y| with_slice(grad, |grad| Ok(activation.backward(y, grad))))?;
        let d_x = (with_x.then(|| {
            with_slice(kernel, |kernel| {
                let transposed = Source::Columns { data: kernel, stride: n_out };
                tensor(multiply(&d_sums, transposed, None, [n, n_out, n_in], Activation::Linear), x.dims())
            })
        }))
        .transpose()?;
        let mut d_kernel = zeros(n_in * n_out);
        let b = Panels::new(Source::Rows { data: &d_sums, stride: n_out }, n, n_out);
        let runs = RowLayout::grid([(1, 0), (1, 0), (n, n_in)]);
        with_slice(x, |x| {
            for_each_piece(&mut d_kernel, TASK_ROWS * n_out, n * n_in * n_out, |task, c| {
                TransposedProduct { a: x, runs: &runs, first: task * TASK_ROWS, b: &b, c }.run();
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
