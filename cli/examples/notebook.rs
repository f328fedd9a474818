//! The whole reference experiment: audio or the synthetic set to trained, evaluated and explained models, with a report.
//!
//! `cargo run --release --example notebook -- --help`; the same as `cepstrum notebook`.

use anyhow::Result;
use cepstrum_cli::notebook::{self, Arguments};
use clap::Parser;

/// Reproduce the reference experiment, from audio or the synthetic set to trained and evaluated models
#[derive(Parser)]
struct Program {
    #[command(flatten)]
    arguments: Arguments,
    /// Seed of all random numbers: synthetic audio, splits, initial weights, shuffling, dropout
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

fn main() -> Result<()> {
    let Program { arguments, seed } = Program::parse();
    notebook::run(arguments, seed)
}
