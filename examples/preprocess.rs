//! A folder of class folders of audio becomes one store of labelled features.
//!
//! ```text
//! cargo run --release --example preprocess -- genres_original gtzan.safetensors --cache cache
//! ```

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Result;
use cepstrum::dataset::progress::TerminalProgress;
use cepstrum::dataset::{
    Collection, DamagePolicy, ExtractConfig, Extracted, Extraction, FeatureSet, Library, Segment, gtzan,
};
use clap::{Parser, ValueEnum};

/// Computes 13 MFCCs of every segment of every track, and says what it could not use.
#[derive(Parser)]
struct Arguments {
    /// Folder with one folder of audio files for each class.
    data: PathBuf,
    /// Where the features go: `.safetensors`, `.json` for the notebook's layout, or `.parquet` (needs `--features
    /// parquet` behind `cargo run`).
    out: PathBuf,
    /// Cut every track into segments of this many seconds, instead of ten of 3 s.
    #[arg(long, value_name = "S")]
    segment_seconds: Option<f64>,
    /// Folder that keeps the features of every track, so that the next run reads only what changed.
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
    /// What becomes of a file that ends early or breaks inside.
    #[arg(long, value_enum, default_value_t = Damaged::Skip)]
    damaged: Damaged,
    /// The folder claims to be GTZAN: say first in what it differs, after decoding every file.
    #[arg(long)]
    gtzan: bool,
    /// Number of threads; 0 is one for each core.
    #[arg(long, default_value_t = 0)]
    threads: usize,
}

#[derive(Clone, Copy, ValueEnum)]
enum Damaged {
    /// Leave it out.
    Skip,
    /// Use its segments before the damage.
    Use,
    /// End with an error.
    Stop,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let segment = arguments.segment_seconds.map_or_else(Segment::default, Segment::Seconds);
    let policy = match arguments.damaged {
        Damaged::Skip => DamagePolicy::Skip,
        Damaged::Use => DamagePolicy::UseWhole,
        Damaged::Stop => DamagePolicy::Stop,
    };
    if arguments.gtzan {
        print!("{}", gtzan::check(&Library::scan(&arguments.data)?));
    }
    let start = Instant::now();
    let library = Library::scan(&arguments.data)?;
    let mut extraction = Extraction::new(ExtractConfig { segment, ..ExtractConfig::default() })
        .threads(arguments.threads)
        .damaged(policy)
        .progress(TerminalProgress::new());
    if let Some(cache) = arguments.cache {
        extraction = extraction.cache(cache);
    }
    let extracted = extraction.run(&library)?;
    let saving = Instant::now();
    save(&extracted.features, &arguments.out)?;

    for skipped in library.skipped().iter().chain(&extracted.skipped) {
        println!("skipped {skipped}");
    }
    for damaged in &extracted.damaged {
        println!("used up to its damage: {damaged}");
    }
    print_time(library.n_tracks(), &extracted, start.elapsed(), saving.elapsed());
    let [n_frames, n_coefficients] = extracted.features.shape();
    let n = extracted.features.len();
    println!("{n} segments of {n_frames} x {n_coefficients} in {}", arguments.out.display());
    print_bars(&extracted.features);
    Ok(())
}

fn save(features: &FeatureSet, path: &Path) -> Result<()> {
    if path.extension().is_none_or(|extension| !extension.eq_ignore_ascii_case("parquet")) {
        return Ok(features.save(path)?);
    }
    #[cfg(feature = "parquet")]
    return Ok(features.export_parquet(path)?);
    #[cfg(not(feature = "parquet"))]
    anyhow::bail!(
        "{}: built without Parquet: cargo run --release --features parquet --example preprocess",
        path.display()
    )
}

fn print_time(n_files: usize, extracted: &Extracted, all: Duration, saving: Duration) {
    let seconds = all.as_secs_f64();
    println!(
        "{n_files} files in {seconds:.2} s, {:.1} files a second; {} from the cache",
        n_files as f64 / seconds,
        extracted.cached
    );
    let spent = &extracted.spent;
    println!(
        "thread time: reading and decoding {:.2} s, features {:.2} s, cache {:.2} s; saving took {:.2} s",
        spent.decoding.as_secs_f64(),
        spent.features.as_secs_f64(),
        spent.cache.as_secs_f64(),
        saving.as_secs_f64()
    );
    if let Some(megabytes) = peak_memory() {
        println!("peak memory {megabytes:.0} MB");
    }
}

/// The largest resident size of this process so far, in megabytes, where the system tells (Linux).
fn peak_memory() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes * 1024.0 / 1e6)
}

/// Segments of every class.
fn print_bars(features: &FeatureSet) {
    const WIDTH: usize = 40;
    let counts = features.class_counts();
    let longest = counts.iter().copied().max().unwrap_or(1).max(1);
    let names = features.classes().iter().map(|class| class.chars().count()).max().unwrap_or(0);
    for (class, count) in features.classes().iter().zip(counts) {
        println!("{class:names$}  {:<WIDTH$} {count}", "█".repeat((WIDTH * count).div_ceil(longest)));
    }
}
