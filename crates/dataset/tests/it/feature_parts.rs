//! Sets in Parquet parts, read piece by piece.
#![cfg(feature = "parquet")]

use std::fs;
use std::path::Path;

use cepstrum_dataset::{Error, ExtractConfig, FeatureParts, FeatureSet, StoreError};
use ndarray::{Array3, Axis, concatenate};

/// A set of one class whose values tell their segment.
fn set(class: &str, first: usize, n: usize, config: Option<ExtractConfig>) -> FeatureSet {
    let features = Array3::from_shape_fn((n, 2, 3), |(i, j, k)| ((first + i) * 6 + j * 3 + k) as f32);
    let tracks = (0..n).map(|i| format!("{class}/{}.wav", i / 3)).collect();
    FeatureSet::new(features, vec![0; n], vec![class.to_owned()], tracks, config).unwrap()
}

/// Two parts, the classes of which are not in the order of their names; the first has two row groups.
fn two_parts(folder: &Path) -> [FeatureSet; 2] {
    let sets = [
        set("rock", 0, 1500, Some(ExtractConfig::default())),
        set("jazz", 1500, 10, Some(ExtractConfig::default())),
    ];
    sets[0].export_parquet(folder.join("0.parquet")).unwrap();
    sets[1].export_parquet(folder.join("1.parquet")).unwrap();
    sets
}

#[test]
fn parts_are_one_set() {
    let folder = tempfile::tempdir().unwrap();
    let [rock, jazz] = two_parts(folder.path());
    // Room for a single piece: each change of the piece reads again.
    let parts = FeatureParts::open(folder.path(), 0).unwrap();
    assert_eq!((parts.len(), parts.classes()), (1510, &["jazz".to_owned(), "rock".to_owned()][..]));
    assert_eq!(parts.pieces(), (vec![1024, 476, 10], 1));
    assert_eq!((parts.labels()[0], parts.labels()[1509]), (1, 0));
    let mut values = vec![0.0; 3 * 6];
    parts.read(&[1505, 3, 1400], &mut values).unwrap();
    assert_eq!(
        [0, 6, 17].map(|at| values[at].to_bits()),
        [1505.0 * 6.0, 18.0, 1400.0 * 6.0 + 5.0].map(f32::to_bits)
    );

    let whole = parts.load().unwrap();
    let features = concatenate![Axis(0), rock.features().view(), jazz.features().view()];
    assert_eq!(whole.features(), features);
    assert_eq!(whole.track_names()[500], "jazz/0.wav");
    assert_eq!(whole.config(), Some(&ExtractConfig::default()));
}

#[test]
fn a_selection_keeps_its_segments_and_their_tracks() {
    let folder = tempfile::tempdir().unwrap();
    two_parts(folder.path());
    let parts = FeatureParts::open(folder.path(), 1 << 20).unwrap();
    let some = parts.select(|segment| segment % 100 == 7);
    assert_eq!((some.len(), some.pieces().0), (16, vec![11, 4, 1]));
    let set = some.load().unwrap();
    assert_eq!(set.features()[[15, 0, 0]].to_bits(), f32::to_bits(1507.0 * 6.0));
    assert_eq!(
        (some.track_names()[1].as_str(), some.track_names()[15].as_str()),
        ("rock/35.wav", "jazz/2.wav")
    );
    assert!(some.select(|_| false).is_empty());
}

#[test]
fn only_committed_parts_are_read() {
    let folder = tempfile::tempdir().unwrap();
    two_parts(folder.path());
    fs::write(folder.path().join("job.json"), "{}").unwrap();
    let error = FeatureParts::open(folder.path(), 0).unwrap_err();
    assert!(matches!(error.cause(), Error::Store(StoreError::MissingKey { key: "commit.json" })), "{error}");
    fs::write(folder.path().join("commit.json"), r#"{"parts": [{"file": "1.parquet", "rows": 10}]}"#)
        .unwrap();
    assert_eq!(FeatureParts::open(folder.path(), 0).unwrap().len(), 10);
}

#[test]
fn parts_that_do_not_fit_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = FeatureParts::open(folder.path(), 0).unwrap_err();
    assert!(matches!(error.cause(), Error::NothingUsable { .. }), "{error}");
    two_parts(folder.path());
    set("jazz", 0, 3, None).export_parquet(folder.path().join("2.parquet")).unwrap();
    let error = FeatureParts::open(folder.path(), 0).unwrap_err().to_string();
    assert!(error.contains("2.parquet") && error.contains("configuration"), "{error}");
    fs::write(folder.path().join("2.parquet"), "no parquet").unwrap();
    let error = FeatureParts::open(folder.path(), 0).unwrap_err().to_string();
    assert!(error.contains("2.parquet") && error.contains("Parquet"), "{error}");
    fs::remove_file(folder.path().join("2.parquet")).unwrap();
    let whole = fs::read(folder.path().join("1.parquet")).unwrap();
    let parts = FeatureParts::open(folder.path(), 0).unwrap();
    fs::write(folder.path().join("1.parquet"), &whole[..whole.len() / 2]).unwrap();
    assert!(parts.read(&[1505], &mut [0.0; 6]).unwrap_err().to_string().contains("1.parquet"));
}
