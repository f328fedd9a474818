//! The tests of the operations once more, on the form that all devices but the CPU run.
//!
//! The files are those of the own kernels; only the functions that `super::ops` names are others.

use cepstrum_models::ops::tensor_operations as ops;
use cepstrum_models::{Adam, SequentialBuilder};

mod agreement;
mod network;
#[path = "../ops_errors.rs"]
mod ops_errors;
#[path = "../ops_golden.rs"]
mod ops_golden;
#[path = "../ops_gradients.rs"]
mod ops_gradients;
#[path = "../trajectories.rs"]
mod trajectories;

/// The builder of a network in the form that is tested.
fn placed(builder: SequentialBuilder) -> SequentialBuilder {
    builder.tensor_operations()
}

/// The steps of a trajectory that are compared: few of the convolutional networks, which the CPU computes slowly in this form.
fn compared_steps(network: &str, steps: usize) -> usize {
    match network {
        "cnn:256-128-64-32" => 3,
        cnn if cnn.starts_with("cnn") => 5,
        _ => steps,
    }
}

/// The optimizer in that form.
fn optimizer(adam: Adam) -> Adam {
    adam.tensor_operations()
}
