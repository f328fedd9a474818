//! Feature sets written and read back, and broken stores.

use std::fs;
use std::fs::File;

use cepstrum_dataset::{Error, ExtractConfig, FeatureSet, Segment, StoreError, StoreFormat};
use ndarray::Array3;
use proptest::prelude::*;

fn set() -> FeatureSet {
    let features = Array3::from_shape_fn((5, 3, 2), |(i, j, k)| (i * 100 + j * 10 + k) as f32 / 3.0 - 7.5e-9);
    let tracks = ["a/1.wav", "a/1.wav", "ü b/2.wav", "ü b/2.wav", "ü b/\"3\".wav"];
    let classes = vec!["a".to_owned(), "ü b".to_owned(), "empty".to_owned()];
    let config = ExtractConfig { segment: Segment::Seconds(1.5), ..ExtractConfig::default() };
    FeatureSet::new(features, vec![0, 0, 1, 1, 1], classes, tracks.map(str::to_owned).to_vec(), Some(config))
        .unwrap()
}

fn bytes(set: &FeatureSet, format: StoreFormat) -> Vec<u8> {
    let mut bytes = Vec::new();
    set.write_to(&mut bytes, format).unwrap();
    bytes
}

/// The set without its class that has no segment, and without its configuration: what a table can hold.
fn table_set() -> FeatureSet {
    let set = set();
    let tracks = set.track_ids().iter().map(|&track| set.track_names()[track].clone()).collect();
    let classes = set.classes()[..2].to_vec();
    FeatureSet::new(set.features().clone(), set.labels().to_vec(), classes, tracks, None).unwrap()
}

/// A set that the format can hold whole.
fn set_for(format: StoreFormat) -> FeatureSet {
    if format == StoreFormat::Csv { table_set() } else { set() }
}

const FORMATS: [StoreFormat; 4] =
    [StoreFormat::SafeTensors, StoreFormat::Json, StoreFormat::Npz, StoreFormat::Csv];

/// `check_stores.py` reads the files in the folder `CEPSTRUM_STORES` with numpy, pandas and polars.
#[test]
fn every_format_preserves_every_bit() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = std::env::var_os("CEPSTRUM_STORES").map_or_else(|| temporary.path().to_owned(), Into::into);
    for (name, format) in ["set.safetensors", "set.json", "set.NPZ", "set.csv"].into_iter().zip(FORMATS) {
        let path = folder.join(name);
        assert_eq!(StoreFormat::of_path(&path).unwrap(), format);
        set_for(format).save(&path).unwrap();
        assert_eq!(FeatureSet::load(&path).unwrap(), set_for(format), "{name}");
        // The positions of the segments are kept, not counted anew.
        let part = set_for(format).select(&[0, 1, 3, 4]);
        let read = FeatureSet::read_from(bytes(&part, format).as_slice(), format).unwrap();
        assert_eq!(read.positions(), part.positions());
        assert_eq!(read, part, "{name}");
    }
}

/// Files that numpy and pandas wrote (`golden/make_stores.py`).
#[test]
fn archives_of_numpy_and_tables_of_pandas_are_read() {
    let golden = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    for name in ["store.npz", "store.csv"] {
        let set = FeatureSet::load(golden.join(name)).unwrap();
        let expected = Array3::from_shape_fn((4, 2, 3), |(i, t, k)| (6 * i + 3 * t + k) as f32 / 8.0 - 1.0);
        assert_eq!(set.features(), &expected, "{name}");
        assert_eq!(
            (set.labels(), set.classes()),
            ([1, 1, 0, 0].as_slice(), ["Ærø", "jazz"].map(str::to_owned).as_slice())
        );
        assert_eq!(set.track_names(), ["jazz/a, \"b\".wav", "Ærø/c.wav"]);
        assert_eq!(set.positions(), [0, 2, 0, 1]);
    }
}

#[test]
fn another_extension_is_refused_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["set.txt", "set", "set.npy"] {
        let path = folder.path().join(name);
        let error = set().save(&path).unwrap_err();
        assert!(matches!(error.cause(), Error::Store(StoreError::UnknownStore { .. })), "{error}");
        assert!(error.to_string().contains(name) && error.to_string().contains(".npz"), "{error}");
        assert!(!path.exists());
        fs::write(&path, b"{}").unwrap();
        assert!(matches!(
            FeatureSet::load(&path).unwrap_err().cause(),
            Error::Store(StoreError::UnknownStore { .. })
        ));
    }
}

#[test]
fn what_a_format_cannot_hold_is_refused() {
    let error = set().write_to(Vec::new(), StoreFormat::Csv).unwrap_err();
    assert_eq!(error.to_string(), "the format Csv cannot hold class \"empty\", which has no segment");
    let named = FeatureSet::new(Array3::ones((1, 1, 1)), vec![0], vec!["a\0".into()], vec![], None).unwrap();
    let error = named.write_to(Vec::new(), StoreFormat::Npz).unwrap_err();
    assert!(
        matches!(error, Error::Store(StoreError::NotInFormat { format: StoreFormat::Npz, .. })),
        "{error}"
    );
}

#[test]
fn broken_tables_and_archives_name_the_place() {
    let csv = |text: &str| FeatureSet::read_from(text.as_bytes(), StoreFormat::Csv).unwrap_err().to_string();
    let header = "class,label,frame_0_coefficient_0,frame_0_coefficient_1\n";
    let rows = |rows: &str| csv(&format!("{header}{rows}"));
    assert_eq!(
        rows("a,0,1,2\na,0,1,NaN\n"),
        "line 3, column \"frame_0_coefficient_1\": \"NaN\" is not a finite number"
    );
    assert!(rows("a,0,1,2\nb,0,1,2\n").contains("line 3, column \"class\": \"b\""));
    assert!(rows("a,-1,1,2\n").contains("line 2, column \"label\""));
    assert!(rows("a,1,1,2\n").contains("classes has 1 entries"));
    assert!(rows("a,0,1\n").contains("line"));
    assert_eq!(rows(""), "the table has no row");
    assert_eq!(csv("class,label\n"), "the table has no column of features");
    assert_eq!(csv("filename,label,x\n"), "the table has no column \"class\"");
    assert!(csv("class,label,frame_0_coefficient_1\n").contains("columns of features"));

    let npz = |bytes: &[u8]| FeatureSet::read_from(bytes, StoreFormat::Npz).unwrap_err().to_string();
    let whole = bytes(&set(), StoreFormat::Npz);
    assert!(npz(b"words").contains("not a NumPy archive"));
    assert!(npz(&whole[..whole.len() / 2]).contains("not a NumPy archive"));
}

#[test]
fn a_set_without_tracks_or_configuration_is_read_back_without_them() {
    let plain =
        FeatureSet::new(Array3::ones((2, 1, 1)), vec![0, 1], vec!["a".into(), "b".into()], vec![], None);
    let plain = plain.unwrap();
    for format in FORMATS {
        let read = FeatureSet::read_from(bytes(&plain, format).as_slice(), format).unwrap();
        assert_eq!(read, plain);
        assert!(!read.has_tracks() && read.config().is_none());
    }
}

#[test]
fn equal_sets_are_written_as_equal_bytes() {
    for format in FORMATS {
        assert_eq!(bytes(&set_for(format), format), bytes(&set_for(format), format));
    }
}

#[test]
fn the_safetensors_crate_reads_what_is_written() {
    let bytes = bytes(&set(), StoreFormat::SafeTensors);
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(tensors.tensor("features").unwrap().shape(), [5, 3, 2]);
    let labels = tensors.tensor("labels").unwrap();
    assert_eq!(labels.data(), [0, 0, 1, 1, 1_u32].map(u32::to_le_bytes).concat());
}

#[test]
fn the_json_of_the_reference_experiment_is_read() {
    let json = r#"{
        "mapping": ["blues", "jazz"],
        "sample_rate": 22050, "extra": {"nested": [1, {"deep": null}]},
        "mfcc": [[[1.0, -2], [3e1, 4.5]], [[5, 6], [7, 8]]],
        "labels": [1, 0]
    }"#;
    let set = FeatureSet::read_from(json.as_bytes(), StoreFormat::Json).unwrap();
    assert_eq!(set.classes(), ["blues", "jazz"]);
    assert_eq!(set.labels(), [1, 0]);
    assert_eq!(set.features().as_slice().unwrap(), [1.0, -2.0, 30.0, 4.5, 5.0, 6.0, 7.0, 8.0]);
    assert!(!set.has_tracks());
}

fn json_error(json: &str) -> Error {
    FeatureSet::read_from(json.as_bytes(), StoreFormat::Json).unwrap_err()
}

#[test]
fn ragged_json_is_an_error_that_names_the_row() {
    let frames = json_error(r#"{"mapping": ["a"], "labels": [0, 0], "mfcc": [[[1, 2], [3, 4]], [[5, 6]]]}"#);
    assert!(matches!(
        frames,
        Error::Store(StoreError::Ragged { segment: 1, frame: None, unit: "frames", expected: 2, actual: 1 })
    ));
    let row =
        json_error(r#"{"mapping": ["a"], "labels": [0, 0], "mfcc": [[[1, 2], [3, 4]], [[5, 6], [7]]]}"#);
    assert!(matches!(
        row,
        Error::Store(StoreError::Ragged { segment: 1, frame: Some(1), expected: 2, actual: 1, .. })
    ));
    assert!(row.to_string().contains("frame 1 of segment 1 has 1 coefficients"), "{row}");
}

#[test]
fn json_with_missing_or_contradictory_parts_is_an_error() {
    assert!(matches!(
        json_error(r#"{"mapping": [], "labels": []}"#),
        Error::Store(StoreError::MissingKey { key: "mfcc" })
    ));
    assert!(matches!(
        json_error(r#"{"mfcc": [], "labels": []}"#),
        Error::Store(StoreError::MissingKey { key: "mapping" })
    ));
    assert!(matches!(
        json_error(r#"{"mfcc": [], "mapping": []}"#),
        Error::Store(StoreError::MissingKey { key: "labels" })
    ));
    let json = |labels: &str| format!(r#"{{"mapping": ["a"], "mfcc": [[[1]]], "labels": {labels}}}"#);
    assert!(matches!(json_error(&json("[0, 0]")), Error::LengthMismatch { expected: 1, actual: 2, .. }));
    assert!(matches!(json_error(&json("[1]")), Error::LabelOutOfRange { label: 1, n_classes: 1, .. }));
    assert!(matches!(json_error(&json("[-1]")), Error::Store(StoreError::Json { .. })));
    assert!(matches!(
        json_error(&json("[0]").replace("[[[1]]]", "[[[\"x\"]]]")),
        Error::Store(StoreError::Json { .. })
    ));
    // serde_json's feature `float_roundtrip`, which another crate of a build may enable, rejects the number itself.
    let beyond_f32 = json_error(&json("[0]").replace("[[[1]]]", "[[[1e60]]]"));
    assert!(
        matches!(beyond_f32, Error::NonFiniteFeature { .. } | Error::Store(StoreError::Json { .. })),
        "{beyond_f32}"
    );
    assert!(matches!(json_error(&json("[0]")[..20]), Error::Store(StoreError::Json { .. })));
    assert!(matches!(json_error(&(json("[0]") + "x")), Error::Store(StoreError::Json { at: None, .. })));
    // Python's `json.dump` writes NaN, which is not JSON.
    let nan = r#"{"mapping": ["a"], "mfcc": [[[1], [2]], [[3], [NaN]]], "labels": [0, 0]}"#;
    let error = json_error(nan);
    assert!(matches!(error, Error::Store(StoreError::Json { at: Some((1, 1)), .. })), "{error}");
    assert!(error.to_string().contains("frame 1 of segment 1: "), "{error}");
}

#[test]
fn contradictory_parts_are_rejected() {
    let classes = || vec!["a".to_owned(), "b".to_owned()];
    let new = |labels: Vec<usize>, classes, tracks: &[&str]| {
        let tracks = tracks.iter().map(|&track| track.to_owned()).collect();
        FeatureSet::new(Array3::zeros((labels.len(), 1, 1)), labels, classes, tracks, None).unwrap_err()
    };
    assert!(matches!(new(vec![0, 1], classes(), &["x"]), Error::LengthMismatch { what: "tracks", .. }));
    assert!(matches!(new(vec![0, 1], classes(), &["x", "x"]), Error::TrackInTwoClasses { .. }));
    assert!(matches!(new(vec![0], vec!["a".into(), "a".into()], &[]), Error::DuplicateClass { .. }));
}

#[test]
fn every_truncation_of_a_safetensors_store_is_an_error() {
    let whole = bytes(&set(), StoreFormat::SafeTensors);
    for length in 0..whole.len() {
        let error = FeatureSet::read_from(&whole[..length], StoreFormat::SafeTensors).unwrap_err();
        let expected =
            matches!(error, Error::Store(StoreError::SafeTensors { .. } | StoreError::Truncated { .. }));
        assert!(expected, "{length} bytes: {error}");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.safetensors");
    fs::write(&path, &whole[..whole.len() - 10]).unwrap();
    let message = FeatureSet::load(&path).unwrap_err().to_string();
    assert!(message.contains("cut.safetensors") && message.contains("truncated"), "{message}");
}

#[test]
fn another_kind_of_safetensors_file_is_not_a_store() {
    let data = [0_u8; 4];
    let view = safetensors::tensor::TensorView::new(safetensors::Dtype::F32, vec![1], &data).unwrap();
    let model = safetensors::serialize([("kernel", view)], None).unwrap();
    let error = FeatureSet::read_from(model.as_slice(), StoreFormat::SafeTensors).unwrap_err();
    assert!(matches!(error, Error::Store(StoreError::MissingKey { key: "format" })), "{error}");
}

#[test]
fn a_header_with_an_absurd_length_allocates_nothing() {
    let mut claim = 90_000_000_u64.to_le_bytes().to_vec();
    claim.extend(b"{}");
    let error = FeatureSet::read_from(claim.as_slice(), StoreFormat::SafeTensors).unwrap_err();
    assert!(
        matches!(error, Error::Store(StoreError::Truncated { expected: 90_000_000, actual: 2 })),
        "{error}"
    );
}

#[test]
fn a_file_is_rewritten_only_when_it_would_change() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.safetensors");
    set().save(&path).unwrap();
    let whole = std::fs::read(&path).unwrap();
    let long_ago = std::time::SystemTime::UNIX_EPOCH;
    let date = || File::options().write(true).open(&path).unwrap().set_modified(long_ago).unwrap();
    let is_new = || std::fs::metadata(&path).unwrap().modified().unwrap() > long_ago;
    date();
    set().save(&path).unwrap();
    assert!(!is_new());
    let middle = whole.len() - 40;
    let changed = [&whole[..middle], &[!whole[middle]], &whole[middle + 1..]].concat();
    for other in [&whole[..whole.len() - 1], &[&whole[..], &[0]].concat(), &changed, &[]] {
        std::fs::write(&path, other).unwrap();
        date();
        set().save(&path).unwrap();
        assert!(is_new());
        assert_eq!(std::fs::read(&path).unwrap(), whole);
    }
}

/// A writer, or a reader, that fails after a number of bytes.
struct Failing(usize);

impl std::io::Write for Failing {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or(std::io::ErrorKind::StorageFull)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl std::io::Read for Failing {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        if self.0 == 0 {
            return Err(std::io::ErrorKind::ConnectionReset.into());
        }
        let n = bytes.len().min(self.0);
        bytes[..n].fill(b' ');
        self.0 -= n;
        Ok(n)
    }
}

#[test]
fn a_failing_writer_or_reader_is_an_io_error() {
    use std::io::ErrorKind;

    for format in FORMATS {
        let length = bytes(&set_for(format), format).len();
        for room in (0..length).step_by(7) {
            let error = set_for(format).write_to(Failing(room), format).unwrap_err();
            assert!(matches!(&error, Error::Io(error) if error.kind() == ErrorKind::StorageFull), "{error}");
        }
    }
    for (format, n) in FORMATS.into_iter().flat_map(|format| [(format, 0), (format, 100)]) {
        if (format, n) == (StoreFormat::SafeTensors, 100) {
            // A hundred spaces are a header of absurd length.
            continue;
        }
        let error = FeatureSet::read_from(Failing(n), format).unwrap_err();
        assert!(matches!(&error, Error::Io(error) if error.kind() == ErrorKind::ConnectionReset), "{error}");
    }
}

#[test]
fn a_failed_write_leaves_the_old_file_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kept.bin");
    fs::write(&path, b"old").unwrap();
    let result = cepstrum_dataset::write_atomically(&path, |out| {
        std::io::Write::write_all(out, b"half")?;
        Err::<(), Error>(Error::EmptyAudio)
    });
    assert!(result.is_err());
    assert_eq!(fs::read(&path).unwrap(), b"old");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);

    let error = set().save(folder.path().join("no such folder/set.json")).unwrap_err();
    assert!(error.to_string().contains("no such folder"), "{error}");
}

proptest! {
    #![proptest_config(crate::common::seeded())]

    #[test]
    fn flipped_bytes_never_panic(position in 0_usize..1_000, flip in 1_u8..=255) {
        for format in FORMATS {
            let mut bytes = bytes(&set_for(format), format);
            let position = position % bytes.len();
            bytes[position] ^= flip;
            let _ = FeatureSet::read_from(bytes.as_slice(), format);
        }
    }

    #[test]
    fn select_keeps_the_parts_of_a_segment_together(indices in prop::collection::vec(0_usize..5, 0..12)) {
        let set = set();
        let chosen = set.select(&indices);
        prop_assert_eq!(chosen.len(), indices.len());
        for (i, &index) in indices.iter().enumerate() {
            prop_assert_eq!(chosen.labels()[i], set.labels()[index]);
            let name = |set: &FeatureSet, i: usize| set.track_names()[set.track_ids()[i]].clone();
            prop_assert_eq!(name(&chosen, i), name(&set, index));
            let axis = ndarray::Axis(0);
            prop_assert_eq!(chosen.features().index_axis(axis, i), set.features().index_axis(axis, index));
        }
    }
}

#[cfg(not(feature = "parquet"))]
#[test]
fn parquet_without_the_feature_is_rejected() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("set.parquet");
    let error = set().save(&path).unwrap_err().to_string();
    assert!(error.contains("set.parquet") && error.contains("feature `parquet`"), "{error}");
    assert!(!path.exists());
}
