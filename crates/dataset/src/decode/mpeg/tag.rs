//! The frame in front of an MP3 that tells its length: Xing or Info, with the extension of LAME, or VBRI.
//!
//! Layouts: G. Bouvigne, "Mp3 Info Tag revision 1 Specifications", and the "Xing VBR header" SDK; Fraunhofer, "VBRI".

use super::super::bytes::be;
use super::header::{Header, LEN};

/// The contents of such a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tag {
    /// Number of frames that follow, if the tag tells.
    pub(super) frames: Option<u64>,
    /// Samples per channel before the recording: those of the encoder and those of the decoder.
    pub(super) delay: u64,
    /// Samples per channel after the recording.
    pub(super) padding: u64,
}

/// Samples by which every decoder of layer 3 delays.
const DECODER_DELAY: u64 = 529;

impl Tag {
    /// Reads the tag of a frame; `None` for a frame of audio.
    pub(super) fn parse(header: &Header, frame: &[u8]) -> Option<Self> {
        if header.layer != 3 {
            return None;
        }
        Self::xing(header, frame).or_else(|| Self::vbri(frame))
    }

    fn xing(header: &Header, frame: &[u8]) -> Option<Self> {
        let tag = frame.get(LEN + header.side_info_len()..)?;
        if !(tag.starts_with(b"Xing") || tag.starts_with(b"Info")) {
            return None;
        }
        let flags = word(tag, 4)?;
        // The optional fields before LAME's: number of frames, of bytes, table of contents, quality.
        let sizes = [4, 4, 100, 4];
        let lame_at = 8 + (0..4).filter(|bit| flags >> bit & 1 == 1).map(|bit| sizes[bit]).sum::<usize>();
        let frames = if flags & 1 == 1 { word(tag, 8).filter(|&frames| frames > 0) } else { None };
        let (delay, padding) = lame(tag.get(lame_at..).unwrap_or_default()).unwrap_or_default();
        Some(Self { frames, delay, padding })
    }

    fn vbri(frame: &[u8]) -> Option<Self> {
        let tag = frame.get(LEN + 32..).filter(|tag| tag.starts_with(b"VBRI"))?;
        let frames = word(tag, 14).filter(|&frames| frames > 0);
        Some(Self { frames, ..Self::default() })
    }
}

/// Delay and padding in LAME's extension, which other encoders write as well, but some fill with something else.
fn lame(extension: &[u8]) -> Option<(u64, u64)> {
    if ![&b"LAME"[..], b"Lavf", b"Lavc"].iter().any(|encoder| extension.starts_with(encoder)) {
        return None;
    }
    // Twelve bits each, in bytes 21 to 23.
    let packed = word(extension, 20)?;
    let (delay, padding) = (packed >> 12 & 0xfff, packed & 0xfff);
    Some((delay + DECODER_DELAY, padding.saturating_sub(DECODER_DELAY)))
}

fn word(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..at + 4).map(be)
}
