//! The SafeTensors store: what can be read can be written and read again as the same set.
#![no_main]

use cepstrum_dataset::{FeatureSet, StoreFormat};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(set) = FeatureSet::read_from(data, StoreFormat::SafeTensors) else { return };
    let mut bytes = Vec::new();
    set.write_to(&mut bytes, StoreFormat::SafeTensors).expect("a vector takes every byte");
    assert_eq!(FeatureSet::read_from(bytes.as_slice(), StoreFormat::SafeTensors).expect("it was just written"), set);
});
