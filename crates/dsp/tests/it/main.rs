//! The integration tests of this crate, in one binary.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bad_input;
mod blocks;
mod common;
mod invariants;
mod librosa;
