//! The program as a person and a script use it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod commands;
mod conduct;
#[cfg(feature = "serve")]
mod fuzz;
mod interrupt;
#[cfg(feature = "serve")]
mod serve;
mod support;
mod tags;
