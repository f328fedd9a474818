//! A stream with a view of the bytes ahead, for formats without a table of their frames.

use std::io::{self, Read, Seek, SeekFrom};

use symphonia::core::io::MediaSource;

/// Bytes read at a time.
const CHUNK: usize = 1 << 16;

/// Reads a stream forward and shows the bytes that follow.
pub(super) struct Window {
    source: Box<dyn MediaSource>,
    buffer: Vec<u8>,
    /// Index in the buffer of the first byte that was not consumed.
    at: usize,
    /// Position in the stream of that byte.
    position: u64,
}

impl Window {
    /// Begins at a position of the stream.
    pub(super) fn new(mut source: Box<dyn MediaSource>, position: u64) -> io::Result<Self> {
        source.seek(SeekFrom::Start(position))?;
        Ok(Self { source, buffer: Vec::new(), at: 0, position })
    }

    /// The stream, at no particular position.
    pub(super) fn into_source(self) -> Box<dyn MediaSource> {
        self.source
    }

    /// The position in the stream of the first byte ahead.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// The next `n` bytes; fewer at the end of the stream.
    pub(super) fn peek(&mut self, n: usize) -> io::Result<&[u8]> {
        if self.buffer.len() - self.at < n {
            self.buffer.drain(..self.at);
            self.at = 0;
            let missing = n.saturating_sub(self.buffer.len()).max(CHUNK);
            self.source.by_ref().take(missing as u64).read_to_end(&mut self.buffer)?;
        }
        let end = self.buffer.len().min(self.at + n);
        Ok(&self.buffer[self.at..end])
    }

    /// Consumes `n` bytes, or those that are left.
    pub(super) fn advance(&mut self, n: u64) -> io::Result<()> {
        let buffered = (self.buffer.len() - self.at) as u64;
        self.position = self.position.saturating_add(n);
        if n <= buffered {
            self.at += n as usize;
        } else {
            self.buffer.clear();
            self.at = 0;
            self.source.seek(SeekFrom::Start(self.position))?;
        }
        Ok(())
    }

    /// Consumes the bytes before the next `first` byte, or all that are buffered.
    pub(super) fn advance_to(&mut self, first: u8) -> io::Result<()> {
        let ahead = self.peek(CHUNK)?;
        let n = ahead.iter().position(|&byte| byte == first).unwrap_or(ahead.len());
        self.advance(n as u64)
    }
}
