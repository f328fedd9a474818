//! Streams of bytes as symphonia reads them, whole or mended.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use symphonia::core::io::MediaSource;

/// A stream together with its length, which symphonia needs.
pub(super) struct Stream<R> {
    inner: R,
    length: u64,
}

impl<R: Seek> Stream<R> {
    pub(super) fn new(mut inner: R) -> io::Result<Self> {
        let length = inner.seek(SeekFrom::End(0))?;
        inner.rewind()?;
        Ok(Self { inner, length })
    }
}

impl<R: Read> Read for Stream<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buffer)
    }
}

impl<R: Seek> Seek for Stream<R> {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.inner.seek(position)
    }
}

impl<R: Read + Seek + Send + Sync> MediaSource for Stream<R> {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.length)
    }
}

/// A stream made of a new beginning, a part of another stream, and a new end.
pub(super) struct Spliced {
    head: Vec<u8>,
    inner: Box<dyn MediaSource>,
    range: Range<u64>,
    tail: &'static [u8],
    position: u64,
}

impl Spliced {
    pub(super) fn new(head: Vec<u8>, inner: Box<dyn MediaSource>, range: Range<u64>) -> io::Result<Self> {
        let mut spliced = Self { head, inner, range, tail: &[], position: 0 };
        spliced.rewind()?;
        Ok(spliced)
    }

    /// The same stream with more bytes behind it.
    pub(super) fn with_tail(self, tail: &'static [u8]) -> Self {
        Self { tail, ..self }
    }

    /// Position of the end of the part of the other stream.
    fn tail_start(&self) -> u64 {
        self.head.len() as u64 + self.range.end.saturating_sub(self.range.start)
    }

    fn length(&self) -> u64 {
        self.tail_start() + self.tail.len() as u64
    }
}

impl Read for Spliced {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let tail_start = self.tail_start();
        let mut copy = |bytes: &[u8]| {
            let n = buffer.len().min(bytes.len());
            buffer[..n].copy_from_slice(&bytes[..n]);
            n
        };
        let read = if let Some(head @ [_, ..]) = self.head.get(self.position as usize..) {
            copy(head)
        } else if let Some(at) = self.position.checked_sub(tail_start) {
            copy(self.tail.get(at as usize..).unwrap_or_default())
        } else {
            let left = usize::try_from(tail_start - self.position).unwrap_or(usize::MAX);
            let n = buffer.len().min(left);
            self.inner.read(&mut buffer[..n])?
        };
        self.position += read as u64;
        Ok(read)
    }
}

impl Seek for Spliced {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        let target = match position {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.length().checked_add_signed(by),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
        };
        let target = target.ok_or(io::ErrorKind::InvalidInput)?;
        let behind = target.saturating_sub(self.head.len() as u64);
        self.inner.seek(SeekFrom::Start(self.range.start.saturating_add(behind)))?;
        self.position = target;
        Ok(target)
    }
}

impl MediaSource for Spliced {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.length())
    }
}

/// A stream in which some bytes are replaced.
pub(super) struct Patched {
    inner: Box<dyn MediaSource>,
    /// Positions and the bytes that stand there.
    patches: Vec<(u64, Vec<u8>)>,
    position: u64,
}

impl Patched {
    pub(super) fn new(mut inner: Box<dyn MediaSource>, patches: Vec<(u64, Vec<u8>)>) -> io::Result<Self> {
        inner.rewind()?;
        Ok(Self { inner, patches, position: 0 })
    }
}

impl Read for Patched {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        for (at, bytes) in &self.patches {
            for (byte, at) in bytes.iter().zip(*at..) {
                if let Some(place) =
                    at.checked_sub(self.position).and_then(|i| buffer[..n].get_mut(i as usize))
                {
                    *place = *byte;
                }
            }
        }
        self.position += n as u64;
        Ok(n)
    }
}

impl Seek for Patched {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.position = self.inner.seek(position)?;
        Ok(self.position)
    }
}

impl MediaSource for Patched {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        self.inner.byte_len()
    }
}
