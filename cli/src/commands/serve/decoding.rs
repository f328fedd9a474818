//! The progress of the decoding of uploads.

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Result, Seek, SeekFrom};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;

/// The uploads that are being decoded, by the number that the client gave them.
#[derive(Debug, Default)]
pub(super) struct Decodings(Mutex<BTreeMap<u64, Arc<Position>>>);

#[derive(Debug)]
struct Position {
    furthest: AtomicU64,
    length: u64,
}

/// An upload in memory whose reader is watched until it is dropped.
#[derive(Debug)]
pub(super) struct Watched {
    bytes: Cursor<Bytes>,
    position: Arc<Position>,
}

impl Decodings {
    /// Watches the reading of an upload, which a client with a number may ask for.
    pub(super) fn watch(&self, bytes: Bytes, id: Option<u64>) -> Watched {
        let position = Arc::new(Position { furthest: AtomicU64::new(0), length: bytes.len() as u64 });
        if let Some(id) = id {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id, Arc::clone(&position));
        }
        Watched { bytes: Cursor::new(bytes), position }
    }

    /// Forgets an upload.
    pub(super) fn end(&self, id: Option<u64>) {
        if let Some(id) = id {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        }
    }

    /// The share of an upload that has been read, 0 to 1; `None` where none of this number is being decoded.
    pub(super) fn share(&self, id: u64) -> Option<f64> {
        let decodings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Position { furthest, length } = &**decodings.get(&id)?;
        Some(furthest.load(Ordering::Relaxed) as f64 / (*length).max(1) as f64)
    }
}

impl Read for Watched {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let n = self.bytes.read(buffer)?;
        self.position.furthest.fetch_max(self.bytes.position(), Ordering::Relaxed);
        Ok(n)
    }
}

impl Seek for Watched {
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        self.bytes.seek(to)
    }
}
