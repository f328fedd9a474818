//! The headers of frames: RFC 9639, 9.1.

use super::super::bytes::be;
use super::StreamInfo;

/// Least and greatest length of a frame header.
const MIN_HEADER_LEN: usize = 6;
pub(super) const MAX_HEADER_LEN: usize = 16;

/// Sample rates in Hz by their code, from 0, which stands for that of STREAMINFO.
const RATES: [u32; 12] =
    [0, 88_200, 176_400, 192_000, 8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000];

/// The parts of a frame header that are compared.
pub(super) struct FrameHeader {
    /// That of the frame, or, where the size of blocks varies, of its first sample.
    pub(super) number: u64,
    /// Samples per channel.
    pub(super) block: u64,
    /// Whether frames have samples of any number.
    pub(super) varies: bool,
    /// Whether sample rate, channels and bits are those of the stream.
    pub(super) same: bool,
}

impl FrameHeader {
    /// Reads the header at the beginning of some bytes; `None` where there is none.
    pub(super) fn parse(head: &[u8], stream: &StreamInfo) -> Option<Self> {
        if head.len() < MIN_HEADER_LEN || head[0] != 0xff || head[1] & 0xfe != 0xf8 || head[3] & 1 != 0 {
            return None;
        }
        let (size, rate) = (head[2] >> 4, head[2] & 15);
        let (channels, bits) = (head[3] >> 4, head[3] >> 1 & 7);
        let (number, mut at) = number(head)?;
        let mut field = |bytes: usize| {
            let value = be(head.get(at..at + bytes)?) as u32;
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
        Some(Self { number, block: u64::from(block), varies: head[1] & 1 == 1, same })
    }

    /// From this number to that of the next frame.
    pub(super) fn step(&self) -> u64 {
        if self.varies { self.block } else { 1 }
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
