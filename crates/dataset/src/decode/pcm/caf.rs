//! Apple's Core Audio Format with uncompressed samples: Apple, "Core Audio Format Specification 1.0".

use std::io::{Read, Seek, SeekFrom};

use super::super::bytes::be;
use super::{Coding, HeaderError, Layout, Order, bytes};
use crate::{Error, Result};

const FORMAT: &str = "CAF";
/// Greatest number of chunks before the samples; a file with more is garbage.
const MAX_CHUNKS: usize = 10_000;

/// The chunk that describes the samples.
struct Description {
    sample_rate: f64,
    format: [u8; 4],
    flags: u32,
    packet_bytes: u32,
    channels: u32,
    bits: u32,
}

/// Reads the chunks up to the samples.
pub(super) fn read<R: Read + Seek>(source: &mut R) -> Result<Layout> {
    let mut source = source;
    let file_len = source.seek(SeekFrom::End(0))?;
    let mut description = None;
    let mut at = 8_u64;
    let missing = |chunk| Error::Undecodable { format: FORMAT, cause: HeaderError::NoChunk { chunk }.into() };
    for _ in 0..MAX_CHUNKS {
        if at.saturating_add(12) > file_len {
            break;
        }
        source.seek(SeekFrom::Start(at))?;
        let head: [u8; 12] = bytes(&mut source, FORMAT)?;
        let size = be(&head[4..]).cast_signed();
        at += 12;
        match &head[..4] {
            b"desc" => description = Some(read_description(&bytes(&mut source, FORMAT)?)),
            b"data" => {
                // The number of edits stands before the samples. A size of -1 means up to the end of the file.
                let bytes = u64::try_from(size).ok().map(|size| size.saturating_sub(4));
                return description.ok_or_else(|| missing("desc"))?.layout(at + 4, bytes);
            }
            _ => {}
        }
        at = at.saturating_add(u64::try_from(size).unwrap_or(u64::MAX));
    }
    Err(missing("data"))
}

fn read_description(bytes: &[u8; 32]) -> Description {
    let word = |at: usize| be(&bytes[at..at + 4]) as u32;
    Description {
        sample_rate: f64::from_bits(be(&bytes[..8])),
        format: [bytes[8], bytes[9], bytes[10], bytes[11]],
        flags: word(12),
        packet_bytes: word(16),
        channels: word(24),
        bits: word(28),
    }
}

impl Description {
    fn layout(&self, start: u64, bytes: Option<u64>) -> Result<Layout> {
        let undecodable = |cause: HeaderError| Error::Undecodable { format: FORMAT, cause: cause.into() };
        if !(1.0..=f64::from(u32::MAX)).contains(&self.sample_rate) {
            return Err(undecodable(HeaderError::SampleRate { sample_rate: self.sample_rate }));
        }
        let (is_float, is_little) = (self.flags & 1 != 0, self.flags & 2 != 0);
        let per_sample = self.packet_bytes.checked_div(self.channels).unwrap_or(0);
        let coding = match (&self.format, is_float, per_sample) {
            (b"lpcm", true, 4) => Coding::Float32,
            (b"lpcm", true, 8) => Coding::Float64,
            (b"lpcm", false, 1..=4) if (1..=8 * per_sample).contains(&self.bits) => {
                Coding::Signed(per_sample as usize)
            }
            (b"lpcm", ..) => return Err(undecodable(HeaderError::Bits { bits: self.bits })),
            (b"alaw", ..) => Coding::ALaw,
            (b"ulaw", ..) => Coding::MuLaw,
            (other, ..) => return Err(Error::unsupported(format!("{} in CAF", codec(*other)))),
        };
        let bits = if matches!(coding, Coding::Signed(_)) { self.bits } else { 8 * coding.bytes() as u32 };
        let order = if is_little { Order::Little } else { Order::Big };
        let (sample_rate, channels) = (self.sample_rate.round() as u32, self.channels);
        Layout { coding, order, sample_rate, channels, bits, start, bytes }.checked(FORMAT)
    }
}

/// The name of a codec that is not decoded in this container.
fn codec(format: [u8; 4]) -> String {
    match &format {
        b"aac " | b"aach" | b"aacp" => "AAC".to_owned(),
        b"alac" => "Apple Lossless".to_owned(),
        b"ima4" => "IMA ADPCM".to_owned(),
        b"opus" => "Opus".to_owned(),
        b"flac" => "FLAC".to_owned(),
        b".mp1" | b".mp2" | b".mp3" => "MPEG audio".to_owned(),
        b"ac-3" => "AC-3".to_owned(),
        other => format!("\"{}\"", other.escape_ascii()),
    }
}
