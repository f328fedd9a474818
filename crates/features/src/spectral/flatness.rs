use std::ops::Range;

use cepstrum_dsp::block::{self, Lanes, LogSums, PowerStft};
use cepstrum_dsp::{Float, StftConfig};
use ndarray::{Array1, ArrayViewMut2};
use serde::{Deserialize, Serialize};

use crate::blocks::{BlockFeature, run};
use crate::check::check_positive_as;
use crate::{Result, output};

/// The settings of spectral flatness. The default is librosa's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SpectralFlatnessConfig {
    /// Framing, window and transform length. Default 2048/512 samples under a Hann window; see [`StftConfig`].
    pub stft: StftConfig,
    /// Exponent of the magnitudes, positive. Default 2, powers; 1 weighs loud bins less.
    pub power: f64,
    /// Smaller values count as this one: it keeps silence finite, and flat. Positive. Default 1e-10.
    pub amin: f64,
}

impl Default for SpectralFlatnessConfig {
    fn default() -> Self {
        Self { stft: StftConfig::default(), power: 2.0, amin: 1e-10 }
    }
}

/// Spectral flatness: the geometric over the arithmetic mean of each frame's powers, near 1 for noise (and exactly 1 for
/// silence), near 0 for tones. Matches `librosa.feature.spectral_flatness`.
///
/// `exp(mean ln max(amin, |X|^power)) / mean max(amin, |X|^power)`.
///
/// # Shapes
/// `[n_frames]`.
///
/// ```
/// use cepstrum_features::{SpectralFlatness, SpectralFlatnessConfig};
///
/// let tone: Vec<f32> = (0..22_050).map(|i| (i as f32 * 0.3).sin()).collect();
/// let flatness = SpectralFlatness::new(&SpectralFlatnessConfig::default())?.process(&tone)?;
/// assert!(flatness[20] < 1e-6);
/// # Ok::<(), cepstrum_features::Error>(())
/// ```
///
/// # References
/// S. Dubnov, "Generalization of spectral flatness measure for non-Gaussian linear processes", IEEE Signal Processing
/// Letters 11(8), 2004, doi:10.1109/LSP.2004.831663.
#[derive(Debug, Clone)]
pub struct SpectralFlatness<T: Float = f32> {
    stft: PowerStft<T>,
    blocks: FlatnessBlocks<T>,
}

/// The steps after the power spectrum.
#[derive(Debug, Clone)]
pub(crate) struct FlatnessBlocks<T> {
    power: Exponent,
    amin: T,
}

/// The exponent of magnitudes, with the cheap cases apart.
#[derive(Debug, Clone, Copy)]
enum Exponent {
    One,
    Two,
    Other(f64),
}

impl<T: Float> SpectralFlatness<T> {
    /// Checks the configuration and prepares all tables.
    ///
    /// # Errors
    /// [`Error::Dsp`](crate::Error::Dsp) with the setting that is not legal.
    pub fn new(config: &SpectralFlatnessConfig) -> Result<Self> {
        Ok(Self { stft: PowerStft::new(&config.stft)?, blocks: FlatnessBlocks::new(config)? })
    }

    /// Number of frames of a signal of `n_samples`.
    #[must_use]
    pub fn n_frames(&self, n_samples: usize) -> usize {
        self.stft.n_frames(n_samples)
    }

    /// Computes the flatness of each frame, `[n_frames]`.
    ///
    /// Samples beyond 1e15 have powers that overflow in `f32`, and results that are not finite.
    ///
    /// # Errors
    /// [`Error::Dsp`](crate::Error::Dsp) when the signal is empty, too short, or holds NaN or infinity.
    pub fn process(&mut self, samples: &[T]) -> Result<Array1<T>> {
        let mut out = Array1::from_elem(self.n_frames(samples.len()), T::zero());
        self.process_into(samples, out.as_slice_mut().unwrap_or_default())?;
        Ok(out)
    }

    /// Computes the flatness into a caller-provided buffer, `[n_frames]`. Allocates nothing.
    ///
    /// # Errors
    /// As [`process`](Self::process), and [`DspError::BufferLength`](cepstrum_dsp::Error::BufferLength).
    pub fn process_into(&mut self, samples: &[T], out: &mut [T]) -> Result<()> {
        output::check_length(self.n_frames(samples.len()), out)?;
        let out = output::column(out)?;
        run(&mut self.stft, &mut self.blocks, samples, out)
    }
}

impl<T: Float> FlatnessBlocks<T> {
    pub(crate) fn new(config: &SpectralFlatnessConfig) -> Result<Self> {
        for (name, value) in [("power", config.power), ("amin", config.amin)] {
            check_positive_as::<T>(name, value)?;
        }
        let amin = T::of(config.amin).max(T::MIN_POSITIVE);
        let power = match config.power.to_bits() {
            bits if bits == 1.0_f64.to_bits() => Exponent::One,
            bits if bits == 2.0_f64.to_bits() => Exponent::Two,
            _ => Exponent::Other(config.power),
        };
        Ok(Self { power, amin })
    }
}

impl<T: Float> BlockFeature<T> for FlatnessBlocks<T> {
    fn n_columns(&self) -> usize {
        1
    }

    fn block(
        &mut self,
        frames: Range<usize>,
        power: &mut [Lanes<T>],
        out: &mut ArrayViewMut2<'_, T>,
    ) -> Result<()> {
        raise(power, self.power);
        let flatness = flatness(power, self.amin);
        for (lane, t) in frames.enumerate() {
            out[[t, 0]] = T::of(flatness[lane]);
        }
        Ok(())
    }
}

/// Turns powers `|X|^2` into `|X|^exponent`.
fn raise<T: Float>(power: &mut [Lanes<T>], exponent: Exponent) {
    match exponent {
        Exponent::One => block::sqrt(power),
        Exponent::Two => {}
        Exponent::Other(exponent) => {
            for x in power.iter_mut().flat_map(|lanes| &mut lanes.0) {
                *x = T::of(x.to_f64().powf(exponent / 2.0)).min(T::MAX);
            }
        }
    }
}

/// The flatness of each frame of a block.
fn flatness<T: Float>(values: &[Lanes<T>], amin: T) -> [f64; block::LANES] {
    let n = values.len() as f64;
    let LogSums { sum, log10_sum } = block::log_sums(values, amin);
    std::array::from_fn(|lane| {
        let geometric = 10.0_f64.powf(log10_sum.0[lane].to_f64() / n);
        geometric / (sum.0[lane].to_f64() / n)
    })
}
