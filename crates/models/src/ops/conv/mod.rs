//! Two-dimensional convolution, alone or fused with the max pooling behind it.
//!
//! `geometry` holds the sides and the im2col rules. `forward` and `backward` compute sum by sum, or hand over to
//! `winograd` where kernels of 3x3 are cheaper by tiles. `fused_pool` is the pooling, and `gradients` holds the types
//! that both ways backward share.

mod backward;
mod forward;
mod fused_pool;
mod geometry;
mod gradients;
mod winograd;

use std::sync::OnceLock;

use candle_core::{Shape, Tensor};

use self::forward::PreparedConv;
use self::fused_pool::FusedPool;
use self::geometry::Geometry;
use self::gradients::{BackwardPass, ConvGradients, SumGradient};
use super::args::{Affine, Arg, tensor, with_slice};
use super::max_pool2d::max_pool2d_with;
use super::record::{Operation, Recorded, WithRespectTo, apply, record};
use super::{Activation, Memory, Pool2d, Result, portable};

const OP: &str = "conv2d";

/// A two-dimensional convolution over the positions at which the kernel lies inside the image, with stride 1:
/// `y[n, i, j, o] = activation(bias[o] + sum over u, v, c of x[n, i + u, j + v, c] kernel[u, v, c, o])`.
///
/// # Shapes
/// `x` `[n, height, width, n_in]`, `kernel` `[kh, kw, n_in, n_out]`, `bias` `[n_out]`; the result is
/// `[n, height - kh + 1, width - kw + 1, n_out]`. (Keras: `Conv2D(padding="valid")`.)
///
/// # Errors
/// [`OpError::Rank`](super::OpError::Rank), [`OpError::Shape`](super::OpError::Shape) or
/// [`OpError::Empty`](super::OpError::Empty) if the shapes do not fit each other or the kernel has no element,
/// [`OpError::KernelTooLarge`](super::OpError::KernelTooLarge) if the kernel is larger than the image,
/// [`OpError::Type`](super::OpError::Type) or [`OpError::Device`](super::OpError::Device) if a tensor does not hold `f32`
/// on the CPU.
pub fn conv2d(x: &Tensor, kernel: &Tensor, bias: &Tensor, activation: Activation) -> Result<Tensor> {
    conv2d_with(x, Affine { kernel, bias, activation }, &Memory::none())
}

/// [`conv2d`] followed by [`max_pool2d`](super::max_pool2d()), in one pass that never holds the convolution's whole
/// output.
///
/// # Errors
/// As those two.
pub fn conv2d_max_pool2d(
    x: &Tensor,
    kernel: &Tensor,
    bias: &Tensor,
    activation: Activation,
    pool: Pool2d,
) -> Result<Tensor> {
    conv2d_max_pool2d_with(x, Affine { kernel, bias, activation }, pool, &Memory::none())
}

/// [`conv2d`] with a memory to allocate from.
pub(crate) fn conv2d_with(x: &Tensor, affine: Affine, memory: &Memory) -> Result<Tensor> {
    let (op, arguments) = Conv::prepare(x, affine, memory)?;
    if memory.is_portable(x) {
        return Ok(portable::conv2d::conv2d(arguments.each_ref(), affine.activation)?);
    }
    apply(op, arguments)
}

/// [`conv2d_max_pool2d`] with a memory to allocate from.
pub(crate) fn conv2d_max_pool2d_with(
    x: &Tensor,
    affine: Affine,
    pool: Pool2d,
    memory: &Memory,
) -> Result<Tensor> {
    let (op, arguments) = Conv::prepare(x, affine, memory)?;
    match op.fused(pool)? {
        Some(op) if !memory.is_portable(x) => apply(op, arguments),
        _ => max_pool2d_with(&conv2d_with(x, affine, memory)?, pool, memory),
    }
}

/// [`conv2d`] recorded beside candle's tape.
pub(crate) fn record_conv2d(x: &Tensor, affine: Affine, memory: &Memory) -> Result<Recorded> {
    let (op, arguments) = Conv::prepare(x, affine, memory)?;
    record(op, arguments)
}

/// Returns true if [`record_conv2d_max_pool2d`] accepts this window.
pub(crate) fn can_fuse_max_pool(window: [usize; 2]) -> bool {
    FusedPool::accepts(window)
}

/// [`conv2d_max_pool2d`] recorded beside candle's tape, for a window that [`can_fuse_max_pool`] accepts.
pub(crate) fn record_conv2d_max_pool2d(
    x: &Tensor,
    affine: Affine,
    pool: Pool2d,
    memory: &Memory,
) -> Result<Recorded> {
    let (op, arguments) = Conv::prepare(x, affine, memory)?;
    match op.fused(pool)? {
        Some(op) => record(op, arguments),
        None => {
            Err(candle_core::Error::Msg(format!("internal error: {pool:?} is too large to be fused")).into())
        }
    }
}

struct Conv {
    geometry: Geometry,
    activation: Activation,
    /// The pooling behind the convolution, if it is fused.
    pool: Option<FusedPool>,
    /// The sum that every cell of the pooling took, by its number in the cell's window.
    winners: OnceLock<Vec<u8>>,
    memory: Memory,
}

impl Conv {
    /// The convolution alone, with its checked arguments.
    fn prepare(x: &Tensor, affine: Affine, memory: &Memory) -> Result<(Self, [Tensor; 3])> {
        let args = affine.args(OP, x);
        let op = Self {
            geometry: Geometry::new(args)?,
            activation: affine.activation,
            pool: None,
            winners: OnceLock::new(),
            memory: memory.clone(),
        };
        Ok((op, Arg::floats(args)?))
    }

    /// The same convolution with this pooling; `None` if the windows have too many cells for it.
    fn fused(self, pool: Pool2d) -> Result<Option<Self>> {
        let axes = pool.axes([self.geometry.out_height(), self.geometry.out_width()])?;
        Ok(FusedPool::new(axes, self.activation).map(|pool| Self { pool: Some(pool), ..self }))
    }
}

impl Operation for Conv {
    const NAME: &'static str = OP;

    fn memory(&self) -> &Memory {
        &self.memory
    }

    fn output_shape(&self, _: &Shape) -> Shape {
        let g = self.geometry;
        let sides = |pool: FusedPool| (pool.rows.cells, pool.columns.cells);
        let (rows, columns) = self.pool.map_or_else(|| (g.out_height(), g.out_width()), sides);
        (g.n, rows, columns, g.n_out).into()
    }

    fn forward(&self, x: &[f32], kernel: &[f32], bias: &[f32]) -> Vec<f32> {
        let memory = self.memory.or_pooled();
        let prepared = PreparedConv::new(self.geometry, kernel, bias, self.activation, &memory);
        let Some(pool) = &self.pool else { return prepared.convolve(x) };
        let (y, winners) = prepared.convolve_and_pool(x, pool);
        self.winners.get_or_init(|| winners);
        y
    }

    fn backward(
        &self,
        [x, kernel, bias]: [&Tensor; 3],
        y: &Tensor,
        grad: &Tensor,
        wrt: WithRespectTo,
    ) -> candle_core::Result<[Option<Tensor>; 3]> {
        let memory = &self.memory.or_pooled();
        let ConvGradients { x: d_x, kernel: d_kernel, bias: d_bias } = with_slice(grad, |grad| {
            let sums = match (self.pool, self.winners.get()) {
                (Some(pool), Some(winners)) => SumGradient::Pooled { pool, grad, winners },
                _ => SumGradient::Whole(with_slice(y, |y| Ok(self.activation.backward(y, grad, memory)))?),
            };
            with_slice(x, |x| {
                with_slice(kernel, |kernel| {
                    let geometry = self.geometry;
                    Ok(BackwardPass { geometry, x, kernel, sums, wrt, memory }.gradients())
                })
            })
        })?;
        Ok([
            d_x.map(|d_x| tensor(d_x, x.dims())).transpose()?,
            Some(tensor(d_kernel, kernel.dims())?),
            Some(tensor(d_bias, bias.dims())?),
        ])
    }
}
