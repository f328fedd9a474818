//! Damaged files of every format, decoded and extracted: no panic, no hang, and no memory on the word of a header.
//!
//! A long run: `CEPSTRUM_MUTATIONS=200000 cargo test --release -p cepstrum-dataset --test it mutations -- --nocapture`

use std::io::Cursor;
use std::path::Path;
use std::time::{Duration, Instant};

use cepstrum_dataset::decode::AudioReader;
use cepstrum_dataset::{
    AudioFolder, Collection, DamagePolicy, Error, ExtractConfig, Extraction, Result, Segment, rng,
};
use hound::{SampleFormat, WavSpec, WavWriter};
use rand::Rng;

use crate::common::{self, peak_kb};
use crate::{fuzz_targets, odd_mp4, odd_pcm};

/// Far above the time that a quarter of a second of audio takes on a busy machine.
const MAX_TIME: Duration = Duration::from_secs(10);
/// Greatest growth of the process's peak memory, including the other tests that run meanwhile. The originals decode to
/// 22 kB each; most memory is the resampler's filter for an odd sample rate in a damaged header, in each of two threads.
const MAX_MEMORY_KB: u64 = 600_000;

/// Number of damaged files per scanned folder.
const FILES_PER_FOLDER: usize = 400;

fn wav(bits_per_sample: u16, sample_format: SampleFormat, channels: u16) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    let spec = WavSpec { channels, sample_rate: 22_050, bits_per_sample, sample_format };
    let mut writer = WavWriter::new(&mut file, spec).unwrap();
    for value in common::tone(300.0, 0.1, 22_050) {
        for _ in 0..channels {
            match sample_format {
                SampleFormat::Float => writer.write_sample(value).unwrap(),
                SampleFormat::Int => {
                    writer.write_sample((value * f32::from(bits_per_sample - 1).exp2()) as i32).unwrap();
                }
            }
        }
    }
    writer.finalize().unwrap();
    file.into_inner()
}

fn au(encoding: u32) -> Vec<u8> {
    let words = [24, 4_000, encoding, 22_050, 2];
    let mut file = b".snd".to_vec();
    file.extend(words.iter().flat_map(|word: &u32| word.to_be_bytes()));
    file.extend((0..4_000_u32).map(|i| ((i * i) >> 3) as u8));
    file
}

fn mp3_in_wav(mp3: &[u8]) -> Vec<u8> {
    let chunk =
        |name: &[u8], contents: &[u8]| [name, &(contents.len() as u32).to_le_bytes(), contents].concat();
    let format =
        [&[0x55, 0, 1, 0, 0x22, 0x56, 0, 0, 0x80, 0x3e, 0, 0, 1, 0, 0, 0, 12, 0][..], &[0; 12]].concat();
    chunk(b"RIFF", &[b"WAVE".to_vec(), chunk(b"fmt ", &format), chunk(b"data", mp3)].concat())
}

fn originals() -> Vec<(&'static str, Vec<u8>)> {
    let golden = |name: &str| std::fs::read(common::golden(name));
    let names = [
        "tone.flac",
        "tone_24.flac",
        "tone.aiff",
        "tone.ogg",
        "tone_stereo.ogg",
        "tone.mp3",
        "tone_aac.m4a",
        "tone_stereo_aac.m4a",
        "tone_alac.m4a",
        "tone_flac.mka",
        "tone_vorbis.webm",
        "tone_opus.opus",
    ];
    let extension = |name: &'static str| name.rsplit('.').next().unwrap();
    let mut files: Vec<_> = names.into_iter().map(|name| (extension(name), golden(name).unwrap())).collect();
    files.extend([8, 16, 24, 32].map(|bits| ("wav", wav(bits, SampleFormat::Int, 2))));
    files.push(("wav", wav(32, SampleFormat::Float, 1)));
    files.extend([1, 2, 3, 4, 5, 27].map(|encoding| ("au", au(encoding))));
    let [mp3, ogg, stereo] = ["tone.mp3", "tone.ogg", "tone_stereo.ogg"].map(|name| golden(name).unwrap());
    // Without its tag, behind a tag of another kind, and inside WAV.
    files.push(("mp3", [&b"ID3\x04\0\0\0\0\0\x0a"[..], &[0; 10], &mp3[208..]].concat()));
    files.push(("wav", mp3_in_wav(&mp3)));
    files.push(("ogg", [ogg, stereo].concat()));
    files.push(("wav", odd_pcm::ima()));
    files.extend(odd_mp4::examples().map(|file| ("mov", file)));
    files.push(("flac", [golden("tone.flac").unwrap(), vec![0xff; 300]].concat()));
    // Small files of the formats whose headers are read or mended by this crate.
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz_cases/decode");
    let mut cases: Vec<_> = std::fs::read_dir(cases).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    let file = |case| fuzz_targets::headed(&std::fs::read(case).unwrap()).unwrap().0;
    files.extend(cases.into_iter().map(|case| ("wav", file(case))));
    files
}

/// Applies one of six kinds of damage at a random place.
fn mutate(bytes: &mut Vec<u8>, other: &[u8], rng: &mut impl Rng) {
    // Half of the damage goes to the headers, which declare sizes.
    let reach = if rng.random() { bytes.len() } else { bytes.len().min(128) };
    let at = rng.random_range(0..reach);
    let length = rng.random_range(1..=400).min(bytes.len() - at);
    match rng.random_range(0..6) {
        0 => {
            for _ in 0..rng.random_range(1..16) {
                let at = rng.random_range(0..reach);
                bytes[at] ^= 1 << rng.random_range(0..8);
            }
        }
        1 => bytes.truncate(at),
        2 => {
            let from = rng.random_range(0..other.len());
            let donor: Vec<u8> = other[from..].iter().copied().take(length).collect();
            bytes.splice(at..at + length, donor);
        }
        3 => {
            let garbage: Vec<u8> = (0..length).map(|_| rng.random()).collect();
            bytes.splice(at..at, garbage);
        }
        4 => bytes[at..at + length.min(4)].fill(0xff),
        _ => bytes[at..at + length].fill(0),
    }
}

fn decode(bytes: Vec<u8>, extension: &str) -> Result<u64> {
    let mut reader = AudioReader::new(Cursor::new(bytes), Some(extension))?;
    while let Some(block) = reader.next_block()? {
        assert!(block.iter().all(|sample| sample.is_finite()));
    }
    Ok(reader.decoded())
}

/// Extracts a folder of damaged files; the numbers of files that are used whole, used up to their damage, and skipped.
fn scan(root: &Path) -> [usize; 3] {
    let config = ExtractConfig { segment: Segment::Seconds(0.05), ..ExtractConfig::default() };
    let folder = AudioFolder::scan(root).unwrap();
    let extraction = Extraction::new(config).threads(2).damaged(DamagePolicy::KeepIntact);
    match extraction.run(&folder) {
        Ok(extracted) => {
            let (skipped, damaged) = (extracted.skipped.len(), extracted.damaged.len());
            [folder.n_tracks() - skipped - damaged, damaged, skipped]
        }
        Err(Error::NothingUsable { skipped, .. }) => [0, 0, skipped],
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn damaged_files_are_errors_or_audio() {
    let n = std::env::var("CEPSTRUM_MUTATIONS").map_or(5_000, |n| n.parse().unwrap());
    let originals = originals();
    let mut rng = rng::stream(1, "mutations");
    let before = peak_kb();
    let (mut whole, mut rejected, mut damaged, mut longest) = (0, 0, 0, Duration::ZERO);
    let mut scanned = [0; 3];
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("all");
    for i in 0..n {
        let (extension, original) = &originals[i % originals.len()];
        let mut bytes = original.clone();
        for _ in 0..rng.random_range(1..4) {
            let other = &originals[rng.random_range(0..originals.len())].1;
            mutate(&mut bytes, other, &mut rng);
            if bytes.is_empty() {
                break;
            }
        }
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{i}.{extension}")), &bytes).unwrap();
        let start = Instant::now();
        match decode(bytes, extension) {
            Ok(_) => whole += 1,
            Err(Error::Damaged { .. }) => damaged += 1,
            Err(_) => rejected += 1,
        }
        longest = longest.max(start.elapsed());
        assert!(start.elapsed() < MAX_TIME, "mutation {i} of {extension}");
        if (i + 1) % FILES_PER_FOLDER == 0 || i + 1 == n {
            for (sum, n) in scanned.iter_mut().zip(scan(root.path())) {
                *sum += n;
            }
            std::fs::remove_dir_all(&folder).unwrap();
        }
    }
    let grown = peak_kb() - before;
    println!("{n} files decoded: {whole} whole, {damaged} damaged, {rejected} rejected, {longest:?} at most");
    println!("scanned: {} used, {} up to their damage, {} skipped", scanned[0], scanned[1], scanned[2]);
    println!("peak memory grew by {grown} kB");
    assert_eq!(scanned.iter().sum::<usize>(), n);
    assert!(grown < MAX_MEMORY_KB, "{grown} kB");
    assert!(damaged > 0 && rejected > 0 && whole > 0);
}
