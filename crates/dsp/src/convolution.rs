use realfft::num_complex::Complex;

use crate::framing::check_fft_length;
use crate::{Error, Float, Result};

/// Convolves a signal with a kernel, such as the impulse response of a room or a filter: `y[n] = sum_k h[k] x[n - k]`, all
/// `signal.len() + kernel.len() - 1` samples of it; `scipy.signal.oaconvolve`.
///
/// Overlap-add with transforms of about four times the kernel's length: time grows with the signal and the logarithm of the
/// kernel's length.
///
/// # Errors
/// [`Error::EmptySignal`] when either is empty, [`Error::FftLength`] for a kernel above 2^22 samples.
///
/// # Panics
/// Never: the plan and its buffers are created together.
///
/// ```
/// let echo = cepstrum_dsp::convolve(&[1.0, 2.0, 3.0], &[1.0, 0.0, 0.5])?;
/// assert!(echo.iter().zip([1.0, 2.0, 3.5, 1.0, 1.5]).all(|(a, b): (&f64, f64)| (a - b).abs() < 1e-12));
/// # Ok::<(), cepstrum_dsp::Error>(())
/// ```
pub fn convolve<T: Float>(signal: &[T], kernel: &[T]) -> Result<Vec<T>> {
    const FITS: &str = "the buffers have the plan's lengths";
    if signal.is_empty() || kernel.is_empty() {
        return Err(Error::EmptySignal);
    }
    let n_fft = kernel.len().saturating_mul(4).max(64).checked_next_power_of_two().unwrap_or(usize::MAX);
    check_fft_length(n_fft)?;
    let (forward, inverse) = (T::real_to_complex(n_fft), T::complex_to_real(n_fft));
    let (mut block, mut spectrum) = (forward.make_input_vec(), forward.make_output_vec());
    let (mut scratch, mut inverse_scratch) = (forward.make_scratch_vec(), inverse.make_scratch_vec());
    let mut transform = |part: &[T], spectrum: &mut [Complex<T>]| {
        block[..part.len()].copy_from_slice(part);
        block[part.len()..].fill(T::zero());
        forward.process_with_scratch(&mut block, spectrum, &mut scratch).expect(FITS);
    };

    let scale = T::of(1.0 / n_fft as f64);
    let mut response = spectrum.clone();
    transform(kernel, &mut response);
    for h in &mut response {
        *h = *h * scale;
    }

    let mut out = vec![T::zero(); signal.len() + kernel.len() - 1];
    let mut whole = vec![T::zero(); n_fft];
    let step = n_fft - kernel.len() + 1;
    for (part, start) in signal.chunks(step).zip((0..).step_by(step)) {
        transform(part, &mut spectrum);
        for (x, &h) in spectrum.iter_mut().zip(&response) {
            *x = *x * h;
        }
        // Products of real numbers, of which rounding may have left a sign.
        spectrum[0].im = T::zero();
        spectrum[n_fft / 2].im = T::zero();
        inverse.process_with_scratch(&mut spectrum, &mut whole, &mut inverse_scratch).expect(FITS);
        for (y, &x) in out[start..].iter_mut().zip(&whole) {
            *y += x;
        }
    }
    Ok(out)
}
