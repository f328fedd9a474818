//! The fully connected layer.

use candle_core::{Result, Tensor};

use super::gradient::{Backward3, with_gradients};
use super::relu::{activated, activation_gradient};
use super::rows::sum_rows;
use crate::ops::Activation;

/// `activation(x kernel + bias)`.
pub(in super::super) fn dense([x, kernel, bias]: [&Tensor; 3], activation: Activation) -> Result<Tensor> {
    let sums = x.detach().matmul(&kernel.detach())?.broadcast_add(&bias.detach())?;
    with_gradients([x, kernel, bias], activated(sums, activation)?, Dense(activation))
}

struct Dense(Activation);

impl Backward3 for Dense {
    fn backward(
        &self,
        [x, kernel, bias]: [&Tensor; 3],
        y: &Tensor,
        grad: &Tensor,
    ) -> Result<[Option<Tensor>; 3]> {
        let d_sums = activation_gradient(self.0, y, grad)?.contiguous()?;
        let d_x = || d_sums.matmul(&kernel.detach().t()?);
        let d_kernel = || x.detach().t()?.matmul(&d_sums);
        let d_bias = || sum_rows(&d_sums)?.reshape(bias.shape());
        Ok([
            x.track_op().then(d_x).transpose()?,
            kernel.track_op().then(d_kernel).transpose()?,
            bias.track_op().then(d_bias).transpose()?,
        ])
    }
}
