//! The `.au` reader: whatever follows the magic is an error or samples that are finite.
#![no_main]

use std::io::Cursor;

use cepstrum_dataset::decode::AudioReader;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let file = [b".snd", data].concat();
    let Ok(mut reader) = AudioReader::new(Cursor::new(file), Some("au")) else { return };
    while let Ok(Some(block)) = reader.next_block() {
        assert!(!block.is_empty() && block.iter().all(|sample| sample.is_finite()));
    }
    assert!(reader.decoded() <= data.len() as u64);
});
