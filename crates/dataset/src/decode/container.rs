//! The containers and codecs that symphonia decodes.

use std::panic::{AssertUnwindSafe, catch_unwind};

use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::well_known::CODEC_ID_VORBIS;
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error as SymphoniaError;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::well_known::{FORMAT_ID_MP1, FORMAT_ID_MP2, FORMAT_ID_MP3, FORMAT_ID_OGG};
use symphonia::core::formats::{FormatOptions, FormatReader, Track, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;

use super::edit_list::{self, Edit};
use super::mono;
use crate::{Damage, Error, Result};

/// A reader of blocks of mono samples from a container.
pub(super) struct ContainerReader {
    format: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track_id: u32,
    layout: Option<Layout>,
    declared: Option<u64>,
    /// The edit to apply, until the sample rate is known in which it counts.
    edit: Option<Edit>,
    /// Samples still to be dropped before the recording begins.
    skip: u64,
    /// Samples still to be kept, where an edit list ends the track.
    left: u64,
    interleaved: Vec<f32>,
}

/// The properties that must stay the same from the first packet to the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Layout {
    sample_rate: u32,
    channels: usize,
}

impl ContainerReader {
    /// Opens a container like [`open`](Self::open), and turns a panic of the decoder into an error.
    pub(super) fn new(source: Box<dyn MediaSource>, magic: &[u8], extension: Option<&str>) -> Result<Self> {
        guarded(|| Self::open(source, magic, extension))
    }

    /// Replaces `block` with the next mono samples; returns `false` at the end. Damage is reported with `decoded: 0`.
    ///
    /// After an error the reader must not be used again.
    pub(super) fn next_block(&mut self, block: &mut Vec<f32>) -> Result<bool> {
        guarded(|| self.decode_block(block))
    }

    /// Detects the container that begins with `magic`; `extension` is a hint.
    fn open(mut source: Box<dyn MediaSource>, magic: &[u8], extension: Option<&str>) -> Result<Self> {
        let edit = if is_mp4(magic) { edit_list::read(&mut source)? } else { None };
        let mut hint = Hint::new();
        if let Some(extension) = extension {
            hint.with_extension(extension);
        }
        let stream = MediaSourceStream::new(source, MediaSourceStreamOptions::default());
        let format = symphonia::default::get_probe()
            .probe(&hint, stream, FormatOptions::default(), MetadataOptions::default())
            .map_err(|error| probe_error(error, magic))?;
        let name = format.format_info().short_name;
        let undecodable = |cause: SymphoniaError| Error::Undecodable { format: name, cause: cause.into() };
        let no_track = || undecodable(SymphoniaError::Unsupported("no audio track"));
        let track = format.default_track(TrackType::Audio).ok_or_else(no_track)?;
        let parameters =
            track.codec_params.as_ref().and_then(|parameters| parameters.audio()).ok_or_else(no_track)?;
        let n_channels = parameters.channels.as_ref().map_or(0, Channels::count);
        if parameters.codec == CODEC_ID_VORBIS && n_channels > 2 {
            return Err(undecodable(SymphoniaError::Unsupported(MULTICHANNEL_VORBIS)));
        }
        let decoder = symphonia::default::get_codecs()
            .make_audio_decoder(parameters, &AudioDecoderOptions::default().verify(true))
            .map_err(undecodable)?;
        let track_id = track.id;
        let declared = declared_frames(format.as_ref(), track);
        let (skip, left) = (0, u64::MAX);
        let interleaved = Vec::new();
        Ok(Self { format, decoder, track_id, layout: None, declared, edit, skip, left, interleaved })
    }

    /// Sample rate in Hz; 0 before the first block.
    pub(super) fn sample_rate(&self) -> u32 {
        self.layout.map_or(0, |layout| layout.sample_rate)
    }

    /// Number of channels; 0 before the first block.
    pub(super) fn channels(&self) -> usize {
        self.layout.map_or(0, |layout| layout.channels)
    }

    /// Samples per channel that the container declares; certain after the first block.
    pub(super) fn declared_len(&self) -> Option<u64> {
        self.declared
    }

    fn decode_block(&mut self, block: &mut Vec<f32>) -> Result<bool> {
        block.clear();
        while block.is_empty() {
            let Some(packet) = self.format.next_packet().map_err(|error| self.broken(error))? else {
                return self.verify().map(|()| false);
            };
            if packet.track_id != self.track_id {
                continue;
            }
            let decoded = match self.decoder.decode(&packet) {
                Ok(decoded) => decoded,
                Err(error) => return Err(self.broken(error)),
            };
            let layout = Layout { sample_rate: decoded.spec().rate(), channels: decoded.num_planes() };
            if decoded.is_empty() || layout.channels == 0 || layout.sample_rate == 0 {
                continue;
            }
            if *self.layout.get_or_insert(layout) != layout {
                return Err(corrupt("the sample rate or the number of channels changes".to_owned()));
            }
            if let Some(edit) = self.edit.take() {
                (self.skip, self.declared) = apply_edit(edit, layout.sample_rate, self.declared);
                self.left = self.declared.unwrap_or(u64::MAX);
            }
            self.interleaved.clear();
            decoded.copy_to_vec_interleaved(&mut self.interleaved);
            mono::average(&self.interleaved, layout.channels, block);
            self.trim(block);
        }
        Ok(true)
    }

    /// Removes the samples of a block that lie outside the edit.
    fn trim(&mut self, block: &mut Vec<f32>) {
        let skipped = self.skip.min(block.len() as u64);
        block.drain(..skipped as usize);
        self.skip -= skipped;
        block.truncate(self.left.min(block.len() as u64) as usize);
        if self.left < u64::MAX {
            self.left -= block.len() as u64;
        }
    }

    /// Checks the checksum and the end mark of a stream that has been read to its end.
    fn verify(&mut self) -> Result<()> {
        if self.decoder.finalize().verify_ok == Some(false) {
            return Err(Error::Damaged { damage: Damage::Checksum, decoded: 0 });
        }
        // symphonia takes the length of an Ogg stream from its last page.
        if self.format.format_info().format == FORMAT_ID_OGG && self.declared.is_none() {
            return Err(Error::Damaged { damage: Damage::NoLastPage, decoded: 0 });
        }
        Ok(())
    }

    fn broken(&self, error: SymphoniaError) -> Error {
        match error {
            SymphoniaError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                let damage = self.declared.map_or(Damage::CutOff, |declared| Damage::EndsEarly { declared });
                Error::Damaged { damage, decoded: 0 }
            }
            SymphoniaError::IoError(error) if error.raw_os_error().is_some() => Error::Io(error),
            SymphoniaError::Unsupported(_) if self.layout.is_none() => {
                Error::Undecodable { format: self.format.format_info().short_name, cause: error.into() }
            }
            error => corrupt(error.to_string()),
        }
    }
}

/// The reason for refusing such files: compared with libsndfile, symphonia 0.6.1 is wrong by up to full scale at 44.1 kHz
/// and above.
const MULTICHANNEL_VORBIS: &str = "Vorbis with more than two channels, which the decoder gets wrong";

/// Runs a step of the decoder, which panics on some damaged headers (on overflow in debug builds, on an index in others).
fn guarded<T>(step: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(step)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<&str>().copied();
        let text = text
            .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("without a message");
        Err(corrupt(format!("the decoder panicked: {text}")))
    })
}

fn corrupt(cause: String) -> Error {
    Error::Damaged { damage: Damage::Corrupt { cause }, decoded: 0 }
}

/// The first bytes of the known containers other than MP4.
const MAGICS: [&[u8]; 5] = [b"RIFF", b"FORM", b"fLaC", b"OggS", b"\x1aE\xdf\xa3"];

/// Returns whether a file with these first bytes is an MP4 file (M4A, MOV).
fn is_mp4(magic: &[u8]) -> bool {
    magic.get(4..8) == Some(&b"ftyp"[..])
}

fn probe_error(error: SymphoniaError, magic: &[u8]) -> Error {
    let known = is_mp4(magic) || MAGICS.iter().any(|known| magic.starts_with(known));
    match error {
        SymphoniaError::IoError(error) if error.raw_os_error().is_some() => Error::Io(error),
        SymphoniaError::IoError(_) if known => corrupt("it ends within its headers".to_owned()),
        SymphoniaError::IoError(_) => Error::NotAudio,
        SymphoniaError::Unsupported(_) if !known => Error::NotAudio,
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

/// Samples per channel that the container declares, if it declares them. Without a LAME tag symphonia only estimates the
/// length of an MP3, from its first frame and the size of the file.
fn declared_frames(format: &dyn FormatReader, track: &Track) -> Option<u64> {
    let is_mpeg = [FORMAT_ID_MP1, FORMAT_ID_MP2, FORMAT_ID_MP3].contains(&format.format_info().format);
    if is_mpeg && track.delay.is_none() { None } else { track.num_frames }
}

/// Number of samples to skip, and number of samples to keep, of a track with `coded` samples.
fn apply_edit(edit: Edit, sample_rate: u32, coded: Option<u64>) -> (u64, Option<u64>) {
    let skip = edit.start(sample_rate);
    let rest = coded.map(|coded| coded.saturating_sub(skip));
    // The list counts in coarser units than samples and may end slightly after the last sample.
    let length = match (edit.length(sample_rate), rest) {
        (Some(length), Some(rest)) => Some(length.min(rest)),
        (length, rest) => length.or(rest),
    };
    (skip, length)
}

impl std::fmt::Debug for ContainerReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ContainerReader")
            .field("format", &self.format.format_info().short_name)
            .field("layout", &self.layout)
            .field("declared", &self.declared)
            .finish_non_exhaustive()
    }
}
