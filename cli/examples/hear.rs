//! Writes what the features of a song still hold of it as sound: 13, 20 and 40 MFCCs, and 128 mel bands.
//!
//! `cargo run --release --example hear -- song.mp3 --out heard`; the same as `cepstrum hear`, whose code is in `cli/src/commands/hear.rs`.

use std::process::ExitCode;

fn main() -> ExitCode {
    cepstrum_cli::run_command("hear")
}
