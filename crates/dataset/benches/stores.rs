//! Time, size and peak memory of the stores, for GTZAN's size: `cargo bench -p cepstrum-dataset --bench stores`.
//!
//! Reading runs in a process of its own, whose peak memory is measured. Set `CEPSTRUM_BENCH_SEGMENTS` for another
//! number of segments than 9,990.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result};
use cepstrum_dataset::{ExtractConfig, FeatureSet, rng};
use ndarray::Array3;
use rand::Rng;

const RUNS: usize = 3;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, read, path] = arguments.as_slice()
        && read == "--read"
    {
        return read_once(Path::new(path));
    }
    let n = std::env::var("CEPSTRUM_BENCH_SEGMENTS").map_or(Ok(9_990), |n| n.parse())?;
    let set = random_set(n)?;
    let folder = tempfile::tempdir()?;
    println!("{n} segments of 130 x 13, best of {RUNS}\n");
    println!("| store | write, ms | read, ms | MB | peak memory reading, MB |\n|---|---|---|---|---|");
    for name in ["features.safetensors", "features.json"] {
        let path = folder.path().join(name);
        let mut write = f64::INFINITY;
        for _ in 0..RUNS {
            let start = Instant::now();
            set.save(&path)?;
            write = write.min(1e3 * start.elapsed().as_secs_f64());
        }
        let size = std::fs::metadata(&path)?.len() as f64 / 1e6;
        let (read, memory) = read_apart(&path)?;
        println!("| {name} | {write:.0} | {read:.0} | {size:.0} | {memory:.0} |");
    }
    #[cfg(feature = "parquet")]
    {
        let path = folder.path().join("features.parquet");
        let start = Instant::now();
        set.export_parquet(&path)?;
        let write = 1e3 * start.elapsed().as_secs_f64();
        println!(
            "| features.parquet | {write:.0} | | {:.0} | |",
            std::fs::metadata(&path)?.len() as f64 / 1e6
        );
    }
    Ok(())
}

/// Values with the spread of MFCCs.
fn random_set(n: usize) -> Result<FeatureSet> {
    let mut rng = rng::stream(0, "bench");
    let features = Array3::from_shape_simple_fn((n, 130, 13), || rng.random_range(-200.0..200.0_f32));
    let tracks = (0..n).map(|i| format!("{}/{}.wav", i % 10, i / 10)).collect();
    let labels: Vec<usize> = (0..n).map(|i| i % 10).collect();
    let classes = (0..10).map(|class| class.to_string()).collect();
    Ok(FeatureSet::new(features, labels, classes, tracks, Some(ExtractConfig::default()))?)
}

/// Least milliseconds and greatest megabytes of reading in another process.
fn read_apart(path: &Path) -> Result<(f64, f64)> {
    let (mut best, mut peak) = (f64::INFINITY, 0.0_f64);
    for _ in 0..RUNS {
        let output = Command::new(std::env::current_exe()?).arg("--read").arg(path).output()?;
        let text = String::from_utf8(output.stdout)?;
        let (ms, mb) = text.trim().split_once(' ').context("the reading process said nothing")?;
        (best, peak) = (best.min(ms.parse()?), peak.max(mb.parse()?));
    }
    Ok((best, peak))
}

fn read_once(path: &Path) -> Result<()> {
    let start = Instant::now();
    let set = FeatureSet::load(path)?;
    let ms = 1e3 * start.elapsed().as_secs_f64();
    anyhow::ensure!(!set.is_empty());
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find(|line| line.starts_with("VmHWM"));
    let kb: f64 = peak.and_then(|line| line.split_whitespace().nth(1)).map_or(Ok(f64::NAN), str::parse)?;
    println!("{ms} {}", kb / 1024.0);
    Ok(())
}
