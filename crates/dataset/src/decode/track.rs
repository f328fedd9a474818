//! The recognition of a container and the choice of its track.

use symphonia::core::codecs::audio::well_known::{CODEC_ID_AAC, CODEC_ID_OPUS};
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error as SymphoniaError;
use symphonia::core::formats::well_known::{FORMAT_ID_ADTS, FORMAT_ID_OGG};
use symphonia::core::formats::{FormatReader, Track, TrackType};

use super::mp4::SampleEntry;
use super::{aac, corrupt, names, opus};
use crate::{Error, Result};

/// The audio track of a container, and what decodes it.
pub(super) struct Selected {
    pub(super) track_id: u32,
    pub(super) parameters: AudioCodecParameters,
    pub(super) decoder: Box<dyn AudioDecoder>,
    /// Samples per channel of the recording, if the container declares them.
    pub(super) declared: Option<u64>,
    /// Coded samples before the recording.
    pub(super) delay: u64,
}

/// Selects the first audio track of a container, with the codec that the description of its samples tells.
pub(super) fn select(format: &dyn FormatReader, entry: Option<&SampleEntry>) -> Result<Selected> {
    let name = format.format_info().short_name;
    let undecodable = |cause: SymphoniaError| Error::Undecodable { format: name, cause: cause.into() };
    let no_track = || undecodable(SymphoniaError::Unsupported("no audio track"));
    let track = format.default_track(TrackType::Audio).ok_or_else(no_track)?;
    let parameters =
        track.codec_params.as_ref().and_then(|parameters| parameters.audio()).ok_or_else(no_track)?;
    let mut parameters = parameters.clone();
    parameters.codec = entry.map_or(parameters.codec, |entry| entry.codec(parameters.codec));
    if parameters.codec == CODEC_ID_AAC {
        parameters.extra_data = parameters.extra_data.as_deref().map(aac::completed);
    }
    if let Some(name) = names::of_codec(&parameters) {
        return Err(Error::unsupported(name));
    }
    let decoder = if parameters.codec == CODEC_ID_OPUS {
        Box::new(opus::Decoder::new(&parameters)?)
    } else {
        symphonia::default::get_codecs()
            .make_audio_decoder(&parameters, &AudioDecoderOptions::default().verify(true))
            .map_err(undecodable)?
    };
    // In Ogg, the length of Opus counts what comes before the recording, which symphonia leaves in. RFC 7845, 4.2.
    let is_ogg_opus = parameters.codec == CODEC_ID_OPUS && format.format_info().format == FORMAT_ID_OGG;
    let delay = if is_ogg_opus { u64::from(track.delay.unwrap_or(0)) } else { 0 };
    let declared = declared_frames(format, track).map(|declared| declared.saturating_sub(delay));
    Ok(Selected { track_id: track.id, parameters, decoder, declared, delay })
}

/// The first bytes of the known containers other than MP4.
const MAGICS: [&[u8]; 5] = [b"RIFF", b"FORM", b"fLaC", b"OggS", MATROSKA];
/// The first bytes of Matroska.
pub(super) const MATROSKA: &[u8] = b"\x1aE\xdf\xa3";

/// Returns whether a file with these first bytes is in a container that this module opens.
pub(super) fn is_container(magic: &[u8]) -> bool {
    is_mp4(magic) || MAGICS.iter().any(|known| magic.starts_with(known))
}

/// Returns whether a file with these first bytes is an MP4 file (M4A, MOV), or a `QuickTime` file from before those had a type.
pub(super) fn is_mp4(magic: &[u8]) -> bool {
    const BOXES: [&[u8]; 6] = [b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot"];
    let Some((&[a, b, c, d], kind)) = magic.get(..8).and_then(<[u8]>::split_first_chunk::<4>) else {
        return false;
    };
    let is_size = !(2..8).contains(&u32::from_be_bytes([a, b, c, d]));
    kind == b"ftyp" || is_size && BOXES.contains(&kind)
}

/// The meaning of an error of symphonia's probe, for a stream that begins with `magic`.
pub(super) fn probe_error(error: SymphoniaError, magic: &[u8]) -> Error {
    let known = is_container(magic);
    match error {
        SymphoniaError::IoError(error) if error.raw_os_error().is_some() => Error::Io(error),
        SymphoniaError::IoError(_) if known => corrupt("it ends within its headers".to_owned()),
        SymphoniaError::IoError(_) => Error::NotAudio,
        SymphoniaError::Unsupported(_) if !known => Error::NotAudio,
        SymphoniaError::DecodeError(text) if text.ends_with("invalid pcm sample size") => {
            Error::unsupported("QuickTime PCM of another width than that of its name")
        }
        // Most writers put the headers of an MP4 file after its audio.
        SymphoniaError::Unsupported(text) if text.ends_with("missing moov atom") => {
            corrupt("it ends before its headers".to_owned())
        }
        // symphonia passes over a Matroska segment that is longer than the file.
        SymphoniaError::Unsupported(text) if text.ends_with("missing segment element") => {
            corrupt("it ends within its segment".to_owned())
        }
        error => Error::Undecodable { format: "any known format", cause: error.into() },
    }
}

/// Samples per channel that the container declares, if it declares them. For ADTS symphonia only estimates the length, from
/// the first frames and the size of the file (its issue 196).
fn declared_frames(format: &dyn FormatReader, track: &Track) -> Option<u64> {
    if format.format_info().format == FORMAT_ID_ADTS { None } else { track.num_frames }
}
