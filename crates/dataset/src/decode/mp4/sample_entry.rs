//! The coding of the samples of an MP4 track, where symphonia 0.6 passes over it or gets it wrong.
//!
//! Integers of 24 and 32 bits and floats in `QuickTime` are big-endian unless a box `enda` says otherwise, and symphonia reads
//! them as little-endian: noise, without an error. Apple, "`QuickTime` File Format", sound sample descriptions.

use std::io::{self, Read, Seek};

use symphonia::core::codecs::audio::AudioCodecId;
use symphonia::core::codecs::audio::well_known as id;

use super::boxes::{child, payload, sound_track};

/// The description of the samples of a track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct SampleEntry {
    kind: [u8; 4],
    /// Whether a box says that samples are little-endian.
    is_little_endian: bool,
}

/// Finds the description of the first audio track.
pub(super) fn read<R: Read + Seek + ?Sized>(
    stream: &mut R,
    file_len: u64,
) -> io::Result<Option<SampleEntry>> {
    let Some(track) = sound_track(stream, file_len)? else { return Ok(None) };
    let Some(information) = child(stream, track.media, *b"minf")? else { return Ok(None) };
    let Some(tables) = child(stream, information, *b"stbl")? else { return Ok(None) };
    let Some(descriptions) = child(stream, tables, *b"stsd")? else { return Ok(None) };
    Ok(parse(&payload(stream, descriptions)?))
}

/// Reads the first description behind version, flags, number and size.
fn parse(descriptions: &[u8]) -> Option<SampleEntry> {
    let kind = descriptions.get(12..16)?.try_into().ok()?;
    let order = descriptions.windows(6).find(|bytes| bytes.starts_with(b"enda"));
    Some(SampleEntry { kind, is_little_endian: order.is_some_and(|bytes| bytes[4..] == [0, 1]) })
}

impl SampleEntry {
    /// The codec of the samples, where symphonia calls it `codec`.
    pub(in super::super) fn codec(self, codec: AudioCodecId) -> AudioCodecId {
        if self.is_little_endian {
            return codec;
        }
        match &self.kind {
            b"in24" => id::CODEC_ID_PCM_S24BE,
            b"in32" => id::CODEC_ID_PCM_S32BE,
            b"fl32" => id::CODEC_ID_PCM_F32BE,
            b"fl64" => id::CODEC_ID_PCM_F64BE,
            _ => codec,
        }
    }

    /// The name of a codec that symphonia does not know.
    pub(in super::super) fn unsupported(self) -> Option<String> {
        let name = match &self.kind {
            b"mp4a" | b"alac" | b"ac-3" | b"ec-3" | b"fLaC" | b"Opus" | b".mp3" | b"lpcm" | b"raw "
            | b"sowt" | b"twos" | b"in24" | b"in32" | b"fl32" | b"fl64" => return None,
            b"enca" | b"drms" => "encrypted audio",
            b"alaw" => "A-law in QuickTime",
            b"ulaw" => "mu-law in QuickTime",
            b"ima4" => "IMA ADPCM in QuickTime",
            b"MAC3" | b"MAC6" => "MACE in QuickTime",
            b"QDM2" | b"QDMC" => "QDesign Music",
            b"Qclp" | b"sqcp" => "QCELP",
            b"sevc" => "EVRC",
            b"samr" => "AMR",
            b"sawb" => "AMR-WB",
            b"agsm" => "GSM in QuickTime",
            b"dtsc" | b"dtse" | b"dtsh" | b"dtsl" | b"dtsx" => "DTS",
            b"mlpa" => "TrueHD",
            b"ac-4" => "AC-4",
            b"mha1" | b"mha2" | b"mhm1" | b"mhm2" => "MPEG-H 3D Audio",
            b"spex" => "Speex",
            b"ipcm" | b"fpcm" => "PCM in MP4",
            other => return Some(format!("\"{}\" in MP4", other.escape_ascii())),
        };
        Some(name.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use symphonia::core::codecs::audio::well_known as id;

    use super::{SampleEntry, parse};

    #[test]
    fn samples_of_quicktime_are_big_endian_unless_it_says_otherwise() {
        let description =
            |kind: &[u8], tail: &[u8]| [&[0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 99], kind, tail].concat();
        let codec = |kind: &[u8], tail: &[u8]| {
            parse(&description(kind, tail)).map(|entry| entry.codec(id::CODEC_ID_PCM_S24LE))
        };
        assert_eq!(codec(b"in24", b""), Some(id::CODEC_ID_PCM_S24BE));
        assert_eq!(codec(b"in24", b"\0\0\0\x0aenda\0\0"), Some(id::CODEC_ID_PCM_S24BE));
        assert_eq!(codec(b"in24", b"\0\0\0\x0aenda\0\x01"), Some(id::CODEC_ID_PCM_S24LE));
        assert_eq!(codec(b"fl32", b""), Some(id::CODEC_ID_PCM_F32BE));
        assert_eq!(codec(b"lpcm", b""), Some(id::CODEC_ID_PCM_S24LE));
        assert_eq!(codec(b"in2", b""), None);
    }

    #[test]
    fn codecs_that_are_not_decoded_are_named() {
        let name = |kind: &[u8]| {
            let description = [&[0; 12], kind].concat();
            parse(&description).and_then(SampleEntry::unsupported)
        };
        assert_eq!(name(b"mp4a"), None);
        assert_eq!(name(b"enca").as_deref(), Some("encrypted audio"));
        assert_eq!(name(b"x\x01yz").as_deref(), Some("\"x\\x01yz\" in MP4"));
    }
}
