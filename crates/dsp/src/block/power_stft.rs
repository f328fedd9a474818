use std::fmt;
use std::ops::Range;

use super::frames::{Frames, SingleFft};
use super::kernel::{Bins, Plan, SpectrumKernel};
use super::{ComplexLanes, LANES, Lanes};
use crate::{Error, Float, Framing, Result, StftConfig};

/// Power spectra of frames, eight at a time: the engine under mel spectrograms and spectral descriptors.
///
/// `P[k, t] = |sum_n w[n] x[t hop_length - pad + n] exp(-2 pi i k n / n_fft)|^2`, `numpy.abs(librosa.stft(y)) ** 2`. Element
/// `k` of a block holds bin `k` of up to [`LANES`] frames; the [module](crate::block) explains the layout. A frame's spectrum
/// does not depend on the other frames of its block, down to the last bit.
///
/// An `n_fft` that is a power of two from 128 to 8,192 is fastest; every other length is transformed one frame at a time.
///
/// ```
/// use cepstrum_dsp::block::PowerStft;
/// use cepstrum_dsp::{Error, StftConfig};
///
/// let mut stft = PowerStft::<f32>::new(&StftConfig::default())?;
/// let samples = vec![1.0; 66_150];
/// let mut n_frames = 0;
/// stft.for_each_block(&samples, |frames, power| {
///     assert_eq!(power.len(), 1025);
///     n_frames += frames.len();
///     Ok::<(), Error>(())
/// })?;
/// assert_eq!(n_frames, 130);
/// # Ok::<(), cepstrum_dsp::Error>(())
/// ```
#[derive(Clone)]
pub struct PowerStft<T: Float = f32> {
    frames: Frames<T>,
    engine: Engine<T>,
    power: Vec<Lanes<T>>,
}

/// Eight frames at once, or one by one where the length or the CPU is not suited to that.
#[derive(Clone)]
pub(super) enum Engine<T: Float> {
    Wide(T::Wide, Plan<T>),
    Single(SingleFft<T>),
}

impl<T: Float> PowerStft<T> {
    /// Checks the configuration and prepares tables and buffers.
    ///
    /// # Errors
    /// [`Error::FftLength`], [`Error::HopLength`], [`Error::WindowLength`] and those of
    /// [`Window::validate`](crate::Window::validate).
    pub fn new(config: &StftConfig) -> Result<Self> {
        let framing = config.framing()?;
        let engine = Engine::new(&config.frame_window()?);
        let power = vec![Lanes::default(); framing.n_fft() / 2 + 1];
        Ok(Self { frames: Frames::new(framing), engine, power })
    }

    /// The framing of signals.
    #[must_use]
    pub fn framing(&self) -> Framing {
        self.frames.framing()
    }

    /// Number of frequency bins, `n_fft / 2 + 1`.
    #[must_use]
    pub fn n_bins(&self) -> usize {
        self.power.len()
    }

    /// Number of frames of a signal of `n_samples`.
    #[must_use]
    pub fn n_frames(&self, n_samples: usize) -> usize {
        self.frames.framing().n_frames(n_samples)
    }

    /// Calls `sink` for block after block, with the range of its frames and their power spectra `[n_bins]`, which the
    /// sink may overwrite. Lanes beyond the range repeat its last frame.
    ///
    /// # Errors
    /// [`Error::EmptySignal`] and [`Error::SignalTooShort`] before the first block; [`Error::NonFinite`] when the block
    /// that contains the sample is reached; the first error of `sink`. No block follows an error.
    pub fn for_each_block<E: From<Error>>(
        &mut self,
        samples: &[T],
        mut sink: impl FnMut(Range<usize>, &mut [Lanes<T>]) -> Result<(), E>,
    ) -> Result<(), E> {
        let Self { frames, engine, power } = self;
        frames.for_each(samples, |range, frames| {
            engine.power(frames, power);
            sink(range, power)
        })
    }

    /// Power spectra `[n_bins]` of up to [`LANES`] frames that lie one after the other in `frames`, `[n, n_fft]`, as
    /// [`FrameBuffer::next_block`](super::FrameBuffer::next_block) returns them. Lanes beyond them repeat the last frame.
    ///
    /// # Errors
    /// [`Error::BufferLength`] unless `frames` holds 1 to [`LANES`] whole frames.
    pub fn block(&mut self, frames: &[T]) -> Result<&mut [Lanes<T>]> {
        let n_fft = self.frames.framing().n_fft();
        let n = frames.len() / n_fft;
        if n == 0 || n > LANES || !frames.len().is_multiple_of(n_fft) {
            let expected = n.clamp(1, LANES) * n_fft;
            return Err(Error::BufferLength { what: "the block of frames", expected, actual: frames.len() });
        }
        let frames = std::array::from_fn(|lane| &frames[lane.min(n - 1) * n_fft..][..n_fft]);
        self.engine.power(frames, &mut self.power);
        Ok(&mut self.power)
    }
}

impl<T: Float> Engine<T> {
    /// Prepares the transform of frames under a window, `[n_fft]`.
    pub(super) fn new(window: &[f64]) -> Self {
        match T::wide().and_then(|wide| Some((wide, Plan::new(window, T::of)?))) {
            Some((wide, plan)) => Self::Wide(wide, plan),
            None => Self::Single(SingleFft::new(window.iter().map(|&w| T::of(w)).collect())),
        }
    }

    fn power(&mut self, frames: [&[T]; LANES], power: &mut [Lanes<T>]) {
        match self {
            Self::Wide(wide, plan) => {
                T::spectra(*wide, SpectrumKernel { plan, frames, bins: Bins::Powers(power) });
            }
            Self::Single(fft) => fft.for_each(frames, |lane, spectrum| {
                for (p, z) in power.iter_mut().zip(spectrum) {
                    p.0[lane] = z.norm_sqr();
                }
            }),
        }
    }

    pub(super) fn spectra(&mut self, frames: [&[T]; LANES], spectra: &mut [ComplexLanes<T>]) {
        match self {
            Self::Wide(wide, plan) => {
                T::spectra(*wide, SpectrumKernel { plan, frames, bins: Bins::Complex(spectra) });
            }
            Self::Single(fft) => fft.for_each(frames, |lane, spectrum| {
                for (bin, z) in spectra.iter_mut().zip(spectrum) {
                    (bin.re.0[lane], bin.im.0[lane]) = (z.re, z.im);
                }
            }),
        }
    }
}

impl<T: Float> fmt::Debug for PowerStft<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PowerStft").field("framing", &self.frames.framing()).finish_non_exhaustive()
    }
}
