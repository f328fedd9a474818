//! The reader of one audio stream, block by block.

use std::fs::File;
use std::io::{Read, Seek};
use std::path::Path;

use cepstrum_dsp::Resampler;
use symphonia::core::io::MediaSource;

use super::container::ContainerReader;
use super::mpeg::MpegReader;
use super::open;
use super::pcm::{ImaReader, PcmReader};
use super::rate::Unified;
use super::source::Stream;
use crate::{Damage, Error, Result, SampleSink};

/// Decodes one audio stream into blocks of mono samples at the stream's own rate.
///
/// ```
/// use cepstrum_dataset::decode::AudioReader;
/// use std::io::Cursor;
///
/// let header = [0x2e73_6e64_u32, 24, 4, 3, 8_000, 2]; // ".snd": 4 bytes of 16-bit PCM, 8 kHz, stereo
/// let mut file: Vec<u8> = header.iter().flat_map(|word| word.to_be_bytes()).collect();
/// file.extend([0x40, 0x00, 0x20, 0x00]); // 0.5 and 0.25
///
/// let mut reader = AudioReader::new(Cursor::new(file), Some("au"))?;
/// assert_eq!((reader.sample_rate(), reader.channels(), reader.declared_len()), (8_000, 2, Some(1)));
/// assert_eq!(reader.next_block()?, Some(&[0.375][..]));
/// assert_eq!(reader.next_block()?, None);
/// # Ok::<(), cepstrum_dataset::Error>(())
/// ```
#[derive(Debug)]
pub struct AudioReader {
    source: Source,
    sample_rate: u32,
    channels: usize,
    decoded: u64,
    block: Vec<f32>,
    /// Brings the parts of a stream to the sample rate of its first one.
    unified: Unified,
    state: State,
}

/// The reader of one kind of stream.
#[derive(Debug)]
pub(super) enum Source {
    Pcm(PcmReader),
    Ima(ImaReader),
    Mpeg(MpegReader),
    Container(ContainerReader),
}

/// The state of a reader between two calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The first block is decoded, since only then is the sample rate certain, and waits for the first call.
    Primed,
    Reading,
    Ended,
}

impl AudioReader {
    /// Opens a file.
    ///
    /// # Errors
    /// [`Error::InFile`] around [`Error::NotAFile`], [`Error::Io`] or any error of [`new`](Self::new).
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let extension = path.extension().and_then(|extension| extension.to_str());
        open_regular(path).and_then(|file| Self::new(file, extension)).map_err(|error| error.in_file(path))
    }

    /// Detects the format of a stream and decodes its first block; `extension` is a hint.
    ///
    /// # Errors
    /// [`Error::NotAudio`], [`Error::Unsupported`] with the name of a format that is not decoded, [`Error::Undecodable`],
    /// [`Error::EmptyAudio`], [`Error::SampleRate`] above 768 kHz, [`Error::Damaged`] when the damage lies before the first sample, [`Error::NonFiniteSample`], [`Error::Io`].
    pub fn new(stream: impl Read + Seek + Send + Sync + 'static, extension: Option<&str>) -> Result<Self> {
        let stream: Box<dyn MediaSource> = Box::new(Stream::new(stream)?);
        let mut reader = Self {
            source: open::open(stream, extension)?,
            sample_rate: 0,
            channels: 0,
            decoded: 0,
            block: Vec::new(),
            unified: Unified::default(),
            state: State::Reading,
        };
        if reader.read_block()? == State::Ended {
            return Err(Error::EmptyAudio);
        }
        (reader.sample_rate, reader.channels) = reader.source.layout();
        if reader.sample_rate > MAX_SAMPLE_RATE {
            return Err(Error::SampleRate { sample_rate: reader.sample_rate, max: MAX_SAMPLE_RATE });
        }
        reader.state = State::Primed;
        Ok(reader)
    }

    /// Sample rate of the stream in Hz.
    pub fn sample_rate(&self) -> u32 {
        self.sample_rate
    }

    /// Number of channels of the stream; blocks hold their mean.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Samples per channel that the header declares, if it declares them.
    pub fn declared_len(&self) -> Option<u64> {
        self.source.declared_len()
    }

    /// Samples per channel decoded or passed over so far.
    pub fn decoded(&self) -> u64 {
        self.decoded
    }

    /// Returns the next mono samples, with full scale 1, or `None` at the end of an undamaged stream.
    ///
    /// # Errors
    /// [`Error::Damaged`] where the stream turns out to be corrupt or short, [`Error::NonFiniteSample`], [`Error::Io`].
    /// The blocks before an error are sound; after an error there are no more blocks.
    pub fn next_block(&mut self) -> Result<Option<&[f32]>> {
        self.state = match self.state {
            State::Primed => State::Reading,
            State::Reading => self.read_block().inspect_err(|_| self.state = State::Ended)?,
            State::Ended => State::Ended,
        };
        Ok((self.state != State::Ended).then_some(&self.block))
    }

    /// Passes over the next samples at the stream's own rate, or over those that are left.
    ///
    /// Uncompressed samples, FLAC, Vorbis in Ogg, M4A and MPEG audio jump there; other formats, and chained Ogg, are decoded
    /// and dropped. The samples are those of the whole stream, but where AAC codes noise by its power alone, other noise is
    /// made. A checksum of the whole stream is not compared any more.
    ///
    /// # Errors
    /// The errors of [`next_block`](Self::next_block).
    pub fn skip(&mut self, samples: u64) -> Result<()> {
        let pending = if self.state == State::Primed { self.block.len() as u64 } else { 0 };
        let target = (self.decoded - pending).saturating_add(samples);
        if self.state == State::Ended {
            return Ok(());
        }
        let mut sought = false;
        if target > self.decoded && !self.unified.is_active() {
            sought = self.source.seek(target)?;
        } else if target <= self.decoded {
            self.block.drain(..samples.min(pending) as usize);
            if samples == pending {
                self.state = State::Reading;
            }
            return Ok(());
        }
        loop {
            let state = self.read_block().inspect_err(|_| self.state = State::Ended)?;
            if std::mem::take(&mut sought) {
                self.decoded = self.source.position();
            }
            let is_there = self.decoded >= target;
            if is_there || state == State::Ended {
                let kept = self.decoded.saturating_sub(target).min(self.block.len() as u64);
                self.block.drain(..self.block.len() - kept as usize);
                self.state = match (is_there, self.block.is_empty()) {
                    (true, false) => State::Primed,
                    (true, true) => State::Reading,
                    (false, _) => State::Ended,
                };
                return Ok(());
            }
        }
    }

    /// Sends all samples, or the next `length` at the stream's own rate, to `sink`, at `sample_rate` Hz.
    pub(super) fn resample(
        mut self,
        sample_rate: u32,
        length: Option<u64>,
        sink: &mut SampleSink<'_>,
    ) -> Result<()> {
        let mut left = length.unwrap_or(u64::MAX);
        if self.sample_rate() == sample_rate {
            while left > 0
                && let Some(block) = self.next_block()?
            {
                let kept = left.min(block.len() as u64);
                left -= kept;
                sink(&block[..kept as usize])?;
            }
            return Ok(());
        }
        let mut resampler = Resampler::new(self.sample_rate(), sample_rate)?;
        let mut resampled = Vec::new();
        let end = loop {
            if left == 0 {
                break Ok(());
            }
            match self.next_block() {
                Ok(Some(block)) => {
                    let kept = left.min(block.len() as u64);
                    left -= kept;
                    resampler.push(&block[..kept as usize], &mut resampled)?;
                }
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
            if !resampled.is_empty() {
                sink(&resampled)?;
                resampled.clear();
            }
        };
        // The samples before any damage are sound, so they are sent to the last one.
        resampler.finish(&mut resampled);
        sink(&resampled)?;
        end
    }

    /// Reads blocks until one has samples; only the end has none.
    fn read_block(&mut self) -> Result<State> {
        loop {
            let more = match &mut self.source {
                Source::Pcm(reader) => reader.next_block(&mut self.block),
                Source::Ima(reader) => reader.next_block(&mut self.block),
                Source::Mpeg(reader) => reader.next_block(&mut self.block),
                Source::Container(reader) => reader.next_block(&mut self.block),
            };
            let decoded = self.decoded;
            let more = more.map_err(|error| match error {
                Error::Damaged { damage, .. } => Error::Damaged { damage, decoded },
                other => other,
            })?;
            if let Some(index) = self.block.iter().position(|sample| !sample.is_finite()) {
                return Err(Error::NonFiniteSample { index: decoded + index as u64 });
            }
            // A change of the sample rate may leave a last part behind.
            self.unified.convert(self.source.layout().0, &mut self.block)?;
            self.decoded += self.block.len() as u64;
            if !self.block.is_empty() {
                return Ok(State::Reading);
            }
            if !more {
                return self.check_length().map(|()| State::Ended);
            }
        }
    }

    /// Compares the length of a stream that has ended with the one that its header promises.
    fn check_length(&self) -> Result<()> {
        match self.source.least_len() {
            Some(least) if self.decoded < least => {
                let declared = self.declared_len().unwrap_or(least);
                Err(Error::Damaged { damage: Damage::EndsEarly { declared }, decoded: self.decoded })
            }
            _ => Ok(()),
        }
    }
}

impl Source {
    fn declared_len(&self) -> Option<u64> {
        match self {
            Self::Pcm(reader) => reader.declared_len(),
            Self::Ima(reader) => reader.declared_len(),
            Self::Mpeg(reader) => reader.declared_len(),
            Self::Container(reader) => reader.declared_len(),
        }
    }

    /// Samples per channel without which the stream has ended early.
    fn least_len(&self) -> Option<u64> {
        match self {
            Self::Mpeg(reader) => reader.least_len(),
            other => other.declared_len(),
        }
    }

    /// Samples per channel up to the end of the last block.
    fn position(&self) -> u64 {
        match self {
            Self::Pcm(reader) => reader.position(),
            Self::Ima(reader) => reader.position(),
            Self::Mpeg(reader) => reader.position(),
            Self::Container(reader) => reader.position(),
        }
    }

    /// Jumps to a sample or a little before it, where the format can; the position is known after the next block.
    fn seek(&mut self, sample: u64) -> Result<bool> {
        match self {
            Self::Pcm(reader) => reader.seek(sample),
            Self::Ima(reader) => reader.seek(sample),
            Self::Mpeg(reader) => reader.seek(sample),
            Self::Container(reader) => reader.seek(sample),
        }
    }

    fn layout(&self) -> (u32, usize) {
        match self {
            Self::Pcm(reader) => (reader.sample_rate(), reader.channels()),
            Self::Ima(reader) => (reader.sample_rate(), reader.channels()),
            Self::Mpeg(reader) => (reader.sample_rate(), reader.channels()),
            Self::Container(reader) => (reader.sample_rate(), reader.channels()),
        }
    }
}

/// Highest rate in Hz that is read: no recording has a higher one, and a resampler's filter grows with the rate.
const MAX_SAMPLE_RATE: u32 = 768_000;

/// Opens a regular file only: opening a pipe would wait for its other end.
fn open_regular(path: &Path) -> Result<File> {
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(Error::NotAFile);
    }
    Ok(File::open(path)?)
}
