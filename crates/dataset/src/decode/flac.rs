//! FLAC streams in front of symphonia 0.6, which refuses a minimum block size of 0 (its issue 554) and cue sheets of CDs,
//! loses the last block before a tag, drops the frames of another sample rate in silence, and decodes 32 bits in two channels
//! wrongly.
//!
//! Layouts: RFC 9639.

use std::io::{Read, Seek, SeekFrom};

use symphonia::core::io::MediaSource;

use super::source::Spliced;
use super::tags;
use super::window::Window;
use crate::{Error, Result};

/// Bytes of a STREAMINFO block.
const INFO_LEN: usize = 34;
/// Greatest number of metadata blocks; a file with more is garbage.
const MAX_BLOCKS: usize = 10_000;

/// Returns a stream that symphonia reads: marker, STREAMINFO, and the frames up to a tag.
///
/// A header that is broken stays as it is, for symphonia to judge.
pub(super) fn mend(mut source: Box<dyn MediaSource>) -> Result<Box<dyn MediaSource>> {
    let end = source.seek(SeekFrom::End(0))?;
    let Some((mut info, start)) = read_blocks(&mut source)? else {
        source.rewind()?;
        return Ok(source);
    };
    let stream = StreamInfo::new(&info);
    if stream.bits == 32 && stream.channels == 2 {
        return Err(Error::unsupported("FLAC of 32 bits with two channels"));
    }
    let end = tags::first_at_end(end, |at, bytes| {
        source.seek(SeekFrom::Start(at))?;
        source.read_exact(bytes)
    })?;
    if stream.samples == 0 {
        let mut window = Window::new(source, start)?;
        if changes(&mut window, &stream)? {
            return Err(Error::unsupported("FLAC whose sample rate, channels or bits change inside"));
        }
        source = window.into_source();
    }
    let sizes = block_sizes(&info);
    info[..4].copy_from_slice(&sizes);
    // Marker, and the header of a last block of this length.
    let head = [&b"fLaC\x80\0\0"[..], &[INFO_LEN as u8], &info].concat();
    Ok(Box::new(Spliced::new(head, source, start..end.max(start))?))
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
        let length = u64::from(u32::from_be_bytes([0, a, b, c]));
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

/// The minimum and the maximum block size, of which some programs write 0 for a minimum that they do not know.
fn block_sizes(info: &[u8; INFO_LEN]) -> [u8; 4] {
    const LEAST: u16 = 16;
    let (min, max) = (u16::from_be_bytes([info[0], info[1]]), u16::from_be_bytes([info[2], info[3]]));
    let max = if max < LEAST { u16::MAX } else { max };
    let min = if (LEAST..=max).contains(&min) { min } else { max };
    let ([a, b], [c, d]) = (min.to_be_bytes(), max.to_be_bytes());
    [a, b, c, d]
}

/// The stream as STREAMINFO describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct StreamInfo {
    sample_rate: u32,
    channels: u32,
    bits: u32,
    /// 0 for an unknown number.
    samples: u64,
}

impl StreamInfo {
    fn new(info: &[u8; INFO_LEN]) -> Self {
        let packed = info[10..18].iter().fold(0_u64, |value, &byte| value << 8 | u64::from(byte));
        Self {
            sample_rate: (packed >> 44) as u32,
            channels: (packed >> 41 & 7) as u32 + 1,
            bits: (packed >> 36 & 31) as u32 + 1,
            samples: packed & 0xf_ffff_ffff,
        }
    }
}

/// Greatest length of a frame header.
const FRAME_HEADER_LEN: usize = 16;

/// Returns whether a frame has another sample rate, number of channels or of bits than the stream.
///
/// Frames are found by their sync code, their checksum and their number, which continues or begins again.
fn changes(window: &mut Window, stream: &StreamInfo) -> Result<bool> {
    let mut next = 0;
    loop {
        window.advance_to(0xff)?;
        let head = window.peek(FRAME_HEADER_LEN)?;
        if head.len() < 6 {
            return Ok(false);
        }
        if let Some(frame) = FrameHeader::parse(head, stream)
            && (frame.number == next || frame.number == 0)
        {
            if !frame.same {
                return Ok(true);
            }
            next = frame.number + frame.step;
        }
        window.advance(1)?;
    }
}

/// Sample rates in Hz by their code, from 0, which stands for that of STREAMINFO.
const RATES: [u32; 12] =
    [0, 88_200, 176_400, 192_000, 8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000];

/// The parts of a frame header that are compared.
struct FrameHeader {
    number: u64,
    /// From this number to that of the next frame.
    step: u64,
    same: bool,
}

impl FrameHeader {
    fn parse(head: &[u8], stream: &StreamInfo) -> Option<Self> {
        if head[0] != 0xff || head[1] & 0xfe != 0xf8 || head[3] & 1 != 0 {
            return None;
        }
        let (size, rate) = (head[2] >> 4, head[2] & 15);
        let (channels, bits) = (head[3] >> 4, head[3] >> 1 & 7);
        let (number, mut at) = number(head)?;
        let mut field = |bytes: usize| {
            let value = head.get(at..at + bytes)?.iter().fold(0, |value, &byte| value << 8 | u32::from(byte));
            at += bytes;
            Some(value)
        };
        let block = match size {
            0 => return None,
            1 => 192,
            2..=5 => 576 << (size - 2),
            6 => field(1)? + 1,
            7 => field(2)? + 1,
            _ => 256 << (size - 8),
        };
        let rate = match rate {
            12 => field(1)? * 1000,
            13 => field(2)?,
            14 => field(2)? * 10,
            15 => return None,
            code => RATES[usize::from(code)],
        };
        if crc8(head.get(..at)?) != *head.get(at)? {
            return None;
        }
        let channels = if channels < 8 { u32::from(channels) + 1 } else { 2 };
        let bits = [0, 8, 12, 0, 16, 20, 24, 32][usize::from(bits)];
        // 0 stands for what STREAMINFO says.
        let same = (rate == 0 || rate == stream.sample_rate)
            && channels == stream.channels
            && (bits == 0 || bits == stream.bits);
        let step = if head[1] & 1 == 0 { 1 } else { u64::from(block) };
        Some(Self { number, step, same })
    }
}

/// The number of a frame or of its first sample, coded as UTF-8 codes characters, and the position behind it.
fn number(head: &[u8]) -> Option<(u64, usize)> {
    let first = *head.get(4)?;
    let length = match first.leading_ones() {
        0 => return Some((u64::from(first), 5)),
        ones @ 2..=7 => ones as usize,
        _ => return None,
    };
    let value = u64::from(first) & ((1 << (7 - length)) - 1);
    let rest = head.get(5..4 + length)?;
    Some((rest.iter().fold(value, |value, &byte| value << 6 | u64::from(byte & 0x3f)), 4 + length))
}

/// The checksum of frame headers, with polynomial x^8 + x^2 + x + 1.
fn crc8(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ byte, |crc, _| if crc & 0x80 == 0 { crc << 1 } else { crc << 1 ^ 7 })
    })
}
