//! Draws attribution maps of a saved model for one test segment that it classifies correctly and one that it does not.
//!
//! `cargo run --release --example explain -- MODEL cepstrum-out/features.safetensors`; the same as `cepstrum explain`, whose code is in `cli/src/commands/explain.rs`.

use std::process::ExitCode;

fn main() -> ExitCode {
    cepstrum_cli::run_command("explain")
}
