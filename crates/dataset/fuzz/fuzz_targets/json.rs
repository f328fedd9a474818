//! The Json store: what can be read can be written and read again as the same set.
#![no_main]

use cepstrum_dataset::{FeatureSet, StoreFormat};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(set) = FeatureSet::read_from(data, StoreFormat::Json) else { return };
    let mut bytes = Vec::new();
    set.write_to(&mut bytes, StoreFormat::Json).expect("a vector takes every byte");
    assert_eq!(FeatureSet::read_from(bytes.as_slice(), StoreFormat::Json).expect("it was just written"), set);
});
