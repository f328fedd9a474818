//! Softmax and log-softmax of one row of logits, summed in `f64`: the one rule for losses and predictions.

/// The terms of `ln(sum(exp(x)))`, with the largest logit subtracted first: finite for logits of any finite size.
#[derive(Clone, Copy)]
pub(crate) struct LogSumExp {
    /// The largest logit.
    pub(crate) largest: f32,
    /// `sum(exp(x - largest))`, at least 1.
    pub(crate) sum: f64,
}

impl LogSumExp {
    /// The terms of one row.
    pub(crate) fn of(row: &[f32]) -> Self {
        let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        Self { largest, sum: row.iter().map(|&x| f64::from(x - largest).exp()).sum() }
    }

    /// The probability of a class, from its logit.
    pub(crate) fn probability(self, x: f32) -> f64 {
        f64::from(x - self.largest).exp() / self.sum
    }
}

/// The probabilities `exp(x) / sum(exp(x))`.
pub(crate) fn softmax(row: &[f32]) -> Vec<f32> {
    let terms = LogSumExp::of(row);
    row.iter().map(|&x| terms.probability(x) as f32).collect()
}

/// The logarithms of the probabilities, exact where a probability is close to 0.
pub(crate) fn log_softmax(row: &[f32]) -> Vec<f32> {
    let LogSumExp { largest, sum } = LogSumExp::of(row);
    let log_sum = sum.ln();
    row.iter().map(|&x| (f64::from(x - largest) - log_sum) as f32).collect()
}
