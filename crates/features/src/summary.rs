use cepstrum_dsp::{Error as DspError, Float};
use ndarray::{Array1, Array2, ArrayView2};
use serde::{Deserialize, Serialize};

use crate::check::check_finite;
use crate::{Result, delta};

/// The settings of statistics over time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SummaryConfig {
    /// Quantiles, from 0 to 1. Default the quartiles 0.25, 0.5 and 0.75.
    pub quantiles: Vec<f64>,
}

impl Default for SummaryConfig {
    fn default() -> Self {
        Self { quantiles: vec![0.25, 0.5, 0.75] }
    }
}

/// Statistics over time of any feature, one value per coefficient: what turns a song of any length into a row of a table.
///
/// ```
/// use cepstrum_features::{Mfcc, MfccConfig, Summary, SummaryConfig};
///
/// let samples: Vec<f32> = (0..66_150).map(|i| (i as f32 * 0.05).sin()).collect();
/// let coefficients = Mfcc::new(&MfccConfig::default())?.process(&samples)?;
/// let summary = Summary::new(coefficients.view(), &SummaryConfig::default())?;
/// assert_eq!((summary.mean.len(), summary.quantiles.dim()), (13, (3, 13)));
/// assert_eq!(summary.row().len(), 6 * 13);
///
/// let motion = Summary::of_delta(coefficients.view(), 9, &SummaryConfig::default())?;
/// assert!(motion.mean.iter().all(|x| x.abs() < 1.0));
/// # Ok::<(), cepstrum_features::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// Mean, `[n_coefficients]`.
    pub mean: Array1<f64>,
    /// Standard deviation of the population, the root of the variance, `[n_coefficients]`; `np.std`.
    pub standard_deviation: Array1<f64>,
    /// Variance of the population, `sum (x - mean)^2 / n_frames`, `[n_coefficients]`; `np.var`.
    pub variance: Array1<f64>,
    /// Quantiles, `[n_quantiles, n_coefficients]`, on straight lines between neighboring values; `np.quantile`.
    pub quantiles: Array2<f64>,
}

impl Summary {
    /// Computes the statistics of a feature, `[n_frames, n_coefficients]`.
    ///
    /// Sums are taken in double precision.
    ///
    /// # Errors
    /// [`Error::Dsp`](crate::Error::Dsp) when there is no frame, a value is NaN or infinite, with its index
    /// `t n_coefficients + k`, or a quantile is not from 0 to 1.
    #[allow(clippy::needless_pass_by_value, reason = "a view is a reference")]
    pub fn new<T: Float>(features: ArrayView2<'_, T>, config: &SummaryConfig) -> Result<Self> {
        let (n_frames, n) = features.dim();
        if n_frames == 0 {
            return Err(DspError::EmptySignal.into());
        }
        check_finite(features)?;
        if let Some(&value) = config.quantiles.iter().find(|q| !(0.0..=1.0).contains(*q)) {
            return Err(DspError::Parameter { name: "a quantile", bound: "from 0 to 1", value }.into());
        }
        let (mut mean, mut variance) = (Array1::zeros(n), Array1::zeros(n));
        let mut quantiles = Array2::zeros((config.quantiles.len(), n));
        let mut sorted = Vec::with_capacity(n_frames);
        for (k, values) in features.columns().into_iter().enumerate() {
            sorted.clear();
            sorted.extend(values.iter().map(|x| x.to_f64()));
            mean[k] = sorted.iter().sum::<f64>() / n_frames as f64;
            variance[k] = sorted.iter().map(|x| (x - mean[k]).powi(2)).sum::<f64>() / n_frames as f64;
            if !config.quantiles.is_empty() {
                sorted.sort_unstable_by(f64::total_cmp);
            }
            for (q, &share) in config.quantiles.iter().enumerate() {
                quantiles[[q, k]] = quantile(&sorted, share);
            }
        }
        Ok(Self { standard_deviation: variance.mapv(f64::sqrt), mean, variance, quantiles })
    }

    /// Computes the statistics of a feature's first [delta](delta) of `width` frames.
    ///
    /// # Errors
    /// As [`delta`] and [`new`](Self::new).
    #[allow(clippy::needless_pass_by_value, reason = "a view is a reference")]
    pub fn of_delta<T: Float>(
        features: ArrayView2<'_, T>,
        width: usize,
        config: &SummaryConfig,
    ) -> Result<Self> {
        Self::new(delta(features, width, 1)?.view(), config)
    }

    /// The statistics in one row: means, standard deviations, variances, then each quantile,
    /// `[(3 + n_quantiles) n_coefficients]`.
    #[must_use]
    pub fn row(&self) -> Vec<f64> {
        let parts = [&self.mean, &self.standard_deviation, &self.variance];
        parts.into_iter().flatten().chain(&self.quantiles).copied().collect()
    }
}

/// The value at the place `share (n - 1)` of ascending values.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (sorted[above] - sorted[below]) * (place - below as f64)
}
