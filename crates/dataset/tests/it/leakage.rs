//! Leakage between the parts of a split, and the published faults of GTZAN.

use std::collections::BTreeSet;
use std::fs;

use cepstrum_dataset::gtzan::{self, DISTORTIONS, GENRES, MISLABELINGS, REPETITIONS};
use cepstrum_dataset::{AudioFolder, ExtractConfig, Extraction, FeatureSet, Segment, Split, leakage};
use ndarray::Array3;
use rand::Rng;

use crate::common;

/// Tracks of noise-like features, with four segments and a mean of its own per track.
fn noise(n_tracks: usize, prefix: &str, seed: u64) -> FeatureSet {
    let mut rng = cepstrum_dataset::rng::stream(seed, "features");
    let n = 4 * n_tracks;
    let means: Vec<f32> = (0..n_tracks * 13).map(|_| rng.random_range(-20.0..20.0)).collect();
    let features =
        Array3::from_shape_fn((n, 30, 13), |(i, _, k)| means[i / 4 * 13 + k] + rng.random_range(-9.0..9.0));
    let tracks = (0..n).map(|i| format!("{prefix}/{}", i / 4)).collect();
    FeatureSet::new(features, vec![0; n], vec!["all".into()], tracks, None).unwrap()
}

#[test]
fn different_audio_does_not_leak() {
    let found = leakage(&noise(20, "a", 1), &noise(10, "b", 2));
    assert!(found.is_empty(), "{found}");
}

#[test]
fn tracks_on_both_sides_are_counted() {
    let set = noise(10, "a", 1);
    let by_segment = Split::by_segment(&set, 0.5, 3).unwrap();
    let found = leakage(&by_segment.train, &by_segment.test);
    assert!(!found.shared_tracks.is_empty());
    let test: BTreeSet<_> = by_segment.test.track_names().iter().collect();
    let train: BTreeSet<_> = by_segment.train.track_names().iter().collect();
    assert_eq!(found.shared_tracks.len(), test.intersection(&train).count());
    let by_track = Split::by_track(&set, 0.5, 3).unwrap();
    assert!(leakage(&by_track.train, &by_track.test).is_empty());
}

#[test]
fn the_same_audio_under_another_name_is_found() {
    let train = noise(20, "a", 1);
    let copied = train.select(&[12, 13, 14, 15, 40, 41, 42, 43]);
    let renamed = ["b/x", "b/x", "b/x", "b/x", "b/y", "b/y", "b/y", "b/y"].map(str::to_owned).to_vec();
    let test =
        FeatureSet::new(copied.features() + 0.05, vec![0; 8], vec!["all".into()], renamed, None).unwrap();
    let found = leakage(&train, &test);
    let pairs: Vec<_> =
        found.near_duplicates.iter().map(|pair| (pair.train.as_str(), pair.test.as_str())).collect();
    assert_eq!(pairs, [("a/3", "b/x"), ("a/10", "b/y")]);
    assert!(found.shared_tracks.is_empty());
}

#[test]
fn different_recordings_do_not_leak_and_copies_are_found() {
    let Some(music) = common::real_audio("music") else { return };
    let (train, test) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let files = ["solo_trumpet.ogg", "vibe_ace.ogg", "hungarian_dance_5.ogg"];
    for (root, names) in [(train.path(), &files[..2]), (test.path(), &files[1..])] {
        fs::create_dir(root.join("music")).unwrap();
        for name in names {
            let samples = cepstrum_dataset::load_audio(music.join(name), 22_050).unwrap();
            // The copy is quieter and requantized: other bytes, the same audio.
            let gain = if root == test.path() { 0.7 } else { 1.0 };
            let samples: Vec<f32> = samples.iter().take(20 * 22_050).map(|s| gain * s).collect();
            let side = if root == test.path() { "copy" } else { "original" };
            common::write_wav(&root.join(format!("music/{side} {name}.wav")), &samples, 22_050);
        }
    }
    let extract = |root: &std::path::Path| {
        let config = ExtractConfig { segment: Segment::Seconds(2.0), ..ExtractConfig::default() };
        Extraction::new(config).run(&AudioFolder::scan(root).unwrap()).unwrap().features
    };
    let found = leakage(&extract(train.path()), &extract(test.path()));
    let pairs: Vec<_> =
        found.near_duplicates.iter().map(|pair| (pair.train.as_str(), pair.test.as_str())).collect();
    assert_eq!(pairs, [("music/original vibe_ace.ogg.wav", "music/copy vibe_ace.ogg.wav")]);
}

#[test]
fn the_fault_table_is_consistent() {
    let repeated: BTreeSet<_> = REPETITIONS.iter().map(|fault| (fault.genre, fault.number)).collect();
    assert_eq!(repeated.len(), REPETITIONS.len());
    for fault in REPETITIONS {
        assert!(GENRES.contains(&fault.genre) && fault.number < 100);
        // A repeated file is kept.
        assert!(fault.of.is_none_or(|kept| !repeated.contains(&kept)), "{fault:?}");
    }
    assert!(DISTORTIONS.iter().all(|fault| !repeated.contains(fault)));
    assert_eq!(gtzan::faulty_tracks().names().len(), 52);
    for fault in MISLABELINGS {
        assert!(GENRES.contains(&fault.genre) && GENRES.contains(&fault.belongs_to));
        assert_ne!(fault.genre, fault.belongs_to);
    }
}

#[test]
fn faults_are_left_out_on_request() {
    let tracks: Vec<String> = (0..100).map(|i| format!("jazz/jazz.{i:05}.wav")).collect();
    let set =
        FeatureSet::new(Array3::zeros((100, 1, 1)), vec![0; 100], vec!["jazz".into()], tracks, None).unwrap();
    let clean = set.excluding(&gtzan::faulty_tracks()).unwrap();
    assert_eq!(clean.len(), 100 - REPETITIONS.iter().filter(|fault| fault.genre == "jazz").count());
}

#[test]
fn the_differences_of_a_folder_from_gtzan_are_reported() {
    let root = tempfile::tempdir().unwrap();
    let seconds = |n: f32| common::tone(200.0, n, 22_050);
    common::write_wav(&root.path().join("jazz/jazz.00000.wav"), &seconds(30.0), 22_050);
    common::write_wav(&root.path().join("jazz/jazz.00001.wav"), &seconds(12.0), 22_050);
    common::write_wav(&root.path().join("jazz/jazz.00002.wav"), &common::tone(200.0, 30.0, 8_000), 8_000);
    common::write_wav(&root.path().join("jazz/other.wav"), &seconds(1.0), 22_050);
    fs::write(root.path().join("jazz/jazz.00054.wav"), b"not audio").unwrap();
    common::write_wav(&root.path().join("polka/1.wav"), &seconds(1.0), 22_050);

    let report = gtzan::check(&AudioFolder::scan(root.path()).unwrap());
    assert_eq!(report.missing_genres.len(), 9);
    assert_eq!(report.other_classes, ["polka"]);
    assert_eq!(report.missing_tracks.len(), 96);
    assert_eq!(report.other_tracks, ["jazz/other.wav"]);
    assert_eq!(report.other_rates, [("jazz/jazz.00002.wav".to_owned(), 8_000)]);
    assert_eq!(report.other_lengths, [("jazz/jazz.00001.wav".to_owned(), 12.0)]);
    let text = report.to_string();
    assert!(text.contains("jazz/jazz.00054.wav: not audio"), "{text}");
    assert!(text.contains("jazz/jazz.00001.wav: 12.00 s instead of 30"), "{text}");
    assert!(!report.is_empty());
}
