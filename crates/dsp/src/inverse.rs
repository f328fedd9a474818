use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner};

use crate::{Float, Framing, Result, StftConfig, check_length};

/// Signals from their short-time spectra: `librosa.istft`, on the transposed matrix.
///
/// Frames are transformed back, multiplied by the window and added where they overlap, and the sum is divided by the sum of
/// the squared windows: `x[i] = sum_t w[i - t hop] y_t[i - t hop] / sum_t w[i - t hop]^2`. For spectra that [`Stft`](crate::Stft)
/// made with the same configuration the signal comes back wherever that sum is not almost zero; elsewhere it is zero.
///
/// ```
/// use cepstrum_dsp::{InverseStft, Stft, StftConfig};
///
/// let config = StftConfig { n_fft: 64, hop_length: 16, ..StftConfig::default() };
/// let samples: Vec<f32> = (0..500).map(|i| (i as f32 * 0.3).sin()).collect();
/// let spectra = Stft::new(&config)?.process(&samples)?;
/// let back = InverseStft::new(&config)?.process(&spectra, samples.len())?;
/// assert!(samples.iter().zip(&back).all(|(a, b)| (a - b).abs() < 1e-5));
/// # Ok::<(), cepstrum_dsp::Error>(())
/// ```
///
/// # References
/// D. W. Griffin, J. S. Lim, "Signal estimation from modified short-time Fourier transform", IEEE Trans. ASSP 32(2), 1984,
/// doi:10.1109/TASSP.1984.1164317.
pub struct InverseStft<T: Float> {
    framing: Framing,
    window: Vec<T>,
    fft: Arc<dyn ComplexToReal<T>>,
    spectrum: Vec<Complex<T>>,
    frame: Vec<T>,
    scratch: Vec<Complex<T>>,
}

impl<T: Float> std::fmt::Debug for InverseStft<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InverseStft").field("framing", &self.framing).finish_non_exhaustive()
    }
}

impl<T: Float> InverseStft<T> {
    /// Checks the configuration and prepares the transform.
    ///
    /// # Errors
    /// As [`Stft::new`](crate::Stft::new).
    pub fn new(config: &StftConfig) -> Result<Self> {
        let framing = config.framing()?;
        let window = config.frame_window()?.into_iter().map(T::of).collect();
        let fft = RealFftPlanner::new().plan_fft_inverse(framing.n_fft());
        let (spectrum, frame, scratch) =
            (fft.make_input_vec(), fft.make_output_vec(), fft.make_scratch_vec());
        Ok(Self { framing, window, fft, spectrum, frame, scratch })
    }

    /// The signal of `n_samples` that has these spectra, `[n_frames, n_fft / 2 + 1]`.
    ///
    /// # Errors
    /// [`Error::BufferLength`](crate::Error::BufferLength) unless there are as many spectra as a signal of that length has.
    pub fn process(&mut self, spectra: &[Complex<T>], n_samples: usize) -> Result<Vec<T>> {
        let n_bins = self.framing.n_fft() / 2 + 1;
        check_length("the spectra", self.framing.n_frames(n_samples) * n_bins, spectra.len())?;
        let mut signal = vec![T::zero(); n_samples];
        let mut weight = vec![T::zero(); n_samples];
        let scale = T::of(1.0 / self.framing.n_fft() as f64);
        for (t, spectrum) in spectra.chunks_exact(n_bins).enumerate() {
            self.back(spectrum);
            let start = (t * self.framing.hop_length()) as i64 - self.framing.pad() as i64;
            for (i, (&x, &w)) in (start..).zip(self.frame.iter().zip(&self.window)) {
                if (0..n_samples as i64).contains(&i) {
                    signal[i as usize] += x * w * scale;
                    weight[i as usize] += w * w;
                }
            }
        }
        let least = T::MIN_POSITIVE;
        for (x, &w) in signal.iter_mut().zip(&weight) {
            *x = if w > least { *x / w } else { T::zero() };
        }
        Ok(signal)
    }

    /// One frame, not scaled. The imaginary parts of the first and (of an even length) last bin mean nothing.
    fn back(&mut self, spectrum: &[Complex<T>]) {
        self.spectrum.copy_from_slice(spectrum);
        self.spectrum[0].im = T::zero();
        if self.framing.n_fft().is_multiple_of(2) {
            let last = self.spectrum.len() - 1;
            self.spectrum[last].im = T::zero();
        }
        self.fft
            .process_with_scratch(&mut self.spectrum, &mut self.frame, &mut self.scratch)
            .expect("the buffers have the plan's lengths");
    }
}
