//! The integration tests of this crate, in one binary. `tests/allocations.rs` is separate: it replaces the allocator.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod augment;
mod bad_input;
mod chain_rule;
mod columns;
mod common;
mod descriptors;
mod effects;
mod hpss;
mod inverse;
mod legal;
mod log_scale;
mod parity;
mod pitch;
mod plan;
mod presets;
mod properties;
mod rhythm;
mod shapes;
mod spectral;
mod speech;
mod table;
mod tonal;
mod vocoder;
