//! Group files and track lists: any bytes are an error or a list whose names can be looked up.
#![no_main]

use cepstrum_dataset::{FeatureSet, FixedSplit, Groups, SplitConfig, SplitUnit, StoreFormat, TrackList};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let json = br#"{"mapping": ["a", "b"], "mfcc": [[[0]], [[1]], [[2]], [[3]]], "labels": [0, 0, 1, 1],
        "tracks": ["a/a.00001.wav", "a/x.au", "b/x.au", "b/b_2"]}"#;
    let set = FeatureSet::read_from(json.as_slice(), StoreFormat::Json).expect("the set is whole");
    if let Ok(list) = TrackList::read_from(data) {
        let _ = set.without(&list);
        let _ = FixedSplit { train: list.clone(), validation: TrackList::default(), test: list }.indices(&set);
    }
    if let Ok(groups) = Groups::read_from(data) {
        let config = SplitConfig { unit: SplitUnit::Group(&groups), validation_share: 0.0, ..SplitConfig::default() };
        if let Ok(parts) = config.indices(&set) {
            assert_eq!(parts.train.len() + parts.test.len(), set.len());
        }
    }
});
