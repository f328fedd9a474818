//! Extracts the features of a folder of class folders into one store.
//!
//! `cargo run --release --example preprocess -- genres_original gtzan.safetensors --cache cache`

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Result, ensure};
use cepstrum::dataset::progress::TerminalProgress;
use cepstrum::dataset::{AudioFolder, Collection, DamagePolicy, ExtractConfig, Extraction, Segment, gtzan};
use clap::Parser;

/// Compute 13 MFCCs per frame of every segment of every track, and list the files that could not be used
#[derive(Parser)]
struct Arguments {
    /// Folder with one folder of audio files per class
    data: PathBuf,
    /// Output store: .safetensors, .npz (NumPy), .csv, .json (the layout of the reference experiment) or .parquet (needs
    /// the feature of that name)
    out: PathBuf,
    /// Settings of the features and the segments in a JSON file; what is absent has its default [default: 13 MFCCs]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Length of a segment in seconds [default: ten segments of 3 s per track]
    #[arg(long, value_name = "S")]
    segment_seconds: Option<f64>,
    /// Folder for the features of every track, so that the next run only reads files that changed
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
    /// Files that are truncated or damaged: skip them, use their segments before the damage, or stop
    #[arg(long, default_value = "skip", value_name = "skip|use|stop")]
    damaged: DamagePolicy,
    /// First decode every file and print the differences from GTZAN
    #[arg(long)]
    gtzan: bool,
    /// Number of threads; 0 for one per core
    #[arg(long, default_value_t = 0)]
    threads: usize,
}

fn main() -> Result<()> {
    let Arguments { data, out, config, segment_seconds, cache, damaged, gtzan, threads } = Arguments::parse();
    let start = Instant::now();
    ensure!(out.parent().is_none_or(|parent| parent.join(".").is_dir()), "{}: no such folder", out.display());
    let folder = AudioFolder::scan(&data)?;
    if gtzan {
        print!("{}", gtzan::check(&folder));
    }
    let mut config = config.map_or_else(|| Ok(ExtractConfig::default()), ExtractConfig::load)?;
    if let Some(seconds) = segment_seconds {
        config.segment = Segment::Seconds(seconds);
    }
    let extraction = Extraction::new(config).threads(threads);
    let mut extraction = extraction.damaged(damaged).progress(TerminalProgress::new());
    if let Some(cache) = cache {
        extraction = extraction.cache(cache);
    }
    let extracted = extraction.run(&folder)?;
    let features = &extracted.features;
    features.save(&out)?;

    folder.skipped().iter().chain(&extracted.skipped).for_each(|skipped| println!("skipped {skipped}"));
    extracted.damaged.iter().for_each(|damaged| println!("used the segments before the damage: {damaged}"));
    let (n, seconds, cached) = (folder.n_tracks(), start.elapsed().as_secs_f64(), extracted.cached);
    println!(
        "{n} files in {seconds:.2} s, {:.1} files per second; {cached} from the cache",
        n as f64 / seconds
    );
    println!("time over all threads: {}", extracted.spent);
    let ([n_frames, n_coefficients], n) = (features.segment_shape(), features.len());
    println!("{n} segments of {n_frames} x {n_coefficients} in {}", out.display());
    let longest = features.class_counts().into_iter().max().unwrap_or(1);
    for (class, count) in features.classes().iter().zip(features.class_counts()) {
        println!("{class:<20} {:<40} {count}", "█".repeat((40 * count).div_ceil(longest)));
    }
    Ok(())
}
