//! Mean and spread of a metric over folds or seeds.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Mean and spread of one metric over the folds of a cross-validation, or over seeds.
///
/// ```
/// use cepstrum_eval::metrics::Spread;
///
/// let accuracy = Spread::from_values(&[0.71, 0.64, 0.78, 0.69, 0.73])?;
/// assert_eq!(accuracy.to_string(), "0.710 ± 0.051 (5 values, 0.640 to 0.780)");
/// # Ok::<(), cepstrum_eval::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// Number of values.
    pub count: usize,
    /// Mean of the values.
    pub mean: f64,
    /// Sample standard deviation, with the divisor `count - 1`; 0 for a single value.
    pub deviation: f64,
    /// Lowest value.
    pub lowest: f64,
    /// Highest value.
    pub highest: f64,
}

impl Spread {
    /// Computes mean and spread of the values.
    ///
    /// # Errors
    /// [`Error::Empty`] for an empty list.
    pub fn from_values(values: &[f64]) -> Result<Self> {
        if values.is_empty() {
            return Err(Error::Empty { what: "values" });
        }
        let count = values.len();
        let mean = values.iter().sum::<f64>() / count as f64;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        Ok(Self {
            count,
            mean,
            deviation: if count > 1 { (squares / (count - 1) as f64).sqrt() } else { 0.0 },
            lowest: values.iter().copied().fold(f64::INFINITY, f64::min),
            highest: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        })
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { count, mean, deviation, lowest, highest } = self;
        if *count == 1 {
            write!(f, "{mean:.3} (1 value)")
        } else {
            write!(f, "{mean:.3} ± {deviation:.3} ({count} values, {lowest:.3} to {highest:.3})")
        }
    }
}
