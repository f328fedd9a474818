//! The packets of one track of a container, as its decoder takes them.

use std::collections::VecDeque;

use symphonia::core::errors::Result as SymphoniaResult;
use symphonia::core::formats::{FormatReader, SeekMode, SeekTo};
use symphonia::core::packet::Packet;
use symphonia::core::units::{Duration, Timestamp};

use super::mpeg::Packets;

/// Reads the packets of a track.
pub(super) struct Demuxer {
    format: Box<dyn FormatReader>,
    pub(super) track_id: u32,
    /// Packets that were looked at before they are decoded.
    ahead: VecDeque<Packet>,
    /// Where packets need not be frames.
    frames: Option<Packets>,
    /// The time of the last packet that was cut into frames.
    time: Timestamp,
}

impl Demuxer {
    pub(super) fn new(format: Box<dyn FormatReader>, track_id: u32) -> Self {
        Self { format, track_id, ahead: VecDeque::new(), frames: None, time: Timestamp::ZERO }
    }

    pub(super) fn format(&self) -> &dyn FormatReader {
        self.format.as_ref()
    }

    /// From now on the packets are frames of MPEG audio.
    pub(super) fn cut_into_frames(&mut self) {
        self.frames = Some(Packets::default());
    }

    /// The packets that were looked at.
    pub(super) fn ahead(&self) -> impl Iterator<Item = &[u8]> {
        self.ahead.iter().map(|packet| &*packet.data)
    }

    /// Reads the packets by which a codec is recognized. An error among them is met again when they are decoded.
    pub(super) fn look_ahead(&mut self, n: usize) -> SymphoniaResult<()> {
        while self.ahead.len() < n {
            match self.packet_of_format()? {
                Some(packet) => self.ahead.push_back(packet),
                None => break,
            }
        }
        Ok(())
    }

    /// The next packet that the decoder takes. The error `ResetRequired` begins another link of a chained stream.
    pub(super) fn next(&mut self) -> SymphoniaResult<Option<Packet>> {
        let Some(mut frames) = self.frames.take() else { return self.packet() };
        let packet = self.next_frame(&mut frames);
        self.frames = Some(frames);
        packet
    }

    /// Jumps to a time, or to the beginning where that cannot be found.
    pub(super) fn seek(&mut self, ts: i64) -> SymphoniaResult<()> {
        let mut to = |ts| {
            let to = SeekTo::Timestamp { ts: Timestamp::new(ts), track_id: self.track_id };
            self.format.seek(SeekMode::Accurate, to)
        };
        // A stream of unknown length may end before.
        to(ts).or_else(|_| to(0))?;
        self.ahead.clear();
        if let Some(frames) = &mut self.frames {
            frames.clear();
        }
        Ok(())
    }

    /// The next frame in the packets, with the time of the packet that ends it.
    fn next_frame(&mut self, frames: &mut Packets) -> SymphoniaResult<Option<Packet>> {
        loop {
            if let Some(frame) = frames.next()? {
                return Ok(Some(Packet::new(self.track_id, self.time, Duration::ZERO, frame)));
            }
            let Some(packet) = self.packet()? else { return Ok(None) };
            self.time = packet.pts;
            frames.push(&packet.data);
        }
    }

    fn packet(&mut self) -> SymphoniaResult<Option<Packet>> {
        if let Some(packet) = self.ahead.pop_front() {
            return Ok(Some(packet));
        }
        self.packet_of_format()
    }

    /// The next packet of the track.
    fn packet_of_format(&mut self) -> SymphoniaResult<Option<Packet>> {
        loop {
            match self.format.next_packet()? {
                Some(packet) if packet.track_id != self.track_id => {}
                packet => return Ok(packet),
            }
        }
    }
}
