//! `MusiCnn` with its published weights beside TensorFlow. The wheel is where `CEPSTRUM_MUSICNN_WHEEL` points
//! (`pip download musicnn==0.1.0 --no-deps`); without it these tests are skipped, or fail if `CEPSTRUM_REQUIRE_MUSICNN=1`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use cepstrum_dataset::cepstrum_features::{LogMel, LogMelConfig};
use cepstrum_dataset::load_audio;
use cepstrum_models::pretrained::MusiCnn;
use ndarray::Array2;
use serde_json::Value;

/// Greatest difference of spectrograms.
const MEL: f32 = 1e-3;
/// Greatest difference of the network's values; relative to those above 1. Maxima reach 100, where TensorFlow with and
/// without oneDNN differs by 4e-4 from itself.
const VALUES: f32 = 1e-4;

fn wheel() -> Option<PathBuf> {
    let path = std::env::var_os("CEPSTRUM_MUSICNN_WHEEL").map(PathBuf::from);
    if path.is_none() {
        let message = "CEPSTRUM_MUSICNN_WHEEL does not name the wheel of musicnn 0.1.0";
        assert!(std::env::var_os("CEPSTRUM_REQUIRE_MUSICNN").is_none(), "{message}");
        println!("skipped: {message}");
    }
    path
}

fn musicnn() -> Option<&'static MusiCnn> {
    static NETWORK: OnceLock<Option<MusiCnn>> = OnceLock::new();
    NETWORK.get_or_init(|| wheel().map(|path| MusiCnn::from_wheel(path).unwrap())).as_ref()
}

/// The sound of `golden/make_musicnn.py`.
fn sound() -> Vec<f32> {
    let mut state = 1_u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 8) / f64::from(1 << 24) - 0.5
    };
    let sample = |i: u32| {
        let t = f64::from(i) / 16_000.0;
        let sine = |hertz: f64| (std::f64::consts::TAU * hertz * t).sin();
        let swept = 0.4 * sine(220.0 + 40.0 * t) + 0.2 * sine(900.0 + 150.0 * t);
        let beat = if t % 0.25 < 0.05 { 1.0 } else { 0.0 };
        (swept * (-4.0 * (t % 0.5)).exp() + 0.1 * noise() * beat) as f32
    };
    (0..80_000).map(sample).collect()
}

fn floats(value: &Value) -> Vec<f32> {
    match value {
        Value::Array(values) => values.iter().flat_map(floats).collect(),
        value => vec![value.as_f64().unwrap() as f32],
    }
}

/// Fails unless all values are near; returns the greatest difference.
fn compare(what: &str, found: impl IntoIterator<Item = f32>, expected: &[f32], tolerance: f32) -> f32 {
    let found: Vec<f32> = found.into_iter().collect();
    assert_eq!(found.len(), expected.len(), "{what}");
    let difference = |(found, expected): (&f32, &f32)| (found - expected).abs() / expected.abs().max(1.0);
    let most = found.iter().zip(expected).map(difference).fold(0.0, f32::max);
    assert!(most < tolerance, "{what}: {most:e}");
    most
}

fn golden() -> Value {
    serde_json::from_slice(include_bytes!("../golden/musicnn.json")).unwrap()
}

#[test]
fn golden_spectrograms_are_librosas() {
    let (golden, samples) = (golden(), sound());
    let mel = LogMel::new(&LogMelConfig::musicnn()).unwrap().process(&samples).unwrap();
    for (frame, values) in golden["mel"].as_object().unwrap() {
        compare("mel", mel.row(frame.parse().unwrap()).to_vec(), &floats(values), MEL);
    }
}

#[test]
fn golden_values_are_tensorflows() {
    let Some(musicnn) = musicnn() else { return };
    let (golden, samples) = (golden(), sound());
    let hop = usize::try_from(golden["hop"].as_u64().unwrap()).unwrap();
    let found = musicnn.windows(&samples, hop).unwrap();
    for (name, values) in parts(&found) {
        compare(name, values.iter().copied(), &floats(&golden[name]), VALUES);
    }
    assert!(musicnn.license().unwrap().contains("Permission to use, copy, modify, and/or distribute"));
    assert_eq!(musicnn.weights().count(), 64);
    assert_eq!(musicnn.weights().map(|(_, tensor)| tensor.elem_count()).sum::<usize>(), 792_079);
}

fn parts(windows: &cepstrum_models::pretrained::MusiCnnWindows) -> [(&'static str, &Array2<f32>); 4] {
    [
        ("tags", &windows.tags),
        ("penultimate", &windows.penultimate),
        ("mean_pool", &windows.mean_pool),
        ("max_pool", &windows.max_pool),
    ]
}

/// Songs of the folder of real audio, in TensorFlow by `golden/musicnn_reference.py` with the Python of `CEPSTRUM_PYTHON`.
#[test]
fn songs_are_tensorflows() {
    const SECONDS: usize = 12;
    let (Some(wheel), Some(musicnn)) = (wheel(), musicnn()) else { return };
    let data = std::env::var_os("CEPSTRUM_TEST_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"), PathBuf::from);
    let Ok(songs) = std::fs::read_dir(data.join("music")) else {
        assert!(std::env::var_os("CEPSTRUM_REQUIRE_REAL_AUDIO").is_none(), "no songs at {}", data.display());
        println!("skipped: no songs at {}", data.display());
        return;
    };
    let python = std::env::var("CEPSTRUM_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/musicnn_reference.py");
    let mut songs: Vec<PathBuf> = songs.map(|entry| entry.unwrap().path()).collect();
    songs.sort();
    let songs = songs.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "ogg"));
    for song in songs.take(3) {
        let samples = load_audio(&song, MusiCnn::SAMPLE_RATE).unwrap();
        let samples = &samples[..samples.len().min(SECONDS * 16_000)];
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("samples.f32");
        std::fs::write(&file, samples.iter().flat_map(|sample| sample.to_le_bytes()).collect::<Vec<_>>())
            .unwrap();
        let arguments = [script.as_path(), &wheel, &file, Path::new("61"), folder.path()];
        let output = Command::new(&python).args(arguments).output();
        let ran = output.as_ref().is_ok_and(|output| output.status.success());
        if !ran {
            let message = format!("{python} cannot run {}: {output:?}", script.display());
            assert!(std::env::var_os("CEPSTRUM_REQUIRE_MUSICNN").is_none(), "{message}");
            println!("skipped: {message}");
            return;
        }
        let read = |name: &str| -> Vec<f32> {
            let bytes = std::fs::read(folder.path().join(format!("{name}.f32"))).unwrap();
            bytes.as_chunks::<4>().0.iter().map(|&word| f32::from_le_bytes(word)).collect()
        };
        let mel = LogMel::new(&LogMelConfig::musicnn()).unwrap().process(samples).unwrap();
        let most = compare("mel", mel, &read("mel"), MEL);
        let found = musicnn.windows(samples, 61).unwrap();
        let most: Vec<String> = std::iter::once(format!("mel {most:.0e}"))
            .chain(parts(&found).map(|(name, values)| {
                let most = compare(name, values.iter().copied(), &read(name), VALUES);
                format!("{name} {most:.0e}")
            }))
            .collect();
        println!("{}: {}", song.display(), most.join(", "));
    }
}
