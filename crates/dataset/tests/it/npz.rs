//! Feature sets from `NumPy` archives, and the archives that are rejected. `NumPy` wrote the golden files.

use std::io::{Cursor, Read, Write};

use cepstrum_dataset::{
    Error, FeatureSet, NpzConfig, Result, TableError, TrackList, read_npz, read_npz_from, rng,
};
use ndarray::Array3;
use rand::Rng;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use crate::common;

fn config() -> NpzConfig {
    NpzConfig {
        features: "X".to_owned(),
        labels: "Y".to_owned(),
        tracks: "IDS".to_owned(),
        classes: vec!["jazz".to_owned(), "rock".to_owned()],
    }
}

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(common::golden(name)).unwrap()
}

fn read(bytes: &[u8]) -> Result<FeatureSet> {
    read_npz_from(Cursor::new(bytes), &config())
}

fn message(name: &str, config: &NpzConfig) -> String {
    read_npz(common::golden(name), config).unwrap_err().cause().to_string()
}

/// The arrays of a golden archive, as `.npy` files.
fn arrays(name: &str) -> Vec<(String, Vec<u8>)> {
    let mut archive = ZipArchive::new(Cursor::new(bytes(name))).unwrap();
    let array = |index| {
        let mut file = archive.by_index(index).unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        (file.name().unwrap().into_owned(), bytes)
    };
    (0..3).map(array).collect()
}

/// An archive with a right checksum for every array.
fn archive(arrays: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (name, bytes) in arrays {
        writer.start_file(name.as_str(), options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// The message for `tags.npz` with some bytes of its arrays replaced.
fn rejected(from: &[u8], to: &[u8]) -> String {
    let mut arrays = arrays("tags.npz");
    let place = |bytes: &[u8]| bytes.windows(from.len()).position(|window| window == from);
    let (array, at) = (0..3).find_map(|array| Some((array, place(&arrays[array].1)?))).unwrap();
    arrays[array].1.splice(at..at + from.len(), to.iter().copied());
    read(&archive(&arrays)).unwrap_err().to_string()
}

#[test]
fn numpy_archives_become_sets() {
    let expected_tracks = ["jazz/jazz.00000.au", "rock/rock.00007.au", "jazz/Ærøskøbing.au"];
    for (name, shape) in [("tags.npz", (5, 1, 3)), ("tags_compressed.npz", (5, 2, 2))] {
        let set = read_npz(common::golden(name), &config()).unwrap();
        let n = (shape.0 * shape.1 * shape.2) as u16;
        let values: Vec<f32> = (0..n).map(|i| f32::from(i) / 8.0).collect();
        assert_eq!(set.features(), &Array3::from_shape_vec(shape, values).unwrap(), "{name}");
        assert_eq!(set.labels(), [0, 0, 1, 1, 0]);
        assert_eq!(set.track_names(), expected_tracks);
        assert_eq!((set.track_ids(), set.positions()), (&[0, 0, 1, 1, 2][..], &[0, 1, 0, 1, 0][..]));
        assert_eq!(read(&bytes(name)).unwrap(), set);
        let list: TrackList = ["rock/rock.00007.wav"].into_iter().collect();
        assert_eq!(set.including(&list).unwrap().len(), 2);
    }
}

#[test]
fn pickles_and_other_layouts_are_refused_by_name() {
    let message_of = |name| message(name, &config());
    assert_eq!(
        message_of("tags_pickled.npz"),
        "array \"IDS\" is of type |O, expected numbers or strings: pickled objects are not read"
    );
    assert_eq!(
        message_of("tags_fortran.npz"),
        "array \"X\" is in the order of Fortran, expected the order of C"
    );
    let with = |array: &str| message("tags.npz", &NpzConfig { labels: array.to_owned(), ..config() });
    assert_eq!(with("Z"), "the archive has no array \"Z\"");
    assert_eq!(with("X"), "array \"X\" is of shape [5, 3], expected of one axis");
    assert_eq!(with("IDS"), "array \"IDS\" is of type <U18, expected <i4 or <i8");
    let swapped = NpzConfig { features: "Y".to_owned(), ..config() };
    assert_eq!(message("tags.npz", &swapped), "array \"Y\" is of shape [5], expected of two or three axes");
    let swapped = NpzConfig { tracks: "Y".to_owned(), ..config() };
    assert_eq!(message("tags.npz", &swapped), "array \"Y\" is of type <i8, expected strings (<U)");
    let one_class = NpzConfig { classes: vec!["jazz".to_owned()], ..config() };
    assert_eq!(
        message("tags.npz", &one_class),
        "array \"Y\", row 2, column 0: 1 is not the label of a class"
    );
}

#[test]
fn wrong_values_and_headers_are_rejected_by_place() {
    let nan = rejected(&0.625_f32.to_le_bytes(), &f32::NAN.to_le_bytes());
    assert_eq!(nan, "array \"X\", row 1, column 2: NaN is not a finite number");
    let label = rejected(&[1, 0, 0, 0, 0, 0, 0, 0, 1], &[0xff; 9]);
    assert_eq!(label, "array \"Y\", row 2, column 0: -1 is not the label of a class");
    let surrogate = rejected(b"o\0\0\0c\0\0\0k\0\0\0/", b"\0\xd8\0\0c\0\0\0k\0\0\0/");
    assert_eq!(surrogate, "array \"IDS\", row 2, column 0: the string is not Unicode");
    assert_eq!(
        rejected(b"NUMPY", b"NUMPI"),
        "array \"X\" is without one, or cut in it, expected a NumPy header"
    );
    assert_eq!(rejected(b"shape", b"shade"), "array \"X\" is without its entries, expected a NumPy header");
    let size = rejected(b"(5, 3), ", b"(5, 33),");
    assert_eq!(size, "array \"X\" is of 60 bytes, expected [5, 33] values of 4 bytes");
    let empty = rejected(b"<U18", b"<U00");
    assert_eq!(empty, "array \"IDS\" is of type <U00, expected numbers or strings in little-endian order");
    let big_endian = rejected(b"<f4", b">f4");
    assert_eq!(big_endian, "array \"X\" is of type >f4, expected numbers or strings in little-endian order");
}

#[test]
fn arrays_of_unequal_length_are_rejected() {
    let with = |index: usize, shape: &str, length: usize| {
        let mut arrays = arrays("tags.npz");
        let bytes = &mut arrays[index].1;
        let at = bytes.windows(2).position(|window| window == b"(5").unwrap();
        bytes[at + 1] = shape.as_bytes()[0];
        bytes.truncate(length);
        read(&archive(&arrays)).unwrap_err()
    };
    let error = with(1, "4", 128 + 4 * 8);
    assert!(matches!(error, Error::LengthMismatch { what: "labels", expected: 5, actual: 4 }), "{error}");
    for (shape, n) in [("4", 4), ("0", 0)] {
        let error = with(2, shape, 128 + n * 18 * 4);
        assert!(matches!(error, Error::LengthMismatch { what: "tracks", expected: 5, .. }), "{error}");
    }
}

#[test]
fn truncated_archives_are_rejected() {
    for name in ["tags.npz", "tags_compressed.npz"] {
        let whole = bytes(name);
        for length in 0..whole.len() {
            let error = read(&whole[..length]).unwrap_err();
            assert!(matches!(error, Error::Table(TableError::Npz { .. })), "{length} bytes: {error}");
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.npz");
    std::fs::write(&path, &bytes("tags.npz")[..300]).unwrap();
    let error = read_npz(&path, &config()).unwrap_err();
    assert!(error.to_string().contains("cut.npz: not a NumPy archive"), "{error}");
}

#[test]
fn damaged_archives_are_errors_or_sets() {
    let names = ["tags.npz", "tags_compressed.npz", "tags_pickled.npz"];
    let originals = names.map(|name| (bytes(name), arrays(name)));
    let mut rng = rng::stream(1, "npz mutations");
    let (mut accepted, mut rejected) = (0, 0);
    for i in 0..9_000 {
        // Half of the damage is inside the arrays, where no checksum finds it.
        let (whole, arrays) = &originals[i % 3];
        let damaged = if i % 2 == 0 {
            damage(whole, whole.len(), &mut rng)
        } else {
            let mut arrays = arrays.clone();
            let array = rng.random_range(0..3);
            arrays[array].1 = damage(&arrays[array].1, 140, &mut rng);
            archive(&arrays)
        };
        match read(&damaged) {
            Ok(set) => {
                assert!(set.features().iter().all(|value| value.is_finite()));
                assert_eq!(set.labels().len(), set.track_ids().len());
                accepted += 1;
            }
            Err(_) => rejected += 1,
        }
    }
    assert!(accepted > 100 && rejected > 1_000, "{accepted} accepted, {rejected} rejected");
}

/// Changes or inserts some of the first `reach` bytes.
fn damage(original: &[u8], reach: usize, rng: &mut impl Rng) -> Vec<u8> {
    let mut damaged = original.to_vec();
    for _ in 0..rng.random_range(1..4) {
        let at = rng.random_range(0..reach.min(damaged.len()));
        match rng.random_range(0..4) {
            0 => damaged[at] ^= 1 << rng.random_range(0..8),
            1 => damaged[at] = rng.random(),
            2 => damaged[at] = rng.random_range(b'0'..=b'9'),
            _ => drop(damaged.splice(at..at, [rng.random::<u8>(); 3])),
        }
    }
    damaged
}
