use std::fmt;
use std::sync::Arc;

use realfft::ComplexToReal;
use realfft::num_complex::Complex;

use crate::error::check_length;
use crate::{Error, Float, Framing, Result, StftConfig};

/// The inverse short-time Fourier transform: `librosa.istft`, on the transposed matrix.
///
/// Frames are transformed back, multiplied by the window and added where they overlap, and the sum is divided by the sum of
/// the squared windows: `x[i] = sum_t w[i - t hop] y_t[i - t hop] / sum_t w[i - t hop]^2`. The spectra that
/// [`Stft`](crate::Stft) made with the same configuration are turned back into the signal wherever that sum is not almost
/// zero; elsewhere the result is zero.
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
#[derive(Clone)]
pub struct InverseStft<T: Float = f32> {
    framing: Framing,
    window: Vec<T>,
    fft: Arc<dyn ComplexToReal<T>>,
    spectrum: Vec<Complex<T>>,
    frame: Vec<T>,
    /// The sums of the squared windows, `[n_samples]`.
    weights: Vec<T>,
    scratch: Vec<Complex<T>>,
}

impl<T: Float> InverseStft<T> {
    /// Checks the configuration and prepares the transform.
    ///
    /// # Errors
    /// As [`Stft::new`](crate::Stft::new).
    pub fn new(config: &StftConfig) -> Result<Self> {
        let framing = config.framing()?;
        let window = config.frame_window()?.into_iter().map(T::of).collect();
        let fft = T::complex_to_real(framing.n_fft());
        let (spectrum, frame, scratch) =
            (fft.make_input_vec(), fft.make_output_vec(), fft.make_scratch_vec());
        Ok(Self { framing, window, fft, spectrum, frame, weights: Vec::new(), scratch })
    }

    /// The framing of signals.
    #[must_use]
    pub fn framing(&self) -> Framing {
        self.framing
    }

    /// Number of frequency bins, `n_fft / 2 + 1`.
    #[must_use]
    pub fn n_bins(&self) -> usize {
        self.framing.n_fft() / 2 + 1
    }

    /// Number of frames of a signal of `n_samples`.
    #[must_use]
    pub fn n_frames(&self, n_samples: usize) -> usize {
        self.framing.n_frames(n_samples)
    }

    /// Reconstructs the signal of `n_samples` from its spectra, `[n_frames, n_bins]`.
    ///
    /// # Errors
    /// [`Error::BufferLength`] unless there are as many spectra as a signal of that length has, [`Error::NonFinite`] when
    /// one of their values is NaN or infinite.
    pub fn process(&mut self, spectra: &[Complex<T>], n_samples: usize) -> Result<Vec<T>> {
        self.check(spectra, n_samples)?;
        let mut signal = vec![T::zero(); n_samples];
        self.overlap_add(spectra, &mut signal);
        Ok(signal)
    }

    /// Reconstructs as many samples as any number of frames determine, `hop_length (n_frames - 1)` for an even `n_fft` with
    /// padding: `librosa.istft` without `length`. The last samples of a signal whose length is no multiple of the hop are
    /// missing.
    ///
    /// # Errors
    /// [`Error::BufferLength`] unless the spectra are whole and at least one, [`Error::NonFinite`] when one of their values is
    /// NaN or infinite.
    ///
    /// ```
    /// use cepstrum_dsp::{InverseStft, Stft, StftConfig};
    ///
    /// let config = StftConfig { n_fft: 64, hop_length: 16, ..StftConfig::default() };
    /// let spectra = Stft::new(&config)?.process(&[0.5_f32; 500])?; // 32 frames
    /// assert_eq!(InverseStft::new(&config)?.process_frames(&spectra)?.len(), 496);
    /// # Ok::<(), cepstrum_dsp::Error>(())
    /// ```
    pub fn process_frames(&mut self, spectra: &[Complex<T>]) -> Result<Vec<T>> {
        let n_frames = spectra.len() / self.n_bins();
        check_length("the spectra", n_frames.max(1) * self.n_bins(), spectra.len())?;
        check_spectra(spectra)?;
        let mut signal = vec![T::zero(); self.n_determined(n_frames)];
        self.overlap_add(spectra, &mut signal);
        Ok(signal)
    }

    /// Reconstructs `n_samples` from any number of frames: `librosa.istft(length=n_samples)`. Samples that no frame reaches are
    /// 0.
    ///
    /// # Errors
    /// As [`process_frames`](Self::process_frames).
    pub fn process_to_length(&mut self, spectra: &[Complex<T>], n_samples: usize) -> Result<Vec<T>> {
        let n_frames = spectra.len() / self.n_bins();
        check_length("the spectra", n_frames.max(1) * self.n_bins(), spectra.len())?;
        check_spectra(spectra)?;
        let mut signal = vec![T::zero(); n_samples];
        self.overlap_add(spectra, &mut signal);
        Ok(signal)
    }

    /// Number of samples that `n_frames` determine; 0 without frames.
    #[must_use]
    pub fn n_determined(&self, n_frames: usize) -> usize {
        let hops = n_frames.saturating_sub(1).saturating_mul(self.framing.hop_length());
        if n_frames == 0 { 0 } else { (hops + self.framing.n_fft()).saturating_sub(2 * self.framing.pad()) }
    }

    /// Reconstructs a signal into a caller-provided buffer, `[n_samples]`. Allocates nothing for signals that are no longer
    /// than the longest one before.
    ///
    /// # Errors
    /// As [`process`](Self::process).
    pub fn process_into(&mut self, spectra: &[Complex<T>], signal: &mut [T]) -> Result<()> {
        self.check(spectra, signal.len())?;
        self.overlap_add(spectra, signal);
        Ok(())
    }

    fn check(&self, spectra: &[Complex<T>], n_samples: usize) -> Result<()> {
        check_length("the spectra", self.n_frames(n_samples) * self.n_bins(), spectra.len())?;
        check_spectra(spectra)
    }

    fn overlap_add(&mut self, spectra: &[Complex<T>], signal: &mut [T]) {
        signal.fill(T::zero());
        self.weights.clear();
        self.weights.resize(signal.len(), T::zero());
        let scale = T::of(1.0 / self.framing.n_fft() as f64);
        for (t, spectrum) in spectra.chunks_exact(self.n_bins()).enumerate() {
            self.transform(spectrum);
            // The frame begins `before` samples before the signal, or `start` samples after its beginning.
            let (center, pad) = (t.saturating_mul(self.framing.hop_length()), self.framing.pad());
            let (start, before) = (center.saturating_sub(pad).min(signal.len()), pad.saturating_sub(center));
            let frame = self.frame.iter().zip(&self.window).skip(before);
            let sums = signal[start..].iter_mut().zip(&mut self.weights[start..]);
            for ((y, weight), (&x, &w)) in sums.zip(frame) {
                *y += x * w * scale;
                *weight += w * w;
            }
        }
        for (x, &w) in signal.iter_mut().zip(&self.weights) {
            *x = if w > T::MIN_POSITIVE { *x / w } else { T::zero() };
        }
    }

    /// Transforms one spectrum into `frame`, unscaled. The imaginary parts of the first and (for an even length) the last
    /// bin are ignored.
    fn transform(&mut self, spectrum: &[Complex<T>]) {
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

fn check_spectra<T: Float>(spectra: &[Complex<T>]) -> Result<()> {
    match spectra.iter().position(|z| !(z.re.is_finite() && z.im.is_finite())) {
        Some(index) => Err(Error::NonFinite { index }),
        None => Ok(()),
    }
}

impl<T: Float> fmt::Debug for InverseStft<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InverseStft").field("framing", &self.framing).finish_non_exhaustive()
    }
}
