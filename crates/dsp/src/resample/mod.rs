//! Change of sample rate by a linear-phase low pass, in blocks of the frequency domain.

mod design;
mod low_pass;
mod overlap_save;
mod start;

use crate::framing::check_finite_from;
use crate::{Error, Float, Result};
use overlap_save::Plan;

/// Largest factor of a reduced ratio of rates.
const MAX_FACTOR: u32 = 1 << 18;

/// Length of the result of resampling `n` samples: `ceil(n to_hz / from_hz)`, as `librosa.load` gives it.
///
/// ```
/// assert_eq!(cepstrum_dsp::resampled_len(44_101, 44_100, 22_050), 22_051);
/// ```
pub fn resampled_len(n: usize, from_hz: u32, to_hz: u32) -> usize {
    (n as u128 * u128::from(to_hz)).div_ceil(u128::from(from_hz.max(1))) as usize
}

/// Changes the sample rate of a whole signal: `librosa.resample(y, orig_sr=from_hz, target_sr=to_hz)`.
///
/// # Shapes
/// `[n]` to `[ceil(n to_hz / from_hz)]`; sample `i` is at `i / to_hz` seconds, so nothing is delayed.
///
/// # Errors
/// [`Error::SampleRate`], [`Error::Ratio`], [`Error::NonFinite`].
///
/// ```
/// let one_second = vec![0.25_f32; 44_100];
/// let resampled = cepstrum_dsp::resample(&one_second, 44_100, 22_050)?;
/// assert_eq!(resampled.len(), 22_050);
/// assert!((resampled[11_025] - 0.25).abs() < 1e-6);
/// # Ok::<(), cepstrum_dsp::Error>(())
/// ```
pub fn resample<T: Float>(samples: &[T], from_hz: u32, to_hz: u32) -> Result<Vec<T>> {
    Resampler::new(from_hz, to_hz)?.process(samples)
}

/// A prepared change of sample rate, for whole signals or for a stream of pieces.
///
/// The filter has linear phase and is applied by overlap-save. It was fitted to libsoxr's HQ quality (librosa's
/// `soxr_hq`): on white noise, the hardest signal, the result differs from soxr's by less than -90 dB for ratios of the usual
/// rates, beginning and end included (95 to 132 dB in `tests/librosa.rs`; 57 dB where the rate rises by more than 4 times,
/// to 88 dB where it falls by more than 8). The design: a Kaiser-windowed sinc whose pass
/// band ends at 0.9137 of half the lower rate and whose stop band (-126 dB) begins at 1. For 2:1 and 1:2 it has 389 taps and
/// beta 13.04; for most others 409 to 589 taps and beta 13.71, and a second filter of 12 to 16 taps (beta 14.07) between the
/// phases. `design.rs` has the rules and how they were found, `start.rs` what the chain of two does to the first samples.
///
/// A stream gives the same bits as the whole signal, whatever its pieces, and holds two blocks (some thousand samples) in
/// memory.
///
/// ```
/// use cepstrum_dsp::Resampler;
///
/// let samples: Vec<f32> = (0..10_000).map(|i| (i as f32 * 0.01).sin()).collect();
/// let mut resampler = Resampler::new(48_000, 22_050)?;
/// let whole = resampler.process(&samples)?;
///
/// let mut streamed = Vec::new();
/// for piece in samples.chunks(777) {
///     resampler.push(piece, &mut streamed)?;
/// }
/// resampler.finish(&mut streamed);
/// assert_eq!(whole, streamed);
/// # Ok::<(), cepstrum_dsp::Error>(())
/// ```
///
/// # References
/// J. F. Kaiser, "Nonrecursive digital filter design using the I0-sinh window function", Proc. IEEE ISCAS, 1974;
/// A. V. Oppenheim, R. W. Schafer, "Discrete-Time Signal Processing", section 8.7.3 (overlap-save), 1989.
#[derive(Debug)]
pub struct Resampler<T: Float = f32> {
    from_hz: u32,
    to_hz: u32,
    /// `None` when the rates are equal.
    plan: Option<Plan<T>>,
    received: usize,
    sent: usize,
}

impl<T: Float> Resampler<T> {
    /// Designs the filter.
    ///
    /// # Errors
    /// [`Error::SampleRate`] when a rate is zero, [`Error::Ratio`] when the reduced ratio has a factor above 262,144.
    pub fn new(from_hz: u32, to_hz: u32) -> Result<Self> {
        if from_hz == 0 || to_hz == 0 {
            return Err(Error::SampleRate);
        }
        let (up, down) = lowest_terms(to_hz as usize, from_hz as usize);
        let (up, down) = (up as u32, down as u32);
        if up.max(down) > MAX_FACTOR {
            return Err(Error::Ratio { from_hz, to_hz, up, down, max: MAX_FACTOR });
        }
        let plan = (up != down).then(|| Plan::new(up as usize, down as usize));
        Ok(Self { from_hz, to_hz, plan, received: 0, sent: 0 })
    }

    /// Resamples a whole signal, `[n]` to `[ceil(n to_hz / from_hz)]`. A stream that was begun is dropped.
    ///
    /// # Errors
    /// [`Error::NonFinite`].
    pub fn process(&mut self, samples: &[T]) -> Result<Vec<T>> {
        self.reset();
        let mut out = Vec::with_capacity(resampled_len(samples.len(), self.from_hz, self.to_hz));
        self.push(samples, &mut out)?;
        self.finish(&mut out);
        Ok(out)
    }

    /// Takes the next piece of a stream, and appends to `out` what is complete. Pieces may have any length.
    ///
    /// # Errors
    /// [`Error::NonFinite`] with the index counted from the stream's beginning; the piece is then not taken.
    pub fn push(&mut self, samples: &[T], out: &mut Vec<T>) -> Result<()> {
        check_finite_from(self.received, samples)?;
        self.received += samples.len();
        let before = out.len();
        match &mut self.plan {
            Some(plan) => plan.push(samples, out),
            None => out.extend_from_slice(samples),
        }
        self.sent += out.len() - before;
        Ok(())
    }

    /// Ends a stream: appends what is left to `out`, and makes ready for the next stream.
    pub fn finish(&mut self, out: &mut Vec<T>) {
        let total = resampled_len(self.received, self.from_hz, self.to_hz);
        if let Some(plan) = &mut self.plan {
            // Blocks are whole: the last ones may have given more than the signal's end, or not yet all of it.
            out.truncate(out.len() - self.sent.saturating_sub(total).min(out.len()));
            plan.flush(total.saturating_sub(self.sent), out);
            // soxr rounds to the nearest count, and librosa fills up with a zero.
            let ratio = f64::from(self.from_hz) / f64::from(self.to_hz);
            let computed = (self.received as f64 / ratio + 0.5) as usize;
            if computed < total
                && let Some(last) = out.last_mut()
            {
                *last = T::zero();
            }
        }
        self.reset();
    }

    fn reset(&mut self) {
        (self.received, self.sent) = (0, 0);
        if let Some(plan) = &mut self.plan {
            plan.reset();
        }
    }
}

/// `a : b` without common factors.
fn lowest_terms(a: usize, b: usize) -> (usize, usize) {
    let (mut divisor, mut rest) = (a, b);
    while rest > 0 {
        (divisor, rest) = (rest, divisor % rest);
    }
    (a / divisor, b / divisor)
}
