//! Real music, from the file to the coefficients, compared with librosa on the spot.

use std::path::PathBuf;

use cepstrum_dataset::decode::load_audio;
use cepstrum_features::{Mfcc, MfccConfig};

use crate::common;

const SAMPLE_RATE: u32 = 22_050;
/// Tolerance for equal samples; librosa itself differs by up to 6e-5 between f32 and f64.
const TOLERANCE_MFCC: f32 = 1e-3;
/// Tolerance with decoding and resampling on top.
const TOLERANCE_DECODED: f32 = 0.01;

fn mfcc(samples: &[f32]) -> ndarray::Array2<f32> {
    Mfcc::new(&MfccConfig::default()).unwrap().process(samples).unwrap()
}

#[test]
fn mfccs_of_real_music_equal_librosas() {
    let Some(folder) = common::real_audio("music") else { return };
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut songs: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|e| e == "ogg")).collect();
    songs.sort();
    assert!(songs.len() > 3);
    let Some(theirs) = common::librosa(&songs) else { return };
    for (song, (samples, coefficients)) in songs.iter().zip(&theirs) {
        let kernel = common::distance(&mfcc(samples), coefficients);
        let whole = common::distance(&mfcc(&load_audio(song, SAMPLE_RATE).unwrap()), coefficients);
        println!("{}: same samples {kernel:.1e}, from the file {whole:.1e}", song.display());
        assert!(kernel < TOLERANCE_MFCC, "{}: {kernel:e} on the same samples", song.display());
        assert!(whole < TOLERANCE_DECODED, "{}: {whole:e} from the file", song.display());
    }
}

#[test]
fn mfccs_of_real_music_at_any_rate_equal_librosas() {
    let Some(folder) = common::real_audio("music") else { return };
    let scratch = tempfile::tempdir().unwrap();
    let song = folder.join("solo_trumpet.ogg");
    let files: Vec<PathBuf> = [8_000, 11_025, 16_000, 32_000, 44_100, 48_000, 96_000]
        .into_iter()
        .map(|rate| {
            let path = scratch.path().join(format!("{rate}.wav"));
            common::write_wav(&path, &load_audio(&song, rate).unwrap(), rate);
            path
        })
        .collect();
    let Some(theirs) = common::librosa(&files) else { return };
    let mut failures = Vec::new();
    for (file, (_, coefficients)) in files.iter().zip(&theirs) {
        let whole = common::distance(&mfcc(&load_audio(file, SAMPLE_RATE).unwrap()), coefficients);
        println!("{}: {whole:.1e}", file.display());
        if whole.is_nan() || whole >= TOLERANCE_DECODED {
            failures.push(format!("{}: {whole:e}", file.display()));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
