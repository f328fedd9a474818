use std::fmt;
use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

use super::design::Design;
use super::start::Start;
use crate::Float;

/// Overlap-save with another length of transform on the way back.
///
/// A block of `down k` samples is transformed, weighed by the filter, cut or extended to the bins of `up k` samples and
/// transformed back. Its first and last `overlap` samples see the block's ends and are dropped; blocks overlap by as much.
pub(super) struct Plan<T: Float> {
    forward: Arc<dyn RealToComplex<T>>,
    inverse: Arc<dyn ComplexToReal<T>>,
    /// The filter, over the length of the forward transform.
    response: Vec<T>,
    /// Dropped at each end of a block, samples of the input and of the output.
    overlap: (usize, usize),
    start: Option<Start>,
    /// Whether the next block is the signal's first.
    fresh: bool,
    /// What is to be taken from the next outputs.
    excess: std::vec::IntoIter<T>,
    /// Input not yet used up: `overlap.0` samples (or zeros) before the next block's first new one, and what follows.
    pending: Vec<T>,
    block: Vec<T>,
    spectrum: Vec<Complex<T>>,
    folded: Vec<Complex<T>>,
    result: Vec<T>,
    scratch: Vec<Complex<T>>,
}

impl<T: Float> Plan<T> {
    pub(super) fn new(up: usize, down: usize) -> Self {
        let design = Design::new(up, down);
        let (low, high) = (up.min(down), up.max(down));
        // Multiples of `down` input samples, as `up` output samples, keep both sides in step.
        let drop = (design.half() / low as f64).ceil() as usize;
        let k = block_multiple(up, down, drop);
        let (n_in, n_out) = (down * k, up * k);
        let mut planner = RealFftPlanner::new();
        let (forward, inverse) = (planner.plan_fft_forward(n_in), planner.plan_fft_inverse(n_out));
        let response = design.response(high * k, high as f64 / low as f64);
        let response = response.into_iter().map(|h| T::of(h / n_in as f64)).collect();
        let overlap = (drop * down, drop * up);
        let mut plan = Self {
            response,
            overlap,
            start: design.start(),
            fresh: true,
            excess: Vec::new().into_iter(),
            pending: Vec::with_capacity(n_in),
            block: forward.make_input_vec(),
            spectrum: forward.make_output_vec(),
            folded: inverse.make_input_vec(),
            result: inverse.make_output_vec(),
            scratch: vec![Complex::default(); forward.get_scratch_len().max(inverse.get_scratch_len())],
            forward,
            inverse,
        };
        plan.reset();
        plan
    }

    pub(super) fn reset(&mut self) {
        self.pending.clear();
        self.pending.resize(self.overlap.0, T::zero());
        self.fresh = true;
        self.excess = Vec::new().into_iter();
    }

    pub(super) fn push(&mut self, mut samples: &[T], out: &mut Vec<T>) {
        while self.pending.len() + samples.len() >= self.block.len() {
            let (head, rest) = samples.split_at(self.block.len() - self.pending.len());
            samples = rest;
            self.process(head, usize::MAX, out);
        }
        self.pending.extend_from_slice(samples);
    }

    /// Appends the last `n_out` samples, as if silence followed.
    pub(super) fn flush(&mut self, mut n_out: usize, out: &mut Vec<T>) {
        while n_out > 0 {
            n_out -= self.process(&[], n_out, out);
        }
    }

    /// One block: what is pending, `head` and silence. Appends up to `n_out` samples; returns how many.
    fn process(&mut self, head: &[T], n_out: usize, out: &mut Vec<T>) -> usize {
        let (old, new) = self.block.split_at_mut(self.pending.len());
        old.copy_from_slice(&self.pending);
        let (filled, silence) = new.split_at_mut(head.len());
        filled.copy_from_slice(head);
        silence.fill(T::zero());
        // The next block sees the end of this one again.
        self.pending.clear();
        self.pending.extend_from_slice(&self.block[self.block.len() - 2 * self.overlap.0..]);
        if std::mem::take(&mut self.fresh)
            && let Some(start) = &self.start
        {
            let head = self.block[self.overlap.0..].iter().take(start.n_in()).map(|x| x.to_f64()).collect();
            self.excess = start.excess(head).into_iter().map(T::of).collect::<Vec<_>>().into_iter();
        }
        self.transform();
        let n = n_out.min(self.result.len() - 2 * self.overlap.1);
        let before = out.len();
        out.extend_from_slice(&self.result[self.overlap.1..][..n]);
        for (y, excess) in out[before..].iter_mut().zip(self.excess.by_ref()) {
            *y = *y - excess;
        }
        n
    }

    /// From `block`, which is used up, to `result`.
    fn transform(&mut self) {
        self.forward
            .process_with_scratch(&mut self.block, &mut self.spectrum, &mut self.scratch)
            .expect("the buffers have the plan's lengths");
        let n = self.folded.len().min(self.spectrum.len()).min(self.response.len());
        let (inside, outside) = self.folded.split_at_mut(n);
        for (y, (&x, &h)) in inside.iter_mut().zip(self.spectrum.iter().zip(&self.response)) {
            *y = x * h;
        }
        outside.fill(Complex::default());
        // A real signal has a real bin at half the rate; the filter has left nothing there.
        if self.result.len().is_multiple_of(2)
            && let Some(last) = self.folded.last_mut()
        {
            *last = Complex::default();
        }
        self.inverse
            .process_with_scratch(&mut self.folded, &mut self.result, &mut self.scratch)
            .expect("the buffers have the plan's lengths");
    }
}

/// Power of two that makes transforms of `down k` and `up k` points cheapest for each sample that they finish.
fn block_multiple(up: usize, down: usize, drop: usize) -> usize {
    let cost = |k: usize| {
        let work = |n: usize| n as f64 * (n as f64).log2();
        (work(up * k) + work(down * k)) / (k - 2 * drop) as f64
    };
    let least = (2 * drop + 1).next_power_of_two();
    (0..6).map(|i| least << i).min_by(|&a, &b| cost(a).total_cmp(&cost(b))).unwrap_or(least)
}

impl<T: Float> fmt::Debug for Plan<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan")
            .field("n_in", &self.block.len())
            .field("n_out", &self.result.len())
            .field("overlap", &self.overlap)
            .finish_non_exhaustive()
    }
}
