//! What becomes of streams in memory.

use std::io::Cursor;

use cepstrum_dataset::Error;
use cepstrum_dataset::decode::AudioReader;

/// The samples up to the end or to the first error, and that error.
pub(crate) fn decode(bytes: Vec<u8>) -> (Vec<f32>, Option<Error>) {
    let mut samples = Vec::new();
    let mut reader = match AudioReader::new(Cursor::new(bytes), None) {
        Ok(reader) => reader,
        Err(error) => return (samples, Some(error)),
    };
    loop {
        match reader.next_block() {
            Ok(Some(block)) => samples.extend_from_slice(block),
            Ok(None) => return (samples, None),
            Err(error) => return (samples, Some(error)),
        }
    }
}

/// The samples of a stream without an error.
pub(crate) fn whole(bytes: Vec<u8>) -> Vec<f32> {
    let (samples, error) = decode(bytes);
    assert!(error.is_none(), "{error:?}");
    samples
}

pub(crate) fn refusal(bytes: Vec<u8>) -> String {
    match decode(bytes) {
        (_, Some(error @ Error::Unsupported { .. })) => error.to_string(),
        other => panic!("{other:?}"),
    }
}
