//! Sun/NeXT `.au`, the format in which GTZAN was released and which symphonia lacks.
//!
//! A file has a header of six big-endian words (magic `.snd`, data offset, data size or `0xffff_ffff`, encoding, sample
//! rate, channels), an annotation up to the data offset, and interleaved big-endian samples (Sun Microsystems,
//! `audio.h`; RFC 2361 names the same encodings).

use std::fmt;
use std::io::{self, Read};

use super::mono;
use crate::{Error, Result};

/// The first four bytes of a file.
pub(super) const MAGIC: [u8; 4] = *b".snd";

/// Bytes of samples per block.
const BLOCK_BYTES: usize = 1 << 16;
/// Greatest number of channels; a header with more is garbage.
const MAX_CHANNELS: u32 = 256;

/// Reads blocks of mono samples from an `.au` stream.
pub(super) struct AuReader<R> {
    reader: R,
    encoding: Encoding,
    sample_rate: u32,
    channels: usize,
    declared: Option<u64>,
    frames_left: u64,
    bytes: Vec<u8>,
    interleaved: Vec<f32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    MuLaw,
    Int8,
    Int16,
    Int24,
    Int32,
    Float32,
    Float64,
}

/// The reason why a header is not that of a playable `.au` file.
#[derive(Debug, thiserror::Error)]
enum HeaderError {
    #[error("the header is truncated")]
    Truncated,
    #[error("the data offset is {offset}, inside the header")]
    Offset { offset: u32 },
    #[error("encoding {code} is not supported (1, mu-law, to 7, 64-bit float, are)")]
    Encoding { code: u32 },
    #[error("the sample rate is 0")]
    SampleRate,
    #[error("the number of channels is {channels}, not from 1 to {MAX_CHANNELS}")]
    Channels { channels: u32 },
}

impl From<HeaderError> for Error {
    fn from(cause: HeaderError) -> Self {
        Self::Undecodable { format: "Sun au", cause: cause.into() }
    }
}

impl<R: Read> AuReader<R> {
    /// Reads the header.
    pub(super) fn new(mut reader: R) -> Result<Self> {
        let mut header = [0; 24];
        read_header(&mut reader, &mut header)?;
        if header[..4] != MAGIC {
            return Err(Error::NotAudio);
        }
        let word = |i: usize| u32::from_be_bytes([header[i], header[i + 1], header[i + 2], header[i + 3]]);
        let (offset, size, code, sample_rate, channels) = (word(4), word(8), word(12), word(16), word(20));
        let annotation = offset.checked_sub(24).ok_or(HeaderError::Offset { offset })?;
        let encoding = Encoding::from_code(code).ok_or(HeaderError::Encoding { code })?;
        if sample_rate == 0 {
            return Err(HeaderError::SampleRate.into());
        }
        if !(1..=MAX_CHANNELS).contains(&channels) {
            return Err(HeaderError::Channels { channels }.into());
        }
        let skipped = io::copy(&mut reader.by_ref().take(annotation.into()), &mut io::sink())?;
        if skipped < annotation.into() {
            return Err(HeaderError::Truncated.into());
        }
        let channels = channels as usize;
        let declared = (size != u32::MAX).then(|| u64::from(size) / (channels * encoding.bytes()) as u64);
        Ok(Self {
            reader,
            encoding,
            sample_rate,
            channels,
            declared,
            frames_left: declared.unwrap_or(u64::MAX),
            bytes: Vec::new(),
            interleaved: Vec::new(),
        })
    }

    pub(super) fn sample_rate(&self) -> u32 {
        self.sample_rate
    }

    pub(super) fn channels(&self) -> usize {
        self.channels
    }

    pub(super) fn declared_len(&self) -> Option<u64> {
        self.declared
    }

    /// Replaces `block` with the next mono samples; returns `false` at the end.
    pub(super) fn next_block(&mut self, block: &mut Vec<f32>) -> Result<bool> {
        block.clear();
        let width = self.encoding.bytes();
        let frame = width * self.channels;
        let frames = ((BLOCK_BYTES / frame).max(1) as u64).min(self.frames_left);
        self.bytes.clear();
        self.reader.by_ref().take(frames * frame as u64).read_to_end(&mut self.bytes)?;
        let whole = self.bytes.len() / frame;
        self.frames_left -= whole as u64;
        self.interleaved.clear();
        self.interleaved
            .extend(self.bytes[..whole * frame].chunks_exact(width).map(|bytes| self.encoding.sample(bytes)));
        mono::average(&self.interleaved, self.channels, block);
        Ok(whole > 0)
    }
}

impl<R> fmt::Debug for AuReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuReader")
            .field("encoding", &self.encoding)
            .field("sample_rate", &self.sample_rate)
            .field("channels", &self.channels)
            .field("declared", &self.declared)
            .finish_non_exhaustive()
    }
}

fn read_header(reader: &mut impl Read, header: &mut [u8]) -> Result<()> {
    reader.read_exact(header).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => HeaderError::Truncated.into(),
        _ => error.into(),
    })
}

impl Encoding {
    fn from_code(code: u32) -> Option<Self> {
        Some(match code {
            1 => Self::MuLaw,
            2 => Self::Int8,
            3 => Self::Int16,
            4 => Self::Int24,
            5 => Self::Int32,
            6 => Self::Float32,
            7 => Self::Float64,
            _ => return None,
        })
    }

    /// Number of bytes per sample.
    fn bytes(self) -> usize {
        match self {
            Self::MuLaw | Self::Int8 => 1,
            Self::Int16 => 2,
            Self::Int24 => 3,
            Self::Int32 | Self::Float32 => 4,
            Self::Float64 => 8,
        }
    }

    /// Decodes one sample, with full scale 1, from [`bytes`](Self::bytes) bytes.
    fn sample(self, bytes: &[u8]) -> f32 {
        let big_endian =
            |n: usize| bytes[..n].iter().fold(0_u64, |value, &byte| value << 8 | u64::from(byte));
        match self {
            Self::MuLaw => f32::from(mu_law(bytes[0])) / 32_768.0,
            Self::Int8 => f32::from(bytes[0] as i8) / 128.0,
            Self::Int16 => f32::from(big_endian(2) as i16) / 32_768.0,
            // Shifted to the top of 32 bits, where i32 has its sign.
            Self::Int24 => ((big_endian(3) as u32) << 8) as i32 as f32 / 2_147_483_648.0,
            Self::Int32 => big_endian(4) as i32 as f32 / 2_147_483_648.0,
            Self::Float32 => f32::from_bits(big_endian(4) as u32),
            Self::Float64 => f64::from_bits(big_endian(8)) as f32,
        }
    }
}

/// Converts ITU-T G.711 mu-law to 16-bit linear.
fn mu_law(byte: u8) -> i16 {
    let code = !byte;
    let magnitude = ((i16::from(code & 0x0f) << 3) + 0x84) << ((code & 0x70) >> 4);
    if code & 0x80 == 0 { magnitude - 0x84 } else { 0x84 - magnitude }
}

#[cfg(test)]
mod tests {
    use super::mu_law;

    #[test]
    fn mu_law_has_the_extremes_of_g711() {
        assert_eq!(mu_law(0xff), 0);
        assert_eq!(mu_law(0x7f), 0);
        assert_eq!(mu_law(0x80), 32_124);
        assert_eq!(mu_law(0x00), -32_124);
        assert_eq!(mu_law(0xfe), 8);
    }
}
