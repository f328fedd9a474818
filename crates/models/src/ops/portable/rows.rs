//! Sums over the rows of a matrix.

use candle_core::{Result, Tensor};

/// The sum of all rows of `x` `[rows, columns]`, `[1, columns]`: a product with ones, because candle's own sum over an
/// axis that is not the last one has a thread block per column, each of which reads with a stride.
pub(super) fn sum_rows(x: &Tensor) -> Result<Tensor> {
    Tensor::ones((1, x.dim(0)?), x.dtype(), x.device())?.matmul(x)
}

/// The mean of all rows, `[1, columns]`.
pub(super) fn mean_rows(x: &Tensor) -> Result<Tensor> {
    sum_rows(x)?.affine(1.0 / x.dim(0)? as f64, 0.0)
}
