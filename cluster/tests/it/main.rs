//! Tests of whole jobs.
#![allow(clippy::unwrap_used, reason = "a test fails where one fails")]

mod cluster;
mod common;
#[cfg(feature = "engine")]
mod engine;
mod failures;
#[cfg(feature = "engine")]
mod kills;
mod local;
mod objects;
mod processes;
mod verdicts;
