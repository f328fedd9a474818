//! The end of the last frame.
//!
//! Programs leave bytes behind it that are no tag. symphonia 0.6 takes them for a part of the frame, whose checksum then fails.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use symphonia::core::codecs::audio::well_known::CODEC_ID_FLAC;
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoderOptions};
use symphonia::core::packet::PacketRef;
use symphonia::core::units::{Duration, Timestamp};

use super::frame::{FrameHeader, MAX_HEADER_LEN};
use super::{INFO_LEN, StreamInfo};

/// Bytes at the end of a file in which its last frame is looked for.
const MAX_TAIL: u64 = 1 << 20;
/// Ends that are tried for a frame; one in 65,536 bytes looks like an end.
const MAX_TRIALS: usize = 64;

/// The position of the frame that ends a stream of known length; `None` where none is found.
pub(super) fn last_frame<R: Read + Seek>(
    source: &mut R,
    stream: &StreamInfo,
    frames: Range<u64>,
) -> io::Result<Option<u64>> {
    let start = frames.start.max(frames.end.saturating_sub(MAX_TAIL));
    let tail = read(source, start..frames.end)?;
    let ends_stream = |at: &usize| {
        FrameHeader::parse(&tail[*at..tail.len().min(at + MAX_HEADER_LEN)], stream).is_some_and(|frame| {
            let unit = if frame.varies { 1 } else { stream.block };
            frame.number.checked_mul(unit).and_then(|first| first.checked_add(frame.block))
                == Some(stream.samples)
        })
    };
    let found = (0..tail.len()).rev().filter(|&at| tail[at] == 0xff).find(ends_stream);
    Ok(found.map(|at| start + at as u64))
}

/// The end of the frame that begins a range: where its checksum is right and it can be decoded. The end of the range where no
/// such place is found.
pub(super) fn end_of_frame<R: Read + Seek>(
    source: &mut R,
    info: &[u8; INFO_LEN],
    range: Range<u64>,
) -> io::Result<u64> {
    if range.end - range.start > MAX_TAIL {
        return Ok(range.end);
    }
    let bytes = read(source, range.clone())?;
    let mut crc = 0;
    let ends: Vec<usize> = (1..=bytes.len())
        .filter(|&end| {
            crc = crc16(crc, bytes[end - 1]);
            crc == 0
        })
        .collect();
    if ends.last() == Some(&bytes.len()) {
        return Ok(range.end);
    }
    let mut parameters = AudioCodecParameters::new();
    parameters.for_codec(CODEC_ID_FLAC).with_extra_data(info[..].into());
    let decodes = |end: &usize| {
        let decoder =
            symphonia::default::get_codecs().make_audio_decoder(&parameters, &AudioDecoderOptions::default());
        decoder.is_ok_and(|mut decoder| {
            decoder.decode_ref(&PacketRef::new(0, Timestamp::ZERO, Duration::ZERO, &bytes[..*end])).is_ok()
        })
    };
    let end = ends.into_iter().take(MAX_TRIALS).find(decodes);
    Ok(end.map_or(range.end, |end| range.start + end as u64))
}

/// The bytes of a range, or those up to the end of the file.
pub(super) fn read<R: Read + Seek>(source: &mut R, range: Range<u64>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.seek(SeekFrom::Start(range.start))?;
    source.by_ref().take(range.end.saturating_sub(range.start)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The checksum of frames with one more byte, with polynomial x^16 + x^15 + x^2 + 1; 0 behind a frame and its checksum.
fn crc16(crc: u16, byte: u8) -> u16 {
    (0..8).fold(
        crc ^ u16::from(byte) << 8,
        |crc, _| if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x8005 },
    )
}
