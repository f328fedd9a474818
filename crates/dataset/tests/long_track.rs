//! A track of ten hours in bounded memory.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::{self, File};
use std::io::Write;

use cepstrum_dataset::{ExtractConfig, Extraction, Library, stream_audio};

const RATE: u32 = 22_050;
const HOURS: u64 = 10;
/// For the whole process, the resampler and the test itself included.
const MOST_MEMORY_KB: u64 = 100_000;

fn peak_kb() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    line.and_then(|line| line.split_whitespace().nth(1)).map_or(0, |kb| kb.parse().unwrap())
}

#[test]
#[ignore = "a minute of work: cargo test --release -p cepstrum-dataset --test long_track -- --ignored --nocapture"]
fn ten_hours_need_less_than_100_mb() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("all")).unwrap();
    let path = root.path().join("all/long.au");
    let n_samples = HOURS * 3600 * u64::from(RATE);
    let words = [24, u32::MAX, 2, RATE, 1];
    let mut file = File::create(&path).unwrap();
    file.write_all(b".snd").unwrap();
    for word in words {
        file.write_all(&word.to_be_bytes()).unwrap();
    }
    // A hole of zeros in the file system: ten hours that take no room on the disk.
    file.set_len(24 + n_samples).unwrap();

    let mut total = 0;
    stream_audio(&path, 22_050, &mut |piece| {
        total += piece.len() as u64;
        Ok(())
    })
    .unwrap();
    assert_eq!(total, n_samples);
    println!("streamed {HOURS} h: peak {} kB", peak_kb());

    let extracted =
        Extraction::new(ExtractConfig::default()).threads(1).run(&Library::scan(root.path()).unwrap());
    assert_eq!(extracted.unwrap().features.len(), 10);
    let peak = peak_kb();
    println!("extracted {HOURS} h: peak {peak} kB");
    assert!(peak < MOST_MEMORY_KB, "{peak} kB");
}
