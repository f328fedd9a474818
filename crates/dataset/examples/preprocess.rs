//! A folder of class folders of audio becomes one store of labelled features.
//!
//! `cargo run --release --example preprocess -- genres_original gtzan.safetensors`

use std::path::PathBuf;
use std::time::Instant;

use anyhow::Result;
use cepstrum_dataset::progress::TerminalProgress;
use cepstrum_dataset::{Collection, ExtractConfig, Extraction, Library, Segment};
use clap::Parser;

/// Computes 13 MFCCs of every segment of every track, and says what it could not use.
#[derive(Parser)]
struct Arguments {
    /// Folder with one folder of audio files for each class.
    data: PathBuf,
    /// Where the features go: `.safetensors`, or `.json` for the notebook's layout.
    out: PathBuf,
    /// Cut every track into segments of this many seconds, instead of ten of 3 s.
    #[arg(long)]
    segment_seconds: Option<f64>,
    /// Folder that keeps the features of every track, so that the next run reads only what changed.
    #[arg(long)]
    cache: Option<PathBuf>,
    /// Number of threads; 0 is one for each core.
    #[arg(long, default_value_t = 0)]
    threads: usize,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let segment = arguments.segment_seconds.map_or_else(Segment::default, Segment::Seconds);
    let library = Library::scan(&arguments.data)?;

    let start = Instant::now();
    let mut extraction = Extraction::new(ExtractConfig { segment, ..ExtractConfig::default() })
        .threads(arguments.threads)
        .progress(TerminalProgress::new());
    if let Some(cache) = arguments.cache {
        extraction = extraction.cache(cache);
    }
    let extracted = extraction.run(&library)?;
    let seconds = start.elapsed().as_secs_f64();
    extracted.features.save(&arguments.out)?;

    for skipped in library.skipped().iter().chain(&extracted.skipped) {
        println!("skipped {skipped}");
    }
    let features = &extracted.features;
    let (n_files, [n_frames, n_coefficients]) = (library.n_tracks(), features.shape());
    let (rate, cached) = (n_files as f64 / seconds, extracted.cached);
    println!("{n_files} files in {seconds:.2} s, {rate:.1} files a second, {cached} from the cache");
    println!("{} segments of {n_frames} x {n_coefficients} in {}", features.len(), arguments.out.display());
    let counts = features.class_counts();
    let longest = counts.iter().copied().max().unwrap_or(1).max(1);
    let width = features.classes().iter().map(|class| class.chars().count()).max().unwrap_or(0);
    for (class, count) in features.classes().iter().zip(counts) {
        println!("{class:width$}  {:<40} {count}", "#".repeat((40 * count).div_ceil(longest)));
    }
    Ok(())
}
