//! The frames in the packets of a container.
//!
//! Most containers have one frame per packet, and symphonia 0.6 decodes no other. `QuickTime`'s tables may cut the stream
//! anywhere, so that a packet holds several frames, or a part of one.

use symphonia::core::errors::{Error as SymphoniaError, Result as SymphoniaResult};

use super::header::{Header, LEN};

/// Cuts packets into frames.
#[derive(Debug, Default)]
pub(in super::super) struct Packets {
    bytes: Vec<u8>,
    /// Whether the next byte need not begin a frame.
    jumped: bool,
}

impl Packets {
    /// Appends the bytes of the next packet.
    pub(in super::super) fn push(&mut self, packet: &[u8]) {
        self.bytes.extend_from_slice(packet);
    }

    /// Forgets what is left, before a jump.
    pub(in super::super) fn clear(&mut self) {
        self.bytes.clear();
        self.jumped = true;
    }

    /// Takes out the next frame; `None` where another packet is needed.
    pub(in super::super) fn next(&mut self) -> SymphoniaResult<Option<Vec<u8>>> {
        let frame_len = |bytes: &[u8]| Header::parse(bytes).and_then(|header| header.frame_len);
        // Some programs fill packets up with zeros.
        let jumped = self.jumped;
        let is_garbage = |bytes: &&[u8]| if jumped { frame_len(bytes).is_none() } else { bytes[0] == 0 };
        let garbage = self.bytes.windows(LEN).take_while(is_garbage).count();
        self.bytes.drain(..garbage);
        if self.bytes.len() < LEN {
            return Ok(None);
        }
        let Some(length) = frame_len(&self.bytes) else {
            return Err(SymphoniaError::DecodeError("mpa: a packet does not begin with a frame"));
        };
        self.jumped = false;
        if self.bytes.len() < length {
            return Ok(None);
        }
        Ok(Some(self.bytes.drain(..length).collect()))
    }
}
