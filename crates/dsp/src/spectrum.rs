use realfft::RealFftPlanner;

use crate::{Error, Float, Result};

/// Centre frequencies of the bins of an `n_fft`-point transform, Hz: `k sample_rate / n_fft`, `[n_fft / 2 + 1]`;
/// `librosa.fft_frequencies`.
pub fn fft_frequencies(sample_rate: u32, n_fft: usize) -> Vec<f64> {
    (0..=n_fft / 2).map(|k| k as f64 * f64::from(sample_rate) / n_fft as f64).collect()
}

/// Frequencies in Hz and magnitudes of the Fourier transform of a whole signal.
///
/// `|sum_n x[n] exp(-2 pi i k n / N)|` for `k = 0 ..= N / 2`: no window, no scaling, the left half of
/// `numpy.abs(numpy.fft.fft(x))`.
///
/// # Shapes
/// Two lists of `samples.len() / 2 + 1`.
///
/// # Errors
/// [`Error::EmptySignal`], [`Error::SampleRate`].
///
/// ```
/// let (frequencies, magnitudes) = cepstrum_dsp::fft_magnitude(&[1.0_f32, 0.0, -1.0, 0.0], 8)?;
/// assert_eq!(frequencies, [0.0, 2.0, 4.0]);
/// assert_eq!(magnitudes, [0.0, 2.0, 0.0]);
/// # Ok::<(), cepstrum_dsp::Error>(())
/// ```
pub fn fft_magnitude<T: Float>(samples: &[T], sample_rate: u32) -> Result<(Vec<f64>, Vec<T>)> {
    if samples.is_empty() {
        return Err(Error::EmptySignal);
    }
    if sample_rate == 0 {
        return Err(Error::SampleRate);
    }
    let fft = RealFftPlanner::<T>::new().plan_fft_forward(samples.len());
    let mut input = samples.to_vec();
    let mut spectrum = fft.make_output_vec();
    fft.process(&mut input, &mut spectrum).map_err(|_| Error::BufferLength {
        what: "the signal",
        expected: fft.len(),
        actual: samples.len(),
    })?;
    let magnitudes = spectrum.iter().map(|z| z.norm_sqr().sqrt()).collect();
    Ok((fft_frequencies(sample_rate, samples.len()), magnitudes))
}
