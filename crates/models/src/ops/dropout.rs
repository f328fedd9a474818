use candle_core::{CpuStorage, CustomOp1, Layout, Shape, Tensor};
use rand::Rng;

use super::args::{Arg, slice, tensor, with_slice};
use super::kernels::{Mask, for_each_piece, vectorized};
use super::record::{Backward, Gradients, Recorded, WithRespectTo};
use super::{Memory, OpError, Result, portable};

const OP: &str = "dropout";

/// Sets a random share `rate` of the elements to 0 and divides the others by `1 - rate`.
///
/// One number is drawn from `rng`, whatever the shape. It is the key of a hash that decides on every element by its
/// position, so that the result depends neither on the number of threads nor on other layers.
///
/// # Errors
/// [`OpError::Parameter`] if `rate` is not in `[0, 1)`, [`OpError::Type`] or [`OpError::Device`] if `x` does not hold
/// `f32` on the CPU.
pub fn dropout(x: &Tensor, rate: f64, rng: &mut impl Rng) -> Result<Tensor> {
    dropout_with(x, rate, rng, &Memory::none())
}

/// [`dropout`] with a memory to allocate from.
pub(crate) fn dropout_with(x: &Tensor, rate: f64, rng: &mut impl Rng, memory: &Memory) -> Result<Tensor> {
    let (op, x) = prepare(x, rate, rng, memory)?;
    match rate {
        0.0 => Ok(x),
        _ if memory.is_portable(&x) => Ok(portable::dropout::dropout(&x, op.mask)?),
        _ => Ok(x.apply_op1(op)?),
    }
}

/// [`dropout`] recorded beside candle's tape.
pub(crate) fn record_dropout(x: &Tensor, rate: f64, rng: &mut impl Rng, memory: &Memory) -> Result<Recorded> {
    let (op, x) = prepare(x, rate, rng, memory)?;
    let y = if rate == 0.0 { x } else { x.apply_op1_no_bwd(&op)? };
    Ok(Recorded { y, backward: Box::new(op) })
}

fn prepare(x: &Tensor, rate: f64, rng: &mut impl Rng, memory: &Memory) -> Result<(Dropout, Tensor)> {
    let x = Arg { op: OP, name: "x", tensor: x }.float()?;
    Ok((Dropout { mask: draw_mask(rate, rng)?, memory: memory.clone() }, x))
}

/// A mask whose key is drawn from this generator.
pub(super) fn draw_mask(rate: f64, rng: &mut impl Rng) -> Result<Mask> {
    if !(0.0..1.0).contains(&rate) {
        return Err(OpError::Parameter { op: OP, parameter: "rate", interval: "[0, 1)", value: rate });
    }
    Ok(Mask::new(rate, rng.random()))
}

struct Dropout {
    mask: Mask,
    memory: Memory,
}

impl Dropout {
    fn apply(&self, x: &[f32]) -> Vec<f32> {
        const PIECE: usize = 1 << 14;
        let mut y = self.memory.acquire(x.len());
        let work = 4 * y.len();
        for_each_piece(&mut y, PIECE, work, |index, y| {
            let first = index * PIECE;
            mask_piece(&x[first..first + y.len()], self.mask, first, y);
        });
        y
    }
}

vectorized! {
    fn mask_piece<'a>(x: &'a [f32], mask: Mask, first: usize, y: &'a mut [f32]) {
        for (i, (y, x)) in y.iter_mut().zip(x).enumerate() {
            *y = x * mask.factor(first + i);
        }
    }
}

impl Backward for Dropout {
    fn backward(&self, grad: &Tensor, wrt: WithRespectTo) -> candle_core::Result<Gradients> {
        let d_x = || with_slice(grad, |values| tensor(self.apply(values), grad.dims()));
        Ok(Gradients { x: wrt.has_input().then(d_x).transpose()?, parameters: Vec::new() })
    }
}

impl CustomOp1 for Dropout {
    fn name(&self) -> &'static str {
        OP
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> candle_core::Result<(CpuStorage, Shape)> {
        Ok((CpuStorage::F32(self.apply(slice(x, layout)?)), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, grad: &Tensor) -> candle_core::Result<Option<Tensor>> {
        if !x.track_op() {
            return Ok(None);
        }
        with_slice(grad, |grad| tensor(self.apply(grad), x.dims())).map(Some)
    }
}
