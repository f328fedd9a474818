//! The frames of an MPEG audio stream, with what lies between them passed over.

use std::io;

use super::super::tags;
use super::super::window::Window;
use super::header::{Header, LEN};

/// Number of frames that must follow each other where the beginning of a stream is searched for.
const CHAIN: usize = 4;
/// Bytes of garbage after which a stream counts as ended.
const MAX_GARBAGE: u64 = 1 << 24;

/// Reads frame after frame.
pub(super) struct Frames {
    window: Window,
    /// A header that the next frame should continue.
    stream: Option<Header>,
    /// Whether a frame is expected at the next byte.
    synced: bool,
    cut: bool,
}

impl Frames {
    /// Begins at the next byte of a window.
    pub(super) fn new(window: Window) -> Self {
        Self { window, stream: None, synced: true, cut: false }
    }

    /// Returns whether the stream ended within a frame.
    pub(super) fn is_cut(&self) -> bool {
        self.cut
    }

    /// Replaces `frame` with the next frame; `None` at the end. A last frame that is cut is filled up with zeros.
    pub(super) fn next(&mut self, frame: &mut Vec<u8>) -> io::Result<Option<Header>> {
        let mut garbage = 0;
        while garbage <= MAX_GARBAGE {
            let head = self.window.peek(LEN)?;
            if head.len() < LEN {
                break;
            }
            if let Some((header, length)) = framed(head)
                && self.accepts(&header, length)?
            {
                let bytes = self.window.peek(length)?;
                self.cut = bytes.len() < length;
                if self.cut && !header.is_begun_by(bytes) {
                    break;
                }
                frame.clear();
                frame.extend_from_slice(bytes);
                frame.resize(length, 0);
                // No decoder undoes an emphasis, but symphonia 0.6 refuses the value that is reserved.
                frame[LEN - 1] &= !0b11;
                self.window.advance(length as u64)?;
                self.stream = Some(header);
                self.synced = true;
                return Ok(Some(header));
            }
            if !tags::skip(&mut self.window)? {
                let before = self.window.position();
                self.window.advance(1)?;
                self.window.advance_to(0xff)?;
                garbage += self.window.position() - before;
                self.synced = false;
            }
        }
        Ok(None)
    }

    /// Whether these bytes, which look like a header, begin a frame: the less expected, the more frames must follow.
    fn accepts(&mut self, header: &Header, length: usize) -> io::Result<bool> {
        let expected = self.stream.as_ref().is_some_and(|stream| stream.continues(header));
        if expected && self.synced {
            return Ok(chained(&mut self.window, header, length, 2)? || !self.is_overrun(header, length)?);
        }
        let frames = match (expected, self.synced) {
            (true, _) => 2,
            (false, true) if self.stream.is_none() => 2,
            (false, _) => CHAIN,
        };
        chained(&mut self.window, header, length, frames)
    }

    /// Whether other frames begin within this one, the rest of which then is lost.
    fn is_overrun(&mut self, header: &Header, length: usize) -> io::Result<bool> {
        for at in LEN..length {
            let inner = self.window.peek(at + LEN)?.get(at..).and_then(framed);
            if let Some((inner, inner_len)) = inner.filter(|(inner, _)| header.continues(inner))
                && chained(&mut self.window, &inner, at + inner_len, CHAIN)?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The header at the beginning of some bytes, with the length of its frame.
fn framed(head: &[u8]) -> Option<(Header, usize)> {
    let header = Header::parse(head)?;
    header.frame_len.map(|length| (header, length))
}

/// Returns whether a frame that ends `end` bytes ahead is the first of `n` that follow each other, or of fewer up to the end of
/// the stream or a tag.
pub(super) fn chained(window: &mut Window, header: &Header, end: usize, n: usize) -> io::Result<bool> {
    let mut end = end;
    for _ in 1..n {
        let bytes = window.peek(end + LEN)?;
        if bytes.len() < end {
            return Ok(false);
        }
        let next = &bytes[end..];
        if next.len() < LEN || [&b"TAG"[..], b"APE", b"LYR", b"ID3"].iter().any(|tag| next.starts_with(tag)) {
            return Ok(true);
        }
        match framed(next).filter(|(next, _)| header.continues(next)) {
            Some((_, length)) => end += length,
            None => return Ok(false),
        }
    }
    Ok(true)
}

/// Returns whether the next bytes begin a free-format stream: the distances of its first headers differ by padding only.
pub(super) fn is_free_format(window: &mut Window) -> io::Result<bool> {
    /// Greatest length of a frame: 640 kbit/s in layer 3 at 32 kHz, and more than any encoder writes.
    const MAX_FRAME: usize = 4096;
    let bytes = window.peek(3 * MAX_FRAME)?;
    let is_free = |at: usize| {
        let header = bytes.get(at..).and_then(Header::parse);
        // The first two bytes and the sample rate stay the same.
        header.is_some_and(|header| header.frame_len.is_none())
            && bytes[at..at + 2] == bytes[..2]
            && (bytes[at + 2] ^ bytes[2]) & 0xfc == 0
    };
    if !is_free(0) {
        return Ok(false);
    }
    let lengths = (64..MAX_FRAME).filter(|&length| is_free(length));
    Ok(lengths
        .take(MAX_FRAME)
        .any(|length| (2 * length - 8..=2 * length + 8).any(|at| at > length && is_free(at))))
}
