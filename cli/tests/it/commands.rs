//! What each command does.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use serde_json::Value;

use crate::support::{fails, objects, own_folder, program, succeeds, trained};

#[test]
fn from_a_folder_to_answers() {
    let dir = trained();
    let checked = objects(&succeeds(dir, &["check", "music", "--json", "--quiet"]));
    assert_eq!(checked[0]["tracks"].as_array().unwrap().len(), 50);
    assert_eq!(checked[0]["tracks"][0]["sample_rate"], 22_050);
    assert_eq!(checked[0]["copies"], Value::Array(vec![]));

    let measured = objects(&succeeds(dir, &["evaluate", "genre.safetensors", "set.safetensors", "--json"]));
    // Most of these tracks trained the model.
    assert!(measured[0]["tracks_right"]["estimate"].as_f64().unwrap() > 0.5, "{measured:?}");

    let verdicts = objects(&succeeds(dir, &["classify", "genre.safetensors", "music/dub", "--json"]));
    assert_eq!(verdicts.len(), 5);
    assert!(verdicts.iter().all(|verdict| verdict["confidence"].as_f64().unwrap() > 0.1));
}

#[test]
fn a_library_is_classified_once_however_often_it_is_asked() {
    let dir = own_folder();
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
    let arguments = ["listen", "genre.safetensors", "--rate", "8000", "--channels", "2", "--json"];
    let mut listen =
        program(trained(), &arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
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
fn a_model_is_exported_from_features_and_from_samples() {
    let dir = tempfile::tempdir().unwrap();
    let model = trained().join("genre.safetensors");
    let names = |options: &[&str]| -> [bool; 3] {
        let export = ["export", model.to_str().unwrap(), "--onnx", "genre.onnx", "--json"];
        let told = objects(&succeeds(dir.path(), &[&export[..], options].concat()));
        assert_eq!(told[0]["classes"].as_array().unwrap().len(), 10);
        let bytes = fs::read(dir.path().join("genre.onnx")).unwrap();
        ["features", "samples", "STFT"].map(|name| bytes.windows(name.len()).any(|it| it == name.as_bytes()))
    };
    // The settings of the features are in the metadata of both.
    assert_eq!(names(&[]), [true, false, false]);
    assert_eq!(names(&["--from-samples"]), [true, true, true]);
    let store = trained().join("set.safetensors");
    let error = fails(dir.path(), &["export", store.to_str().unwrap(), "--onnx", "x.onnx"], 1);
    assert!(error.contains("set.safetensors") && !dir.path().join("x.onnx").exists(), "{error}");
}

#[test]
#[cfg(target_os = "linux")]
fn an_endless_stream_takes_no_more_memory() {
    let arguments = ["listen", "genre.safetensors", "--rate", "22050", "--every", "5"];
    let mut listen =
        program(trained(), &arguments).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let (mut stdin, pid) = (listen.stdin.take().unwrap(), listen.id());
    let ten_seconds: Vec<u8> = (0..220_500_u32).flat_map(|n| (n as f32 * 0.3).sin().to_le_bytes()).collect();
    let mut memory_after = |tens: usize| -> u64 {
        (0..tens).for_each(|_| stdin.write_all(&ten_seconds).unwrap());
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    // Fifteen minutes hold 80 MB of samples.
    let (begin, end) = (memory_after(6), memory_after(90));
    assert!(end < begin + 20_000, "{begin} kB, then {end} kB");
    drop(stdin);
    assert!(listen.wait().unwrap().success());
}

#[test]
fn weights_at_hand_join_the_training() {
    let dir = own_folder();
    let wheel = dir.path().join("musicnn-0.1.0-py3-none-any.whl");
    fs::write(wheel, "no wheel").unwrap();
    let error = fails(dir.path(), &["train", "music", "--models", "majority"], 1);
    assert!(error.contains("musicnn-0.1.0-py3-none-any.whl") && error.contains("is at hand"), "{error}");
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

#[test]
fn models_are_compared_over_seeds_and_both_splits() {
    let arguments = ["compare", "set.safetensors", "--models", "majority,logistic", "--seeds", "2", "--json"];
    let rows = objects(&succeeds(trained(), &arguments));
    let named: Vec<_> =
        rows.iter().map(|row| (row["model"].as_str().unwrap(), row["split"].as_str().unwrap())).collect();
    assert_eq!(
        named,
        [("majority", "track"), ("majority", "segment"), ("logistic", "track"), ("logistic", "segment")]
    );
    let [majority, logistic] = [0, 2].map(|row: usize| rows[row]["test_tracks"]["mean"].as_f64().unwrap());
    assert!(logistic > majority + 0.2, "{logistic} {majority}");
    // A seed is the same alone and as the second of two.
    let second = |arguments: &[&str]| {
        objects(&succeeds(trained(), arguments))[0]["test_tracks"]["mean"].as_f64().unwrap()
    };
    let one = ["compare", "set.safetensors", "--models", "logistic", "--seeds", "1", "--json", "--seed"];
    let [first, second] = ["0", "1"].map(|seed| second(&[&one[..], &[seed]].concat()));
    assert!((logistic - f64::midpoint(first, second)).abs() < 1e-12, "{logistic} {first} {second}");
}

#[test]
fn a_network_is_explained_as_picture_and_as_sound() {
    let dir = own_folder();
    let dir = dir.path();
    let store = trained().join("set.safetensors");
    let store = store.to_str().unwrap();
    let train =
        ["train", "music", "--models", "cnn:8-8-8-8", "--epochs", "2", "--quiet", "--out", "cnn.safetensors"];
    succeeds(dir, &train);
    let explain = [
        "explain",
        "cnn.safetensors",
        store,
        "--out",
        "pictures/why.png",
        "--audio",
        "music",
        "--sound",
        "why",
    ];
    let told = objects(&succeeds(dir, &[&explain[..], &["--json"]].concat()));
    assert!(fs::read(dir.join("pictures/why.png")).unwrap().starts_with(b"\x89PNG"));
    let sounds = told[0]["segments"][0]["sounds"].as_array().unwrap();
    assert_eq!(sounds.len(), 5);
    for sound in sounds {
        // Three seconds of 16-bit samples.
        assert!(fs::metadata(dir.join(sound["file"].as_str().unwrap())).unwrap().len() > 130_000, "{sound}");
    }
    let error = fails(dir, &["explain", "genre.safetensors", store], 1);
    assert!(error.contains("genre.safetensors"), "{error}");
}

#[test]
fn what_features_keep_of_a_song_is_heard() {
    let dir = tempfile::tempdir().unwrap();
    let song = trained().join("music/dub/dub.00000.wav");
    let arguments =
        ["hear", song.to_str().unwrap(), "--seconds", "2", "--iterations", "4", "--out", "heard", "--json"];
    let told = objects(&succeeds(dir.path(), &arguments));
    let lost: Vec<f64> = told.iter().map(|row| row["bands_db"].as_f64().unwrap()).collect();
    // 13, 20 and 40 coefficients, then all bands.
    assert!(lost.len() == 4 && lost.is_sorted_by(|a, b| a > b), "{lost:?}");
    assert_eq!(fs::read_dir(dir.path().join("heard")).unwrap().count(), 5);
    let late = fails(dir.path(), &["hear", song.to_str().unwrap(), "--start", "60"], 1);
    assert!(late.contains("--start is 60") && late.contains("6.000 s"), "{late}");
}

#[test]
fn a_table_of_features_has_a_row_per_track_or_segment() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    for class in ["dub", "waltz"] {
        fs::create_dir_all(dir.join("music").join(class)).unwrap();
        let song = format!("music/{class}/{class}.00000.wav");
        fs::copy(trained().join(&song), dir.join(&song)).unwrap();
    }
    fs::write(dir.join("music/dub/broken.wav"), "no audio").unwrap();
    let skipped = fails(dir, &["features", "music", "tracks.csv", "--quiet"], 1);
    assert!(skipped.contains("broken.wav"), "{skipped}");
    let table = fs::read_to_string(dir.join("tracks.csv")).unwrap();
    let names: Vec<&str> = table.lines().next().unwrap().split(',').collect();
    // 57 values, with name, length and class around them.
    assert!(names.len() == 60 && names.contains(&"tempo"), "{names:?}");
    let rows: Vec<&str> = table.lines().skip(1).collect();
    assert!(rows.len() == 2 && rows[0].starts_with("dub.00000.wav,132300,") && rows[1].ends_with(",waltz"));
    fs::remove_file(dir.join("music/dub/broken.wav")).unwrap();
    let told = objects(&succeeds(
        dir,
        &["features", "music", "segments.csv", "--segments", "--all", "--quiet", "--json"],
    ));
    assert!(told[0]["rows"] == 4 && told[0]["columns"] == 57 + 2 * 30, "{told:?}");
    assert!(fails(dir, &["features", "music", "table.txt"], 1).contains(".csv"));
}

#[test]
fn a_song_is_explained_as_sound_and_by_its_neighbors() {
    let dir = own_folder();
    let dir = dir.path();
    let store = trained().join("set.safetensors");
    let song = "music/dub/dub.00001.wav";
    let classify = ["classify", "genre.safetensors", song, "--json", "--sound", "sound", "--tracks"];
    let told = objects(&succeeds(dir, &[&classify[..], &[store.to_str().unwrap()]].concat()));
    for name in ["for", "against", "without", "kept"] {
        assert!(
            fs::metadata(dir.join(format!("sound/dub.00001/{name}.wav"))).unwrap().len() > 200_000,
            "{name}"
        );
    }
    assert!(told[0]["without"].as_array().unwrap().len() > 4, "{told:?}");
    let nearest = told[0]["nearest"].as_array().unwrap();
    // The song is in the store itself.
    assert_eq!(nearest[0]["track"], "dub/dub.00001.wav");
    assert!(nearest[0]["distance"].as_f64().unwrap() < 1e-3, "{nearest:?}");
    assert!(nearest.len() == 5 && nearest[1]["distance"].as_f64().unwrap() > 0.1, "{nearest:?}");
    let error = fails(dir, &["classify", "genre.safetensors", song, "--tracks", song], 1);
    assert!(error.contains("dub.00001.wav"), "{error}");
}

#[test]
fn the_notebook_runs_and_is_told_as_json() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let store = trained().join("set.safetensors");
    let arguments = [
        "notebook",
        "--features",
        store.to_str().unwrap(),
        "--models",
        "majority,logistic",
        "--json",
        "--quiet",
    ];
    let told = objects(&succeeds(dir, &arguments));
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["models"].as_array().unwrap().len(), 4, "two models on both splits");
    assert!(dir.join(told[0]["report"].as_str().unwrap()).is_file());
    let again =
        objects(&succeeds(dir, &["report", "cepstrum-out/report/run.json", "--out", "page.html", "--json"]));
    assert_eq!(again[0]["page"], "page.html");
}
