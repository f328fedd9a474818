//! Tracks of ten hours, in bounded memory.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use cepstrum_dataset::{AudioFolder, ExtractConfig, Extraction, stream_audio};

use crate::common::peak_kb;

const RATE: u32 = 22_050;
const HOURS: u64 = 10;
const N_SAMPLES: u64 = HOURS * 3600 * RATE as u64;
/// Greatest peak memory of the whole process, including the resampler and the test itself.
const MAX_MEMORY_KB: u64 = 100_000;

/// Writes ten hours of mono, with the samples as a hole of zeros in a sparse file.
fn write(path: &Path, header: &[u8], bytes_per_sample: u64) {
    let mut file = File::create(path).unwrap();
    file.write_all(header).unwrap();
    file.set_len(header.len() as u64 + N_SAMPLES * bytes_per_sample).unwrap();
}

fn au_header() -> Vec<u8> {
    let words = [24, u32::MAX, 2, RATE, 1];
    [b".snd".to_vec(), words.iter().flat_map(|word: &u32| word.to_be_bytes()).collect()].concat()
}

fn wav_header() -> Vec<u8> {
    let n_bytes = (2 * N_SAMPLES) as u32;
    let format = [16, 0x0001_0001, RATE, 2 * RATE, 0x0010_0002];
    let mut header = [&b"RIFF"[..], &(36 + n_bytes).to_le_bytes(), b"WAVEfmt "].concat();
    header.extend(format.iter().flat_map(|word: &u32| word.to_le_bytes()));
    [&header[..], b"data", &n_bytes.to_le_bytes()].concat()
}

/// Runs alone, since it measures the whole process.
#[test]
#[ignore = "takes a minute: cargo test --release -p cepstrum-dataset --test it long_track -- --ignored --nocapture"]
fn ten_hours_need_less_than_100_mb() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("all")).unwrap();
    let files = [("all/long.au", au_header(), 1), ("all/long.wav", wav_header(), 2)];
    for (name, header, bytes_per_sample) in files {
        let path = root.path().join(name);
        write(&path, &header, bytes_per_sample);
        for rate in [RATE, 16_000] {
            let mut total = 0;
            stream_audio(&path, rate, &mut |piece| {
                total += piece.len() as u64;
                Ok(())
            })
            .unwrap();
            assert_eq!(total, N_SAMPLES / u64::from(RATE) * u64::from(rate));
            println!("{name} streamed at {rate} Hz: peak {} kB", peak_kb());
        }
    }
    let extracted =
        Extraction::new(ExtractConfig::default()).threads(1).run(&AudioFolder::scan(root.path()).unwrap());
    assert_eq!(extracted.unwrap().features.len(), 20);
    let peak = peak_kb();
    println!("extracted {HOURS} h of each: peak {peak} kB");
    assert!(peak < MAX_MEMORY_KB, "{peak} kB");
}
