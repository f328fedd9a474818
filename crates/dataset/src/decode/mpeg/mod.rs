//! MPEG audio (MP3, and layers 1 and 2) outside a container.
//!
//! symphonia decodes the frames, and this module finds them. symphonia 0.6 takes an estimate from the first frames for the
//! length of a stream with variable bit rate (its issues 382 and 516), ends at a change of channels (124) and takes a tag of
//! 0 frames for an empty stream. Here, only a tag is a promise of a length, and no audio is dropped but what the tag calls
//! delay and padding.

mod frames;
mod header;
mod mixed;
mod packets;
mod tag;

use std::fmt;

use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::well_known::{CODEC_ID_MP1, CODEC_ID_MP2, CODEC_ID_MP3};
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::packet::PacketRef;
use symphonia::core::units::{Duration, Timestamp};

use super::mono;
use super::window::Window;
use super::{corrupt, guarded};
use crate::{Error, Result};
use frames::Frames;
use header::Header;
use tag::Tag;

pub(super) use packets::Packets;

/// Reads blocks of mono samples from a stream of frames.
pub(super) struct MpegReader {
    frames: Frames,
    frame: Vec<u8>,
    /// The header of the frame.
    header: Header,
    decoder: Box<dyn AudioDecoder>,
    /// The header for which the decoder was made.
    decodes: Header,
    /// Whether the frame waits to be decoded.
    pending: bool,
    tag: Tag,
    /// Samples per frame of the first frame, in which the tag counts.
    frame_samples: u64,
    /// Samples per channel decoded or passed over, with the delay.
    position: u64,
    /// Position up to which nobody hears what is decoded, so that frames may lack the bits of earlier ones.
    unheard: u64,
    /// Samples that are padding if the stream ends behind them.
    held: Vec<f32>,
    interleaved: Vec<f32>,
}

/// The nature of the next bytes of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Probed {
    Frames,
    FreeFormat,
    Nothing,
}

/// Looks for frames at the next byte of a window.
pub(super) fn probe(window: &mut Window) -> std::io::Result<Probed> {
    let head = window.peek(header::LEN)?;
    Ok(match Header::parse(head) {
        Some(Header { frame_len: None, .. }) if frames::is_free_format(window)? => Probed::FreeFormat,
        Some(first @ Header { frame_len: Some(length), .. }) => {
            let has_tag = Tag::parse(&first, window.peek(length)?).is_some();
            let frames = if has_tag { 2 } else { 3 };
            if frames::chained(window, &first, length, frames)? { Probed::Frames } else { Probed::Nothing }
        }
        _ => Probed::Nothing,
    })
}

impl MpegReader {
    /// Begins at the next byte of a window.
    pub(super) fn new(window: Window) -> Result<Self> {
        let mut frames = Frames::new(window);
        let mut frame = Vec::new();
        let first = frames.next(&mut frame)?.ok_or(Error::NotAudio)?;
        let tag = Tag::parse(&first, &frame);
        Ok(Self {
            frames,
            frame,
            header: first,
            decoder: decoder(&first)?,
            decodes: first,
            pending: tag.is_none(),
            tag: tag.unwrap_or_default(),
            frame_samples: first.samples(),
            position: 0,
            unheard: 0,
            held: Vec::new(),
            interleaved: Vec::new(),
        })
    }

    /// Sample rate in Hz of the last block.
    pub(super) fn sample_rate(&self) -> u32 {
        self.header.sample_rate
    }

    /// Number of channels of the last block.
    pub(super) fn channels(&self) -> usize {
        self.header.channels
    }

    /// Samples per channel that the tag promises, if there is one.
    pub(super) fn declared_len(&self) -> Option<u64> {
        let coded = self.tag.frames?.saturating_mul(self.frame_samples);
        Some(coded.saturating_sub(self.tag.delay + self.tag.padding))
    }

    /// Samples per channel without which the stream has ended early. Encoders count frames differently: LAME up to 3.94
    /// promises one more than it writes, others count the frame of the tag itself.
    pub(super) fn least_len(&self) -> Option<u64> {
        let tolerance = (self.tag.delay + self.tag.padding).max(self.frame_samples);
        let tolerance = if self.frames.is_cut() { 0 } else { tolerance };
        self.declared_len().map(|declared| declared.saturating_sub(tolerance))
    }

    /// Samples per channel up to the end of the last block.
    pub(super) fn position(&self) -> u64 {
        (self.position - self.held.len() as u64).saturating_sub(self.tag.delay)
    }

    /// Passes over frames up to a little before a sample, without decoding them. Returns whether there were any; the
    /// position is known after the next block.
    pub(super) fn seek(&mut self, sample: u64) -> Result<bool> {
        /// Frames decoded before the wanted ones, which may use the bits of those before them.
        const PREROLL: u64 = 16;
        let target = sample.saturating_add(self.tag.delay);
        let mut has_moved = false;
        while self.position + (PREROLL + 1) * self.header.samples() < target {
            if !std::mem::take(&mut self.pending) {
                match self.frames.next(&mut self.frame)? {
                    Some(header) => self.header = header,
                    None => break,
                }
            }
            // Another sample rate is for the caller to notice.
            if !self.header.continues(&self.decodes) {
                self.pending = true;
                break;
            }
            self.position += self.header.samples();
            has_moved = true;
        }
        if has_moved {
            self.held.clear();
            self.decoder.reset();
            self.unheard = target.min(self.position + (PREROLL - 1) * self.header.samples());
        }
        Ok(has_moved)
    }

    /// Replaces `block` with the next mono samples; returns `false` at the end. Damage is reported with `decoded: 0`.
    pub(super) fn next_block(&mut self, block: &mut Vec<f32>) -> Result<bool> {
        block.clear();
        while block.is_empty() {
            if !std::mem::take(&mut self.pending) {
                match self.frames.next(&mut self.frame)? {
                    Some(header) => self.header = header,
                    None => return Ok(false),
                }
            }
            guarded(|| self.decode(block))?;
        }
        Ok(true)
    }

    fn decode(&mut self, block: &mut Vec<f32>) -> Result<()> {
        // Most of the bits of a last frame that is cut lie in those before it. Where the tag tells that more are missing, only
        // what is whole is wanted.
        if self.frames.is_cut() && self.tag.frames.is_some() {
            return Ok(());
        }
        if mixed::has_mixed_block(&self.header, &self.frame) {
            return Err(Error::unsupported("MP3 with mixed blocks"));
        }
        // The decoder is for one number of channels and one sample rate.
        if !self.header.continues(&self.decodes) || self.header.channels != self.decodes.channels {
            self.decoder = decoder(&self.header)?;
            self.decodes = self.header;
        }
        let packet = PacketRef::new(0, Timestamp::ZERO, Duration::new(self.header.samples()), &self.frame);
        match self.decoder.decode_ref(&packet) {
            Ok(decoded) => {
                self.interleaved.clear();
                decoded.copy_to_vec_interleaved(&mut self.interleaved);
                mono::average(&self.interleaved, self.header.channels, block);
            }
            Err(_) if self.position < self.unheard => block.resize(self.header.samples() as usize, 0.0),
            Err(_) if self.frames.is_cut() => return Ok(()),
            Err(error) => return Err(corrupt(error.to_string())),
        }
        let start = self.position;
        self.position += block.len() as u64;
        if let Some(coded) = self.tag.frames.map(|frames| frames.saturating_mul(self.frame_samples)) {
            self.hold_padding(block, start, coded);
        }
        block.drain(..self.tag.delay.saturating_sub(start).min(block.len() as u64) as usize);
        Ok(())
    }

    /// Takes the padding out of a block whose first sample has the number `start`, and gives it back where the stream goes
    /// on behind the samples that the tag counts: in a file of several streams it is no padding.
    fn hold_padding(&mut self, block: &mut Vec<f32>, start: u64, coded: u64) {
        if start >= coded {
            block.splice(..0, self.held.drain(..));
            return;
        }
        let index = |sample: u64| sample.saturating_sub(start).min(block.len() as u64) as usize;
        let padding = index(coded.saturating_sub(self.tag.padding))..index(coded);
        self.held.extend(block.drain(padding));
    }
}

/// The decoder of the layer of a frame in a container, which may not tell the layer.
pub(super) fn decoder_of(frame: &[u8]) -> Option<Result<Box<dyn AudioDecoder>>> {
    Header::parse(frame).map(|header| decoder(&header))
}

fn decoder(header: &Header) -> Result<Box<dyn AudioDecoder>> {
    let (codec, name) = match header.layer {
        1 => (CODEC_ID_MP1, "MPEG audio layer 1"),
        2 => (CODEC_ID_MP2, "MPEG audio layer 2"),
        _ => (CODEC_ID_MP3, "MP3"),
    };
    let mut parameters = AudioCodecParameters::new();
    parameters.for_codec(codec).with_sample_rate(header.sample_rate);
    parameters.with_channels(Channels::Discrete(header.channels as u16));
    symphonia::default::get_codecs()
        .make_audio_decoder(&parameters, &AudioDecoderOptions::default())
        .map_err(|cause| Error::Undecodable { format: name, cause: cause.into() })
}

impl fmt::Debug for MpegReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MpegReader")
            .field("header", &self.header)
            .field("tag", &self.tag)
            .finish_non_exhaustive()
    }
}
