//! Time, size and peak memory of the stores, for a set of GTZAN's size: `cargo bench -p cepstrum-dataset --features
//! parquet --bench stores`.
//!
//! Reading runs in a process of its own, whose peak memory is measured and includes the result. `CEPSTRUM_BENCH_SEGMENTS`
//! sets another number of segments than 9,990.

use std::fs::File;
use std::io::{BufWriter, Write};
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
    let result = 4.0 * set.features().len() as f64 / 1e6;
    println!("{n} segments of 130 x 13, {result:.0} MB in memory, best of {RUNS}\n");
    println!("| store | write, ms | read, ms | MB | peak memory reading, MB |\n|---|---|---|---|---|");
    row("safetensors", &folder.path().join("a.safetensors"), |path| Ok(set.save(path)?))?;
    row("JSON", &folder.path().join("b.json"), |path| Ok(set.save(path)?))?;
    row("JSON as the reference experiment writes it", &folder.path().join("c.json"), |path| {
        save_indented(&set, path)
    })?;
    #[cfg(feature = "parquet")]
    row("Parquet", &folder.path().join("d.parquet"), |path| Ok(set.export_parquet(path)?))?;
    Ok(())
}

fn row(name: &str, path: &Path, save: impl Fn(&Path) -> Result<()>) -> Result<()> {
    let mut write = f64::INFINITY;
    for _ in 0..RUNS {
        // A store that would not change is not rewritten.
        let _ = std::fs::remove_file(path);
        let start = Instant::now();
        save(path)?;
        write = write.min(1e3 * start.elapsed().as_secs_f64());
    }
    let size = std::fs::metadata(path)?.len() as f64 / 1e6;
    let (read, memory) = read_apart(path)?;
    println!("| {name} | {write:.0} | {read:.0} | {size:.0} | {memory:.0} |");
    Ok(())
}

/// Writes what Python's `json.dump(.., indent=4)` writes for 64-bit floats: one value per line, with all digits.
fn save_indented(set: &FeatureSet, path: &Path) -> Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    let names =
        |names: &[String]| names.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ");
    write!(out, "{{\n    \"mapping\": [{}],\n    \"mfcc\": [", names(set.classes()))?;
    for (i, segment) in set.features().outer_iter().enumerate() {
        out.write_all(if i == 0 { b"\n        [" } else { b",\n        [" })?;
        for (j, frame) in segment.outer_iter().enumerate() {
            out.write_all(if j == 0 { b"\n            [" } else { b",\n            [" })?;
            for (k, &value) in frame.iter().enumerate() {
                let comma = if k == 0 { "" } else { "," };
                // The product has all digits of an f64.
                write!(out, "{comma}\n                {}", f64::from(value) * (1.0 + 1e-9))?;
            }
            out.write_all(b"\n            ]")?;
        }
        out.write_all(b"\n        ]")?;
    }
    write!(out, "\n    ],\n    \"labels\": {:?}\n}}", set.labels())?;
    Ok(out.flush()?)
}

/// A set of random values with the spread of MFCCs.
fn random_set(n: usize) -> Result<FeatureSet> {
    let mut rng = rng::stream(0, "bench");
    let features = Array3::from_shape_simple_fn((n, 130, 13), || rng.random_range(-200.0..200.0_f32));
    let tracks = (0..n).map(|i| format!("{}/{}.wav", i % 10, i / 10)).collect();
    let labels: Vec<usize> = (0..n).map(|i| i % 10).collect();
    let classes = (0..10).map(|class| class.to_string()).collect();
    Ok(FeatureSet::new(features, labels, classes, tracks, Some(ExtractConfig::default()))?)
}

/// Least time in ms and greatest peak memory in MB of reading, in processes of their own.
fn read_apart(path: &Path) -> Result<(f64, f64)> {
    let (mut best, mut peak) = (f64::INFINITY, 0.0_f64);
    for _ in 0..RUNS {
        let output = Command::new(std::env::current_exe()?).arg("--read").arg(path).output()?;
        let text = String::from_utf8(output.stdout)?;
        let (ms, mb) = text.trim().split_once(' ').context("the reading process printed nothing")?;
        (best, peak) = (best.min(ms.parse()?), peak.max(mb.parse()?));
    }
    Ok((best, peak))
}

fn read_once(path: &Path) -> Result<()> {
    let start = Instant::now();
    let n = read(path)?;
    let ms = 1e3 * start.elapsed().as_secs_f64();
    anyhow::ensure!(n > 0);
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find(|line| line.starts_with("VmHWM"));
    let kb: f64 = peak.and_then(|line| line.split_whitespace().nth(1)).map_or(Ok(f64::NAN), str::parse)?;
    println!("{ms} {}", kb * 1024.0 / 1e6);
    Ok(())
}

/// Reads a store and returns its number of segments.
fn read(path: &Path) -> Result<usize> {
    #[cfg(feature = "parquet")]
    if path.extension().is_some_and(|extension| extension == "parquet") {
        use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

        let batches = ParquetRecordBatchReaderBuilder::try_new(File::open(path)?)?.build()?;
        let batches = batches.collect::<Result<Vec<_>, _>>()?;
        return Ok(batches.iter().map(arrow_array::RecordBatch::num_rows).sum());
    }
    Ok(FeatureSet::load(path)?.len())
}
