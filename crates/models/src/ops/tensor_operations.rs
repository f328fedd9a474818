//! The operations in the form of all devices but the CPU, on any device.
//!
//! Hidden, and public for one reason: the tests of the operations lie outside of the crate and run a second time on these
//! functions, on the CPU. The functions of the same names in [`ops`](super) choose the form by the device.

#![allow(missing_docs, clippy::missing_errors_doc, reason = "each is documented at its namesake in `ops`")]

use candle_core::{Tensor, Var};
use rand::Rng;

use super::{Affine, Form, Memory};

pub use super::{
    Activation, AdamConfig, AdamMoments, AdamStep, BatchNormOutput, BatchNormParameters, Momentum, OpError,
    Pool2d, Result,
};

fn portable() -> Memory {
    Memory::none().in_form(Form::Portable)
}

pub fn dense(x: &Tensor, kernel: &Tensor, bias: &Tensor, activation: Activation) -> Result<Tensor> {
    super::dense_with(x, Affine { kernel, bias, activation }, &portable())
}

pub fn conv2d(x: &Tensor, kernel: &Tensor, bias: &Tensor, activation: Activation) -> Result<Tensor> {
    super::conv2d_with(x, Affine { kernel, bias, activation }, &portable())
}

pub fn conv2d_max_pool2d(
    x: &Tensor,
    kernel: &Tensor,
    bias: &Tensor,
    activation: Activation,
    pool: Pool2d,
) -> Result<Tensor> {
    super::conv2d_max_pool2d_with(x, Affine { kernel, bias, activation }, pool, &portable())
}

pub fn max_pool2d(x: &Tensor, pool: Pool2d) -> Result<Tensor> {
    super::max_pool2d_with(x, pool, &portable())
}

pub fn batch_norm_train(x: &Tensor, parameters: &BatchNormParameters) -> Result<BatchNormOutput> {
    super::batch_norm_train_with(x, parameters, &portable())
}

pub fn batch_norm_dropout_train(
    x: &Tensor,
    parameters: &BatchNormParameters,
    rate: f64,
    rng: &mut impl Rng,
) -> Result<BatchNormOutput> {
    super::norm::batch_norm_dropout_train_with(x, parameters, rate, rng, &portable())
}

pub fn batch_norm_inference(
    x: &Tensor,
    parameters: &BatchNormParameters,
    mean: &Tensor,
    variance: &Tensor,
) -> Result<Tensor> {
    super::batch_norm_inference_with(x, parameters, [mean, variance], &portable())
}

pub fn dropout(x: &Tensor, rate: f64, rng: &mut impl Rng) -> Result<Tensor> {
    super::dropout_with(x, rate, rng, &portable())
}

pub fn gru(x: &Tensor, kernel: &Tensor, bias: &Tensor) -> Result<Tensor> {
    super::gru_with(x, kernel, bias, &portable())
}

pub fn relu(x: &Tensor) -> Result<Tensor> {
    super::relu::relu_with(x, &portable())
}

pub fn softmax(x: &Tensor) -> Result<Tensor> {
    super::softmax::softmax_with(x, &portable())
}

pub fn softmax_cross_entropy(logits: &Tensor, labels: &Tensor) -> Result<Tensor> {
    super::softmax_cross_entropy_with(logits, labels, &portable())
}

pub fn soft_cross_entropy(logits: &Tensor, targets: &Tensor) -> Result<Tensor> {
    super::soft_cross_entropy_with(logits, targets, &portable())
}

pub fn l2_penalty(kernel: &Tensor, factor: f64) -> Result<Tensor> {
    super::l2_penalty_with(kernel, factor, &portable())
}

pub fn adam_update(
    parameter: &Var,
    gradient: &Tensor,
    moments: &mut AdamMoments,
    step: &AdamStep,
) -> Result<()> {
    super::adam_update::adam_update_with(parameter, gradient, moments, step, Form::Portable)
}

pub fn sgd_update(
    parameter: &Var,
    gradient: &Tensor,
    velocity: &mut [f32],
    learning_rate: f64,
    momentum: Momentum,
) -> Result<()> {
    super::sgd_update::sgd_update_with(parameter, gradient, velocity, learning_rate, momentum, Form::Portable)
}
