//! The reader of one audio stream, block by block.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use cepstrum_dsp::Resampler;
use symphonia::core::io::MediaSource;

use super::au::{self, AuReader};
use super::container::ContainerReader;
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
    state: State,
}

#[derive(Debug)]
enum Source {
    Au(AuReader<Box<dyn MediaSource>>),
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
    /// [`Error::NotAudio`], [`Error::Undecodable`], [`Error::EmptyAudio`], [`Error::SampleRate`] above 768 kHz,
    /// [`Error::Damaged`] when the damage lies before the first sample, [`Error::NonFiniteSample`], [`Error::Io`].
    pub fn new(stream: impl Read + Seek + Send + Sync + 'static, extension: Option<&str>) -> Result<Self> {
        let mut stream: Box<dyn MediaSource> = Box::new(Stream::new(stream)?);
        let mut magic = Vec::new();
        stream.by_ref().take(MAGIC_BYTES).read_to_end(&mut magic)?;
        stream.rewind()?;
        if magic.is_empty() {
            return Err(Error::EmptyAudio);
        }
        let source = if magic.starts_with(&au::MAGIC) {
            Source::Au(AuReader::new(stream)?)
        } else {
            Source::Container(ContainerReader::new(stream, &magic, extension)?)
        };
        let mut reader = Self {
            source,
            sample_rate: 0,
            channels: 0,
            decoded: 0,
            block: Vec::new(),
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

    /// Samples per channel decoded so far.
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

    /// Sends all samples to `sink`, at `sample_rate` Hz.
    pub(super) fn resample(mut self, sample_rate: u32, sink: &mut SampleSink<'_>) -> Result<()> {
        if self.sample_rate() == sample_rate {
            while let Some(block) = self.next_block()? {
                sink(block)?;
            }
            return Ok(());
        }
        let mut resampler = Resampler::new(self.sample_rate(), sample_rate)?;
        let mut resampled = Vec::new();
        let end = loop {
            match self.next_block() {
                Ok(Some(block)) => resampler.push(block, &mut resampled)?,
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

    fn read_block(&mut self) -> Result<State> {
        let more = match &mut self.source {
            Source::Au(reader) => reader.next_block(&mut self.block),
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
        self.decoded += self.block.len() as u64;
        match self.declared_len() {
            Some(declared) if !more && self.decoded < declared => {
                Err(Error::Damaged { damage: Damage::EndsEarly { declared }, decoded: self.decoded })
            }
            _ => Ok(if more { State::Reading } else { State::Ended }),
        }
    }
}

impl Source {
    fn declared_len(&self) -> Option<u64> {
        match self {
            Self::Au(reader) => reader.declared_len(),
            Self::Container(reader) => reader.declared_len(),
        }
    }

    fn layout(&self) -> (u32, usize) {
        match self {
            Self::Au(reader) => (reader.sample_rate(), reader.channels()),
            Self::Container(reader) => (reader.sample_rate(), reader.channels()),
        }
    }
}

/// Highest rate in Hz that is read: no recording has a higher one, and a resampler's filter grows with the rate.
const MAX_SAMPLE_RATE: u32 = 768_000;

/// Number of bytes at the beginning of a file that identify its format.
const MAGIC_BYTES: u64 = 8;

/// Opens a regular file only: opening a pipe would wait for its other end.
fn open_regular(path: &Path) -> Result<File> {
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(Error::NotAFile);
    }
    Ok(File::open(path)?)
}

/// A stream together with its length, which symphonia needs.
struct Stream<R> {
    inner: R,
    length: u64,
}

impl<R: Seek> Stream<R> {
    fn new(mut inner: R) -> io::Result<Self> {
        let length = inner.seek(SeekFrom::End(0))?;
        inner.rewind()?;
        Ok(Self { inner, length })
    }
}

impl<R: Read> Read for Stream<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buffer)
    }
}

impl<R: Seek> Seek for Stream<R> {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.inner.seek(position)
    }
}

impl<R: Read + Seek + Send + Sync> MediaSource for Stream<R> {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.length)
    }
}
