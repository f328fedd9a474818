use std::fmt;
use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealToComplex};

use crate::error::check_length;
use crate::framing::check_fft_length;
use crate::{Float, Result};

/// The autocorrelation of signals of a fixed length: `r[k] = sum_n x[n] x[n + k]` for `k = 0 .. n`; `librosa.autocorrelate`.
///
/// Computed from the power spectrum of the signal followed by as many zeros.
///
/// ```
/// use cepstrum_dsp::Autocorrelation;
///
/// let mut out = [0.0_f64; 3];
/// Autocorrelation::new(3)?.process_into(&[1.0, 2.0, 3.0], &mut out)?;
/// assert!(out.iter().zip([14.0, 8.0, 3.0]).all(|(a, b)| (a - b).abs() < 1e-12));
/// # Ok::<(), cepstrum_dsp::Error>(())
/// ```
#[derive(Clone)]
pub struct Autocorrelation<T: Float = f32> {
    n: usize,
    forward: Arc<dyn RealToComplex<T>>,
    inverse: Arc<dyn ComplexToReal<T>>,
    signal: Vec<T>,
    spectrum: Vec<Complex<T>>,
    scratch: Vec<Complex<T>>,
}

impl<T: Float> Autocorrelation<T> {
    /// Prepares the transforms of signals of `n` samples.
    ///
    /// # Errors
    /// [`Error::FftLength`](crate::Error::FftLength) unless `1 <= n <= 2^23`.
    pub fn new(n: usize) -> Result<Self> {
        let padded = n.saturating_mul(2).checked_next_power_of_two().unwrap_or(usize::MAX);
        check_fft_length(if n == 0 { 0 } else { padded })?;
        let (forward, inverse) = (T::real_to_complex(padded), T::complex_to_real(padded));
        let (signal, spectrum) = (forward.make_input_vec(), forward.make_output_vec());
        let scratch = vec![Complex::default(); forward.get_scratch_len().max(inverse.get_scratch_len())];
        Ok(Self { n, forward, inverse, signal, spectrum, scratch })
    }

    /// Number of samples of a signal, and of its autocorrelation.
    #[must_use]
    pub fn n(&self) -> usize {
        self.n
    }

    /// Length of the transform, the least power of two that is at least `2 n`.
    #[must_use]
    pub fn n_fft(&self) -> usize {
        self.signal.len()
    }

    /// Computes the autocorrelation of a signal, `[n]`. Allocates nothing.
    ///
    /// # Errors
    /// [`Error::BufferLength`](crate::Error::BufferLength) unless both buffers have `n` elements.
    ///
    /// # Panics
    /// Never: the plan and its buffers are created together.
    pub fn process_into(&mut self, signal: &[T], out: &mut [T]) -> Result<()> {
        check_length("the signal", self.n, signal.len())?;
        check_length("the autocorrelation", self.n, out.len())?;
        self.signal[..self.n].copy_from_slice(signal);
        self.signal[self.n..].fill(T::zero());
        self.forward
            .process_with_scratch(&mut self.signal, &mut self.spectrum, &mut self.scratch)
            .expect("the buffers have the plan's lengths");
        for z in &mut self.spectrum {
            *z = Complex::new(z.norm_sqr(), T::zero());
        }
        self.invert(out);
        Ok(())
    }

    /// Computes the autocorrelation that belongs to a power spectrum of `n_fft` points, `[n_fft / 2 + 1]` to `[n]`; that of a
    /// mean of power spectra is the mean of the autocorrelations. Allocates nothing.
    ///
    /// # Errors
    /// [`Error::BufferLength`](crate::Error::BufferLength).
    pub fn of_power(&mut self, power: &[T], out: &mut [T]) -> Result<()> {
        check_length("the power spectrum", self.spectrum.len(), power.len())?;
        check_length("the autocorrelation", self.n, out.len())?;
        for (z, &p) in self.spectrum.iter_mut().zip(power) {
            *z = Complex::new(p, T::zero());
        }
        self.invert(out);
        Ok(())
    }

    fn invert(&mut self, out: &mut [T]) {
        self.inverse
            .process_with_scratch(&mut self.spectrum, &mut self.signal, &mut self.scratch)
            .expect("the buffers have the plan's lengths");
        let scale = T::of(1.0 / self.signal.len() as f64);
        for (y, &x) in out.iter_mut().zip(&self.signal) {
            *y = x * scale;
        }
    }
}

impl<T: Float> fmt::Debug for Autocorrelation<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Autocorrelation").field("n", &self.n).finish_non_exhaustive()
    }
}
