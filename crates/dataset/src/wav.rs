//! Samples as WAV files.

use std::fs::File;
use std::io::{BufWriter, Read, Seek, Write};
use std::path::{Path, PathBuf};

use crate::{Error, Result, write_atomically};

/// Writes samples as a mono 16-bit WAV file and returns the factor by which they were multiplied.
///
/// Samples between -1 and 1 are written as they are, by a factor of 1. A louder signal is scaled as a whole until its peak is 1,
/// so that no sample is clipped or wraps around. The file appears whole or not at all.
///
/// ```
/// use cepstrum_dataset::{load_audio, write_wav};
///
/// # let folder = tempfile::tempdir()?;
/// let path = folder.path().join("tone.wav");
/// let loud: Vec<f32> = (0..8_000).map(|i| 4.0 * (0.1 * i as f32).sin()).collect();
/// let factor = write_wav(&path, &loud, 8_000)?;
/// assert!((factor - 0.25).abs() < 1e-4);
/// assert!((load_audio(&path, 8_000)?[10] - factor * loud[10]).abs() < 1e-4);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::NonFiniteSample`] for NaN or infinity, [`Error::InvalidParameter`] for a rate of 0 Hz or more samples than a WAV
/// file holds (27 hours at 22,050 Hz), [`Error::InFile`] around [`Error::Io`].
pub fn write_wav(path: impl AsRef<Path>, samples: &[f32], sample_rate: u32) -> Result<f32> {
    let path = path.as_ref();
    write_atomically(path, |out| write_wav_to(out, samples, sample_rate)).map_err(|error| error.in_file(path))
}

/// Does as [`write_wav`], to a writer: what goes into a page or a socket instead of a file.
///
/// # Errors
/// As [`write_wav`], without the path.
pub fn write_wav_to(mut writer: impl Write, samples: &[f32], sample_rate: u32) -> Result<f32> {
    let header = header(samples.len() as u64, sample_rate)?;
    let peak = peak(samples, 0)?.max(1.0);
    writer.write_all(&header)?;
    let mut bytes = Vec::with_capacity(2 * CHUNK);
    for chunk in samples.chunks(CHUNK) {
        encode(chunk, peak, &mut bytes);
        writer.write_all(&bytes)?;
    }
    Ok(1.0 / peak)
}

/// A WAV file that is written piece by piece and scaled as a whole, for signals that are longer than memory.
///
/// The pieces wait on disk until the peak is known, in a file without a name in the same folder, at four bytes per sample.
///
/// ```
/// use cepstrum_dataset::{WavFile, load_audio};
///
/// # let folder = tempfile::tempdir()?;
/// let path = folder.path().join("loud.wav");
/// let mut file = WavFile::create(&path, 8_000)?;
/// file.push(&[0.5; 400])?;
/// file.push(&[2.0; 400])?;
/// assert_eq!(file.finish()?, 0.5);
/// assert!((load_audio(&path, 8_000)?[0] - 0.25).abs() < 1e-4);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct WavFile {
    path: PathBuf,
    sample_rate: u32,
    pieces: BufWriter<File>,
    n_samples: u64,
    peak: f32,
}

impl WavFile {
    /// Begins a file, which appears at `path` when it is [finished](Self::finish).
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a rate that a WAV file cannot hold, [`Error::InFile`] around [`Error::Io`] when the
    /// folder cannot be written to.
    pub fn create(path: impl AsRef<Path>, sample_rate: u32) -> Result<Self> {
        let path = path.as_ref().to_owned();
        header(0, sample_rate)?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let pieces = tempfile::tempfile_in(folder).map_err(|error| Error::from(error).in_file(&path))?;
        Ok(Self { path, sample_rate, pieces: BufWriter::new(pieces), n_samples: 0, peak: 1.0 })
    }

    /// Appends samples.
    ///
    /// # Errors
    /// [`Error::NonFiniteSample`] for NaN or infinity, [`Error::InvalidParameter`] for more samples than a WAV file holds,
    /// [`Error::InFile`] around [`Error::Io`].
    pub fn push(&mut self, samples: &[f32]) -> Result<()> {
        let n_samples = self.n_samples + samples.len() as u64;
        header(n_samples, self.sample_rate)?;
        self.peak = self.peak.max(peak(samples, self.n_samples)?);
        for sample in samples {
            self.pieces.write_all(&sample.to_le_bytes()).map_err(|error| self.failed(error))?;
        }
        self.n_samples = n_samples;
        Ok(())
    }

    /// Writes the file and returns the factor by which all samples were multiplied.
    ///
    /// # Errors
    /// [`Error::InFile`] around [`Error::Io`].
    pub fn finish(mut self) -> Result<f32> {
        let written = write_atomically(&self.path, |out| {
            out.write_all(&header(self.n_samples, self.sample_rate)?)?;
            self.pieces.rewind()?;
            let (mut raw, mut samples, mut bytes) = (vec![0; 4 * CHUNK], Vec::new(), Vec::new());
            let mut left = self.n_samples as usize;
            while left > 0 {
                let n = left.min(CHUNK);
                self.pieces.get_mut().read_exact(&mut raw[..4 * n])?;
                samples.clear();
                samples.extend(raw[..4 * n].as_chunks::<4>().0.iter().map(|&word| f32::from_le_bytes(word)));
                encode(&samples, self.peak, &mut bytes);
                out.write_all(&bytes)?;
                left -= n;
            }
            Ok(1.0 / self.peak)
        });
        written.map_err(|error: Error| error.in_file(&self.path))
    }

    fn failed(&self, error: std::io::Error) -> Error {
        Error::from(error).in_file(&self.path)
    }
}

/// Bytes before the samples.
const HEADER: u32 = 44;
/// Samples that are converted together.
const CHUNK: usize = 4096;

/// The header of a file with this many samples.
fn header(n_samples: u64, sample_rate: u32) -> Result<Vec<u8>> {
    let invalid = |parameter, bound, value: String| Error::InvalidParameter { parameter, bound, value };
    // Bytes per second are counted in 32 bits, as are those of the file.
    let Some(byte_rate) = sample_rate.checked_mul(2).filter(|&rate| rate > 0) else {
        return Err(invalid("sample rate", "from 1 Hz to 2,147,483,647 Hz", sample_rate.to_string()));
    };
    let data = u32::try_from(n_samples).ok().and_then(|n| n.checked_mul(2));
    let Some((data, file)) = data.and_then(|data| Some((data, data.checked_add(HEADER - 8)?))) else {
        return Err(invalid("samples", "at most 2,147,483,629 in a WAV file", n_samples.to_string()));
    };
    let mut header = Vec::with_capacity(HEADER as usize);
    header.extend(b"RIFF");
    header.extend(file.to_le_bytes());
    header.extend(b"WAVEfmt ");
    header.extend(16_u32.to_le_bytes());
    // PCM, one channel.
    header.extend([1, 0, 1, 0]);
    header.extend(sample_rate.to_le_bytes());
    header.extend(byte_rate.to_le_bytes());
    // Two bytes, 16 bits per sample.
    header.extend([2, 0, 16, 0]);
    header.extend(b"data");
    header.extend(data.to_le_bytes());
    Ok(header)
}

/// The largest absolute value; `first` is the index of the first sample.
fn peak(samples: &[f32], first: u64) -> Result<f32> {
    match samples.iter().position(|sample| !sample.is_finite()) {
        Some(index) => Err(Error::NonFiniteSample { index: first + index as u64 }),
        None => Ok(samples.iter().fold(0.0, |peak: f32, sample| peak.max(sample.abs()))),
    }
}

/// Replaces `bytes` by samples divided by their peak.
fn encode(samples: &[f32], peak: f32, bytes: &mut Vec<u8>) {
    bytes.clear();
    bytes.extend(samples.iter().flat_map(|sample| ((sample / peak * 32_767.0).round() as i16).to_le_bytes()));
}
