//! Compares models on stored features, on both splits and over several seeds.
//!
//! `cargo run --release --example compare -- cepstrum-out/features.safetensors --models logistic,crnn`; the same as `cepstrum compare`, whose code is in `cli/src/commands/compare.rs`.

use std::process::ExitCode;

fn main() -> ExitCode {
    cepstrum_cli::run_command("compare")
}
