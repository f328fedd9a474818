//! Sun/NeXT `.au`, the format in which GTZAN was released.
//!
//! A file has a header of six words (magic `.snd`, data offset, data size or `0xffff_ffff`, encoding, sample rate,
//! channels), an annotation up to the data offset, and interleaved samples: all big-endian, or little-endian where the magic
//! is DEC's `dns.` (Sun Microsystems, `audio.h`; RFC 2361 names the same encodings).

use std::io::Read;

use super::{Coding, HeaderError, Layout, Order, bytes};
use crate::{Error, Result};

const FORMAT: &str = "Sun au";
/// Bytes of the words before the annotation.
const HEADER_LEN: u32 = 24;

/// Reads the header.
pub(super) fn read(source: &mut impl Read) -> Result<Layout> {
    let header: [u8; HEADER_LEN as usize] = bytes(source, FORMAT)?;
    let order = if header.starts_with(b"dns.") { Order::Little } else { Order::Big };
    let word = |at: usize| order.number(&header[at..at + 4]) as u32;
    let (offset, size, code, sample_rate, channels) = (word(4), word(8), word(12), word(16), word(20));
    if offset < HEADER_LEN {
        return Err(Error::Undecodable { format: FORMAT, cause: HeaderError::Offset { offset }.into() });
    }
    let coding = coding(code)?;
    let bits = 8 * coding.bytes() as u32;
    // A size that is not known is all ones, and 0 in files of some programs.
    let bytes = (size != 0 && size != u32::MAX).then_some(u64::from(size));
    Layout { coding, order, sample_rate, channels, bits, start: offset.into(), bytes }.checked(FORMAT)
}

fn coding(code: u32) -> Result<Coding> {
    Ok(match code {
        1 => Coding::MuLaw,
        2 => Coding::Signed(1),
        3 => Coding::Signed(2),
        4 => Coding::Signed(3),
        5 => Coding::Signed(4),
        6 => Coding::Float32,
        7 => Coding::Float64,
        23 => return Err(Error::unsupported("G.721 ADPCM in Sun au")),
        24 => return Err(Error::unsupported("G.722 ADPCM in Sun au")),
        25 | 26 => return Err(Error::unsupported("G.723 ADPCM in Sun au")),
        27 => Coding::ALaw,
        code => return Err(Error::unsupported(format!("encoding {code} in Sun au"))),
    })
}
