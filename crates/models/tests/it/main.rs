//! The integration tests of this crate, in one binary: each would link candle again.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::float_cmp, reason = "what is compared must be the very same number")]
#![allow(
    clippy::duplicate_mod,
    reason = "the tests of the operations run once on each form, in `portable` on the other"
)]

use cepstrum_models::{Adam, SequentialBuilder, ops};

// The tests of the operations name these: here those of the CPU, in `portable` those of every other device.

/// The builder of a network in the form that is tested.
fn placed(builder: SequentialBuilder) -> SequentialBuilder {
    builder
}

/// The steps of a trajectory that are compared.
fn compared_steps(_network: &str, steps: usize) -> usize {
    steps
}

/// The optimizer in that form.
fn optimizer(adam: Adam) -> Adam {
    adam
}

mod common;
mod ops_support;

mod augment;
mod bad_input;
mod callbacks;
mod candle;
mod checkpoint;
mod classify;
mod device;
mod explain;
mod explain_audible;
mod explain_faithfulness;
mod explain_golden;
mod explain_spectral;
mod format_1;
mod musicnn;
mod musicnn_reference;
mod network;
mod onnx;
mod ops_errors;
mod ops_fused;
mod ops_golden;
mod ops_gradients;
mod ops_threads;
mod optimizers;
mod portable;
mod resume;
mod rollback;
mod simple;
mod store;
mod styles;
mod training;
mod trajectories;
mod zoo;
