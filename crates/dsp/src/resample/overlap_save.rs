use std::sync::Arc;
use std::{fmt, vec};

use realfft::num_complex::Complex;
use rustfft::{Fft, FftDirection};

use super::design::Design;
use super::pre_ringing::PreRinging;
use crate::Float;

/// The largest number of points of a block, except for rates with almost no common factor, which need more. Bounds the
/// memory.
const MAX_POINTS: usize = 1 << 18;

/// Overlap-save filtering with different lengths of the forward and the inverse transform, two blocks at a time.
///
/// A block of `down k` samples is transformed, multiplied by the filter's response, cut or extended to the bins of `up k`
/// samples and transformed back. Its first and last `overlap` samples are affected by the block's ends and are dropped;
/// neighboring blocks overlap by as much. The response is real, so one complex transform serves two blocks: one as its
/// real part, one as its imaginary part.
#[derive(Clone)]
pub(super) struct Plan<T: Float> {
    forward: Arc<dyn Fft<T>>,
    inverse: Arc<dyn Fft<T>>,
    /// The filter's response, divided by the length of the forward transform, from frequency 0 to below half the lower
    /// rate.
    response: Vec<T>,
    /// Number of samples dropped at each end of a block, in the input and in the output.
    overlap: (usize, usize),
    /// `None` for a chain of a single filter.
    pre_ringing: Option<PreRinging>,
    /// True before the signal's first block.
    at_start: bool,
    /// The pre-ringing still to be subtracted from the next outputs.
    correction: vec::IntoIter<T>,
    /// Samples of two overlapping blocks, of which the first `filled` have arrived.
    pair: Vec<T>,
    filled: usize,
    spectrum: Vec<Complex<T>>,
    folded: Vec<Complex<T>>,
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
        let forward = T::complex(n_in, FftDirection::Forward);
        let inverse = T::complex(n_out, FftDirection::Inverse);
        let response = design.response(high * k, high as f64 / low as f64);
        // Drop the Nyquist bin of the lower rate: it aliases onto itself, and the response there is below -126 dB.
        let inside = response.into_iter().take((low * k).div_ceil(2));
        let scratch = forward.get_inplace_scratch_len().max(inverse.get_inplace_scratch_len());
        let mut plan = Self {
            response: inside.map(|h| T::of(h / n_in as f64)).collect(),
            overlap: (drop * down, drop * up),
            pre_ringing: design.pre_ringing(),
            at_start: true,
            correction: Vec::new().into_iter(),
            pair: vec![T::zero(); 2 * (n_in - drop * down)],
            filled: 0,
            spectrum: vec![Complex::default(); n_in],
            folded: vec![Complex::default(); n_out],
            scratch: vec![Complex::default(); scratch],
            forward,
            inverse,
        };
        plan.reset();
        plan
    }

    /// Begins another signal. Silence precedes its first sample, which is the first one that is not dropped.
    pub(super) fn reset(&mut self) {
        self.filled = self.overlap.0;
        self.pair[..self.filled].fill(T::zero());
        self.at_start = true;
        self.correction = Vec::new().into_iter();
    }

    /// Appends samples to the signal, and to `out` the outputs of all blocks that they complete.
    pub(super) fn push(&mut self, mut samples: &[T], out: &mut Vec<T>) {
        while self.filled + samples.len() >= self.pair.len() {
            let (head, rest) = samples.split_at(self.pair.len() - self.filled);
            self.pair[self.filled..].copy_from_slice(head);
            samples = rest;
            self.process(usize::MAX, out);
        }
        self.pair[self.filled..][..samples.len()].copy_from_slice(samples);
        self.filled += samples.len();
    }

    /// Appends the last `n_out` samples, as if silence followed.
    pub(super) fn flush(&mut self, mut n_out: usize, out: &mut Vec<T>) {
        while n_out > 0 {
            self.pair[self.filled..].fill(T::zero());
            n_out -= self.process(n_out, out);
        }
    }

    /// Consumes two blocks. Appends up to `n_out` samples and returns how many.
    fn process(&mut self, n_out: usize, out: &mut Vec<T>) -> usize {
        if std::mem::take(&mut self.at_start)
            && let Some(pre_ringing) = &self.pre_ringing
        {
            let head = self.pair[self.overlap.0..].iter().take(pre_ringing.n_in());
            let correction = pre_ringing.correction(head.map(|x| x.to_f64()).collect());
            self.correction = correction.into_iter().map(T::of).collect::<Vec<_>>().into_iter();
        }
        self.transform();
        // The next pair of blocks begins with the end of this one.
        let used = self.pair.len() - 2 * self.overlap.0;
        self.pair.copy_within(used.., 0);
        self.filled = 2 * self.overlap.0;

        let before = out.len();
        let whole = &self.folded[self.overlap.1..self.folded.len() - self.overlap.1];
        out.extend(whole.iter().map(|z| z.re).take(n_out));
        let left = n_out - (out.len() - before);
        out.extend(whole.iter().map(|z| z.im).take(left));
        for (y, ringing) in out[before..].iter_mut().zip(self.correction.by_ref()) {
            *y = *y - ringing;
        }
        out.len() - before
    }

    /// Filters `pair` into `folded`.
    fn transform(&mut self) {
        let (n_in, n_out) = (self.spectrum.len(), self.folded.len());
        let second = &self.pair[n_in - 2 * self.overlap.0..];
        for (z, (&re, &im)) in self.spectrum.iter_mut().zip(self.pair.iter().zip(second)) {
            *z = Complex { re, im };
        }
        self.forward.process_with_scratch(&mut self.spectrum, &mut self.scratch);
        let n = self.response.len();
        for (y, (&x, &h)) in self.folded.iter_mut().zip(self.spectrum.iter().zip(&self.response)) {
            *y = x * h;
        }
        self.folded[n..n_out - (n - 1)].fill(Complex::default());
        // Negative frequencies, from -1 downwards.
        let mirrored = self.folded[n..].iter_mut().rev().zip(self.spectrum[n_in - (n - 1)..].iter().rev());
        for ((y, &x), &h) in mirrored.zip(&self.response[1..]) {
            *y = x * h;
        }
        self.inverse.process_with_scratch(&mut self.folded, &mut self.scratch);
    }
}

/// The power of two `k` for which transforms of `down k` and `up k` points cost least per finished sample, among those of
/// at most [`MAX_POINTS`].
fn block_multiple(up: usize, down: usize, drop: usize) -> usize {
    let cost = |k: usize| {
        let work = |n: usize| n as f64 * (n as f64).log2();
        (work(up * k) + work(down * k)) / (k - 2 * drop) as f64
    };
    let least = (2 * drop + 1).next_power_of_two();
    let small = |&k: &usize| k == least || up.max(down) * k <= MAX_POINTS;
    (0..6).map(|i| least << i).filter(small).min_by(|&a, &b| cost(a).total_cmp(&cost(b))).unwrap_or(least)
}

impl<T: Float> fmt::Debug for Plan<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan")
            .field("n_in", &self.spectrum.len())
            .field("n_out", &self.folded.len())
            .field("overlap", &self.overlap)
            .finish_non_exhaustive()
    }
}
