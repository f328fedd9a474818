//! The containers and codecs that symphonia decodes.

use std::ops::Range;

use symphonia::core::codecs::audio::well_known::{
    CODEC_ID_AAC, CODEC_ID_MP1, CODEC_ID_MP2, CODEC_ID_MP3, CODEC_ID_VORBIS,
};
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder};
use symphonia::core::errors::Error as SymphoniaError;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::well_known::{FORMAT_ID_FLAC, FORMAT_ID_ISOMP4, FORMAT_ID_OGG};
use symphonia::core::formats::{FormatOptions, FormatReader};
use symphonia::core::io::{MediaSource, MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;
use symphonia::core::units::TimeBase;
use symphonia::default::formats::IsoMp4Reader;

use super::demuxer::Demuxer;
use super::matroska::{self, Padding};
use super::mp4::{self, Edit, Movie, SampleEntry};
use super::ogg::{self, LastPage};
use super::track::{MATROSKA, Selected, is_mp4, probe_error, select};
use super::{aac, corrupt, guarded, mono, mpeg};
use crate::{Damage, Error, Result};

/// A reader of blocks of mono samples from a container.
pub(super) struct ContainerReader {
    demuxer: Demuxer,
    decoder: Box<dyn AudioDecoder>,
    layout: Option<Layout>,
    declared: Option<u64>,
    link: Link,
    /// The last page of an Ogg stream.
    last_page: Option<LastPage>,
    /// The edit to apply, until the sample rate is known in which it counts.
    edit: Option<Edit>,
    /// The part of the coded samples that is the recording.
    recording: Range<u64>,
    /// Delay and padding around the recording in Matroska.
    padding: Padding,
    /// Number of last samples that are not part of the recording.
    discarded: u64,
    /// Samples that are not part of the recording if no others follow.
    held: Vec<f32>,
    /// The change by a seek.
    sought: Sought,
    /// Whether the times of packets are right.
    has_index: bool,
    interleaved: Vec<f32>,
}

/// The jumps of a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sought {
    /// Everything is decoded from the beginning, so that a checksum can be compared.
    Never,
    /// The next packet that has samples tells its position.
    JustNow,
    Before,
}

/// A part of a chained Ogg stream; other streams are one link.
#[derive(Clone, Copy, Debug)]
struct Link {
    declared: Option<u64>,
    /// Coded samples before the recording.
    delay: u64,
    /// Coded samples up to the end of the last block.
    decoded: u64,
    is_first: bool,
}

/// The properties that must stay the same from the first packet of a link to the last.
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
    fn open(source: Box<dyn MediaSource>, magic: &[u8], extension: Option<&str>) -> Result<Self> {
        let (mut source, movie) = if is_mp4(magic) { mp4::mend(source)? } else { (source, Movie::default()) };
        let mut in_matroska = matroska::AudioTrack::default();
        if magic.starts_with(MATROSKA) {
            (source, in_matroska) = matroska::mend(source)?;
        }
        let last_page = if magic.starts_with(b"OggS") { ogg::last_page(&mut source)? } else { None };
        let mut hint = Hint::new();
        if let Some(extension) = extension {
            hint.with_extension(extension);
        }
        let stream = MediaSourceStream::new(source, MediaSourceStreamOptions::default());
        let (options, metadata) = (FormatOptions::default(), MetadataOptions::default());
        let format = if is_mp4(magic) {
            IsoMp4Reader::try_new(stream, options).map(|reader| Box::new(reader) as Box<dyn FormatReader>)
        } else {
            symphonia::default::get_probe().probe(&hint, stream, options, metadata)
        };
        let format = format.map_err(|error| probe_error(error, magic))?;
        if let Some(name) = movie.entry.and_then(SampleEntry::unsupported) {
            return Err(Error::unsupported(name));
        }
        let selected =
            select(format.as_ref(), movie.entry.as_ref()).map_err(|error| match in_matroska.codec {
                Some(codec) if matches!(error, Error::Undecodable { .. }) => {
                    Error::unsupported(format!("{codec} in Matroska"))
                }
                _ => error,
            })?;
        let Selected { track_id, parameters, decoder, declared, delay } = selected;
        let declared = declared.filter(|_| !movie.is_fragmented);
        let mut reader = Self {
            demuxer: Demuxer::new(format, track_id),
            decoder,
            layout: None,
            declared,
            link: Link { declared, delay, decoded: 0, is_first: true },
            last_page,
            edit: movie.edit,
            recording: 0..u64::MAX,
            padding: in_matroska.padding,
            discarded: 0,
            held: Vec::new(),
            sought: Sought::Never,
            has_index: !movie.is_fragmented,
            interleaved: Vec::new(),
        };
        reader.recognize(&parameters)?;
        Ok(reader)
    }

    /// Finds out by the first packets what the parameters of a track do not tell. Damage among them is met again later.
    fn recognize(&mut self, parameters: &AudioCodecParameters) -> Result<()> {
        let is_aac = parameters.codec == CODEC_ID_AAC;
        let is_mpeg = [CODEC_ID_MP1, CODEC_ID_MP2, CODEC_ID_MP3].contains(&parameters.codec);
        if !is_aac && !is_mpeg {
            return Ok(());
        }
        if let Err(error) = self.demuxer.look_ahead(if is_aac { aac::PACKETS } else { 1 }) {
            match self.broken(error) {
                Error::Damaged { .. } => {}
                error => return Err(error),
            }
        }
        if is_mpeg {
            self.demuxer.cut_into_frames();
            if let Some(decoder) = self.demuxer.ahead().next().and_then(mpeg::decoder_of) {
                self.decoder = decoder?;
            }
        } else if aac::has_sbr(parameters, self.demuxer.ahead()) {
            return Err(Error::unsupported(aac::SBR));
        } else {
            self.recording.start = self.demuxer.ahead().next().map_or(0, aac::delay);
        }
        Ok(())
    }

    /// Decodes what is passed over, since the times of packets are not right.
    pub(super) fn without_index(self) -> Self {
        Self { has_index: false, ..self }
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
            let packet = match self.demuxer.next() {
                Ok(Some(packet)) => packet,
                Ok(None) => return self.verify().map(|()| false),
                Err(SymphoniaError::ResetRequired) => {
                    self.next_link()?;
                    continue;
                }
                Err(error) => return Err(self.broken(error)),
            };
            let decoded = match self.decoder.decode(&packet) {
                Ok(decoded) => decoded,
                Err(error) => return Err(self.broken(error)),
            };
            let layout = Layout { sample_rate: decoded.spec().rate(), channels: decoded.num_planes() };
            if decoded.is_empty() || layout.channels == 0 || layout.sample_rate == 0 {
                continue;
            }
            self.interleaved.clear();
            decoded.copy_to_vec_interleaved(&mut self.interleaved);
            let is_first_block = self.layout.is_none() && self.link.is_first;
            if *self.layout.get_or_insert(layout) != layout {
                return Err(corrupt("the sample rate or the number of channels changes".to_owned()));
            }
            if is_first_block {
                self.delimit(layout.sample_rate);
            }
            if self.sought == Sought::JustNow {
                self.sought = Sought::Before;
                self.link.decoded = u64::try_from(packet.pts.get()).unwrap_or(0);
            }
            mono::average(&self.interleaved, layout.channels, block);
            let start = self.link.decoded;
            self.link.decoded += block.len() as u64;
            if self.link.is_first {
                keep(block, start, &self.recording);
            } else {
                keep(block, start, &(self.link.delay..u64::MAX));
            }
            if self.discarded > 0 {
                self.held.append(block);
                let sound = self.held.len().saturating_sub(self.discarded as usize);
                block.extend(self.held.drain(..sound));
            }
        }
        Ok(true)
    }

    /// Finds the part of the coded samples that is the recording, now that the sample rate is known. It begins behind the
    /// encoder's delay, or later where the container says so.
    fn delimit(&mut self, sample_rate: u32) {
        let encoder_delay = self.recording.start;
        if self.demuxer.format().format_info().format == FORMAT_ID_ISOMP4 {
            let (start, length) = self
                .edit
                .take()
                .map_or((0, None), |edit| (edit.start(sample_rate), edit.length(sample_rate)));
            self.recording.start = start.max(encoder_delay);
            // The table of packets says how much of the last one is sound. The edit counts in coarser units than samples and
            // may end slightly after that.
            let rest = self.declared.map(|coded| coded.saturating_sub(self.recording.start));
            self.declared = length.map_or(rest, |length| Some(rest.map_or(length, |rest| length.min(rest))));
            let end = self.declared.map(|length| self.recording.start.saturating_add(length));
            self.recording.end = end.unwrap_or(u64::MAX);
        } else {
            let (delay, discarded) = self.padding.samples(sample_rate);
            // The decoder of Vorbis removes its delay itself.
            let is_vorbis = self.decoder.codec_params().codec == CODEC_ID_VORBIS;
            self.recording.start = if is_vorbis { 0 } else { delay.max(self.link.delay).max(encoder_delay) };
            self.discarded = discarded;
        }
    }

    /// Goes on with the next link of a chained stream, which is a stream of its own.
    fn next_link(&mut self) -> Result<()> {
        let Selected { track_id, decoder, declared, delay, .. } = select(self.demuxer.format(), None)?;
        (self.demuxer.track_id, self.decoder) = (track_id, decoder);
        self.link = Link { declared, delay, decoded: 0, is_first: false };
        // The length of the whole is not declared anywhere.
        (self.layout, self.declared) = (None, None);
        Ok(())
    }

    /// Samples per channel of the recording up to the end of the last block.
    pub(super) fn position(&self) -> u64 {
        self.link.decoded.min(self.recording.end).saturating_sub(self.recording.start)
    }

    /// Jumps to a little before a sample of the recording, where the format has an index or can be searched. Returns
    /// whether it did; the position is known after the next block.
    pub(super) fn seek(&mut self, sample: u64) -> Result<bool> {
        /// Samples decoded before the wanted ones, on which those depend: two blocks of any codec.
        const PREROLL: u64 = 1 << 14;
        let target = self.recording.start.saturating_add(sample).saturating_sub(PREROLL);
        let is_behind = self.link.declared.is_some_and(|declared| target >= declared);
        if target <= self.link.decoded || is_behind || !self.counts_samples() {
            return Ok(false);
        }
        let Ok(ts) = i64::try_from(target) else { return Ok(false) };
        guarded(|| self.demuxer.seek(ts).map_err(|error| corrupt(error.to_string())))?;
        self.decoder.reset();
        self.sought = Sought::JustNow;
        Ok(true)
    }

    /// Returns whether the times of packets are numbers of samples in a stream that can be searched.
    fn counts_samples(&self) -> bool {
        let format = self.demuxer.format().format_info().format;
        let track = self.demuxer.format().tracks().iter().find(|track| track.id == self.demuxer.track_id);
        let unit = track.and_then(|track| track.time_base);
        let rate = self.layout.and_then(|layout| TimeBase::try_new(1, layout.sample_rate));
        // symphonia loses its way where its search meets another link.
        let is_chained = self
            .last_page
            .is_some_and(|page| self.demuxer.format().tracks().iter().all(|track| track.id != page.serial));
        [FORMAT_ID_FLAC, FORMAT_ID_ISOMP4, FORMAT_ID_OGG].contains(&format)
            && self.has_index
            && self.link.is_first
            && self.link.delay == 0
            && !is_chained
            && unit.is_some()
            && unit == rate
    }

    /// Checks the checksum and the end mark of a stream that has been read to its end.
    fn verify(&mut self) -> Result<()> {
        if self.sought == Sought::Never && self.decoder.finalize().verify_ok == Some(false) {
            return Err(Error::Damaged { damage: Damage::Checksum, decoded: 0 });
        }
        // symphonia takes the length of an Ogg stream from its last page, and passes over a link without one.
        let in_other_link = |page: &LastPage| {
            !page.is_end && self.demuxer.format().tracks().iter().all(|track| track.id != page.serial)
        };
        let is_ogg = self.demuxer.format().format_info().format == FORMAT_ID_OGG;
        if is_ogg && (self.link.declared.is_none() || self.last_page.as_ref().is_some_and(in_other_link)) {
            return Err(Error::Damaged { damage: Damage::NoLastPage, decoded: 0 });
        }
        match self.link.declared {
            Some(declared) if !self.link.is_first && self.link.decoded < declared + self.link.delay => {
                Err(Error::Damaged { damage: Damage::EndsEarly { declared }, decoded: 0 })
            }
            _ => Ok(()),
        }
    }

    fn broken(&self, error: SymphoniaError) -> Error {
        match error {
            SymphoniaError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                let damage = self.declared.map_or(Damage::CutOff, |declared| Damage::EndsEarly { declared });
                Error::Damaged { damage, decoded: 0 }
            }
            SymphoniaError::IoError(error) if error.raw_os_error().is_some() => Error::Io(error),
            SymphoniaError::Unsupported(_) if self.layout.is_none() => Error::Undecodable {
                format: self.demuxer.format().format_info().short_name,
                cause: error.into(),
            },
            error => corrupt(error.to_string()),
        }
    }
}

/// Removes the samples of a block, of which the first has the number `start`, that lie outside a range.
fn keep(block: &mut Vec<f32>, start: u64, range: &Range<u64>) {
    let index = |sample: u64| sample.saturating_sub(start).min(block.len() as u64) as usize;
    let (from, to) = (index(range.start), index(range.end));
    block.truncate(to);
    block.drain(..from.min(to));
}

impl std::fmt::Debug for ContainerReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ContainerReader")
            .field("format", &self.demuxer.format().format_info().short_name)
            .field("layout", &self.layout)
            .field("declared", &self.declared)
            .finish_non_exhaustive()
    }
}
