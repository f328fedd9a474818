use cepstrum_dsp::{Error as DspError, Float, Symmetry, Window};
use ndarray::{Array2, ArrayView2};
use serde::{Deserialize, Serialize};

use super::cqt::{Cqt, CqtConfig};
use crate::{Fill, Norm, Result, Tuning, hz_to_midi, normalize};

/// The settings of a chromagram from the constant-Q transform. The default is librosa's at 22,050 Hz.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChromaCqtConfig {
    /// Sample rate of the signals, Hz. Default 22,050.
    pub sample_rate: u32,
    /// Distance of the frames, samples. Default 512.
    pub hop_length: usize,
    /// Lowest frequency, Hz. Default C1, 32.7.
    pub f_min: f64,
    /// Number of pitch classes per octave, at least 1. Default 12.
    pub n_chroma: usize,
    /// Number of octaves, at least 1. Default 7.
    pub n_octaves: usize,
    /// Number of bins per octave of the transform, a multiple of `n_chroma`. Default 36.
    pub bins_per_octave: usize,
    /// Deviation from concert pitch, in bins. Default estimated.
    pub tuning: Tuning,
    /// Size by which each frame is divided. Default its maximum.
    pub norm: Norm,
    /// Sums below this one count as 0. Default 0.
    pub threshold: f64,
}

impl Default for ChromaCqtConfig {
    fn default() -> Self {
        let CqtConfig { sample_rate, hop_length, f_min, .. } = CqtConfig::default();
        Self {
            sample_rate,
            hop_length,
            f_min,
            n_chroma: 12,
            n_octaves: 7,
            bins_per_octave: 36,
            tuning: Tuning::Estimated,
            norm: Norm::Maximum,
            threshold: 0.0,
        }
    }
}

/// Chromagrams from the constant-Q transform: the magnitude in the pitch classes, C first. `librosa.feature.chroma_cqt`,
/// transposed.
///
/// Low notes are told apart better than by [`Chroma`](crate::Chroma), at several times its cost. [`tonnetz`](crate::tonnetz) of
/// this chromagram is `librosa.feature.tonnetz(y=y)`, and [`chroma_cens`] of one with [`Norm::None`] is
/// `librosa.feature.chroma_cens(y=y)`.
///
/// # Shapes
/// `[n_frames, n_chroma]`.
///
/// ```
/// use cepstrum_features::{ChromaCqt, ChromaCqtConfig};
///
/// let a4: Vec<f32> = (0..22_050).map(|i| (i as f32 * 440.0 / 22_050.0 * std::f32::consts::TAU).sin()).collect();
/// let chroma = ChromaCqt::new(&ChromaCqtConfig::default())?.process(&a4)?;
/// assert_eq!(chroma.dim(), (44, 12));
/// assert_eq!(chroma[[20, 9]], 1.0); // A
/// # Ok::<(), cepstrum_features::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ChromaCqt<T: Float = f32> {
    cqt: Cqt<T>,
    /// Class of each bin.
    classes: Vec<usize>,
    n_chroma: usize,
    norm: Norm,
    threshold: f64,
}

impl<T: Float> ChromaCqt<T> {
    /// Checks the configuration and prepares all tables.
    ///
    /// # Errors
    /// Those of [`Cqt::new`], and [`Error::Dsp`](crate::Error::Dsp) with the setting that is not legal.
    pub fn new(config: &ChromaCqtConfig) -> Result<Self> {
        let ChromaCqtConfig { n_chroma, bins_per_octave, norm, threshold, .. } = *config;
        if n_chroma == 0 || n_chroma > bins_per_octave || !bins_per_octave.is_multiple_of(n_chroma) {
            let (name, max) = ("n_chroma, a divisor of bins_per_octave,", bins_per_octave);
            return Err(DspError::Count { name, min: 1, max, actual: n_chroma }.into());
        }
        if threshold.is_nan() {
            let bound = "a number";
            return Err(DspError::Parameter { name: "threshold", bound, value: threshold }.into());
        }
        // An empty array still has its norm checked.
        normalize(Array2::<T>::default((0, 0)).view_mut(), norm, Fill::Kept)?;
        let cqt = Cqt::new(&CqtConfig {
            sample_rate: config.sample_rate,
            hop_length: config.hop_length,
            f_min: config.f_min,
            n_bins: config.n_octaves.saturating_mul(bins_per_octave),
            bins_per_octave,
            tuning: config.tuning,
            ..CqtConfig::default()
        })?;
        let merged = bins_per_octave / n_chroma;
        // The bins around the lowest one belong to its class, which is that of the nearest note.
        let lowest = (hz_to_midi(config.f_min).rem_euclid(12.0) * (n_chroma as f64 / 12.0)).round_ties_even();
        let class = |bin: usize| ((bin + merged / 2) % bins_per_octave / merged + lowest as usize) % n_chroma;
        Ok(Self { classes: (0..cqt.n_bins()).map(class).collect(), cqt, n_chroma, norm, threshold })
    }

    /// Computes the chromagram of a signal, `[n_frames, n_chroma]`.
    ///
    /// # Errors
    /// As [`Cqt::process`].
    pub fn process(&mut self, samples: &[T]) -> Result<Array2<T>> {
        let magnitudes = self.cqt.magnitudes(samples)?;
        let mut out = Array2::from_elem((magnitudes.nrows(), self.n_chroma), T::zero());
        for (bins, mut classes) in magnitudes.rows().into_iter().zip(out.rows_mut()) {
            for (&magnitude, &class) in bins.iter().zip(&self.classes) {
                classes[class] += magnitude;
            }
            for sum in classes.iter_mut().filter(|sum| sum.to_f64() < self.threshold) {
                *sum = T::zero();
            }
        }
        normalize(out.view_mut(), self.norm, Fill::Kept)?;
        Ok(out)
    }
}

/// Computes chroma energy normalized statistics: `librosa.feature.chroma_cens` from a chromagram that is not normalized.
///
/// The classes of each frame, scaled to a sum of 1, are quantized to quarters by the thresholds 0.4, 0.2, 0.1 and 0.05, smoothed
/// over time by a Hann window of `smoothing` frames, and scaled to a unit vector: what remains tells one performance of a piece
/// from another piece, not from another performance.
///
/// # Shapes
/// `[n_frames, n_chroma]` to the same.
///
/// # Errors
/// [`Error::Dsp`](crate::Error::Dsp) when a value is NaN or infinite, and unless `smoothing` is from 0, none, to 65,536; librosa's
/// default is 41.
///
/// ```
/// use cepstrum_features::{ChromaCqt, ChromaCqtConfig, Norm, chroma_cens};
///
/// let config = ChromaCqtConfig { norm: Norm::None, ..ChromaCqtConfig::default() };
/// let chroma = ChromaCqt::new(&config)?.process(&vec![0.1_f32; 22_050])?;
/// assert_eq!(chroma_cens(chroma.view(), 41)?.dim(), (44, 12));
/// # Ok::<(), cepstrum_features::Error>(())
/// ```
///
/// # References
/// M. Müller, S. Ewert, "Chroma Toolbox: MATLAB implementations for extracting variants of chroma-based audio features", ISMIR
/// 2011.
#[allow(clippy::needless_pass_by_value, reason = "a view is a reference")]
pub fn chroma_cens<T: Float>(chroma: ArrayView2<'_, T>, smoothing: usize) -> Result<Array2<T>> {
    const MAX: usize = 1 << 16;
    if smoothing > MAX {
        return Err(DspError::Count { name: "smoothing", min: 0, max: MAX, actual: smoothing }.into());
    }
    let mut classes = chroma.to_owned();
    normalize(classes.view_mut(), Norm::Power(1.0), Fill::Kept)?;
    let quantized = classes.mapv(|x| {
        let passed = [0.4, 0.2, 0.1, 0.05].iter().filter(|&&step| x > T::of(step)).count();
        0.25 * passed as f64
    });
    let mut out = if smoothing == 0 { quantized.mapv(T::of) } else { smoothed(&quantized, smoothing)? };
    normalize(out.view_mut(), Norm::Power(2.0), Fill::Kept)?;
    Ok(out)
}

/// The convolution along time with a Hann window of `length` values above 0, whose sum is 1.
fn smoothed<T: Float>(values: &Array2<f64>, length: usize) -> Result<Array2<T>> {
    let window = Window::Hann.samples(length + 2, Symmetry::Symmetric)?;
    let total: f64 = window.iter().sum();
    let center = window.len() / 2;
    let n_frames = values.nrows();
    Ok(Array2::from_shape_fn(values.dim(), |(t, k)| {
        let first = (t + center + 1).saturating_sub(window.len());
        let terms = (first..n_frames.min(t + center + 1)).map(|s| window[t + center - s] * values[[s, k]]);
        T::of(terms.sum::<f64>() / total)
    }))
}
