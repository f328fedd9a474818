//! AIFF and AIFF-C: Apple, "Audio Interchange File Format" 1.3, and its draft for compression.
//!
//! The size of the outer chunk is not used: programs write one that is off by a few bytes, or leave out the last pad byte,
//! and symphonia 0.6 refuses such files (its issue 309).

use std::io::{Read, Seek, SeekFrom};

use super::super::bytes::be;
use super::{Coding, HeaderError, Layout, Order, bytes};
use crate::{Error, Result};

const FORMAT: &str = "AIFF";
/// Greatest number of chunks; a file with more is garbage.
const MAX_CHUNKS: usize = 10_000;

/// The chunk that describes the samples.
struct Common {
    channels: u32,
    frames: u64,
    bits: u32,
    sample_rate: u32,
    coding: Coding,
    order: Order,
}

/// Reads the chunks. The samples may lie before their description.
pub(super) fn read<R: Read + Seek>(source: &mut R) -> Result<Layout> {
    let file_len = source.seek(SeekFrom::End(0))?;
    let (mut common, mut sound) = (None, None);
    let mut at = 12;
    // Of chunks that are there twice, players take the last ones.
    for _ in 0..MAX_CHUNKS {
        if at + 8 > file_len {
            break;
        }
        source.seek(SeekFrom::Start(at))?;
        let head: [u8; 8] = bytes(source, FORMAT)?;
        let size = be(&head[4..]);
        match &head[..4] {
            b"COMM" => common = Some(read_common(source, size)?),
            b"SSND" => {
                let offset: [u8; 4] = bytes(source, FORMAT)?;
                let skipped = 8 + be(&offset);
                sound = Some((at + 8 + skipped, size.saturating_sub(skipped)));
            }
            _ => {}
        }
        at = next_chunk(source, at + 8 + size, file_len)?;
    }
    let missing = |chunk| Error::Undecodable { format: FORMAT, cause: HeaderError::NoChunk { chunk }.into() };
    let Common { channels, frames, bits, sample_rate, coding, order } =
        common.ok_or_else(|| missing("COMM"))?;
    let (start, in_chunk) = sound.ok_or_else(|| missing("SSND"))?;
    let in_frames = frames.saturating_mul(coding.bytes() as u64 * u64::from(channels));
    // A program that wrote to a pipe leaves the sizes empty. Where the two differ, the chunk counts, as for libsndfile and
    // ffmpeg, unless it reaches beyond the file and the description does not.
    let rest = file_len.saturating_sub(start);
    let bytes = match (in_frames, in_chunk) {
        (0, 0) => None,
        (0, bytes) | (bytes, 0) => Some(bytes),
        (frames, chunk) if chunk > rest && frames <= rest => Some(frames),
        (_, chunk) => Some(chunk),
    };
    Layout { coding, order, sample_rate, channels, bits, start, bytes }.checked(FORMAT)
}

/// The position of the chunk behind one that ends at `end`: behind a pad byte, unless that is missing.
fn next_chunk<R: Read + Seek>(source: &mut R, end: u64, file_len: u64) -> Result<u64> {
    if end.is_multiple_of(2) || end + 8 > file_len {
        return Ok(end + end % 2);
    }
    source.seek(SeekFrom::Start(end))?;
    let head: [u8; 8] = bytes(source, FORMAT)?;
    let is_name = |name: &[u8]| name.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ');
    Ok(if is_name(&head[..4]) && !is_name(&head[1..5]) { end } else { end + 1 })
}

fn read_common<R: Read>(source: &mut R, size: u64) -> Result<Common> {
    let mut source = source;
    let head: [u8; 18] = bytes(&mut source, FORMAT)?;
    let frames = be(&head[2..6]);
    let bits = be(&head[6..8]) as u32;
    let rate = extended(&head[8..18]);
    if !(1.0..=f64::from(u32::MAX)).contains(&rate) {
        let cause = HeaderError::SampleRate { sample_rate: rate }.into();
        return Err(Error::Undecodable { format: FORMAT, cause });
    }
    let compression = if size >= 22 { bytes(&mut source, FORMAT)? } else { *b"NONE" };
    let (coding, order) = coding(compression, bits)?;
    let channels = be(&head[..2]) as u32;
    let bits = match coding {
        Coding::Signed(_) => bits,
        coding => 8 * coding.bytes() as u32,
    };
    Ok(Common { channels, frames, bits, sample_rate: rate.round() as u32, coding, order })
}

fn coding(compression: [u8; 4], bits: u32) -> Result<(Coding, Order)> {
    let integer = |bits: u32| match bits {
        1..=32 => Ok(Coding::Signed(bits.div_ceil(8) as usize)),
        bits => Err(Error::Undecodable { format: FORMAT, cause: HeaderError::Bits { bits }.into() }),
    };
    Ok(match &compression {
        b"NONE" | b"twos" | b"\0\0\0\0" => (integer(bits)?, Order::Big),
        b"sowt" => (integer(bits)?, Order::Little),
        b"in16" => (Coding::Signed(2), Order::Big),
        b"in24" => (Coding::Signed(3), Order::Big),
        b"in32" => (Coding::Signed(4), Order::Big),
        b"42ni" => (Coding::Signed(3), Order::Little),
        b"23ni" => (Coding::Signed(4), Order::Little),
        b"raw " => (Coding::Unsigned8, Order::Big),
        b"fl32" | b"FL32" => (Coding::Float32, Order::Big),
        b"fl64" | b"FL64" => (Coding::Float64, Order::Big),
        b"alaw" | b"ALAW" => (Coding::ALaw, Order::Big),
        b"ulaw" | b"ULAW" => (Coding::MuLaw, Order::Big),
        b"ima4" => return Err(Error::unsupported("IMA ADPCM in AIFF-C")),
        b"GSM " | b"agsm" => return Err(Error::unsupported("GSM in AIFF-C")),
        b"MAC3" | b"MAC6" => return Err(Error::unsupported("MACE in AIFF-C")),
        other => return Err(Error::unsupported(format!("\"{}\" in AIFF-C", other.escape_ascii()))),
    })
}

/// The value of a number of 80 bits, IEEE 754 extended.
fn extended(bytes: &[u8]) -> f64 {
    let exponent = be(&[bytes[0] & 0x7f, bytes[1]]) as i32;
    let mantissa = be(&bytes[2..10]);
    let sign = if bytes[0] & 0x80 == 0 { 1.0 } else { -1.0 };
    sign * mantissa as f64 * f64::from(exponent - 16_383 - 63).exp2()
}

#[cfg(test)]
mod tests {
    use super::extended;

    #[test]
    fn sample_rates_are_read_from_extended_numbers() {
        assert_eq!(extended(&[0x40, 0x0e, 0xac, 0x44, 0, 0, 0, 0, 0, 0]).to_bits(), 44_100_f64.to_bits());
        assert_eq!(extended(&[0x40, 0x0c, 0xfa, 0, 0, 0, 0, 0, 0, 0]).to_bits(), 16_000_f64.to_bits());
        assert_eq!(extended(&[0xbf, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0]).to_bits(), (-1_f64).to_bits());
        assert_eq!(extended(&[0; 10]).to_bits(), 0);
    }
}
