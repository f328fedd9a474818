use super::low_pass::Table;

/// The pre-ringing by which the beginning of a resampled signal differs between a chain of filters and a single one.
///
/// A linear-phase filter is non-causal: its output begins half a filter length before its input. libsoxr cuts that
/// pre-ringing off at time 0 after every stage, so the next stage never receives it. The first outputs (a few for two
/// stages, about a hundred with half-band filters) therefore differ by up to a few percent from those of a single filter.
/// librosa's values include this difference, and it is reproduced here.
#[derive(Debug, Clone)]
pub(super) struct PreRinging {
    /// Rate of the input, in units of the lower rate.
    rate: f64,
    /// The filters, and the rates of their outputs.
    stages: Vec<(Table, f64)>,
}

impl PreRinging {
    pub(super) fn new(rate: f64, stages: Vec<(Table, f64)>) -> Self {
        Self { rate, stages }
    }

    /// Number of input samples on which the correction depends.
    pub(super) fn n_in(&self) -> usize {
        (self.reach(0) * self.rate) as usize + 1
    }

    /// Half the length of the chain from stage `k` on, in samples of the lower rate.
    fn reach(&self, k: usize) -> f64 {
        self.stages[k..].iter().map(|(filter, _)| filter.half()).sum()
    }

    /// The pre-ringing to subtract from the first outputs, given the first [`n_in`](Self::n_in) samples of the input.
    pub(super) fn correction(&self, head: Vec<f64>) -> Vec<f64> {
        let mut kept = head;
        // The difference that the output of a stage would have if nothing were cut off, from the index `first` on.
        let (mut ringing, mut first) = (Vec::new(), 0_i64);
        let mut rate = self.rate;
        for (k, (filter, out_rate)) in self.stages.iter().enumerate() {
            let cut = self.stages.get(k + 1).map_or(0, |(next, _)| (next.half() * out_rate) as i64);
            let end = (first + ringing.len() as i64 - 1) as f64 / rate;
            let rest = if ringing.is_empty() { 0 } else { ((end + filter.half()) * out_rate) as i64 + 1 };
            let found = (-cut..rest).map(|n| {
                let t = n as f64 / out_rate;
                let before_0 = if n < 0 { filter.apply(t, &kept, 0, rate) } else { 0.0 };
                before_0 + filter.apply(t, &ringing, first, rate)
            });
            let found: Vec<f64> = found.collect();
            if k + 2 < self.stages.len() {
                let n = (self.reach(k + 1) * out_rate) as usize + 1;
                kept = (0..n).map(|n| filter.apply(n as f64 / out_rate, &kept, 0, rate)).collect();
            }
            (ringing, first, rate) = (found, -cut, *out_rate);
        }
        ringing
    }
}
