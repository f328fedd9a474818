//! The convolution: patches of the image side by side (im2col), then one matrix product, forward and back.

use candle_core::{Result, Tensor};

use super::gradient::{Backward3, with_gradients};
use super::relu::{activated, activation_gradient};
use super::rows::sum_rows;
use crate::ops::Activation;

/// The most floats of all patches at once, 1 GiB; more images are computed one part after the other.
const MAX_PATCHES: usize = 1 << 28;

/// `activation(bias + convolution of x with kernel)`, valid and with stride 1.
pub(in super::super) fn conv2d([x, kernel, bias]: [&Tensor; 3], activation: Activation) -> Result<Tensor> {
    let geometry = Geometry::new(x, kernel)?;
    let (images, weights) = (x.detach(), matrix(&kernel.detach())?);
    let bias_row = bias.detach();
    let parts = geometry.map_parts(|first, n| {
        let patches = patches(&images.narrow(0, first, n)?, geometry.kernel)?;
        patches.matmul(&weights)?.broadcast_add(&bias_row)
    })?;
    let sums = concatenated(&parts)?.reshape(geometry.out_shape())?;
    with_gradients([x, kernel, bias], activated(sums, activation)?, Conv { geometry, activation })
}

struct Conv {
    geometry: Geometry,
    activation: Activation,
}

#[derive(Clone, Copy)]
struct Geometry {
    n: usize,
    image: [usize; 2],
    n_in: usize,
    kernel: [usize; 2],
    n_out: usize,
}

impl Backward3 for Conv {
    fn backward(
        &self,
        [x, kernel, bias]: [&Tensor; 3],
        y: &Tensor,
        grad: &Tensor,
    ) -> Result<[Option<Tensor>; 3]> {
        let Self { geometry: g, activation } = *self;
        let d_sums = activation_gradient(activation, y, grad)?.contiguous()?;
        let d_x = || g.input_gradient(&kernel.detach(), &d_sums);
        let d_kernel = || g.kernel_gradient(&x.detach(), &d_sums)?.reshape(kernel.shape());
        let d_bias = || sum_rows(&matrix_rows(&d_sums)?)?.reshape(bias.shape());
        Ok([
            x.track_op().then(d_x).transpose()?,
            kernel.track_op().then(d_kernel).transpose()?,
            bias.track_op().then(d_bias).transpose()?,
        ])
    }
}

impl Geometry {
    fn new(x: &Tensor, kernel: &Tensor) -> Result<Self> {
        let ((n, height, width, n_in), (kh, kw, _, n_out)) = (x.dims4()?, kernel.dims4()?);
        Ok(Self { n, image: [height, width], n_in, kernel: [kh, kw], n_out })
    }

    fn out_shape(&self) -> (usize, usize, usize, usize) {
        let side = |axis: usize| self.image[axis] - self.kernel[axis] + 1;
        (self.n, side(0), side(1), self.n_out)
    }

    /// Calls a function with the first image and the number of images of every part; at least once.
    fn map_parts(&self, f: impl Fn(usize, usize) -> Result<Tensor>) -> Result<Vec<Tensor>> {
        let (_, height, width, _) = self.out_shape();
        // The gradient of the input has patches of as many cells as the image.
        let cells = (height * width).max(self.image[0] * self.image[1]);
        let per_image = cells * self.kernel.iter().product::<usize>() * self.n_in.max(self.n_out);
        let most = (MAX_PATCHES / per_image.max(1)).max(1);
        (0..self.n.max(1)).step_by(most).map(|first| f(first, most.min(self.n - first))).collect()
    }

    /// The gradient of the kernel as a matrix: the patches, transposed, times the gradient of the sums.
    fn kernel_gradient(&self, x: &Tensor, d_sums: &Tensor) -> Result<Tensor> {
        let shares = self.map_parts(|first, n| {
            let patches = patches(&x.narrow(0, first, n)?, self.kernel)?;
            patches.t()?.matmul(&matrix_rows(&d_sums.narrow(0, first, n)?)?)
        })?;
        sum(shares)
    }

    /// The gradient of the input: the convolution of the padded gradient with the kernel turned by half a turn.
    fn input_gradient(&self, kernel: &Tensor, d_sums: &Tensor) -> Result<Tensor> {
        let [kh, kw] = self.kernel;
        let turned = reversed(&reversed(kernel, 0)?, 1)?.transpose(2, 3)?.contiguous()?;
        let weights = matrix(&turned)?;
        let parts = self.map_parts(|first, n| {
            let padded = d_sums.narrow(0, first, n)?.contiguous()?;
            let padded = padded.pad_with_zeros(1, kh - 1, kh - 1)?.pad_with_zeros(2, kw - 1, kw - 1)?;
            patches(&padded, self.kernel)?.matmul(&weights)
        })?;
        concatenated(&parts)?.reshape((self.n, self.image[0], self.image[1], self.n_in))
    }
}

/// The patches of images `[n, height, width, channels]` under a kernel of `[kh, kw]`, one per row, in the order of the
/// kernel's elements.
///
/// Columns are copied side by side first, then rows: `kw + kh` copies in place of `kw kh`.
fn patches(x: &Tensor, [kh, kw]: [usize; 2]) -> Result<Tensor> {
    let wide = side_by_side(&x.contiguous()?, 2, kw)?;
    let all = side_by_side(&wide, 1, kh)?;
    matrix_rows(&all)
}

/// For every place along an axis the values of that place and of the `count - 1` behind it, joined along the last axis.
fn side_by_side(x: &Tensor, axis: usize, count: usize) -> Result<Tensor> {
    if count == 1 {
        return Ok(x.clone());
    }
    let len = x.dim(axis)? + 1 - count;
    let shifted = (0..count).map(|start| x.narrow(axis, start, len)?.contiguous());
    Tensor::cat(&shifted.collect::<Result<Vec<_>>>()?, 3)
}

/// A kernel `[kh, kw, n_in, n_out]` as the matrix `[kh kw n_in, n_out]`.
fn matrix(kernel: &Tensor) -> Result<Tensor> {
    let (kh, kw, n_in, n_out) = kernel.dims4()?;
    kernel.reshape((kh * kw * n_in, n_out))
}

/// All but the last axis as rows.
fn matrix_rows(x: &Tensor) -> Result<Tensor> {
    let (a, b, c, d) = x.dims4()?;
    x.reshape((a * b * c, d))
}

/// The tensor in the opposite order along an axis, without an index that would have to be uploaded.
fn reversed(x: &Tensor, axis: usize) -> Result<Tensor> {
    let slices = (0..x.dim(axis)?).rev().map(|at| x.narrow(axis, at, 1)?.contiguous());
    Tensor::cat(&slices.collect::<Result<Vec<_>>>()?, axis)
}

/// Parts of a matrix, one under the other.
fn concatenated(parts: &[Tensor]) -> Result<Tensor> {
    Tensor::cat(parts, 0)
}

fn sum(parts: Vec<Tensor>) -> Result<Tensor> {
    let mut parts = parts.into_iter();
    let Some(first) = parts.next() else { candle_core::bail!("internal error: a sum of nothing") };
    parts.try_fold(first, |sum, part| sum + part)
}
