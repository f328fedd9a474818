use std::fmt;
use std::sync::Arc;

use realfft::RealToComplex;
use realfft::num_complex::Complex;

use crate::error::check_length;
use crate::{Float, Framing, Result, StftConfig};

/// The complex short-time Fourier transform of real signals.
///
/// `X[t, k] = sum_n w[n] x[t hop_length - pad + n] exp(-2 pi i k n / n_fft)`. Matches `librosa.stft`, transposed.
/// [`block::PowerStft`](crate::block::PowerStft) is several times faster where only powers are needed.
///
/// ```
/// use cepstrum_dsp::{Stft, StftConfig};
///
/// let mut stft = Stft::<f32>::new(&StftConfig { n_fft: 8, hop_length: 4, ..StftConfig::default() })?;
/// let spectra = stft.process(&[1.0; 16])?;
/// assert_eq!(spectra.len(), stft.n_frames(16) * stft.n_bins());
/// // A constant under a Hann window: half the window's length in bin 0, minus half of that in bin 1.
/// assert!((spectra[2 * 5].re - 4.0).abs() < 1e-6 && (spectra[2 * 5 + 1].re + 2.0).abs() < 1e-6);
/// # Ok::<(), cepstrum_dsp::Error>(())
/// ```
///
/// # References
/// J. B. Allen, "Short term spectral analysis, synthesis, and modification by discrete Fourier transform", IEEE Trans.
/// ASSP 25(3), 1977, doi:10.1109/TASSP.1977.1162950.
#[derive(Clone)]
pub struct Stft<T: Float = f32> {
    framing: Framing,
    window: Vec<T>,
    fft: Arc<dyn RealToComplex<T>>,
    frame: Vec<T>,
    spill: Vec<T>,
    scratch: Vec<Complex<T>>,
}

impl<T: Float> Stft<T> {
    /// Checks the configuration and prepares the transform.
    ///
    /// # Errors
    /// [`Error::FftLength`](crate::Error::FftLength), [`Error::HopLength`](crate::Error::HopLength),
    /// [`Error::WindowLength`](crate::Error::WindowLength) and those of [`Window::validate`](crate::Window::validate).
    pub fn new(config: &StftConfig) -> Result<Self> {
        let framing = config.framing()?;
        let window = config.frame_window()?.into_iter().map(T::of).collect();
        let fft = T::real_to_complex(framing.n_fft());
        let (frame, spill, scratch) = (fft.make_input_vec(), fft.make_input_vec(), fft.make_scratch_vec());
        Ok(Self { framing, window, fft, frame, spill, scratch })
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

    /// Transforms a signal. Returns the spectra of all frames, `[n_frames, n_bins]`, frame after frame.
    ///
    /// # Errors
    /// [`Error::EmptySignal`](crate::Error::EmptySignal), [`Error::SignalTooShort`](crate::Error::SignalTooShort),
    /// [`Error::NonFinite`](crate::Error::NonFinite).
    pub fn process(&mut self, samples: &[T]) -> Result<Vec<Complex<T>>> {
        let mut out = vec![Complex::default(); self.n_frames(samples.len()) * self.n_bins()];
        self.process_into(samples, &mut out)?;
        Ok(out)
    }

    /// Transforms a signal into a caller-provided buffer, `[n_frames, n_bins]`. Allocates nothing.
    ///
    /// # Errors
    /// As [`process`](Self::process), and [`Error::BufferLength`](crate::Error::BufferLength).
    ///
    /// # Panics
    /// Never: the plan and its buffers are created together.
    pub fn process_into(&mut self, samples: &[T], out: &mut [Complex<T>]) -> Result<()> {
        self.framing.check(samples)?;
        check_length("the spectra", self.n_frames(samples.len()) * self.n_bins(), out.len())?;
        for (t, spectrum) in out.chunks_exact_mut(self.framing.n_fft() / 2 + 1).enumerate() {
            let samples = self.framing.frame(samples, t, &mut self.spill);
            for (x, (&sample, &w)) in self.frame.iter_mut().zip(samples.iter().zip(&self.window)) {
                *x = sample * w;
            }
            self.fft
                .process_with_scratch(&mut self.frame, spectrum, &mut self.scratch)
                .expect("the buffers have the plan's lengths");
        }
        Ok(())
    }
}

impl<T: Float> fmt::Debug for Stft<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stft").field("framing", &self.framing).finish_non_exhaustive()
    }
}
