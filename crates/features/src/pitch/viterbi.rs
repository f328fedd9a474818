//! The most likely path through voiced and unvoiced pitches.

/// The hidden Markov model of pYIN: a bin of pitch, voiced or not, that moves by a few bins from frame to frame.
#[derive(Debug, Clone)]
pub(super) struct Model {
    n_bins: usize,
    /// Logarithm of the triangular weight of a move by `-half..=half` bins.
    moves: Vec<f64>,
    /// Logarithm of the sum of the weights of all moves from a bin to bins inside the range.
    totals: Vec<f64>,
    /// Logarithm of the probability that the voicing stays, and that it changes.
    voicing: [f64; 2],
}

/// Logarithm of what librosa adds to each probability, so that nothing is impossible.
fn ln_tiny() -> f64 {
    f64::MIN_POSITIVE.ln()
}

impl Model {
    /// `width` is odd and at most `n_bins`.
    pub(super) fn new(n_bins: usize, width: usize, switch_prob: f64) -> Self {
        let half = width / 2;
        let weight = |offset: usize| (offset.min(width - 1 - offset) + 1) as f64 / (half + 1) as f64;
        let weights: Vec<f64> = (0..width).map(weight).collect();
        let total = |from: usize| -> f64 {
            let inside = (0..width).filter(|&i| (from + i).checked_sub(half).is_some_and(|to| to < n_bins));
            inside.map(|i| weights[i]).sum()
        };
        let ln = |p: f64| (p + f64::MIN_POSITIVE).ln();
        Self {
            n_bins,
            totals: (0..n_bins).map(|from| total(from).ln()).collect(),
            moves: weights.into_iter().map(f64::ln).collect(),
            voicing: [ln(1.0 - switch_prob), ln(switch_prob)],
        }
    }

    /// The most likely states, each `bin` when voiced and `n_bins + bin` when not, given the logarithms of the observations'
    /// probabilities, `[n_frames, 2 n_bins]`.
    ///
    /// Only the values are kept on the way forward: the predecessors on the path are found again on the way back.
    pub(super) fn path(&self, observations: &[f64]) -> Vec<usize> {
        let n_states = 2 * self.n_bins;
        let n_frames = observations.len() / n_states;
        let mut values = observations.to_vec();
        values[..n_states].iter_mut().for_each(|x| *x -= (n_states as f64).ln());
        let mut best = vec![0.0; n_states];
        for t in 1..n_frames {
            let (before, now) = values.split_at_mut(t * n_states);
            let before = &before[(t - 1) * n_states..];
            self.arrivals(before, &mut best);
            let anywhere = before.iter().copied().fold(f64::NEG_INFINITY, f64::max) + ln_tiny();
            for j in 0..self.n_bins {
                let (voiced, unvoiced) = (best[j], best[self.n_bins + j]);
                let [stay, change] = self.voicing;
                now[j] += (voiced + stay).max(unvoiced + change).max(anywhere);
                now[self.n_bins + j] += (unvoiced + stay).max(voiced + change).max(anywhere);
            }
        }
        self.backtrack(&values, n_frames)
    }

    /// The best value with which each bin is reached, without the voicing.
    fn arrivals(&self, before: &[f64], best: &mut [f64]) {
        let half = self.moves.len() / 2;
        for (before, best) in before.chunks_exact(self.n_bins).zip(best.chunks_exact_mut(self.n_bins)) {
            let from: Vec<f64> = before.iter().zip(&self.totals).map(|(x, total)| x - total).collect();
            best.fill(f64::NEG_INFINITY);
            for (i, &weight) in self.moves.iter().enumerate() {
                // From bin `k` to `k + i - half`.
                let (first, to) = (half.saturating_sub(i), i.saturating_sub(half));
                for (y, &x) in best[to..].iter_mut().zip(&from[first..]) {
                    let value = x + weight;
                    *y = if value > *y { value } else { *y };
                }
            }
        }
    }

    fn backtrack(&self, values: &[f64], n_frames: usize) -> Vec<usize> {
        let n_states = 2 * self.n_bins;
        let mut state = first_of_largest(values[(n_frames - 1) * n_states..].iter().copied());
        let mut path = vec![state; n_frames];
        for t in (1..n_frames).rev() {
            let before = &values[(t - 1) * n_states..][..n_states];
            let arrival = |from: usize| before[from] + self.transition(from, state);
            state = first_of_largest((0..n_states).map(arrival));
            path[t - 1] = state;
        }
        path
    }

    /// The logarithm of the probability of a step between states.
    fn transition(&self, from: usize, to: usize) -> f64 {
        let (from_bin, to_bin) = (from % self.n_bins, to % self.n_bins);
        let same = usize::from((from < self.n_bins) != (to < self.n_bins));
        let offset = (to_bin + self.moves.len() / 2).checked_sub(from_bin);
        match offset.and_then(|offset| self.moves.get(offset)) {
            Some(weight) => weight - self.totals[from_bin] + self.voicing[same],
            None => ln_tiny(),
        }
    }
}

fn first_of_largest(values: impl Iterator<Item = f64>) -> usize {
    values.enumerate().fold((0, f64::NEG_INFINITY), |best, (i, x)| if x > best.1 { (i, x) } else { best }).0
}
