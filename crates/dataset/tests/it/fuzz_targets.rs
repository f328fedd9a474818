//! The bodies of the fuzz targets: properties that hold for any bytes. `fuzz/fuzz_targets` runs them on new inputs, and
//! `fuzz_cases.rs` on the kept ones.
#![allow(
    unreachable_pub,
    clippy::expect_used,
    reason = "the fuzz targets use this file as a module of their own"
)]

use std::io::Cursor;

use cepstrum_dataset::decode::AudioReader;
use cepstrum_dataset::{
    FeatureSet, FixedSplit, Groups, NpzConfig, SplitConfig, SplitUnit, StoreFormat, TableConfig, TableRows,
    TrackList, read_npz_from, read_table_from,
};

/// The `.au` reader: any bytes after the magic are an error or finite samples.
pub fn au(data: &[u8]) {
    let file = [b".snd", data].concat();
    let Ok(mut reader) = AudioReader::new(Cursor::new(file), Some("au")) else { return };
    while let Ok(Some(block)) = reader.next_block() {
        assert!(!block.is_empty() && block.iter().all(|sample| sample.is_finite()));
    }
    assert!(reader.decoded() <= data.len() as u64);
}

/// The magic numbers of the formats whose headers are read or mended here.
const HEADS: [&[u8]; 15] = [
    b"",
    b"RIFF\0\0\0\0WAVE",
    b"RF64\xff\xff\xff\xffWAVE",
    b"FORM\0\0\0\0AIFF",
    b"FORM\0\0\0\0AIFC",
    b"caff\0\x01\0\0",
    b"fLaC\0\0\0\x22",
    b"\0\0\0\x10ftypM4A \0\0\0\0",
    b"OggS\0\x02",
    b"ID3\x04\0\0\0\0\0\0\xff\xfb\x90\0",
    b"\xff\xf1\x50\x40",
    b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\0\0",
    b"\0\0\0\x08wide",
    b"\x1aE\xdf\xa3",
    b"RIFF\0\0\0\0WAVEfmt \x14\0\0\0\x11\0",
];

/// The file that some bytes stand for, and the place from which it is read.
pub fn headed(data: &[u8]) -> Option<(Vec<u8>, u8)> {
    let [kind, place, data @ ..] = data else { return None };
    Some(([HEADS[usize::from(*kind) % HEADS.len()], data].concat(), *place))
}

/// The readers and the layers in front of symphonia: any bytes behind the beginning of any format, which the first byte
/// chooses, are an error or finite samples, also from a place inside that the second byte chooses.
pub fn decode(data: &[u8]) {
    let Some((file, place)) = headed(data) else { return };
    let Ok(mut reader) = AudioReader::new(Cursor::new(file), None) else { return };
    if place & 1 == 1 && reader.skip(u64::from(place) << 6).is_err() {
        return;
    }
    while let Ok(Some(block)) = reader.next_block() {
        assert!(!block.is_empty() && block.iter().all(|sample| sample.is_finite()));
    }
}

/// The JSON store: a set that can be read is the same after writing and reading it again.
pub fn json(data: &[u8]) {
    round_trip(data, StoreFormat::Json);
}

/// The safetensors store: a set that can be read is the same after writing and reading it again.
pub fn tensors(data: &[u8]) {
    round_trip(data, StoreFormat::SafeTensors);
}

/// The `NumPy` archive: a set that can be read is the same after writing and reading it again.
pub fn npz(data: &[u8]) {
    round_trip(data, StoreFormat::Npz);
}

/// The table of comma-separated values: a set that can be read is the same after writing and reading it again.
pub fn csv(data: &[u8]) {
    round_trip(data, StoreFormat::Csv);
}

fn round_trip(data: &[u8], format: StoreFormat) {
    let Ok(set) = FeatureSet::read_from(data, format) else { return };
    let mut bytes = Vec::new();
    set.write_to(&mut bytes, format).expect("writing to a vector does not fail");
    assert_eq!(FeatureSet::read_from(bytes.as_slice(), format).expect("the store was just written"), set);
}

/// Group files and track lists: any bytes are an error or a list whose names can be looked up.
pub fn lists(data: &[u8]) {
    let json = br#"{"mapping": ["a", "b"], "mfcc": [[[0]], [[1]], [[2]], [[3]]], "labels": [0, 0, 1, 1],
        "tracks": ["a/a.00001.wav", "a/x.au", "b/x.au", "b/b_2"]}"#;
    let set = FeatureSet::read_from(json.as_slice(), StoreFormat::Json).expect("the store is valid");
    if let Ok(list) = TrackList::read_from(data) {
        let _ = set.excluding(&list);
        let _ =
            FixedSplit { train: list.clone(), validation: TrackList::default(), test: list }.indices(&set);
    }
    if let Ok(groups) = Groups::read_from(data) {
        let unit = SplitUnit::Group(&groups);
        let config = SplitConfig { unit, validation_share: 0.0, ..SplitConfig::default() };
        if let Ok(parts) = config.indices(&set) {
            assert_eq!(parts.train.len() + parts.test.len(), set.len());
        }
    }
}

/// Tables and archives: any bytes are an error or a set of finite values, of which every row has a track.
pub fn tables(data: &[u8]) {
    let sets = [TableRows::Tracks, TableRows::Segments, TableRows::NumberedSegments]
        .map(|rows| read_table_from(data, &TableConfig { rows, ..TableConfig::default() }));
    let names = ["X", "Y", "IDS"].map(str::to_owned);
    let [features, labels, tracks] = names;
    let archive = NpzConfig { features, labels, tracks, classes: vec!["a".to_owned(), "b".to_owned()] };
    for set in sets.into_iter().chain([read_npz_from(Cursor::new(data), &archive)]).flatten() {
        assert!(set.features().iter().all(|value| value.is_finite()));
        assert_eq!((set.track_ids().len(), set.positions().len()), (set.len(), set.len()));
    }
}
