mod backward;
mod forward;
mod fused_pool;
mod geometry;
mod winograd;

use std::sync::OnceLock;

use candle_core::{Result, Shape, Tensor};

use self::backward::{Gradients, SumGradient, gradients};
use self::forward::Filter;
use self::fused_pool::Pooling;
use self::geometry::Geometry;
use super::args::{Arg, tensor, with_slice};
use super::max_pool2d::window_axes;
use super::record::{Operation, Recorded, apply, record};
use super::{Activation, max_pool2d};

const OP: &str = "conv2d";

/// A two-dimensional convolution over the positions at which the kernel lies inside the image, with stride 1:
/// `y[n, i, j, o] = activation(bias[o] + sum over u, v, c of x[n, i + u, j + v, c] kernel[u, v, c, o])`.
///
/// # Shapes
///
/// `x` `[n, height, width, n_in]`, `kernel` `[kh, kw, n_in, n_out]`, `bias` `[n_out]`; the result is
/// `[n, height - kh + 1, width - kw + 1, n_out]`. (Keras: `Conv2D(padding="valid")`.)
///
/// # Errors
///
/// When shapes do not fit each other, or a tensor does not hold `f32` on the CPU.
pub fn conv2d(x: &Tensor, kernel: &Tensor, bias: &Tensor, activation: Activation) -> Result<Tensor> {
    let (arguments, geometry) = arguments(x, kernel, bias)?;
    apply(Conv { geometry, activation, pooling: None, winners: OnceLock::new() }, arguments)
}

/// [`conv2d`] and then [`max_pool2d`], in one pass that never holds the convolution's whole output.
///
/// # Errors
///
/// As those two.
pub fn conv2d_max_pool2d(
    x: &Tensor,
    kernel: &Tensor,
    bias: &Tensor,
    activation: Activation,
    window: (usize, usize),
    stride: (usize, usize),
) -> Result<Tensor> {
    match pooled(x, kernel, bias, activation, (window, stride))? {
        Some((op, arguments)) => apply(op, arguments),
        None => max_pool2d(&conv2d(x, kernel, bias, activation)?, window, stride),
    }
}

/// [`conv2d`] without candle's tape.
pub(crate) fn record_conv2d(
    x: &Tensor,
    kernel: &Tensor,
    bias: &Tensor,
    activation: Activation,
) -> Result<Recorded> {
    let (arguments, geometry) = arguments(x, kernel, bias)?;
    record(Conv { geometry, activation, pooling: None, winners: OnceLock::new() }, arguments)
}

/// Whether [`record_conv2d_max_pool2d`] takes this window.
pub(crate) fn can_fuse_max_pool(window: [usize; 2]) -> bool {
    window[0].saturating_mul(window[1]) < usize::from(fused_pool::NO_CELL)
}

/// [`conv2d_max_pool2d`] without candle's tape, for a window that [`can_fuse_max_pool`] accepts.
pub(crate) fn record_conv2d_max_pool2d(
    x: &Tensor,
    kernel: &Tensor,
    bias: &Tensor,
    activation: Activation,
    window_and_stride: ((usize, usize), (usize, usize)),
) -> Result<Recorded> {
    match pooled(x, kernel, bias, activation, window_and_stride)? {
        Some((op, arguments)) => record(op, arguments),
        None => {
            candle_core::bail!("internal error: windows of {window_and_stride:?} are too large to be fused")
        }
    }
}

/// The operation of one pass; `None` when the windows have too many cells for one.
fn pooled(
    x: &Tensor,
    kernel: &Tensor,
    bias: &Tensor,
    activation: Activation,
    (window, stride): ((usize, usize), (usize, usize)),
) -> Result<Option<(Conv, [Tensor; 3])>> {
    let (arguments, geometry) = arguments(x, kernel, bias)?;
    let (rows, columns) = window_axes((geometry.rows(), geometry.columns()), window, stride)?;
    let op = |pooling| Conv { geometry, activation, pooling: Some(pooling), winners: OnceLock::new() };
    Ok(Pooling::new(rows, columns).map(|pooling| (op(pooling), arguments)))
}

fn arguments(x: &Tensor, kernel: &Tensor, bias: &Tensor) -> Result<([Tensor; 3], Geometry)> {
    let [x, kernel, bias] =
        [("x", x), ("kernel", kernel), ("bias", bias)].map(|(name, tensor)| Arg { op: OP, name, tensor });
    Ok(([x.float()?, kernel.float()?, bias.float()?], Geometry::new(x, kernel, bias)?))
}

struct Conv {
    geometry: Geometry,
    activation: Activation,
    pooling: Option<Pooling>,
    /// The sum that every cell of the pooling took.
    winners: OnceLock<Vec<u8>>,
}

impl Operation for Conv {
    const NAME: &'static str = OP;

    fn shape(&self, _: &Shape) -> Shape {
        let g = self.geometry;
        let sides = |pooling: Pooling| (pooling.rows.cells, pooling.columns.cells);
        let (rows, columns) = self.pooling.map_or_else(|| (g.rows(), g.columns()), sides);
        (g.n, rows, columns, g.n_out).into()
    }

    fn forward(&self, x: &[f32], kernel: &[f32], bias: &[f32]) -> Vec<f32> {
        let filter = Filter::new(self.geometry, kernel, bias, self.activation);
        let Some(pooling) = &self.pooling else { return filter.convolve(x) };
        let (y, winners) = filter.convolve_and_pool(x, pooling);
        self.winners.get_or_init(|| winners);
        y
    }

    fn reverse(
        &self,
        [x, kernel, bias]: [&Tensor; 3],
        y: &Tensor,
        grad: &Tensor,
        with_x: bool,
    ) -> Result<[Option<Tensor>; 3]> {
        let Gradients { x: d_x, kernel: d_kernel, bias: d_bias } = with_slice(grad, |grad| {
            let sums = match (self.pooling, self.winners.get()) {
                (Some(pooling), Some(winners)) => SumGradient::Pooled { pooling, grad, winners },
                _ => SumGradient::Whole(with_slice(y, |y| Ok(self.activation.backward(y, grad)))?),
            };
            with_slice(x, |x| {
                with_slice(kernel, |kernel| Ok(gradients(&self.geometry, x, kernel, sums, with_x)))
            })
        })?;
        Ok([
            d_x.map(|d_x| tensor(d_x, x.dims())).transpose()?,
            Some(tensor(d_kernel, kernel.dims())?),
            Some(tensor(d_bias, bias.dims())?),
        ])
    }
}
