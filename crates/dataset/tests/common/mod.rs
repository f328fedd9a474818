//! What several test files need.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of this")]

use std::f32::consts::TAU;
use std::fs;
use std::path::{Path, PathBuf};

use hound::{SampleFormat, WavSpec, WavWriter};

/// `seconds` of a decaying pair of partials, different for every `pitch`.
pub fn tone(pitch: f32, seconds: f32, sample_rate: u32) -> Vec<f32> {
    let rate = sample_rate as f32;
    (0..(seconds * rate) as usize)
        .map(|i| {
            let t = i as f32 / rate;
            0.4 * (TAU * pitch * t).sin() + 0.2 * (TAU * 2.7 * pitch * t).cos() * (-t).exp()
        })
        .collect()
}

/// Writes mono 16-bit WAV, making the folder when it is not there.
pub fn write_wav(path: &Path, samples: &[f32], sample_rate: u32) {
    let spec = WavSpec { channels: 1, sample_rate, bits_per_sample: 16, sample_format: SampleFormat::Int };
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut writer = WavWriter::create(path, spec).unwrap();
    for &sample in samples {
        writer.write_sample((sample * 32_767.0) as i16).unwrap();
    }
    writer.finalize().unwrap();
}

/// Two classes of two tracks of `seconds` at 22,050 Hz.
pub fn write_small_library(root: &Path, seconds: f32) {
    for (i, name) in ["jazz/a.wav", "jazz/b.wav", "rock/c.wav", "rock/d.wav"].into_iter().enumerate() {
        write_wav(&root.join(name), &tone(200.0 + 90.0 * i as f32, seconds, 22_050), 22_050);
    }
}

/// The shared folder of real audio, or `None` after saying that it is not there.
pub fn real_audio(subfolder: &str) -> Option<PathBuf> {
    let root = std::env::var_os("CEPSTRUM_TEST_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"), PathBuf::from);
    let folder = root.join(subfolder);
    if folder.is_dir() {
        return Some(folder);
    }
    let message = format!("no real audio at {}", folder.display());
    assert!(std::env::var_os("CEPSTRUM_REQUIRE_REAL_AUDIO").is_none(), "{message}");
    println!("skipped: {message}");
    None
}
