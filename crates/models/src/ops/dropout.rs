use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};
use rand::Rng;

use super::OpError;
use super::args::{Arg, slice, tensor, with_slice};
use super::kernels::{for_each_piece, numbers, vectorized};
use super::record::{Backward, Gradients, Recorded};

const OP: &str = "dropout";

/// Sets a random share of the elements to 0 and divides the others by `1 - rate`.
///
/// One number is drawn from `rng`, whatever the shape; it is the key from which every element's fate is computed by
/// its place, so that the result depends neither on the number of threads nor on other layers.
///
/// # Errors
///
/// When `rate` is not in `[0, 1)` or `x` does not hold `f32` on the CPU.
pub fn dropout(x: &Tensor, rate: f64, rng: &mut impl Rng) -> Result<Tensor> {
    let x = Arg { op: OP, name: "x", tensor: x }.float()?;
    let mask = Mask::draw(rate, rng)?;
    if rate == 0.0 { Ok(x) } else { x.apply_op1(Dropout { mask }) }
}

/// [`dropout`] without candle's tape.
pub(crate) fn record_dropout(x: &Tensor, rate: f64, rng: &mut impl Rng) -> Result<Recorded> {
    let x = Arg { op: OP, name: "x", tensor: x }.float()?;
    let op = Dropout { mask: Mask::draw(rate, rng)? };
    let y = if rate == 0.0 { x } else { x.apply_op1_no_bwd(&op)? };
    Ok(Recorded { y, back: Box::new(op) })
}

/// Which elements stay: a function of the key and the element's place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mask {
    key: [u32; 2],
    /// An element falls when its 32 random bits are below this.
    threshold: u32,
    scale: f32,
}

impl Mask {
    /// The mask under which every element stays.
    pub(super) fn none() -> Self {
        Self { key: [0; 2], threshold: 0, scale: 1.0 }
    }

    /// A mask with a key from this generator.
    pub(super) fn draw(rate: f64, rng: &mut impl Rng) -> Result<Self> {
        if !(0.0..1.0).contains(&rate) {
            return Err(
                OpError::Parameter { op: OP, parameter: "rate", interval: "[0, 1)", value: rate }.into()
            );
        }
        let key: u64 = rng.random();
        let threshold = (rate * 4_294_967_296.0) as u32;
        Ok(Self { key: [key as u32, (key >> 32) as u32], threshold, scale: (1.0 / (1.0 - rate)) as f32 })
    }

    /// The factor of the element at this place: 0 or `1 / (1 - rate)`.
    ///
    /// Its random bits are a 32-bit integer hash (Wellons's `lowbias32`, which every vector unit can compute) of the
    /// place, with one half of the key entering before and the other between its two multiplications.
    #[allow(
        clippy::inline_always,
        reason = "only what is inlined is compiled for the vectors found at run time"
    )]
    #[inline(always)]
    pub(super) fn factor(&self, place: usize) -> f32 {
        let bits = place as u32 ^ self.key[0];
        let bits = (bits ^ (bits >> 16)).wrapping_mul(0x7feb_352d).wrapping_add(self.key[1]);
        let bits = (bits ^ (bits >> 15)).wrapping_mul(0x846c_a68b);
        if (bits ^ (bits >> 16)) < self.threshold { 0.0 } else { self.scale }
    }
}

vectorized! {
    fn mask_numbers<'a>(x: &'a [f32], mask: Mask, first: usize, y: &'a mut [f32]) {
        for (i, (y, x)) in y.iter_mut().zip(x).enumerate() {
            *y = x * mask.factor(first + i);
        }
    }
}

struct Dropout {
    mask: Mask,
}

impl Dropout {
    fn apply(&self, x: &[f32]) -> Vec<f32> {
        const PIECE: usize = 1 << 14;
        let mut y = numbers(x.len());
        let work = 4 * y.len();
        for_each_piece(&mut y, PIECE, work, |index, y| {
            let first = index * PIECE;
            mask_numbers(&x[first..first + y.len()], self.mask, first, y);
        });
        y
    }
}

impl Backward for Dropout {
    fn back(&self, grad: &Tensor, with_x: bool) -> Result<Gradients> {
        let d_x = || with_slice(grad, |values| tensor(self.apply(values), grad.dims()));
        Ok(Gradients { x: with_x.then(d_x).transpose()?, parameters: Vec::new() })
    }
}

impl CustomOp1 for Dropout {
    fn name(&self) -> &'static str {
        OP
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        Ok((CpuStorage::F32(self.apply(slice(x, layout)?)), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        if !x.track_op() {
            return Ok(None);
        }
        with_slice(grad, |grad| tensor(self.apply(grad), x.dims())).map(Some)
    }
}
