//! Opus, of which symphonia 0.6 has the containers and not the codec (its issue 8), as a decoder like symphonia's.
//!
//! ruopus decodes it in safe Rust. Of the crates that decode Opus without C, it is the one that comes within 6e-6 of libopus at
//! all bit rates and frame sizes: opus-decoder 0.1.1 rounds to 16 bits and needs half of the time that the audio lasts, opus-rs
//! 0.1.40 is wrong in frames of 2.5 and 5 ms and indexes without checks, unsafe-libopus 0.2.0 is transpiled C, and mousiki 0.2.1
//! has known gaps. Delete this module when symphonia decodes Opus.

use ruopus::{MultistreamDecoder, OpusDecoder, PacketError};
use symphonia::core::audio::{
    AsGenericAudioBufferRef, AudioBuffer, AudioMut, AudioSpec, Channels, GenericAudioBufferRef,
};
use symphonia::core::codecs::CodecInfo;
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, FinalizeResult};
use symphonia::core::errors::{Error as SymphoniaError, Result as SymphoniaResult};
use symphonia::core::packet::PacketRef;

use crate::{Error, Result};

/// Sample rate in Hz of all that is decoded.
const SAMPLE_RATE: u32 = 48_000;
/// Greatest number of samples per channel in a packet: 120 ms.
const MAX_SAMPLES: usize = 5760;
/// The longest packets, 255 channels of 1275 bytes in six frames, are beyond any real one; a longer one is garbage.
const MAX_PACKET: usize = 1 << 16;

static INFO: CodecInfo = CodecInfo { short_name: "opus", long_name: "Opus", profiles: &[] };

/// Decodes the packets of one stream.
pub(super) struct Decoder {
    parameters: AudioCodecParameters,
    head: Head,
    streams: Streams,
    buffer: AudioBuffer<f32>,
}

/// The decoder of one stream, or of several whose channels are put together.
enum Streams {
    One(Box<OpusDecoder>),
    Several(Box<MultistreamDecoder>),
}

/// The identification header: RFC 7845, 5.1.
#[derive(Clone, Debug, PartialEq)]
struct Head {
    channels: u8,
    /// Factor of the output.
    gain: f32,
    /// Numbers of streams and of those with two channels, and the channel of each output, where there are several.
    mapping: Option<(u8, u8, Vec<u8>)>,
}

impl Head {
    /// Reads the header of Ogg, or that of MP4, which has version 0 and the other order of bytes.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.strip_prefix(b"OpusHead")?;
        let (version, channels, family) = (*bytes.first()?, *bytes.get(1)?, *bytes.get(10)?);
        let gain = [*bytes.get(8)?, *bytes.get(9)?];
        let gain = if version == 0 { i16::from_be_bytes(gain) } else { i16::from_le_bytes(gain) };
        let mapping = match (family, channels) {
            (0, 1 | 2) => None,
            (1, 1..=8) => {
                let (streams, coupled) = (*bytes.get(11)?, *bytes.get(12)?);
                let mapping = bytes.get(13..13 + usize::from(channels))?;
                let outputs = u16::from(streams) + u16::from(coupled);
                let is_sound = streams > 0 && coupled <= streams && outputs < 255;
                if !is_sound || mapping.iter().any(|&output| output != 255 && u16::from(output) >= outputs) {
                    return None;
                }
                Some((streams, coupled, mapping.to_vec()))
            }
            _ => return None,
        };
        Some(Self { channels, gain: 10_f32.powf(f32::from(gain) / (20.0 * 256.0)), mapping })
    }

    fn streams(&self) -> Streams {
        match &self.mapping {
            None => Streams::One(Box::new(OpusDecoder::new(usize::from(self.channels)))),
            Some((streams, coupled, mapping)) => Streams::Several(Box::new(MultistreamDecoder::with_rate(
                SAMPLE_RATE,
                usize::from(*streams),
                usize::from(*coupled),
                mapping,
            ))),
        }
    }
}

impl Streams {
    fn decode(&mut self, packet: &[u8]) -> Result<Vec<f32>, PacketError> {
        match self {
            Self::One(decoder) => decoder.decode_packet(packet),
            Self::Several(decoder) => decoder.decode_packet(packet),
        }
    }
}

impl Decoder {
    pub(super) fn new(parameters: &AudioCodecParameters) -> Result<Self> {
        let head = parameters.extra_data.as_deref().and_then(Head::parse);
        let head = head.ok_or_else(|| Error::unsupported("Opus with a channel mapping of its own"))?;
        let spec = AudioSpec::new(SAMPLE_RATE, Channels::Discrete(head.channels.into()));
        let (streams, buffer) = (head.streams(), AudioBuffer::new(spec, MAX_SAMPLES));
        Ok(Self { parameters: parameters.clone(), head, streams, buffer })
    }

    fn fill(&mut self, packet: &PacketRef<'_>) -> SymphoniaResult<()> {
        self.buffer.clear();
        let failed = SymphoniaError::DecodeError("opus: malformed packet");
        if packet.data.len() > MAX_PACKET {
            return Err(failed);
        }
        let channels = usize::from(self.head.channels);
        let Ok(samples) = self.streams.decode(packet.data) else { return Err(failed) };
        let n = samples.len() / channels;
        if n > MAX_SAMPLES {
            return Err(failed);
        }
        self.buffer.render_silence(Some(n));
        for channel in 0..channels {
            if let Some(plane) = self.buffer.plane_mut(channel) {
                let samples = samples.iter().skip(channel).step_by(channels);
                plane.iter_mut().zip(samples).for_each(|(to, from)| *to = self.head.gain * from);
            }
        }
        // What the container says to be no part of the recording.
        self.buffer.trim(packet.trim_start.get() as usize, packet.trim_end.get() as usize);
        Ok(())
    }
}

impl AudioDecoder for Decoder {
    fn reset(&mut self) {
        self.streams = self.head.streams();
    }

    fn codec_info(&self) -> &CodecInfo {
        &INFO
    }

    fn codec_params(&self) -> &AudioCodecParameters {
        &self.parameters
    }

    fn decode_ref(&mut self, packet: &PacketRef<'_>) -> SymphoniaResult<GenericAudioBufferRef<'_>> {
        self.fill(packet)?;
        Ok(self.buffer.as_generic_audio_buffer_ref())
    }

    fn finalize(&mut self) -> FinalizeResult {
        FinalizeResult::default()
    }

    fn last_decoded(&self) -> GenericAudioBufferRef<'_> {
        self.buffer.as_generic_audio_buffer_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::Head;

    #[test]
    fn headers_of_both_containers_are_read() {
        let ogg = b"OpusHead\x01\x02\x38\x01\x80\xbb\0\0\0\x06\0"; // 6 dB
        let mp4 = b"OpusHead\x00\x02\x01\x38\0\0\xbb\x80\x06\0\0";
        let expected = Head { channels: 2, gain: 10_f32.powf(0.3), mapping: None };
        assert_eq!(Head::parse(ogg).as_ref(), Some(&expected));
        assert_eq!(Head::parse(mp4), Some(expected));
    }

    #[test]
    fn impossible_mappings_are_no_header() {
        let surround = |tail: &[u8]| [&b"OpusHead\x01\x03\0\0\0\0\0\0\0\0\x01"[..], tail].concat();
        let mapping = Some((2, 1, vec![0, 2, 1]));
        assert_eq!(Head::parse(&surround(&[2, 1, 0, 2, 1])), Some(Head { channels: 3, gain: 1.0, mapping }));
        for tail in [&[2, 1, 0, 2][..], &[0, 0, 0, 0, 0], &[1, 2, 0, 1, 2], &[2, 1, 0, 3, 1], &[]] {
            assert_eq!(Head::parse(&surround(tail)), None, "{tail:?}");
        }
        assert_eq!(Head::parse(b"OpusHead"), None);
        assert_eq!(Head::parse(b"OpusHead\x01\x00\0\0\0\0\0\0\0\0\0"), None);
    }
}
