//! Extracts the features of a folder of class folders into one store.
//!
//! `cargo run --release --example preprocess -- genres_original gtzan.safetensors --cache cache`; the same as `cepstrum extract`, whose code is in `cli/src/commands/extract.rs`.

use std::process::ExitCode;

fn main() -> ExitCode {
    cepstrum_cli::run_command("extract")
}
