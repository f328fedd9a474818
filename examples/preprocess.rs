//! A folder of class folders of audio becomes one store of labelled features.
//!
//! `cargo run --release --example preprocess -- genres_original gtzan.safetensors --cache cache`

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Result, bail, ensure};
use cepstrum::dataset::progress::TerminalProgress;
use cepstrum::dataset::{AudioFolder, Collection, DamagePolicy, ExtractConfig, Extraction, Segment, gtzan};
use clap::Parser;

/// Computes 13 MFCCs of every segment of every track, and says what it could not use.
#[derive(Parser)]
struct Arguments {
    /// Folder with one folder of audio files for each class
    data: PathBuf,
    /// Where the features go: .safetensors, .json for the notebook's layout, .parquet with the feature of that name
    out: PathBuf,
    /// Cut every track into segments of this many seconds, instead of ten of 3 s
    #[arg(long, value_name = "S")]
    segment_seconds: Option<f64>,
    /// Folder that keeps the features of every track, so that the next run reads only what changed
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
    /// Leave out a file that ends early or breaks inside (skip), use its segments before the damage (use), or stop
    #[arg(long, default_value = "skip", value_parser = policy)]
    damaged: DamagePolicy,
    /// The folder claims to be GTZAN: say first in what it differs, after decoding every file
    #[arg(long)]
    gtzan: bool,
    /// Number of threads; 0 is one for each core
    #[arg(long, default_value_t = 0)]
    threads: usize,
}

fn policy(name: &str) -> Result<DamagePolicy> {
    match name {
        "skip" => Ok(DamagePolicy::Skip),
        "use" => Ok(DamagePolicy::KeepIntact),
        "stop" => Ok(DamagePolicy::Stop),
        _ => bail!("skip, use or stop"),
    }
}

fn main() -> Result<()> {
    let Arguments { data, out, segment_seconds, cache, damaged, gtzan, threads } = Arguments::parse();
    let start = Instant::now();
    ensure!(out.parent().is_none_or(|folder| folder.join(".").is_dir()), "{}: no such folder", out.display());
    let library = AudioFolder::scan(&data)?;
    if gtzan {
        print!("{}", gtzan::check(&library));
    }
    let segment = segment_seconds.map_or_else(Segment::default, Segment::Seconds);
    let extraction = Extraction::new(ExtractConfig { segment, ..ExtractConfig::default() }).threads(threads);
    let mut extraction = extraction.damaged(damaged).progress(TerminalProgress::new());
    if let Some(cache) = cache {
        extraction = extraction.cache(cache);
    }
    let extracted = extraction.run(&library)?;
    let features = &extracted.features;
    features.save(&out)?;

    library.skipped().iter().chain(&extracted.skipped).for_each(|skipped| println!("skipped {skipped}"));
    extracted.damaged.iter().for_each(|damaged| println!("used up to its damage: {damaged}"));
    let (n, seconds, cached) = (library.n_tracks(), start.elapsed().as_secs_f64(), extracted.cached);
    println!(
        "{n} files in {seconds:.2} s, {:.1} files a second; {cached} from the cache",
        n as f64 / seconds
    );
    println!("time of all threads: {}", extracted.spent);
    let ([n_frames, n_coefficients], n) = (features.segment_shape(), features.len());
    println!("{n} segments of {n_frames} x {n_coefficients} in {}", out.display());
    let longest = features.class_counts().into_iter().max().unwrap_or(1);
    for (class, count) in features.classes().iter().zip(features.class_counts()) {
        println!("{class:<20} {:<40} {count}", "█".repeat((40 * count).div_ceil(longest)));
    }
    Ok(())
}
