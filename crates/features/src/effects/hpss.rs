use cepstrum_dsp::block::{LANES, Lanes, RunningMedian};
use cepstrum_dsp::{Complex, Error as DspError, Float, InverseStft, Stft, StftConfig};
use ndarray::{Array2, ArrayView2};
use serde::{Deserialize, Serialize};

use super::Mask;
use crate::check::check_finite;
use crate::{Result, output};

/// The settings of harmonic-percussive separation. The default is librosa's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HpssConfig {
    /// Framing, window and transform length. Default 2048/512 samples under a Hann window; see [`StftConfig`].
    pub stft: StftConfig,
    /// Length of the median over time that keeps what lasts, frames. Default 31, 0.7 s at 22,050 Hz.
    pub harmonic_length: usize,
    /// Length of the median over frequency that keeps what is broad, bins. Default 31, 330 Hz at 22,050 Hz.
    pub percussive_length: usize,
    /// Division of each bin. Default soft, with a power of 2.
    pub mask: Mask,
    /// Factor, at least 1, by which the harmonic part must exceed the percussive one to be taken for harmonic. Default 1. With
    /// larger margins (2 to 5) the two parts leave out what is neither, and no longer sum to the signal.
    pub harmonic_margin: f64,
    /// The same for the percussive part.
    pub percussive_margin: f64,
}

impl Default for HpssConfig {
    fn default() -> Self {
        Self {
            stft: StftConfig::default(),
            harmonic_length: 31,
            percussive_length: 31,
            mask: Mask::default(),
            harmonic_margin: 1.0,
            percussive_margin: 1.0,
        }
    }
}

/// A signal's, a spectrogram's or a mask's harmonic and percussive part.
#[derive(Debug, Clone, PartialEq)]
pub struct HarmonicPercussive<P> {
    /// The part that lasts: notes.
    pub harmonic: P,
    /// The part that is broad and short: drums.
    pub percussive: P,
}

/// Harmonic-percussive separation by median filtering: `librosa.effects.hpss`.
///
/// A note is a horizontal line of the spectrogram, a drum a vertical one. The median of `|X|` over time keeps the notes, the
/// median over frequency the drums, and each bin is divided in proportion to the two ([`Mask`]); the parts return to signals
/// with the phases of `X`. Without margins they sum to the signal.
///
/// ```
/// use cepstrum_features::{Hpss, HpssConfig};
///
/// // A tone, and a click every quarter of a second.
/// let samples: Vec<f32> =
///     (0..22_050).map(|i| (i as f32 * 0.3).sin() + if i % 5512 == 0 { 5.0 } else { 0.0 }).collect();
/// let parts = Hpss::new(&HpssConfig::default())?.process(&samples)?;
/// assert_eq!(parts.harmonic.len(), 22_050);
/// assert!(parts.percussive[11_024] > 4.0 && parts.harmonic[11_024].abs() < 1.2);
/// # Ok::<(), cepstrum_features::Error>(())
/// ```
///
/// # References
/// D. Fitzgerald, "Harmonic/percussive separation using median filtering", `DAFx` 2010. J. Driedger, M. Müller, S. Disch,
/// "Extending harmonic-percussive separation of audio", ISMIR 2014.
#[derive(Debug, Clone)]
pub struct Hpss<T: Float = f32> {
    stft: Stft<T>,
    inverse: InverseStft<T>,
    masks: Masks<T>,
    /// `[n_frames, n_bins]`.
    spectra: Vec<Complex<T>>,
    part: Vec<Complex<T>>,
}

impl<T: Float> Hpss<T> {
    /// Checks the configuration and prepares all tables.
    ///
    /// # Errors
    /// [`Error::Dsp`](crate::Error::Dsp) with the setting that is not legal.
    pub fn new(config: &HpssConfig) -> Result<Self> {
        let (stft, inverse) = (Stft::new(&config.stft)?, InverseStft::new(&config.stft)?);
        Ok(Self { stft, inverse, masks: Masks::new(config)?, spectra: Vec::new(), part: Vec::new() })
    }

    /// Number of frames of a signal of `n_samples`.
    #[must_use]
    pub fn n_frames(&self, n_samples: usize) -> usize {
        self.stft.n_frames(n_samples)
    }

    /// Separates a signal; each part is as long as the signal.
    ///
    /// Samples beyond 1e15 have powers that overflow in `f32`, and are refused or give results that are not finite.
    ///
    /// # Errors
    /// [`Error::Dsp`](crate::Error::Dsp) when the signal is empty, too short, or holds NaN or infinity.
    pub fn process(&mut self, samples: &[T]) -> Result<HarmonicPercussive<Vec<T>>> {
        let (mut harmonic, mut percussive) = (vec![T::zero(); samples.len()], vec![T::zero(); samples.len()]);
        self.process_into(samples, &mut harmonic, &mut percussive)?;
        Ok(HarmonicPercussive { harmonic, percussive })
    }

    /// Separates a signal into caller-provided buffers, `[n_samples]`. Allocates nothing for signals that are no longer than
    /// the longest one before.
    ///
    /// # Errors
    /// As [`process`](Self::process), and [`DspError::BufferLength`](cepstrum_dsp::Error::BufferLength).
    pub fn process_into(&mut self, samples: &[T], harmonic: &mut [T], percussive: &mut [T]) -> Result<()> {
        output::check_length(samples.len(), harmonic)?;
        output::check_length(samples.len(), percussive)?;
        self.separate(samples)?;
        let Self { inverse, masks, spectra, part, .. } = self;
        multiply(spectra, &masks.harmonic, part);
        inverse.process_into(part, harmonic)?;
        multiply(spectra, &masks.percussive, part);
        Ok(inverse.process_into(part, percussive)?)
    }

    /// Computes the harmonic part alone: `librosa.effects.harmonic`.
    ///
    /// # Errors
    /// As [`process`](Self::process).
    pub fn harmonic(&mut self, samples: &[T]) -> Result<Vec<T>> {
        self.separate(samples)?;
        multiply(&self.spectra, &self.masks.harmonic, &mut self.part);
        Ok(self.inverse.process(&self.part, samples.len())?)
    }

    /// Computes the percussive part alone: `librosa.effects.percussive`.
    ///
    /// # Errors
    /// As [`process`](Self::process).
    pub fn percussive(&mut self, samples: &[T]) -> Result<Vec<T>> {
        self.separate(samples)?;
        multiply(&self.spectra, &self.masks.percussive, &mut self.part);
        Ok(self.inverse.process(&self.part, samples.len())?)
    }

    /// Computes the spectra of both parts, `[n_frames, n_bins]` each: `librosa.decompose.hpss(librosa.stft(y))`, transposed.
    ///
    /// # Errors
    /// As [`process`](Self::process).
    pub fn spectra(&mut self, samples: &[T]) -> Result<HarmonicPercussive<Vec<Complex<T>>>> {
        self.separate(samples)?;
        let (mut harmonic, mut percussive) = (Vec::new(), Vec::new());
        multiply(&self.spectra, &self.masks.harmonic, &mut harmonic);
        multiply(&self.spectra, &self.masks.percussive, &mut percussive);
        Ok(HarmonicPercussive { harmonic, percussive })
    }

    /// Computes the masks of both parts from magnitudes of any origin, `[n_frames, n_bins]`:
    /// `librosa.decompose.hpss(S, mask=True)`, transposed.
    ///
    /// # Errors
    /// [`Error::Dsp`](crate::Error::Dsp) when there are no magnitudes, or one is NaN or infinite, with its index.
    #[allow(clippy::needless_pass_by_value, reason = "a view is a reference")]
    pub fn masks(&mut self, magnitudes: ArrayView2<'_, T>) -> Result<HarmonicPercussive<Array2<T>>> {
        if magnitudes.is_empty() {
            return Err(DspError::EmptySignal.into());
        }
        check_finite(magnitudes)?;
        let masks = &mut self.masks;
        masks.magnitudes.clear();
        masks.magnitudes.extend(magnitudes.iter());
        masks.compute(magnitudes.ncols())?;
        let array = |values: &[T]| {
            Array2::from_shape_fn(magnitudes.dim(), |(t, k)| values[t * magnitudes.ncols() + k])
        };
        Ok(HarmonicPercussive { harmonic: array(&masks.harmonic), percussive: array(&masks.percussive) })
    }

    /// Fills the spectra and the masks.
    fn separate(&mut self, samples: &[T]) -> Result<()> {
        let n_bins = self.stft.n_bins();
        self.spectra.resize(self.stft.n_frames(samples.len()) * n_bins, Complex::default());
        self.stft.process_into(samples, &mut self.spectra)?;
        self.masks.magnitudes.clear();
        self.masks.magnitudes.extend(self.spectra.iter().map(|z| z.norm_sqr().sqrt()));
        self.masks.compute(n_bins)
    }
}

fn multiply<T: Float>(spectra: &[Complex<T>], mask: &[T], out: &mut Vec<Complex<T>>) {
    out.clear();
    out.extend(spectra.iter().zip(mask).map(|(z, &m)| z * m));
}

/// The medians and the masks of a spectrogram. All matrices are `[n_frames, n_bins]`.
#[derive(Debug, Clone)]
struct Masks<T> {
    over_time: RunningMedian<T>,
    over_frequency: RunningMedian<T>,
    mask: Mask,
    margins: [f64; 2],
    magnitudes: Vec<T>,
    harmonic: Vec<T>,
    percussive: Vec<T>,
    input: Vec<Lanes<T>>,
    output: Vec<Lanes<T>>,
}

impl<T: Float> Masks<T> {
    fn new(config: &HpssConfig) -> Result<Self> {
        config.mask.validate()?;
        let margins = [config.harmonic_margin, config.percussive_margin];
        for (name, value) in [("harmonic_margin", margins[0]), ("percussive_margin", margins[1])] {
            if !(value >= 1.0 && value.is_finite()) {
                return Err(DspError::Parameter { name, bound: "finite and at least 1", value }.into());
            }
        }
        Ok(Self {
            over_time: RunningMedian::new(config.harmonic_length)?,
            over_frequency: RunningMedian::new(config.percussive_length)?,
            mask: config.mask,
            margins,
            magnitudes: Vec::new(),
            harmonic: Vec::new(),
            percussive: Vec::new(),
            input: Vec::new(),
            output: Vec::new(),
        })
    }

    /// Turns the magnitudes into masks.
    fn compute(&mut self, n_bins: usize) -> Result<()> {
        let n_frames = self.magnitudes.len() / n_bins;
        for values in [&mut self.harmonic, &mut self.percussive] {
            values.resize(n_frames * n_bins, T::zero());
        }
        for values in [&mut self.input, &mut self.output] {
            values.resize(n_frames.max(n_bins), Lanes::default());
        }
        self.filter_time(n_frames, n_bins)?;
        self.filter_frequency(n_bins)?;
        self.mask.divide(&mut self.harmonic, &mut self.percussive, self.margins);
        Ok(())
    }

    /// Eight neighboring bins at a time, along the frames.
    fn filter_time(&mut self, n_frames: usize, n_bins: usize) -> Result<()> {
        let (input, output) = (&mut self.input[..n_frames], &mut self.output[..n_frames]);
        for first in (0..n_bins).step_by(LANES) {
            let count = LANES.min(n_bins - first);
            for (x, row) in input.iter_mut().zip(self.magnitudes.chunks_exact(n_bins)) {
                x.0[..count].copy_from_slice(&row[first..first + count]);
            }
            self.over_time.process_block(input, output)?;
            for (y, row) in output.iter().zip(self.harmonic.chunks_exact_mut(n_bins)) {
                row[first..first + count].copy_from_slice(&y.0[..count]);
            }
        }
        Ok(())
    }

    /// Eight frames at a time, along the bins.
    fn filter_frequency(&mut self, n_bins: usize) -> Result<()> {
        let (input, output) = (&mut self.input[..n_bins], &mut self.output[..n_bins]);
        let blocks = self.magnitudes.chunks(LANES * n_bins);
        for (rows, medians) in blocks.zip(self.percussive.chunks_mut(LANES * n_bins)) {
            for (lane, row) in rows.chunks_exact(n_bins).enumerate() {
                input.iter_mut().zip(row).for_each(|(x, &value)| x.0[lane] = value);
            }
            self.over_frequency.process_block(input, output)?;
            for (lane, row) in medians.chunks_exact_mut(n_bins).enumerate() {
                row.iter_mut().zip(output.iter()).for_each(|(y, median)| *y = median.0[lane]);
            }
        }
        Ok(())
    }
}
