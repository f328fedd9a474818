//! Reproduces published figures on published data, with intervals, and does better where it can.
//!
//! `cargo run --release --example benchmark -- --gtzan-tables DIR --esc10 DIR`

mod columns;
mod esc10;
mod gtzan;
mod inputs;
mod measure;
mod tags;
mod transfer;

use std::path::PathBuf;

use anyhow::Result;
use clap::{ArgGroup, Parser};

/// Measure models on published data, next to the published figures
#[derive(Parser)]
#[command(group(ArgGroup::new("benchmark").required(true).multiple(true).args(["gtzan_tables", "esc10"])))]
struct Arguments {
    /// Folder with published tables of GTZAN: `features_30_sec.csv`, `{train,valid,test}_filtered.txt` and
    /// `musicnn_msd_tags_{train,test}.npz`
    #[arg(long, value_name = "DIR")]
    gtzan_tables: Option<PathBuf>,
    /// Folder of ESC-10, with one folder of clips per class: the network `deep` by the published folds
    #[arg(long, value_name = "DIR")]
    esc10: Option<PathBuf>,
    /// Number of random splits, with the seeds 0, 1, ...; networks are trained on the first three at most
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    seeds: u64,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Seeds with which networks are trained at most; more would take hours.
const MOST_NETWORK_SEEDS: u64 = 3;

fn main() -> Result<()> {
    let Arguments { gtzan_tables, esc10, seeds, json } = Arguments::parse();
    if let Some(folder) = gtzan_tables {
        gtzan::run(&folder, seeds, json)?;
    }
    if let Some(folder) = esc10 {
        esc10::run(&folder, seeds.min(MOST_NETWORK_SEEDS), json)?;
    }
    Ok(())
}
