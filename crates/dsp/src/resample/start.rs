use super::low_pass::Table;

/// How the beginning of a signal differs in a chain of stages from what one filter would make of it.
///
/// A filter of linear phase answers before it is asked: its output begins half a length before the signal. In libsoxr each
/// stage begins at time 0 and the next one never hears what came before. That changes the first outputs (some for two
/// stages, a hundred with half-band filters) by up to some percent, and librosa's numbers have it.
#[derive(Debug)]
pub(super) struct Start {
    /// Rate of the input, in units of the lower rate.
    rate: f64,
    /// Filters, and the rates of their outputs.
    stages: Vec<(Table, f64)>,
}

impl Start {
    pub(super) fn new(rate: f64, stages: Vec<(Table, f64)>) -> Self {
        Self { rate, stages }
    }

    /// How many samples of the input matter.
    pub(super) fn n_in(&self) -> usize {
        (self.reach(0) * self.rate) as usize + 1
    }

    /// Half the length of the chain from stage `k` on, samples of the lower rate.
    fn reach(&self, k: usize) -> f64 {
        self.stages[k..].iter().map(|(filter, _)| filter.half()).sum()
    }

    /// What one filter has too much in its first outputs, for the first [`n_in`](Self::n_in) samples of the input.
    pub(super) fn excess(&self, head: Vec<f64>) -> Vec<f64> {
        let mut kept = head;
        // What the output of the stage would have more if nothing were cut, from the index `first` on.
        let (mut excess, mut first) = (Vec::new(), 0_i64);
        let mut rate = self.rate;
        for (k, (filter, out_rate)) in self.stages.iter().enumerate() {
            let cut = self.stages.get(k + 1).map_or(0, |(next, _)| (next.half() * out_rate) as i64);
            let end = (first + excess.len() as i64 - 1) as f64 / rate;
            let rest = if excess.is_empty() { 0 } else { ((end + filter.half()) * out_rate) as i64 + 1 };
            let found = (-cut..rest).map(|n| {
                let t = n as f64 / out_rate;
                let heard = if n < 0 { filter.apply(t, &kept, 0, rate) } else { 0.0 };
                heard + filter.apply(t, &excess, first, rate)
            });
            let found: Vec<f64> = found.collect();
            if k + 2 < self.stages.len() {
                let n = (self.reach(k + 1) * out_rate) as usize + 1;
                kept = (0..n).map(|n| filter.apply(n as f64 / out_rate, &kept, 0, rate)).collect();
            }
            (excess, first, rate) = (found, -cut, *out_rate);
        }
        excess
    }
}
