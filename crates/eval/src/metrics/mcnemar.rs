//! `McNemar`'s test for two models on the same test part.

use serde::{Deserialize, Serialize};

use super::Evaluation;
use crate::{Error, Result};

/// `McNemar`'s test of two models on the same segments. A small p-value is evidence that their accuracies differ.
///
/// Segments of one track resemble each other, which makes p-values over segments too small. Where tracks are known,
/// compare two evaluations [by track](Evaluation::by_track).
///
/// ```
/// use cepstrum_eval::metrics::McNemar;
///
/// let test = McNemar::from_counts(10, 3);
/// assert!((test.exact - 0.092_285_156_25).abs() < 1e-12);
/// ```
///
/// # References
/// Quinn `McNemar` (1947), doi:10.1007/BF02295996; Edwards's continuity correction (1948); `scipy.stats`' `binomtest`
/// and `chi2.sf`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct McNemar {
    /// Number of segments that only the first model classified correctly.
    pub only_first: u64,
    /// Number of segments that only the second model classified correctly.
    pub only_second: u64,
    /// Two-sided p-value of the exact binomial test.
    pub exact: f64,
    /// Chi-squared statistic with continuity correction, one degree of freedom.
    pub statistic: f64,
    /// The p-value of that statistic; close to the exact one from about 25 segments on which the models differ.
    pub chi_squared: f64,
}

impl McNemar {
    /// Compares two evaluations of the same labels.
    ///
    /// # Errors
    /// [`Error::Undefined`] when the true labels differ.
    pub fn from_evaluations(first: &Evaluation, second: &Evaluation) -> Result<Self> {
        if first.truth() != second.truth() {
            let reason = "the two models were not evaluated on the same segments";
            return Err(Error::Undefined { quantity: "McNemar's test", reason });
        }
        let (mut only_first, mut only_second) = (0, 0);
        for ((truth, a), b) in first.truth().iter().zip(first.predicted()).zip(second.predicted()) {
            only_first += u64::from(a == truth && b != truth);
            only_second += u64::from(a != truth && b == truth);
        }
        Ok(Self::from_counts(only_first, only_second))
    }

    /// Computes the test from the numbers of segments that only one of the two models classified correctly.
    pub fn from_counts(only_first: u64, only_second: u64) -> Self {
        let differing = only_first + only_second;
        let gap = only_first.abs_diff(only_second).saturating_sub(1) as f64;
        let statistic = if differing == 0 { 0.0 } else { gap * gap / differing as f64 };
        Self {
            only_first,
            only_second,
            exact: fair_coin(only_first.min(only_second), differing),
            statistic,
            // The upper tail of chi-squared with one degree of freedom.
            chi_squared: libm::erfc((statistic / 2.0).sqrt()),
        }
    }
}

/// Twice the probability of at most `heads` heads in `tosses` tosses of a fair coin, at most 1.
fn fair_coin(heads: u64, tosses: u64) -> f64 {
    let ln_factorial = |n: u64| libm::lgamma(n as f64 + 1.0);
    let all = ln_factorial(tosses) - tosses as f64 * std::f64::consts::LN_2;
    let exactly = |k: u64| (all - ln_factorial(k) - ln_factorial(tosses - k)).exp();
    (2.0 * (0..=heads).map(exactly).sum::<f64>()).min(1.0)
}
