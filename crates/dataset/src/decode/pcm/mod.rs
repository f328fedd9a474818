//! Containers of samples that are not compressed: WAV and its 64-bit relatives, AIFF, CAF and Sun `.au`.
//!
//! Each container has a module that reads its header into a [`Layout`], and one reader reads the samples. symphonia 0.6
//! refuses many WAV and AIFF headers that other programs write or read (its issues 87, 309, 380, 409, 425 and 447), and has
//! neither CAF nor `.au`.

mod aiff;
mod au;
mod caf;
mod coding;
mod ima;
mod wav;

use std::fmt;
use std::io::{self, Read, Seek, SeekFrom};

use symphonia::core::io::MediaSource;

use super::mono;
use crate::{Error, Result};
use coding::{Coding, Order};

pub(super) use ima::ImaReader;
pub(super) use wav::{Wav, read as read_wav};

/// Bytes of samples per block.
const BLOCK_BYTES: u64 = 1 << 16;
/// Greatest number of channels; a header with more is garbage.
const MAX_CHANNELS: u32 = 256;

/// The place and the form of the samples of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    coding: Coding,
    order: Order,
    sample_rate: u32,
    channels: u32,
    /// Bits of a sample that carry sound; fewer than the coding has where the container is wider.
    bits: u32,
    /// Position of the first sample in the file.
    start: u64,
    /// Bytes of samples, where the header tells.
    bytes: Option<u64>,
}

/// The place of the bits of a sample in a wider container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Justified {
    /// At the top, as the formats have it.
    Left,
    /// At the bottom, as some programs write them.
    Right,
}

/// Reads blocks of mono samples.
pub(super) struct PcmReader {
    source: Box<dyn MediaSource>,
    layout: Layout,
    /// Known from the first samples that are not silent.
    justified: Option<Justified>,
    /// Samples per channel that were read or skipped.
    position: u64,
    bytes: Vec<u8>,
    interleaved: Vec<f32>,
}

/// The reason why a header is not that of a playable file.
#[derive(Debug, thiserror::Error)]
enum HeaderError {
    #[error("the header is truncated")]
    Truncated,
    #[error("the data offset is {offset}, inside the header")]
    Offset { offset: u32 },
    #[error("the sample rate is {sample_rate}")]
    SampleRate { sample_rate: f64 },
    #[error("the number of channels is {channels}, not from 1 to {MAX_CHANNELS}")]
    Channels { channels: u32 },
    #[error("a sample has {bits} bits")]
    Bits { bits: u32 },
    #[error("a block has {bytes} bytes, less than its header")]
    Block { bytes: u64 },
    #[error("there is no chunk \"{chunk}\"")]
    NoChunk { chunk: &'static str },
}

/// Returns the reader of a container with this beginning; `None` where it is another one.
pub(super) fn open(
    mut source: Box<dyn MediaSource>,
    magic: &[u8],
) -> Result<Result<PcmReader, Box<dyn MediaSource>>> {
    let layout = if magic.starts_with(b".snd") || magic.starts_with(b"dns.") {
        au::read(&mut source)?
    } else if magic.starts_with(b"FORM")
        && (magic.get(8..12) == Some(b"AIFF") || magic.get(8..12) == Some(b"AIFC"))
    {
        aiff::read(&mut source)?
    } else if magic.starts_with(b"caff") {
        caf::read(&mut source)?
    } else {
        return Ok(Err(source));
    };
    PcmReader::new(source, layout).map(Ok)
}

impl PcmReader {
    /// Checks what a header says.
    pub(super) fn new(mut source: Box<dyn MediaSource>, layout: Layout) -> Result<Self> {
        if layout.start > source.seek(SeekFrom::End(0))? {
            return Err(Error::Undecodable { format: "PCM", cause: HeaderError::Truncated.into() });
        }
        source.seek(SeekFrom::Start(layout.start))?;
        let justified = (layout.bits == 8 * layout.coding.bytes() as u32).then_some(Justified::Left);
        let (bytes, interleaved) = (Vec::new(), Vec::new());
        Ok(Self { source, layout, justified, position: 0, bytes, interleaved })
    }

    pub(super) fn sample_rate(&self) -> u32 {
        self.layout.sample_rate
    }

    pub(super) fn channels(&self) -> usize {
        self.layout.channels as usize
    }

    /// Samples per channel that the header promises, where it does.
    pub(super) fn declared_len(&self) -> Option<u64> {
        self.layout.bytes.map(|bytes| bytes / self.layout.frame())
    }

    /// Samples per channel up to the end of the last block.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Jumps to a sample, or to the end.
    pub(super) fn seek(&mut self, sample: u64) -> Result<bool> {
        let sample = self.declared_len().map_or(sample, |declared| sample.min(declared));
        let offset = sample.saturating_mul(self.layout.frame());
        // A seek beyond the end of a file is no error, and the number of samples before it is not known.
        let start = self.layout.start.saturating_add(offset);
        if start > self.source.seek(SeekFrom::End(0))? {
            self.source.seek(SeekFrom::Start(self.layout.start + self.position * self.layout.frame()))?;
            return Ok(false);
        }
        self.source.seek(SeekFrom::Start(start))?;
        self.position = sample;
        Ok(true)
    }

    /// Replaces `block` with the next mono samples; returns `false` at the end.
    pub(super) fn next_block(&mut self, block: &mut Vec<f32>) -> Result<bool> {
        block.clear();
        let frame = self.layout.frame();
        let left = self.declared_len().map_or(u64::MAX, |declared| declared.saturating_sub(self.position));
        let frames = (BLOCK_BYTES / frame).max(1).min(left);
        self.bytes.clear();
        self.source.by_ref().take(frames * frame).read_to_end(&mut self.bytes)?;
        let whole = self.bytes.len() as u64 / frame;
        self.position += whole;
        self.bytes.truncate((whole * frame) as usize);
        self.justify();
        self.interleaved.clear();
        self.layout.coding.decode(self.layout.order, &self.bytes, &mut self.interleaved);
        mono::average(&self.interleaved, self.channels(), block);
        Ok(whole > 0)
    }

    /// Moves the bits of samples that are narrower than their container to its top.
    fn justify(&mut self) {
        let Coding::Signed(width @ 2..=4) = self.layout.coding else { return };
        let Some(unused) = (8 * width as u32).checked_sub(self.layout.bits) else { return };
        let order = self.layout.order;
        if self.justified.is_none() {
            self.justified = justification(&self.bytes, width, order, unused);
        }
        if self.justified == Some(Justified::Right) {
            for bytes in self.bytes.chunks_exact_mut(width) {
                let value = integer(bytes, order) << unused;
                let shifted = if order == Order::Little { value.to_le_bytes() } else { value.to_be_bytes() };
                bytes.copy_from_slice(if order == Order::Little {
                    &shifted[..width]
                } else {
                    &shifted[8 - width..]
                });
            }
        }
    }
}

/// The place of the bits in some samples; `None` for silence. At the top, the bits that are not used are 0; at the bottom,
/// they repeat the sign, or are 0 as well.
fn justification(bytes: &[u8], width: usize, order: Order, unused: u32) -> Option<Justified> {
    let values = || bytes.chunks_exact(width).map(|bytes| integer(bytes, order));
    if values().all(|value| value == 0) {
        return None;
    }
    let bits = 8 * width as u32 - unused;
    let at_bottom = values().all(|value| value >> bits == 0 || value >> (bits - 1) == -1);
    let at_top = values().all(|value| value & ((1 << unused) - 1) == 0);
    Some(if at_bottom && !at_top { Justified::Right } else { Justified::Left })
}

/// A sample of up to 8 bytes with its sign.
fn integer(bytes: &[u8], order: Order) -> i64 {
    let value = order.number(bytes).cast_signed();
    let unused = 64 - 8 * bytes.len() as u32;
    value << unused >> unused
}

impl Layout {
    /// Checks the numbers of a header.
    fn checked(self, format: &'static str) -> Result<Self> {
        let undecodable = |cause: HeaderError| Error::Undecodable { format, cause: cause.into() };
        if self.sample_rate == 0 {
            return Err(undecodable(HeaderError::SampleRate { sample_rate: 0.0 }));
        }
        if !(1..=MAX_CHANNELS).contains(&self.channels) {
            return Err(undecodable(HeaderError::Channels { channels: self.channels }));
        }
        Ok(self)
    }

    /// Bytes of one sample of all channels.
    fn frame(&self) -> u64 {
        self.coding.bytes() as u64 * u64::from(self.channels)
    }
}

impl fmt::Debug for PcmReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PcmReader").field("layout", &self.layout).finish_non_exhaustive()
    }
}

/// Reads `N` bytes, or says that a header is truncated.
fn bytes<const N: usize>(source: &mut impl Read, format: &'static str) -> Result<[u8; N]> {
    let mut bytes = [0; N];
    source.read_exact(&mut bytes).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => Error::Undecodable { format, cause: HeaderError::Truncated.into() },
        _ => error.into(),
    })?;
    Ok(bytes)
}
