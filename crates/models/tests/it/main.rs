//! The integration tests of this crate, in one binary: each would link candle again.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::float_cmp, reason = "what is compared must be the very same number")]

mod common;
mod ops_support;

mod augment;
mod bad_input;
mod callbacks;
mod candle;
mod checkpoint;
mod classify;
mod explain;
mod explain_audible;
mod explain_faithfulness;
mod explain_golden;
mod explain_spectral;
mod format_1;
mod musicnn;
mod musicnn_reference;
mod network;
mod ops_errors;
mod ops_golden;
mod ops_gradients;
mod ops_threads;
mod optimizers;
mod resume;
mod rollback;
mod simple;
mod store;
mod training;
mod trajectories;
mod zoo;
