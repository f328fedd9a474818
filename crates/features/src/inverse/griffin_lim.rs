//! Phases for a spectrogram that has none.

use cepstrum_dsp::{Complex, Float, InverseStft, Stft, StftConfig};
use ndarray::ArrayRef2;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::check::{Legal, check_frames};
use crate::{Error, Result};

/// The phases from which [`GriffinLim`] starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum InitialPhase {
    /// Uniform random phases from a seed: librosa's default.
    Random {
        /// The seed; the same one yields the same bits.
        seed: u64,
    },
    /// No phase (`init=None`): tones of neighboring frames begin in step, which sounds like pulses at first.
    Zero,
}

/// The settings of [`GriffinLim`]. The default is librosa's.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GriffinLimConfig {
    /// Number of iterations. Default 32; most of the gain comes early, and 100 and more are for careful listening. With 0 the
    /// initial phases stay.
    pub n_iter: usize,
    /// Momentum of the fast form, at least 0 and finite. Default 0.99; 0 is the original algorithm, and above 1 it may not
    /// converge.
    pub momentum: f64,
    /// Phases at the start. Default random, with seed 0.
    pub initial_phase: InitialPhase,
}

impl Default for GriffinLimConfig {
    fn default() -> Self {
        Self { n_iter: 32, momentum: 0.99, initial_phase: InitialPhase::Random { seed: 0 } }
    }
}

/// The fast Griffin-Lim algorithm: `librosa.griffinlim`.
///
/// The signal whose spectrogram is nearest to given magnitudes is approached by turns: to the signal of the magnitudes with
/// the phases so far, and to the phases of that signal's own spectrum, with a step beyond in the direction of the last
/// change.
///
/// # Shapes
/// Magnitudes `[n_frames, n_fft / 2 + 1]` to `[n_samples]`.
///
/// ```
/// use cepstrum_features::dsp::{Stft, StftConfig};
/// use cepstrum_features::inverse::{GriffinLim, GriffinLimConfig};
/// use ndarray::Array2;
///
/// let samples: Vec<f32> = (0..4_096).map(|i| (i as f32 * 0.1).sin()).collect();
/// let config = StftConfig { n_fft: 512, hop_length: 128, ..StftConfig::default() };
/// let mut stft = Stft::new(&config)?;
/// let spectra = stft.process(&samples)?;
/// let shape = (stft.n_frames(samples.len()), stft.n_bins());
/// let magnitudes = Array2::from_shape_fn(shape, |(t, k)| spectra[t * shape.1 + k].norm());
///
/// let heard = GriffinLim::new(&config, &GriffinLimConfig::default())?.process(&magnitudes, Some(samples.len()))?;
/// assert_eq!(heard.len(), samples.len());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
/// D. W. Griffin, J. S. Lim, "Signal estimation from modified short-time Fourier transform", IEEE Trans. ASSP 32(2), 1984,
/// doi:10.1109/TASSP.1984.1164317; N. Perraudin, P. Balazs, P. L. Søndergaard, "A fast Griffin-Lim algorithm", WASPAA 2013,
/// doi:10.1109/WASPAA.2013.6701851.
#[derive(Debug, Clone)]
pub struct GriffinLim<T: Float = f32> {
    config: GriffinLimConfig,
    stft: Stft<T>,
    inverse: InverseStft<T>,
}

impl<T: Float> GriffinLim<T> {
    /// Checks the configurations and prepares both transforms.
    ///
    /// # Errors
    /// [`Error::Momentum`], and [`Error::Dsp`] with a setting of the transform that is not legal.
    pub fn new(stft: &StftConfig, config: &GriffinLimConfig) -> Result<Self> {
        if !(config.momentum.is_finite() && config.momentum >= 0.0) {
            return Err(Error::Momentum { momentum: config.momentum });
        }
        Ok(Self { config: *config, stft: Stft::new(stft)?, inverse: InverseStft::new(stft)? })
    }

    /// Computes a signal of `n_samples` with these magnitudes; without a length, of as many samples as the frames determine:
    /// `hop_length (n_frames - 1)`, and `n_fft` more without padding.
    ///
    /// # Errors
    /// [`Error::FramesShape`] for another number of bins, [`Error::FramesValue`] for a magnitude that is negative, NaN or
    /// infinite, and [`Error::Dsp`] for a length that has another number of frames, or is 0.
    pub fn process(&mut self, magnitudes: &ArrayRef2<T>, n_samples: Option<usize>) -> Result<Vec<T>> {
        self.process_with_progress(magnitudes, n_samples, |_| ())
    }

    /// Does as [`process`](Self::process), and calls `progress` with the number of iterations that are done after each of
    /// them.
    ///
    /// # Errors
    /// As [`process`](Self::process).
    pub fn process_with_progress(
        &mut self,
        magnitudes: &ArrayRef2<T>,
        n_samples: Option<usize>,
        mut progress: impl FnMut(usize),
    ) -> Result<Vec<T>> {
        check_frames("the magnitudes", magnitudes, self.stft.n_bins(), Legal::NotNegative)?;
        let mut signal =
            vec![T::zero(); n_samples.unwrap_or_else(|| self.inverse.n_determined(magnitudes.nrows()))];
        let mut spectra = self.initial(magnitudes);
        let mut rebuilt = spectra.clone();
        let mut previous: Option<Vec<Complex<T>>> = None;
        let step = T::of(self.config.momentum / (1.0 + self.config.momentum));
        for iteration in 1..=self.config.n_iter {
            self.inverse.process_into(&spectra, &mut signal)?;
            self.stft.process_into(&signal, &mut rebuilt)?;
            match &previous {
                None => spectra.copy_from_slice(&rebuilt),
                Some(previous) => {
                    for (z, (&new, &old)) in spectra.iter_mut().zip(rebuilt.iter().zip(previous)) {
                        *z = Complex::new(new.re - old.re * step, new.im - old.im * step);
                    }
                }
            }
            for (z, &magnitude) in spectra.iter_mut().zip(magnitudes) {
                let factor = magnitude / ((z.re * z.re + z.im * z.im).sqrt() + T::MIN_POSITIVE);
                *z = Complex::new(z.re * factor, z.im * factor);
            }
            let kept = previous.take().unwrap_or_else(|| rebuilt.clone());
            previous = Some(std::mem::replace(&mut rebuilt, kept));
            progress(iteration);
        }
        self.inverse.process_into(&spectra, &mut signal)?;
        Ok(signal)
    }

    /// The magnitudes with the phases at the start.
    fn initial(&self, magnitudes: &ArrayRef2<T>) -> Vec<Complex<T>> {
        match self.config.initial_phase {
            InitialPhase::Zero => {
                magnitudes.iter().map(|&magnitude| Complex::new(magnitude, T::zero())).collect()
            }
            InitialPhase::Random { seed } => {
                let mut rng = ChaCha8Rng::seed_from_u64(seed);
                let mut polar = |magnitude: T| {
                    let (sine, cosine) = (std::f64::consts::TAU * rng.random::<f64>()).sin_cos();
                    Complex::new(magnitude * T::of(cosine), magnitude * T::of(sine))
                };
                magnitudes.iter().map(|&magnitude| polar(magnitude)).collect()
            }
        }
    }
}
