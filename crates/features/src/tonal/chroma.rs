use std::ops::Range;

use cepstrum_dsp::block::{LANES, Lanes, Matrix, PowerStft};
use cepstrum_dsp::{Error as DspError, Float, StftConfig};
use ndarray::{Array2, ArrayViewMut2};
use serde::{Deserialize, Serialize};

use super::tuning::{Partials, octaves};
use crate::blocks::{BlockFeature, run};
use crate::{Result, output};

/// Number of pitch classes.
const N_CHROMA: usize = 12;

/// The tuning of the pitch classes.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tuning {
    /// Estimated from the signal's partials, at the price of a second transform: librosa's default (`tuning=None`).
    #[default]
    Estimated,
    /// A known deviation from A = 440 Hz, in semitones; 0 is concert pitch.
    Fixed(f64),
}

/// The settings of a chromagram. The default is librosa's at 22,050 Hz.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChromaConfig {
    /// Sample rate of the signals, Hz. It places the pitch classes; the signal is not resampled. Default 22,050.
    pub sample_rate: u32,
    /// Framing, window and transform length. Default 2048/512 samples under a Hann window. A longer `n_fft` (4096 or more)
    /// separates low notes better.
    pub stft: StftConfig,
    /// Deviation from concert pitch. Default estimated; fix it where the tuning is known or a signal is too short to show it.
    pub tuning: Tuning,
}

impl Default for ChromaConfig {
    fn default() -> Self {
        Self { sample_rate: 22_050, stft: StftConfig::default(), tuning: Tuning::default() }
    }
}

/// Chromagrams: the power in the twelve pitch classes, C first, with each frame scaled to a maximum of 1. Matches
/// `librosa.feature.chroma_stft`, transposed.
///
/// Bin `k` counts toward class `c` with the weight `exp(-2 (d / w)^2)`, where `d` is the distance in semitones and `w` the
/// bin's width (at least one semitone), normalized over the classes, times a Gaussian over octaves that favors the middle
/// ones (center 5, width 2).
///
/// # Shapes
/// `[n_frames, 12]`.
///
/// ```
/// use cepstrum_features::{Chroma, ChromaConfig};
///
/// let a4: Vec<f32> = (0..22_050).map(|i| (i as f32 * 440.0 / 22_050.0 * std::f32::consts::TAU).sin()).collect();
/// let chroma = Chroma::new(&ChromaConfig::default())?.process(&a4)?;
/// assert_eq!(chroma.dim(), (44, 12));
/// assert_eq!(chroma[[20, 9]], 1.0); // A
/// # Ok::<(), cepstrum_features::Error>(())
/// ```
///
/// # References
/// D. Ellis, "Chroma feature analysis and synthesis", Columbia University, 2007.
#[derive(Debug, Clone)]
pub struct Chroma<T: Float = f32> {
    stft: PowerStft<T>,
    blocks: ChromaBlocks<T>,
}

/// The steps after the power spectrum.
#[derive(Debug, Clone)]
pub(crate) struct ChromaBlocks<T> {
    config: ChromaConfig,
    hz_per_bin: f64,
    partials: Partials<T>,
    bank: Bank<T>,
}

/// The weights of the bins in the classes, for one tuning.
#[derive(Debug, Clone)]
struct Bank<T> {
    /// Semitones.
    tuning: f64,
    weights: Matrix<T>,
}

impl<T: Float> Chroma<T> {
    /// Checks the configuration and prepares the transform.
    ///
    /// # Errors
    /// [`Error::Dsp`](crate::Error::Dsp) with the setting that is not legal.
    pub fn new(config: &ChromaConfig) -> Result<Self> {
        Ok(Self { stft: PowerStft::new(&config.stft)?, blocks: ChromaBlocks::new(config)? })
    }

    /// Number of frames of a signal of `n_samples`.
    #[must_use]
    pub fn n_frames(&self, n_samples: usize) -> usize {
        self.stft.n_frames(n_samples)
    }

    /// Estimates a signal's deviation from concert pitch, in semitones from -0.5 to 0.5: `librosa.estimate_tuning(S=power)`,
    /// which `chroma_stft` calls.
    ///
    /// As in librosa, the bins of an odd `n_fft` are treated as those of `n_fft - 1`, which at 1001 is 0.02 semitones too
    /// high.
    ///
    /// # Errors
    /// As [`process`](Self::process).
    pub fn estimate_tuning(&mut self, samples: &[T]) -> Result<f64> {
        let Self { stft, blocks } = self;
        blocks.begin(0);
        stft.for_each_block(samples, |frames, power| blocks.survey(power, frames.len()))?;
        Ok(blocks.partials.tuning(N_CHROMA))
    }

    /// Computes the chromagram of a signal, `[n_frames, 12]`.
    ///
    /// Samples beyond 1e15 have powers that overflow in `f32`, and results that are not finite.
    ///
    /// # Errors
    /// [`Error::Dsp`](crate::Error::Dsp) when the signal is empty, too short, or holds NaN or infinity.
    pub fn process(&mut self, samples: &[T]) -> Result<Array2<T>> {
        let mut out = Array2::from_elem((self.n_frames(samples.len()), N_CHROMA), T::zero());
        self.process_into(samples, out.view_mut())?;
        Ok(out)
    }

    /// Computes the chromagram into a caller-provided array, `[n_frames, 12]`. Allocates nothing where the tuning is
    /// fixed.
    ///
    /// # Errors
    /// As [`process`](Self::process), and [`Error::OutputShape`](crate::Error::OutputShape).
    pub fn process_into(&mut self, samples: &[T], out: ArrayViewMut2<'_, T>) -> Result<()> {
        run(&mut self.stft, &mut self.blocks, samples, out)
    }
}

impl<T: Float> ChromaBlocks<T> {
    pub(crate) fn new(config: &ChromaConfig) -> Result<Self> {
        if config.sample_rate == 0 {
            return Err(DspError::SampleRate.into());
        }
        let tuning = match config.tuning {
            Tuning::Fixed(tuning) => tuning,
            Tuning::Estimated => 0.0,
        };
        if !tuning.is_finite() {
            return Err(DspError::Parameter { name: "tuning", bound: "finite", value: tuning }.into());
        }
        config.stft.validate()?;
        // librosa derives the length from the number of bins, and assumes an even one.
        let n_fft = (config.stft.n_fft & !1).max(1);
        Ok(Self {
            hz_per_bin: f64::from(config.sample_rate) / n_fft as f64,
            partials: Partials::new(),
            bank: Bank::new(config, tuning)?,
            config: config.clone(),
        })
    }
}

impl<T: Float> BlockFeature<T> for ChromaBlocks<T> {
    fn n_columns(&self) -> usize {
        N_CHROMA
    }

    fn has_survey(&self) -> bool {
        self.config.tuning == Tuning::Estimated
    }

    fn begin(&mut self, _: usize) {
        self.partials.clear();
    }

    fn survey(&mut self, power: &[Lanes<T>], count: usize) -> Result<()> {
        self.partials.add(power, count, self.hz_per_bin)
    }

    fn surveyed(&mut self) -> Result<()> {
        let tuning = self.partials.tuning(N_CHROMA);
        if tuning.to_bits() != self.bank.tuning.to_bits() {
            self.bank = Bank::new(&self.config, tuning)?;
        }
        Ok(())
    }

    fn block(
        &mut self,
        frames: Range<usize>,
        power: &mut [Lanes<T>],
        out: &mut ArrayViewMut2<'_, T>,
    ) -> Result<()> {
        let mut classes = [Lanes::default(); N_CHROMA];
        self.bank.weights.process_block(power, &mut classes)?;
        scale_to_maximum(&mut classes);
        output::write(frames, &classes, out);
        Ok(())
    }
}

impl<T: Float> Bank<T> {
    fn new(config: &ChromaConfig, tuning: f64) -> Result<Self> {
        let weights = chroma_filters(config.sample_rate, config.stft.n_fft, tuning);
        Ok(Self { tuning, weights: Matrix::new(weights.as_flattened(), N_CHROMA)? })
    }
}

/// Scales each frame to a maximum of 1, unless it is silent.
fn scale_to_maximum<T: Float>(classes: &mut [Lanes<T>; N_CHROMA]) {
    for lane in 0..LANES {
        let largest = classes.iter().fold(T::zero(), |max, class| max.max(class.0[lane]));
        if largest > T::MIN_POSITIVE {
            for class in classes.iter_mut() {
                class.0[lane] = class.0[lane] / largest;
            }
        }
    }
}

/// The weights of the bins in the classes, `[n_fft / 2 + 1][12]`: `librosa.filters.chroma`.
fn chroma_filters(sample_rate: u32, n_fft: usize, tuning: f64) -> Vec<[f64; N_CHROMA]> {
    let classes = N_CHROMA as f64;
    let octave_of = |k: usize| octaves(k as f64 * f64::from(sample_rate) / n_fft as f64, tuning);
    let semitones = |k: usize| if k == 0 { classes * (octave_of(1) - 1.5) } else { classes * octave_of(k) };
    (0..=n_fft / 2)
        .map(|k| {
            let (here, next) = (semitones(k), semitones(k + 1));
            let width = if k + 1 < n_fft { (next - here).max(1.0) } else { 1.0 };
            let mut weights: [f64; N_CHROMA] = std::array::from_fn(|class| {
                // librosa counts classes from A and rolls them by three, so that class 0 is C.
                let from_a = (class + 3) % N_CHROMA;
                let distance = (here - from_a as f64 + classes / 2.0).rem_euclid(classes) - classes / 2.0;
                (-0.5 * (2.0 * distance / width).powi(2)).exp()
            });
            let norm = weights.iter().map(|w| w * w).sum::<f64>().sqrt();
            let octave = (-0.5 * ((here / classes - 5.0) / 2.0).powi(2)).exp();
            let norm = if norm > f64::MIN_POSITIVE { norm } else { 1.0 };
            for w in &mut weights {
                *w *= octave / norm;
            }
            weights
        })
        .collect()
}
