//! FLAC streams in front of symphonia 0.6, which refuses a minimum block size of 0 (its issue 554), block sizes that do not go
//! with the flag of the frames, and cue sheets of CDs, loses the last block before bytes that are no frame, drops the frames of another sample rate in silence, and decodes 32
//! bits in two channels wrongly.
//!
//! Layouts: RFC 9639.

mod frame;
mod tail;

use std::io::{Read, Seek, SeekFrom};

use symphonia::core::io::MediaSource;

use super::bytes::be;
use super::source::Spliced;
use super::tags;
use super::window::Window;
use crate::{Error, Result};
use frame::{FrameHeader, MAX_HEADER_LEN};

/// Bytes of a STREAMINFO block.
const INFO_LEN: usize = 34;
/// Greatest number of metadata blocks; a file with more is garbage.
const MAX_BLOCKS: usize = 10_000;

/// A stream that symphonia reads.
pub(super) struct Mended {
    pub(super) stream: Box<dyn MediaSource>,
    /// Whether symphonia knows the first sample of every frame.
    pub(super) is_searchable: bool,
}

/// Returns a stream that symphonia reads: marker, STREAMINFO, and the frames up to what is no frame.
///
/// A header that is broken stays as it is, for symphonia to judge.
pub(super) fn mend(mut source: Box<dyn MediaSource>) -> Result<Mended> {
    let end = source.seek(SeekFrom::End(0))?;
    let Some((mut info, start)) = read_blocks(&mut source)? else {
        source.rewind()?;
        return Ok(Mended { stream: source, is_searchable: true });
    };
    let stream = StreamInfo::new(&info);
    if stream.bits == 32 && stream.channels == 2 {
        return Err(Error::unsupported("FLAC of 32 bits with two channels"));
    }
    let end = tags::first_at_end(end, |at, bytes| {
        source.seek(SeekFrom::Start(at))?;
        source.read_exact(bytes)
    })?;
    let last = if stream.samples == 0 {
        let mut window = Window::new(source, start)?;
        let last = walk(&mut window, &stream)?;
        source = window.into_source();
        last
    } else {
        tail::last_frame(&mut source, &stream, start..end)?
    };
    let end = last.map_or(Ok(end), |last| tail::end_of_frame(&mut source, &info, last..end))?;
    let first = tail::read(&mut source, start..start + MAX_HEADER_LEN as u64)?;
    let first = FrameHeader::parse(&first, &stream);
    let sizes = block_sizes(&info, first.as_ref());
    // Frames of any size with a number of their own, as old encoders wrote them.
    let is_searchable = first.is_none_or(|first| first.varies) || info[..2] == info[2..4];
    info[..4].copy_from_slice(&sizes);
    // Marker, and the header of a last block of this length.
    let head = [&b"fLaC\x80\0\0"[..], &[INFO_LEN as u8], &info].concat();
    let stream = Box::new(Spliced::new(head, source, start..end.max(start))?);
    Ok(Mended { stream, is_searchable })
}

/// STREAMINFO, and the position of the first frame.
fn read_blocks<R: Read + Seek + ?Sized>(source: &mut R) -> Result<Option<([u8; INFO_LEN], u64)>> {
    let mut info = None;
    let mut at = 4;
    for _ in 0..MAX_BLOCKS {
        source.seek(SeekFrom::Start(at))?;
        let mut head = Vec::new();
        source.take(4 + INFO_LEN as u64).read_to_end(&mut head)?;
        let Some(&[kind, a, b, c]) = head.first_chunk::<4>() else { return Ok(None) };
        let length = be(&[a, b, c]);
        if kind << 1 == 0 && length == INFO_LEN as u64 {
            info = head[4..].try_into().ok();
        }
        at += 4 + length;
        if kind & 0x80 != 0 {
            return Ok(info.map(|info| (info, at)));
        }
    }
    Ok(None)
}

/// The minimum and the maximum block size, of which programs write 0 for a minimum that they do not know, or too small a
/// maximum. They are equal where the frames have numbers of their own, and differ where those are the numbers of samples.
fn block_sizes(info: &[u8; INFO_LEN], first: Option<&FrameHeader>) -> [u8; 4] {
    const LEAST: u16 = 16;
    let (min, max) = (u16::from_be_bytes([info[0], info[1]]), u16::from_be_bytes([info[2], info[3]]));
    let max = if max < LEAST { u16::MAX } else { max };
    let (min, max) = match first {
        Some(first) if first.varies => (LEAST, max),
        Some(first) => {
            let size = max.max(u16::try_from(first.block).unwrap_or(u16::MAX));
            (size, size)
        }
        None => (if (LEAST..=max).contains(&min) { min } else { max }, max),
    };
    let ([a, b], [c, d]) = (min.to_be_bytes(), max.to_be_bytes());
    [a, b, c, d]
}

/// Returns whether frames with consecutive numbers begin within some bytes, of a stream whose header is missing.
pub(super) fn has_frames(bytes: &[u8]) -> bool {
    let any = StreamInfo::default();
    let headers = (0..bytes.len()).filter(|&at| bytes[at] == 0xff);
    let headers: Vec<_> = headers.filter_map(|at| FrameHeader::parse(&bytes[at..], &any)).collect();
    headers.windows(2).any(|pair| {
        pair[0].varies == pair[1].varies && pair[0].number.checked_add(pair[0].step()) == Some(pair[1].number)
    })
}

/// The stream as STREAMINFO describes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct StreamInfo {
    sample_rate: u32,
    channels: u32,
    bits: u32,
    /// Samples per channel of every frame but the last, where all have the same.
    block: u64,
    /// 0 for an unknown number.
    samples: u64,
}

impl StreamInfo {
    fn new(info: &[u8; INFO_LEN]) -> Self {
        let packed = be(&info[10..18]);
        Self {
            sample_rate: (packed >> 44) as u32,
            channels: (packed >> 41 & 7) as u32 + 1,
            bits: (packed >> 36 & 31) as u32 + 1,
            block: be(&info[2..4]),
            samples: packed & 0xf_ffff_ffff,
        }
    }
}

/// Goes through the frames of a stream of unknown length, none of which may have another sample rate, number of channels or of
/// bits than the stream. Returns the position of the last one.
///
/// Frames are found by their sync code, their checksum and their number, which continues or begins again.
fn walk(window: &mut Window, stream: &StreamInfo) -> Result<Option<u64>> {
    let (mut next, mut last) = (0, None);
    loop {
        window.advance_to(0xff)?;
        let head = window.peek(MAX_HEADER_LEN)?;
        if head.len() < 6 {
            return Ok(last);
        }
        if let Some(frame) = FrameHeader::parse(head, stream)
            && (frame.number == next || frame.number == 0)
        {
            if !frame.same {
                return Err(Error::unsupported("FLAC whose sample rate, channels or bits change inside"));
            }
            next = frame.number + frame.step();
            last = Some(window.position());
        }
        window.advance(1)?;
    }
}
