//! AAC streams that symphonia 0.6 cannot decode, or decodes to half of their sound.
//!
//! HE-AAC codes the lower half of the spectrum as AAC at half the rate, and describes the upper half in fill elements (SBR,
//! ISO/IEC 14496-3, 4.6.18). A decoder without SBR returns the lower half without an error (symphonia's issue 480). Delete
//! [`has_sbr`] when symphonia decodes SBR.

use symphonia::core::codecs::audio::well_known::CODEC_ID_AAC;
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error as SymphoniaError;
use symphonia::core::packet::PacketRef;
use symphonia::core::units::{Duration, Timestamp};

/// Number of packets in which SBR is looked for: encoders put it into every one, but ends of silence may lack it.
pub(super) const PACKETS: usize = 16;

/// The name of what a stream is, where its configuration says that it is not plain AAC of one or two channels.
/// ISO/IEC 14496-3, 1.6.2.1.
pub(super) fn unsupported(parameters: &AudioCodecParameters) -> Option<&'static str> {
    if parameters.codec != CODEC_ID_AAC {
        return None;
    }
    let Some(config) = parameters.extra_data.as_deref() else {
        let channels = parameters.channels.as_ref().map_or(1, symphonia::core::audio::Channels::count);
        return (channels > 2).then_some(MULTICHANNEL);
    };
    let mut bits = Bits { bytes: config, at: 0 };
    match bits.object_type()? {
        2 => {}
        kind => return object_name(kind),
    }
    bits.rate()?;
    match bits.take(4)? {
        0 => return Some("AAC with a channel layout of its own"),
        1 | 2 => {}
        _ => return Some(MULTICHANNEL),
    }
    if bits.take(1)? == 1 {
        return Some("AAC with 960 samples per frame");
    }
    // SBR is announced behind the configuration that older decoders read.
    (bits.at..8 * config.len()).find_map(|at| {
        let mut bits = Bits { bytes: config, at };
        (bits.take(11)? == 0x2b7 && bits.object_type()? == 5 && bits.take(1)? == 1).then_some(SBR)
    })
}

/// A configuration that does not end before its last field. Programs set the flag of a core coder and leave out its delay, and
/// symphonia 0.6 refuses such a file.
pub(super) fn completed(config: &[u8]) -> Box<[u8]> {
    const DELAY_BITS: usize = 14;
    let mut bits = Bits { bytes: config, at: 0 };
    let mut has_core = || {
        let kind = bits.object_type()?;
        bits.rate()?;
        // Channels and the length of frames come before.
        bits.take(5)?;
        Some(kind == 2 && bits.take(1)? == 1)
    };
    let mut config = config.to_vec();
    if has_core() == Some(true) {
        config.resize(config.len().max((bits.at + DELAY_BITS + 1).div_ceil(8)), 0);
    }
    config.into()
}

/// The name of what a configuration describes, by its object type: ISO/IEC 14496-3, table 1.17.
fn object_name(kind: u32) -> Option<&'static str> {
    Some(match kind {
        1 => "AAC Main",
        3 => "AAC SSR",
        4 => "AAC LTP",
        5 => SBR,
        6 | 20 => "scalable AAC",
        7 | 21 => "TwinVQ",
        8 | 24 => "CELP",
        9 | 25 => "HVXC",
        12 => "MPEG-4 text to speech",
        13..=16 => "MPEG-4 structured audio",
        17 => "error-resilient AAC",
        19 => "error-resilient AAC LTP",
        22 => "BSAC",
        23 => "AAC-LD",
        26 | 27 => "MPEG-4 parametric audio",
        28 => "MPEG-4 SSC",
        29 => "HE-AAC v2 (SBR and PS)",
        30 => "MPEG Surround",
        35 => "DST",
        36 => "MPEG-4 ALS",
        37 | 38 => "MPEG-4 SLS",
        39 => "AAC-ELD",
        42 => "xHE-AAC (USAC)",
        _ => return None,
    })
}

/// The name of a stream with SBR.
pub(super) const SBR: &str = "HE-AAC (SBR)";
const MULTICHANNEL: &str = "AAC with more than two channels";

/// Samples per channel that an encoder puts before the recording, where its name in the first packet of a stream tells and no
/// container does: FAAC begins with a packet of silence, and ffmpeg takes it away.
pub(super) fn delay(packet: &[u8]) -> u64 {
    const FAAC_DELAY: u64 = 1024;
    let mut bits = Bits { bytes: packet, at: 0 };
    let is_fill = bits.take(3) == Some(FILL);
    // The name begins at a byte, behind the length and the kind of the fill element.
    if is_fill && packet.get(4..).is_some_and(|text| text.starts_with(b"libfaac ")) { FAAC_DELAY } else { 0 }
}

/// Returns whether packets of AAC carry SBR that no header announces.
pub(super) fn has_sbr<'a>(
    parameters: &AudioCodecParameters,
    mut packets: impl Iterator<Item = &'a [u8]>,
) -> bool {
    let mut oracle = Oracle { parameters, decoder: None };
    packets.any(|packet| sbr_in(&mut oracle, packet).unwrap_or(false))
}

/// Goes from the end of a packet through its last fill elements. Their beginnings are guessed from their lengths.
fn sbr_in(oracle: &mut Oracle<'_>, packet: &[u8]) -> Option<bool> {
    const MAX_FILLS: usize = 4;
    let last_byte = packet.iter().rposition(|&byte| byte != 0)?;
    let last_bit = 8 * last_byte + 7 - packet[last_byte].trailing_zeros() as usize;
    // The end is marked by an element of three ones.
    let mut end = last_bit.checked_sub(2)?;
    for _ in 0..MAX_FILLS {
        let (start, kind) = fills_before(packet, end).find(|&(start, _)| oracle.is_element(packet, start))?;
        if SBR_KINDS.contains(&kind) {
            return Some(true);
        }
        end = start;
    }
    Some(false)
}

/// The kinds of extension that carry SBR, without and with a checksum.
const SBR_KINDS: [u32; 2] = [13, 14];
/// The number of a fill element, and that of a program configuration.
const FILL: u32 = 6;
const PROGRAM: u32 = 5;

/// The possible beginnings of a fill element that ends at a bit, with the kind of its extension.
fn fills_before(packet: &[u8], end: usize) -> impl Iterator<Item = (usize, u32)> {
    let bits = |at: usize, n| Bits { bytes: packet, at }.take(n);
    (1..=269_usize).filter_map(move |length| {
        // From 15 bytes on the length has another byte.
        let (head, count, more) = if length < 15 { (7, length, None) } else { (15, 15, Some(length - 14)) };
        let start = end.checked_sub(8 * length + head)?;
        let fits = bits(start, 3)? == FILL
            && bits(start + 3, 4)? as usize == count
            && more.is_none_or(|more| bits(start + 7, 8) == Some(more as u32));
        if fits { Some((start, bits(start + head, 4)?)) } else { None }
    })
}

/// Tells where the elements of packets begin.
struct Oracle<'a> {
    parameters: &'a AudioCodecParameters,
    /// Made when it is first needed: making it takes longer than the rest, and few packets of plain AAC need it.
    decoder: Option<Box<dyn AudioDecoder>>,
}

impl Oracle<'_> {
    /// Returns whether an element of a packet begins at a bit. If it is made an element that the decoder refuses, a decoder
    /// that comes to it refuses it.
    fn is_element(&mut self, packet: &[u8], at: usize) -> bool {
        let mut changed = packet.to_vec();
        for i in 0..3 {
            let (byte, mask) = ((at + i) / 8, 0x80 >> ((at + i) % 8));
            if PROGRAM >> (2 - i) & 1 == 1 { changed[byte] |= mask } else { changed[byte] &= !mask }
        }
        if self.decoder.is_none() {
            let options = AudioDecoderOptions::default();
            self.decoder =
                symphonia::default::get_codecs().make_audio_decoder(self.parameters, &options).ok();
        }
        let Some(decoder) = &mut self.decoder else { return false };
        let packet = PacketRef::new(0, Timestamp::ZERO, Duration::ZERO, &changed);
        matches!(decoder.decode_ref(&packet), Err(SymphoniaError::Unsupported(text)) if text.contains("program config"))
    }
}

/// Reads bits from the highest of a byte to the lowest.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn take(&mut self, n: usize) -> Option<u32> {
        let mut value = 0;
        for _ in 0..n {
            let byte = *self.bytes.get(self.at / 8)?;
            value = value << 1 | u32::from(byte >> (7 - self.at % 8) & 1);
            self.at += 1;
        }
        Some(value)
    }

    fn object_type(&mut self) -> Option<u32> {
        match self.take(5)? {
            31 => Some(32 + self.take(6)?),
            kind => Some(kind),
        }
    }

    fn rate(&mut self) -> Option<()> {
        if self.take(4)? == 15 {
            self.take(24)?;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use symphonia::core::audio::Channels;
    use symphonia::core::codecs::audio::AudioCodecParameters;
    use symphonia::core::codecs::audio::well_known::CODEC_ID_AAC;

    use super::{SBR, completed, delay, has_sbr, unsupported};

    fn name(config: &[u8]) -> Option<&'static str> {
        let mut parameters = AudioCodecParameters::new();
        parameters.for_codec(CODEC_ID_AAC).with_extra_data(config.into());
        unsupported(&parameters)
    }

    #[test]
    fn a_configuration_names_what_is_not_decoded() {
        assert_eq!(name(&[0x12, 0x10]), None); // AAC-LC, 44.1 kHz, stereo
        assert_eq!(name(&[0x12, 0x30]), Some("AAC with more than two channels"));
        assert_eq!(name(&[0x2b, 0x92, 0x08, 0x00]), Some(SBR)); // explicit, 22.05 kHz core
        assert_eq!(name(&[0xeb, 0x92, 0x08, 0x00]), Some("HE-AAC v2 (SBR and PS)"));
        assert_eq!(name(&[0x13, 0x90, 0x56, 0xe5, 0xa0]), Some(SBR)); // announced behind
        assert_eq!(name(&[0x13, 0x90, 0x56, 0xe5, 0x00]), None); // announced as absent
        assert_eq!(name(&[0x0a, 0x10]), Some("AAC Main"));
        assert_eq!(name(&[0xf8, 0x9e, 0x00]), Some("MPEG-4 ALS")); // escaped object type 36
    }

    #[test]
    fn a_configuration_that_ends_early_is_completed() {
        assert_eq!(*completed(&[0x12, 0x12]), [0x12, 0x12, 0, 0]); // with the flag of a core coder
        for whole in
            [&[0x12, 0x10][..], &[0x12, 0x12, 0, 0, 7], &[0x13, 0x90, 0x56, 0xe5, 0xa0], &[0x12], &[]]
        {
            assert_eq!(*completed(whole), *whole);
        }
    }

    /// Writes bits from strings of 0 and 1.
    fn packet(bits: &[&str]) -> Vec<u8> {
        let bits = bits.concat().into_bytes();
        bits.chunks(8)
            .map(|byte| (0..8).fold(0, |v, i| v << 1 | u8::from(byte.get(i) == Some(&b'1'))))
            .collect()
    }

    #[test]
    fn sbr_without_an_announcement_is_found_and_other_fill_is_not() {
        let mut parameters = AudioCodecParameters::new();
        parameters.for_codec(CODEC_ID_AAC).with_sample_rate(22_050).with_channels(Channels::Discrete(1));
        // A channel of silence: gain 0, one long window, no band, no pulse, TNS or gain control.
        let silence = ["000", "0000", "00000000", "0", "00", "0", "000000", "0", "0", "0", "0"].concat();
        let fill = |kind: &str| ["110", "0011", kind, "0110110101101110111", "0"].concat();
        for (kind, expected) in [("1101", true), ("1110", true), ("0000", false), ("1011", false)] {
            let packet = packet(&[&silence, &fill(kind), "111"]);
            assert_eq!(has_sbr(&parameters, [&packet[..]].into_iter()), expected, "kind {kind}");
        }
        // Behind SBR there may be fill for a constant bit rate.
        let both = packet(&[&silence, &fill("1101"), "110", "0001", "00000000", "111"]);
        assert!(has_sbr(&parameters, [&both[..]].into_iter()));
        // The same bits inside an element are not SBR.
        let data =
            packet(&[&silence, "100", "0000", "0", "00000111", &"0".repeat(24), &fill("1101"), "0", "111"]);
        assert!(!has_sbr(&parameters, [&data[..]].into_iter()));
    }

    #[test]
    fn the_delay_is_that_of_the_encoder_that_is_named() {
        let fill = |text: &[u8]| [&[0xde, 0x04, 0, 0], text, &[0, 0, 0x42, 0]].concat();
        assert_eq!(delay(&fill(b"libfaac 1.28")), 1024);
        assert_eq!(delay(&fill(b"Lavc61.19.100")), 0);
        assert_eq!(delay(&[&[0x21, 0, 0, 0][..], b"libfaac 1.28"].concat()), 0); // a channel pair, not fill
        assert_eq!(delay(&[0xde, 4]), 0);
    }

    #[test]
    fn any_bytes_are_looked_at_without_a_panic() {
        let mut parameters = AudioCodecParameters::new();
        parameters.for_codec(CODEC_ID_AAC).with_sample_rate(22_050).with_channels(Channels::Discrete(1));
        for packet in [&[][..], &[0], &[0xff], &[0; 300], &[0xff; 300], &[7], &[0xc0, 7]] {
            assert!(!has_sbr(&parameters, [packet].into_iter()), "{packet:?}");
        }
    }
}
