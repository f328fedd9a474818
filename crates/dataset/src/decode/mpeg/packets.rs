//! The frames in the packets of a container.
//!
//! Most containers have one frame per packet, and symphonia 0.6 decodes no other. `QuickTime`'s tables may cut the stream
//! anywhere, so that a packet holds several frames, or a part of one.

use super::super::corrupt;
use super::header::Header;
use crate::Result;

/// Cuts packets into frames.
#[derive(Debug, Default)]
pub(in super::super) struct Packets {
    bytes: Vec<u8>,
}

impl Packets {
    /// Appends the bytes of the next packet.
    pub(in super::super) fn push(&mut self, packet: &[u8]) {
        self.bytes.extend_from_slice(packet);
    }

    /// Forgets what is left, before a jump.
    pub(in super::super) fn clear(&mut self) {
        self.bytes.clear();
    }

    /// Takes out the next frame; `None` where another packet is needed.
    pub(in super::super) fn next(&mut self) -> Result<Option<Vec<u8>>> {
        // Some programs fill packets up with zeros.
        let zeros = self.bytes.iter().take_while(|&&byte| byte == 0).count();
        self.bytes.drain(..zeros);
        if self.bytes.len() < super::header::LEN {
            return Ok(None);
        }
        let Some(length) = Header::parse(&self.bytes).and_then(|header| header.frame_len) else {
            return Err(corrupt("a packet does not begin with a frame of MPEG audio".to_owned()));
        };
        if self.bytes.len() < length {
            return Ok(None);
        }
        Ok(Some(self.bytes.drain(..length).collect()))
    }
}
