use crate::framing::{check_fft_length, check_finite};
use crate::{Error, Float, Result};

/// Returns the center frequencies of the bins of an `n_fft`-point transform, in Hz: `k sample_rate / n_fft`,
/// `[n_fft / 2 + 1]`; `librosa.fft_frequencies`.
///
/// # Errors
/// [`Error::SampleRate`] when the rate is 0, [`Error::FftLength`] when `n_fft` is 0 or above 2^24.
///
/// ```
/// assert_eq!(cepstrum_dsp::fft_frequencies(8, 4)?, [0.0, 2.0, 4.0]);
/// # Ok::<(), cepstrum_dsp::Error>(())
/// ```
pub fn fft_frequencies(sample_rate: u32, n_fft: usize) -> Result<Vec<f64>> {
    if sample_rate == 0 {
        return Err(Error::SampleRate);
    }
    check_fft_length(n_fft)?;
    Ok(bin_centers(sample_rate, n_fft))
}

/// Returns the frequencies in Hz and the magnitudes of the Fourier transform of a whole signal.
///
/// `|sum_n x[n] exp(-2 pi i k n / N)|` for `k = 0 ..= N / 2`: no window, no scaling, the left half of
/// `numpy.abs(numpy.fft.fft(x))`. For spectra over time see [`Stft`](crate::Stft).
///
/// # Shapes
/// Two lists of `samples.len() / 2 + 1` values.
///
/// # Errors
/// [`Error::EmptySignal`], [`Error::SampleRate`], [`Error::NonFinite`].
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
    check_finite(samples)?;
    let fft = T::real_to_complex(samples.len());
    let mut input = samples.to_vec();
    let mut spectrum = fft.make_output_vec();
    fft.process(&mut input, &mut spectrum).map_err(|_| Error::BufferLength {
        what: "the signal",
        expected: fft.len(),
        actual: samples.len(),
    })?;
    Ok((bin_centers(sample_rate, samples.len()), spectrum.iter().map(|z| z.norm_sqr().sqrt()).collect()))
}

fn bin_centers(sample_rate: u32, n_fft: usize) -> Vec<f64> {
    (0..=n_fft / 2).map(|k| k as f64 * f64::from(sample_rate) / n_fft as f64).collect()
}
