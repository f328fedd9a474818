//! Writes the synthetic set as WAV files, one folder per style.
//!
//! `cargo run --release --example synthesize -- --out synthetic --tracks 5`

use anyhow::{Context, Result};
use cepstrum::dataset::synth::{SyntheticConfig, SyntheticSet};
use cepstrum::dataset::{Collection, write_wav};
use clap::Parser;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Compose tracks of ten musical styles from a seed, and write them as 16-bit mono WAV files
#[derive(Debug, Parser)]
struct Arguments {
    /// Output folder; each style has a folder in it
    #[arg(long, default_value = "synthetic")]
    out: PathBuf,
    /// Number of tracks per style
    #[arg(long, default_value_t = 5)]
    tracks: usize,
    /// Length of a track in seconds
    #[arg(long, default_value_t = 30.0)]
    seconds: f64,
    /// Sampling rate in Hz
    #[arg(long, default_value_t = 22_050)]
    sample_rate: u32,
    /// Seed of the set
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let set = SyntheticSet::new(SyntheticConfig {
        tracks_per_class: arguments.tracks,
        seconds: arguments.seconds,
        sample_rate: arguments.sample_rate,
        seed: arguments.seed,
    })?;
    let mut rendering = Duration::ZERO;
    for index in 0..set.n_tracks() {
        let path = arguments.out.join(set.track(index).name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
        }
        let start = Instant::now();
        let samples = set.load(index, arguments.sample_rate)?;
        rendering += start.elapsed();
        write_wav(&path, &samples, arguments.sample_rate)?;
    }
    println!(
        "{} tracks of {} s in {}, {:.1} ms per track to render",
        set.n_tracks(),
        arguments.seconds,
        arguments.out.display(),
        1e3 * rendering.as_secs_f64() / set.n_tracks() as f64
    );
    Ok(())
}
