use std::ops::Range;

use cepstrum_dsp::block::{self, Lanes, Matrix, PowerStft};
use cepstrum_dsp::{Error as DspError, Float, StftConfig, fft_frequencies};
use ndarray::{Array2, ArrayViewMut2};
use serde::{Deserialize, Serialize};

use crate::blocks::{BlockFeature, run};
use crate::{Result, output};

/// Highest degree of a fitted polynomial.
const MAX_ORDER: usize = 8;

/// The settings of polynomial features. The default is librosa's at 22,050 Hz.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PolyFeaturesConfig {
    /// Sample rate of the signals, Hz. It is the unit of the frequencies; the signal is not resampled. Default 22,050.
    pub sample_rate: u32,
    /// Framing, window and transform length. Default 2048/512 samples under a Hann window; see [`StftConfig`].
    pub stft: StftConfig,
    /// Degree of the polynomial, at most 8 and less than the number of bins. Default 1, a line: its slope tells bright sounds
    /// from dull ones. 0 is the mean magnitude.
    pub order: usize,
}

impl Default for PolyFeaturesConfig {
    fn default() -> Self {
        Self { sample_rate: 22_050, stft: StftConfig::default(), order: 1 }
    }
}

/// Coefficients of a polynomial in frequency, fitted to each frame's magnitudes by least squares:
/// `librosa.feature.poly_features`, transposed.
///
/// `sum_k (|X[k]| - sum_i c_i f_k^(order - i))^2` is least; `f_k` in Hz. The highest degree comes first.
///
/// # Shapes
/// `[n_frames, order + 1]`; coefficient `i` has the unit `Hz^(i - order)`.
///
/// ```
/// use cepstrum_features::{PolyFeatures, PolyFeaturesConfig};
///
/// let tone: Vec<f32> = (0..22_050).map(|i| (i as f32 * 0.1).sin()).collect();
/// let lines = PolyFeatures::new(&PolyFeaturesConfig::default())?.process(&tone)?;
/// assert_eq!(lines.dim(), (44, 2));
/// assert!(lines[[20, 0]] < 0.0); // a low tone: magnitudes fall with frequency
/// # Ok::<(), cepstrum_features::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct PolyFeatures<T: Float = f32> {
    stft: PowerStft<T>,
    blocks: PolyBlocks<T>,
}

/// The steps after the power spectrum.
#[derive(Debug, Clone)]
pub(crate) struct PolyBlocks<T> {
    fit: Matrix<T>,
    block: Vec<Lanes<T>>,
}

impl<T: Float> PolyFeatures<T> {
    /// Checks the configuration and prepares all tables.
    ///
    /// # Errors
    /// [`Error::Dsp`](crate::Error::Dsp) with the setting that is not legal.
    pub fn new(config: &PolyFeaturesConfig) -> Result<Self> {
        Ok(Self { stft: PowerStft::new(&config.stft)?, blocks: PolyBlocks::new(config)? })
    }

    /// Number of frames of a signal of `n_samples`.
    #[must_use]
    pub fn n_frames(&self, n_samples: usize) -> usize {
        self.stft.n_frames(n_samples)
    }

    /// Computes the coefficients of a signal, `[n_frames, order + 1]`.
    ///
    /// Samples beyond 1e15 have powers that overflow in `f32`, and results that are not finite.
    ///
    /// # Errors
    /// [`Error::Dsp`](crate::Error::Dsp) when the signal is empty, too short, or holds NaN or infinity.
    pub fn process(&mut self, samples: &[T]) -> Result<Array2<T>> {
        let mut out = Array2::from_elem((self.n_frames(samples.len()), self.blocks.n_columns()), T::zero());
        self.process_into(samples, out.view_mut())?;
        Ok(out)
    }

    /// Computes the coefficients into a caller-provided array, `[n_frames, order + 1]`. Allocates nothing.
    ///
    /// # Errors
    /// As [`process`](Self::process), and [`Error::OutputShape`](crate::Error::OutputShape).
    pub fn process_into(&mut self, samples: &[T], out: ArrayViewMut2<'_, T>) -> Result<()> {
        run(&mut self.stft, &mut self.blocks, samples, out)
    }
}

impl<T: Float> PolyBlocks<T> {
    pub(crate) fn new(config: &PolyFeaturesConfig) -> Result<Self> {
        let order = config.order;
        let max = MAX_ORDER.min(config.stft.n_fft / 2);
        if order > max {
            return Err(DspError::Count { name: "order", min: 0, max, actual: order }.into());
        }
        let fit = least_squares(&fft_frequencies(config.sample_rate, config.stft.n_fft)?, order);
        Ok(Self { fit: Matrix::new(&fit, order + 1)?, block: vec![Lanes::default(); order + 1] })
    }
}

impl<T: Float> BlockFeature<T> for PolyBlocks<T> {
    fn n_columns(&self) -> usize {
        self.block.len()
    }

    fn block(
        &mut self,
        frames: Range<usize>,
        power: &mut [Lanes<T>],
        out: &mut ArrayViewMut2<'_, T>,
    ) -> Result<()> {
        block::sqrt(power);
        self.fit.process_block(power, &mut self.block)?;
        output::write(frames, &self.block, out);
        Ok(())
    }
}

/// The matrix `[n, order + 1]` from values at the points `x` to the coefficients of the fitted polynomial, highest degree
/// first: the transposed pseudo-inverse of the powers of `x`.
///
/// The polynomials of degree 0, 1, ... that are orthogonal on the points (by Gram and Schmidt, in `x / max x`) give the fit
/// as a sum of projections; their coefficients turn it into powers.
fn least_squares(x: &[f64], order: usize) -> Vec<f64> {
    let scale = x.iter().copied().fold(0.0, f64::max).max(f64::MIN_POSITIVE);
    let dot = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
    // Values and coefficients (lowest degree first) of the orthonormal polynomials.
    let mut basis: Vec<(Vec<f64>, Vec<f64>)> = Vec::new();
    for degree in 0..=order {
        let mut values: Vec<f64> = match basis.last() {
            None => vec![1.0; x.len()],
            Some((before, _)) => before.iter().zip(x).map(|(p, x)| p * x / scale).collect(),
        };
        let mut coefficients = vec![0.0; order + 1];
        match basis.last() {
            None => coefficients[0] = 1.0,
            Some((_, before)) => coefficients[1..=degree].copy_from_slice(&before[..degree]),
        }
        // Twice, because the first pass leaves rounding errors of the size of what it removes.
        for _ in 0..2 {
            for (p, c) in &basis {
                let share = dot(&values, p);
                subtract(&mut values, p, share);
                subtract(&mut coefficients, c, share);
            }
        }
        let norm = dot(&values, &values).sqrt();
        for x in values.iter_mut().chain(&mut coefficients) {
            *x /= norm;
        }
        basis.push((values, coefficients));
    }
    let weight = |n: usize, power: usize| -> f64 {
        basis.iter().map(|(values, coefficients)| values[n] * coefficients[power]).sum::<f64>()
            / scale.powi(power as i32)
    };
    (0..x.len())
        .flat_map(|n| (0..=order).rev().map(move |power| (n, power)))
        .map(|(n, power)| weight(n, power))
        .collect()
}

/// `a -= share b`.
fn subtract(a: &mut [f64], b: &[f64], share: f64) {
    a.iter_mut().zip(b).for_each(|(a, b)| *a -= share * b);
}
