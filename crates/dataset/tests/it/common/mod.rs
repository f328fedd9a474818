//! Helpers of several test modules.

use std::f32::consts::TAU;
use std::fs;
use std::path::{Path, PathBuf};

use hound::{SampleFormat, WavSpec, WavWriter};
use proptest::prelude::ProptestConfig;
use proptest::test_runner::RngSeed;

/// Property tests with the same cases in every run.
pub(crate) fn seeded() -> ProptestConfig {
    ProptestConfig { rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::default() }
}

/// The path of a golden file.
pub(crate) fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

/// `seconds` of a decaying pair of partials, different for every `pitch`.
pub(crate) fn tone(pitch: f32, seconds: f32, sample_rate: u32) -> Vec<f32> {
    let rate = sample_rate as f32;
    (0..(seconds * rate) as usize)
        .map(|i| {
            let t = i as f32 / rate;
            0.4 * (TAU * pitch * t).sin() + 0.2 * (TAU * 2.7 * pitch * t).cos() * (-t).exp()
        })
        .collect()
}

/// Writes a mono 16-bit WAV file, and creates its folder.
pub(crate) fn write_wav(path: &Path, samples: &[f32], sample_rate: u32) {
    let spec = WavSpec { channels: 1, sample_rate, bits_per_sample: 16, sample_format: SampleFormat::Int };
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut writer = WavWriter::create(path, spec).unwrap();
    for &sample in samples {
        writer.write_sample((sample * 32_767.0) as i16).unwrap();
    }
    writer.finalize().unwrap();
}

/// Writes two classes of two tracks of `seconds` at 22,050 Hz.
pub(crate) fn write_small_folder(root: &Path, seconds: f32) {
    for (i, name) in ["jazz/a.wav", "jazz/b.wav", "rock/c.wav", "rock/d.wav"].into_iter().enumerate() {
        write_wav(&root.join(name), &tone(200.0 + 90.0 * i as f32, seconds, 22_050), 22_050);
    }
}

/// The folder of real audio, or `None`, with a message, where it is missing.
pub(crate) fn real_audio(subfolder: &str) -> Option<PathBuf> {
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

/// The samples and the MFCCs, row after row, of every file by librosa's own `load` and `mfcc`; `None`, with a message,
/// where librosa is missing.
pub(crate) fn librosa(files: &[PathBuf]) -> Option<Vec<(Vec<f32>, Vec<f32>)>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/librosa_mfcc.py");
    let out = tempfile::tempdir().unwrap();
    let python = std::env::var("CEPSTRUM_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let output = std::process::Command::new(&python).arg(script).arg(out.path()).args(files).output();
    match output {
        Ok(output) if output.status.success() => {}
        problem => {
            assert!(std::env::var_os("CEPSTRUM_REQUIRE_REAL_AUDIO").is_none(), "{python}: {problem:?}");
            println!("skipped: no librosa for {python} (set CEPSTRUM_PYTHON)");
            return None;
        }
    }
    let values = |file: &PathBuf, what: &str| {
        let name = file.file_name().unwrap().to_str().unwrap();
        let bytes = fs::read(out.path().join(format!("{name}.{what}"))).unwrap();
        bytes.chunks_exact(4).map(|word| f32::from_le_bytes(word.try_into().unwrap())).collect()
    };
    Some(files.iter().map(|file| (values(file, "samples"), values(file, "mfcc"))).collect())
}

/// Greatest absolute difference; NaN if any difference is NaN.
pub(crate) fn distance<'a>(ours: impl IntoIterator<Item = &'a f32>, theirs: &[f32]) -> f32 {
    let ours: Vec<f32> = ours.into_iter().copied().collect();
    assert_eq!(ours.len(), theirs.len(), "number of values");
    ours.iter()
        .zip(theirs)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, |max, d| if d > max || d.is_nan() { d } else { max })
}

/// Peak memory of this process in kB; 0 where `/proc` is missing.
pub(crate) fn peak_kb() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    line.and_then(|line| line.split_whitespace().nth(1)).map_or(0, |kb| kb.parse().unwrap())
}
