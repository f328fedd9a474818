//! Frames of layer 3 with mixed blocks, which symphonia 0.6.1 decodes wrongly.
//!
//! A mixed block has long windows in its lowest subbands and short ones above. No encoder in use writes them; streams of the
//! ISO conformance suite do, and come out with peaks of 240. Delete this module when symphonia decodes `si_block.bit`.

use super::header::{Header, LEN};

/// The type of a block with short windows.
const SHORT: u8 = 2;

/// Returns whether a granule of the frame has a mixed block.
pub(super) fn has_mixed_block(header: &Header, frame: &[u8]) -> bool {
    if header.layer != 3 {
        return false;
    }
    let start = LEN + if header.has_crc { 2 } else { 0 };
    let Some(side_info) = frame.get(start..start + header.side_info_len()) else { return false };
    let bits = |at: usize, n: usize| {
        (at..at + n).fold(0, |value, i| value << 1 | side_info[i / 8] >> (7 - i % 8) & 1)
    };
    // ISO/IEC 11172-3, 2.4.1.7, and ISO/IEC 13818-3, 2.4.1.7.
    let (first, granules, length) = match (header.version, header.channels) {
        (1, 1) => (18, 2, 59),
        (1, _) => (20, 2, 59),
        (_, 1) => (9, 1, 63),
        _ => (10, 1, 63),
    };
    // Before the switch: part2_3_length, big_values, global_gain and scalefac_compress.
    let switch = if header.version == 1 { 33 } else { 38 };
    (0..granules * header.channels).any(|granule| {
        let at = first + granule * length + switch;
        bits(at, 1) == 1 && bits(at + 1, 2) == SHORT && bits(at + 3, 1) == 1
    })
}
