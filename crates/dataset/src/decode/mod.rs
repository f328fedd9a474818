//! Decoding of audio to mono samples, as a whole or block by block.
//!
//! symphonia decodes FLAC, MPEG audio, Vorbis, AAC and ALAC, and ruopus Opus. Uncompressed samples (WAV and its relatives,
//! AIFF, CAF, Sun `.au`) are read here, the frames of MPEG audio are found here, and what other programs write and symphonia
//! does not read is mended in front of it. The contents determine the format, and the extension is only a hint. Channels are
//! averaged. A file that ends early, is corrupt inside or fails its checksum is reported as [`Error::Damaged`] after its
//! undamaged blocks, and a sound file in another format as [`Error::Unsupported`], with the name of the format.

mod aac;
mod bytes;
mod container;
mod damage;
mod demuxer;
mod extensions;
mod flac;
mod load;
mod matroska;
mod mono;
mod mp4;
mod mpeg;
mod names;
mod ogg;
mod open;
mod opus;
mod pcm;
mod rate;
mod reader;
mod source;
mod tags;
mod track;
mod window;

use std::io::{Read, Seek};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

pub use damage::Damage;
pub use extensions::EXTENSIONS;
pub use load::{LoadConfig, Loaded};
pub use reader::AudioReader;

use crate::{Error, Result, SampleSink};

/// Decodes a whole file to mono samples at `sample_rate` Hz.
///
/// # Errors
/// [`Error::InFile`] around [`Error::Io`], [`Error::NotAFile`], [`Error::NotAudio`], [`Error::Undecodable`],
/// [`Error::EmptyAudio`], [`Error::SampleRate`], [`Error::NonFiniteSample`], [`Error::Damaged`], or [`Error::Dsp`] when
/// the ratio of the sample rates is not supported. A damaged file yields no samples here; [`stream_audio`] yields those
/// before the damage.
///
/// # References
/// `librosa.load(path, sr=sample_rate)`.
pub fn load_audio(path: impl AsRef<Path>, sample_rate: u32) -> Result<Vec<f32>> {
    collect(|sink| stream_audio(path, sample_rate, sink))
}

/// Decodes a part of a file, or what is whole of a damaged one.
///
/// ```no_run
/// use cepstrum_dataset::{DamagePolicy, LoadConfig, load_audio_with};
///
/// let config = LoadConfig { offset: 30.0, duration: Some(3.0), damaged: DamagePolicy::KeepIntact, ..LoadConfig::default() };
/// let loaded = load_audio_with("song.mp3", &config)?;
/// if let Some(damage) = &loaded.damage {
///     eprintln!("only {} samples are whole: {damage}", loaded.samples.len());
/// }
/// # Ok::<(), cepstrum_dataset::Error>(())
/// ```
///
/// # Errors
/// Those of [`load_audio`]; [`Error::InvalidParameter`] for an offset or a duration outside its bounds, and
/// [`Error::EmptyAudio`] when the file ends before the offset. With [`DamagePolicy::KeepIntact`](crate::DamagePolicy)
/// damage is an error only where no sample comes before it.
///
/// # References
/// `librosa.load(path, sr=..., offset=..., duration=...)`.
pub fn load_audio_with(path: impl AsRef<Path>, config: &LoadConfig) -> Result<Loaded> {
    config.load(path)
}

/// Decodes a whole stream of bytes, like [`load_audio`] a file.
///
/// `extension` is a hint for formats that the contents do not settle. For bytes in memory pass a
/// [`Cursor`](std::io::Cursor) over them.
///
/// ```
/// use cepstrum_dataset::load_audio_from;
/// use std::io::Cursor;
///
/// let header = [0x2e73_6e64_u32, 24, 4, 3, 8_000, 2]; // ".snd": 4 bytes of 16-bit PCM, 8 kHz, stereo
/// let mut bytes: Vec<u8> = header.iter().flat_map(|word| word.to_be_bytes()).collect();
/// bytes.extend([0x40, 0x00, 0x20, 0x00]); // 0.5 and 0.25
/// assert_eq!(load_audio_from(Cursor::new(bytes), Some("au"), 8_000)?, [0.375]);
/// # Ok::<(), cepstrum_dataset::Error>(())
/// ```
///
/// # Errors
/// The errors of [`load_audio`], without a file around them.
pub fn load_audio_from(
    stream: impl Read + Seek + Send + Sync + 'static,
    extension: Option<&str>,
    sample_rate: u32,
) -> Result<Vec<f32>> {
    collect(|sink| stream_audio_from(stream, extension, sample_rate, sink))
}

/// Decodes a file of any length in bounded memory: `sink` receives the samples of [`load_audio`] in pieces.
///
/// # Errors
/// The errors of [`load_audio`], after the undamaged pieces, and any error of `sink`, which ends the decoding.
pub fn stream_audio(path: impl AsRef<Path>, sample_rate: u32, sink: &mut SampleSink<'_>) -> Result<()> {
    let path = path.as_ref();
    AudioReader::open(path)
        .and_then(|reader| reader.resample(sample_rate, None, sink))
        .map_err(|error: Error| error.in_file(path))
}

/// Decodes a stream of bytes in bounded memory, like [`stream_audio`] a file.
///
/// # Errors
/// The errors of [`stream_audio`], without a file around them.
pub fn stream_audio_from(
    stream: impl Read + Seek + Send + Sync + 'static,
    extension: Option<&str>,
    sample_rate: u32,
    sink: &mut SampleSink<'_>,
) -> Result<()> {
    AudioReader::new(stream, extension)?.resample(sample_rate, None, sink)
}

/// Gathers all samples that a stream sends.
fn collect(stream: impl FnOnce(&mut SampleSink<'_>) -> Result<()>) -> Result<Vec<f32>> {
    let mut samples = Vec::new();
    stream(&mut |piece| {
        samples.extend_from_slice(piece);
        Ok(())
    })?;
    Ok(samples)
}

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
