//! Loading of a part of a file, or of what is whole of a damaged one.

use std::io::{Read, Seek};
use std::path::Path;

use super::AudioReader;
use crate::{DamagePolicy, Error, Result};

/// The settings of [`load_audio_with`](super::load_audio_with).
///
/// ```
/// use cepstrum_dataset::LoadConfig;
/// use std::io::Cursor;
///
/// let header = [0x2e73_6e64_u32, 24, 12, 3, 2, 1]; // ".snd": 12 bytes of 16-bit PCM, 2 Hz, mono
/// let mut file: Vec<u8> = header.iter().flat_map(|word| word.to_be_bytes()).collect();
/// file.extend([0, 0, 0x10, 0, 0x20, 0, 0x40, 0, 0, 0]); // 5 of the 6 samples
///
/// let config = LoadConfig { sample_rate: 2, offset: 0.5, duration: Some(1.5), ..LoadConfig::default() };
/// assert_eq!(config.load_from(Cursor::new(file), Some("au"))?.samples, [0.125, 0.25, 0.5]);
/// # Ok::<(), cepstrum_dataset::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LoadConfig {
    /// Sample rate of the result in Hz; 22,050 by default. The file is resampled to it.
    pub sample_rate: u32,
    /// Beginning of the part in seconds, at least 0; 0 by default. Formats with an index, and those of constant size per
    /// sample, are not decoded before it.
    pub offset: f64,
    /// Length of the part in seconds, above 0; by default all that follows. A file that ends before is no error.
    pub duration: Option<f64>,
    /// Treatment of a damaged file. [`DamagePolicy::KeepIntact`] yields the samples before the damage, with the damage
    /// beside them; any other makes it an error, which is the default.
    pub damaged: DamagePolicy,
}

/// The samples of a file.
#[derive(Debug)]
pub struct Loaded {
    /// Mono samples.
    pub samples: Vec<f32>,
    /// The damage that ends the samples, to be reported. Damage behind the part that was asked for is not met.
    pub damage: Option<Error>,
}

impl Default for LoadConfig {
    fn default() -> Self {
        Self { sample_rate: 22_050, offset: 0.0, duration: None, damaged: DamagePolicy::default() }
    }
}

impl LoadConfig {
    /// Loads a file; see [`load_audio_with`](super::load_audio_with).
    ///
    /// # Errors
    /// Those of [`load_audio_with`](super::load_audio_with).
    pub fn load(&self, path: impl AsRef<Path>) -> Result<Loaded> {
        let path = path.as_ref();
        let loaded = AudioReader::open(path).and_then(|reader| self.load_rest(reader));
        let mut loaded = loaded.map_err(|error| error.in_file(path))?;
        loaded.damage = loaded.damage.map(|damage| damage.in_file(path));
        Ok(loaded)
    }

    /// Loads a stream of bytes; `extension` is a hint.
    ///
    /// # Errors
    /// Those of [`load_audio_with`](super::load_audio_with), without a file around them.
    pub fn load_from(
        &self,
        stream: impl Read + Seek + Send + Sync + 'static,
        extension: Option<&str>,
    ) -> Result<Loaded> {
        self.load_rest(AudioReader::new(stream, extension)?)
    }

    fn load_rest(&self, mut reader: AudioReader) -> Result<Loaded> {
        if !(self.offset.is_finite() && self.offset >= 0.0) {
            return Err(invalid("offset", "finite and at least 0", self.offset));
        }
        if let Some(duration) = self.duration.filter(|duration| !(duration.is_finite() && *duration > 0.0)) {
            return Err(invalid("duration", "finite and above 0", duration));
        }
        // Rounded down, as librosa does.
        let samples = |seconds: f64| (seconds * f64::from(reader.sample_rate())) as u64;
        let (offset, length) = (samples(self.offset), self.duration.map(samples));
        let mut loaded = Vec::new();
        let end = reader.skip(offset).and_then(|()| {
            reader.resample(self.sample_rate, length, &mut |piece| {
                loaded.extend_from_slice(piece);
                Ok(())
            })
        });
        match end {
            Err(damage @ Error::Damaged { .. })
                if self.damaged == DamagePolicy::KeepIntact && !loaded.is_empty() =>
            {
                Ok(Loaded { samples: loaded, damage: Some(damage) })
            }
            Err(error) => Err(error),
            Ok(()) if loaded.is_empty() => Err(Error::EmptyAudio),
            Ok(()) => Ok(Loaded { samples: loaded, damage: None }),
        }
    }
}

fn invalid(parameter: &'static str, bound: &'static str, value: f64) -> Error {
    Error::InvalidParameter { parameter, bound, value: value.to_string() }
}
