//! Published benchmarks, reproduced.
//!
//! `cargo run --release --example benchmark -- --esc10 ESC-10`

mod esc10;

use std::path::PathBuf;

use anyhow::Result;
use clap::Parser;

/// Train and test on published sets and splits, and print the figures beside those of simple models
#[derive(Parser)]
#[command(arg_required_else_help = true)]
struct Arguments {
    /// Folder of ESC-10, with one folder of clips per class
    #[arg(long, value_name = "DIR")]
    esc10: PathBuf,
    /// Number of seeds (0, 1, ...) of every network
    #[arg(long, default_value_t = 3)]
    seeds: u64,
    /// Print JSON, for scripts
    #[arg(long)]
    json: bool,
}

fn main() -> Result<()> {
    let Arguments { esc10, seeds, json } = Arguments::parse();
    esc10::run(&esc10, seeds, json)
}
