//! The program as a person and a script use it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// Runs `cepstrum` in a folder.
fn cepstrum(dir: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cepstrum")).args(arguments).current_dir(dir).output().unwrap()
}

/// The standard output of a run that must succeed.
fn succeeds(dir: &Path, arguments: &[&str]) -> String {
    let output = cepstrum(dir, arguments);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {stderr}");
    String::from_utf8(output.stdout).unwrap()
}

/// The standard error of a run that must end with this code.
fn fails(dir: &Path, arguments: &[&str], code: i32) -> String {
    let output = cepstrum(dir, arguments);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

fn objects(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A folder with the synthetic set in `music` and a model trained on it.
fn trained() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    succeeds(dir.path(), &["synth", "music", "--tracks", "5", "--seconds", "6", "--quiet"]);
    let told = succeeds(dir.path(), &["train", "music", "--models", "majority,logistic", "--quiet"]);
    assert!(told.contains("logistic is best on validation tracks"), "{told}");
    assert!(told.contains("cepstrum classify genre.safetensors"), "{told}");
    dir
}

#[test]
fn from_a_folder_to_answers() {
    let dir = trained();
    let dir = dir.path();

    let checked = objects(&succeeds(dir, &["check", "music", "--json", "--quiet"]));
    assert_eq!(checked[0]["tracks"].as_array().unwrap().len(), 50);
    assert_eq!(checked[0]["tracks"][0]["sample_rate"], 22_050);
    assert_eq!(checked[0]["copies"], Value::Array(vec![]));

    succeeds(dir, &["extract", "music", "set.safetensors", "--quiet"]);
    let measured = objects(&succeeds(dir, &["evaluate", "genre.safetensors", "set.safetensors", "--json"]));
    // Most of these tracks trained the model.
    assert!(measured[0]["tracks_right"]["estimate"].as_f64().unwrap() > 0.5, "{measured:?}");

    let verdicts = objects(&succeeds(dir, &["classify", "genre.safetensors", "music/dub", "--json"]));
    assert_eq!(verdicts.len(), 5);
    assert!(verdicts.iter().all(|verdict| verdict["confidence"].as_f64().unwrap() > 0.1));
}

#[test]
fn a_library_is_classified_once_however_often_it_is_asked() {
    let dir = trained();
    let dir = dir.path();
    fs::write(dir.join("music/dub/broken.wav"), "no audio").unwrap();
    let all = ["classify", "genre.safetensors", "music", "--out", "genres.csv", "--quiet"];
    fails(dir, &[&all[..2], &["music/dub", "--out", "genres.csv"]].concat(), 1);
    let first = fs::read_to_string(dir.join("genres.csv")).unwrap();
    assert_eq!(first.lines().count(), 7, "{first}");
    assert!(first.contains("broken.wav,,,,"), "{first}");

    // An interruption in the middle of a row.
    let mut cut = fs::OpenOptions::new().append(true).open(dir.join("genres.csv")).unwrap();
    cut.write_all(b"music/waltz/walt").unwrap();
    succeeds(dir, &[&all[..], &["--playlists", "lists"]].concat());
    let whole = fs::read_to_string(dir.join("genres.csv")).unwrap();
    assert!(whole.starts_with(&first));
    assert_eq!(whole.lines().count(), 52);
    succeeds(dir, &all);
    assert_eq!(fs::read_to_string(dir.join("genres.csv")).unwrap(), whole);

    let songs: usize = fs::read_dir(dir.join("lists"))
        .unwrap()
        .map(|list| fs::read_to_string(list.unwrap().path()).unwrap().lines().count() - 1)
        .sum();
    assert_eq!(songs, 50);

    succeeds(dir, &["train", "music", "--models", "majority", "--quiet", "--out", "other.safetensors"]);
    let other = fails(dir, &["classify", "other.safetensors", "music", "--out", "genres.csv"], 1);
    assert!(other.contains("genres.csv") && other.contains("another model"), "{other}");
}

#[test]
fn a_stream_has_a_verdict_every_half_second() {
    let dir = trained();
    let mut listen = Command::new(env!("CARGO_BIN_EXE_cepstrum"))
        .args(["listen", "genre.safetensors", "--rate", "8000", "--channels", "2", "--json"])
        .current_dir(dir.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = listen.stdin.take().unwrap();
    let samples = (0..8 * 8000_u32).flat_map(|n| [(n as f32 * 0.3).sin(), 0.0]);
    stdin.write_all(&samples.flat_map(f32::to_le_bytes).collect::<Vec<u8>>()).unwrap();
    drop(stdin);
    let output = listen.wait_with_output().unwrap();
    assert!(output.status.success());
    let verdicts = objects(&String::from_utf8(output.stdout).unwrap());
    let times: Vec<u64> =
        verdicts.iter().map(|verdict| (2.0 * verdict["seconds"].as_f64().unwrap()) as u64).collect();
    // A segment of 3 s is whole once the resampler has passed it on.
    assert_eq!(times, (7..=16).collect::<Vec<_>>());
}

#[test]
fn what_makes_no_sense_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    assert!(fails(dir, &["clasify"], 2).contains("'classify'"));
    assert!(fails(dir, &["check", "nowhere"], 1).contains("nowhere"));
    assert!(fails(dir, &["train", "nowhere"], 1).contains("nowhere"));
    assert!(fails(dir, &["train", "nowhere", "--models", "lojistic"], 2).contains("lojistic"));
    assert!(fails(dir, &["evaluate", "no.safetensors", "set.safetensors"], 1).contains("no.safetensors"));
    assert!(fails(dir, &["listen", "no.safetensors", "--rate", "44100"], 1).contains("no.safetensors"));
    fs::create_dir_all(dir.join("empty/jazz")).unwrap();
    assert!(fails(dir, &["check", "empty"], 1).contains("empty"));
}

#[test]
fn one_track_per_class_is_too_few_to_train() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    succeeds(dir, &["synth", "music", "--tracks", "1", "--seconds", "4", "--quiet"]);
    let error = fails(dir, &["train", "music", "--models", "logistic", "--quiet"], 1);
    assert!(error.contains("music") && error.contains("take some tracks of every class"), "{error}");
    assert!(!dir.join("genre.safetensors").exists());
}

#[test]
fn completions_and_manual_pages_name_every_command() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    for shell in ["bash", "zsh", "fish"] {
        assert!(succeeds(dir, &["completions", shell]).contains("classify"));
    }
    succeeds(dir, &["man", "man1"]);
    for page in ["cepstrum.1", "cepstrum-train.1", "cepstrum-listen.1"] {
        assert!(fs::read_to_string(dir.join("man1").join(page)).unwrap().contains(".TH"), "{page}");
    }
}
