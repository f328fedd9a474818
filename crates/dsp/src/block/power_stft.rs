use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use realfft::RealToComplex;
use realfft::num_complex::Complex;

use super::kernel::{Plan, PowerKernel};
use super::{LANES, Lanes};
use crate::framing::check_finite_from;
use crate::{Error, Float, Framing, Result, StftConfig};

/// Power spectra of frames, eight at a time: the engine under mel spectrograms and spectral descriptors.
///
/// `P[k, t] = |sum_n w[n] x[t hop_length - pad + n] exp(-2 pi i k n / n_fft)|^2`, `numpy.abs(librosa.stft(y)) ** 2`. Element
/// `k` of a block holds bin `k` of up to [`LANES`] frames; the [module](crate::block) explains the layout. A frame's spectrum
/// does not depend on the other frames of its block, down to the last bit.
///
/// An `n_fft` that is a power of two from 128 to 8,192 is fastest in `f32`; every other length, and `f64`, is transformed
/// one frame at a time.
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
    framing: Framing,
    engine: Engine<T>,
    /// Space for the frames of a block that reach beyond the signal, `[LANES, n_fft]`.
    spill: Vec<T>,
    power: Vec<Lanes<T>>,
}

/// Eight frames at once, or one by one where the length or the CPU is not suited to that.
#[derive(Clone)]
enum Engine<T: Float> {
    Wide(T::Wide, Plan<T>),
    Single(SingleFft<T>),
}

#[derive(Clone)]
struct SingleFft<T: Float> {
    window: Vec<T>,
    fft: Arc<dyn RealToComplex<T>>,
    frame: Vec<T>,
    spectrum: Vec<Complex<T>>,
    scratch: Vec<Complex<T>>,
}

impl<T: Float> PowerStft<T> {
    /// Checks the configuration and prepares tables and buffers.
    ///
    /// # Errors
    /// [`Error::FftLength`], [`Error::HopLength`], [`Error::WindowLength`] and those of
    /// [`Window::validate`](crate::Window::validate).
    pub fn new(config: &StftConfig) -> Result<Self> {
        let framing = config.framing()?;
        let window = config.frame_window()?;
        let n_fft = framing.n_fft();
        let plan = T::wide().and_then(|wide| Some((wide, Plan::new(&window, T::of)?)));
        let engine = match plan {
            Some((wide, plan)) => Engine::Wide(wide, plan),
            None => Engine::Single(SingleFft::new(window.into_iter().map(T::of).collect())),
        };
        let power = vec![Lanes::default(); n_fft / 2 + 1];
        Ok(Self { framing, engine, spill: vec![T::zero(); LANES * n_fft], power })
    }

    /// The framing of signals.
    #[must_use]
    pub fn framing(&self) -> Framing {
        self.framing
    }

    /// Number of frequency bins, `n_fft / 2 + 1`.
    #[must_use]
    pub fn n_bins(&self) -> usize {
        self.power.len()
    }

    /// Number of frames of a signal of `n_samples`.
    #[must_use]
    pub fn n_frames(&self, n_samples: usize) -> usize {
        self.framing.n_frames(n_samples)
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
        self.framing.check_length(samples.len())?;
        let (framing, n_fft) = (self.framing, self.framing.n_fft());
        let n_frames = framing.n_frames(samples.len());
        let mut checked = 0;
        for first in (0..n_frames).step_by(LANES) {
            let count = LANES.min(n_frames - first);
            // Samples are checked just before they are transformed, so that they are fetched from memory once.
            let end = if first + count == n_frames { samples.len() } else { framing.end(first + count - 1) };
            let end = end.clamp(checked, samples.len());
            check_finite_from(checked, &samples[checked..end])?;
            checked = end;
            let mut frames: [&[T]; LANES] = [&[]; LANES];
            for (lane, spill) in self.spill.chunks_exact_mut(n_fft).take(count).enumerate() {
                frames[lane] = framing.frame(samples, first + lane, spill);
            }
            let last = frames[count - 1];
            frames[count..].fill(last);
            self.engine.power(frames, &mut self.power);
            sink(first..first + count, &mut self.power)?;
        }
        Ok(())
    }

    /// Power spectra `[n_bins]` of up to [`LANES`] frames that lie one after the other in `frames`, `[n, n_fft]`, as
    /// [`FrameBuffer::next_block`](super::FrameBuffer::next_block) returns them. Lanes beyond them repeat the last frame.
    ///
    /// # Errors
    /// [`Error::BufferLength`] unless `frames` holds 1 to [`LANES`] whole frames.
    pub fn block(&mut self, frames: &[T]) -> Result<&mut [Lanes<T>]> {
        let n_fft = self.framing.n_fft();
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
    fn power(&mut self, frames: [&[T]; LANES], power: &mut [Lanes<T>]) {
        match self {
            Self::Wide(wide, plan) => T::power(*wide, PowerKernel { plan, frames, power }),
            Self::Single(fft) => fft.power(frames, power),
        }
    }
}

impl<T: Float> SingleFft<T> {
    fn new(window: Vec<T>) -> Self {
        let fft = T::real_to_complex(window.len());
        let (frame, spectrum, scratch) =
            (fft.make_input_vec(), fft.make_output_vec(), fft.make_scratch_vec());
        Self { window, fft, frame, spectrum, scratch }
    }

    fn power(&mut self, frames: [&[T]; LANES], power: &mut [Lanes<T>]) {
        let mut previous: Option<&[T]> = None;
        for (lane, samples) in frames.into_iter().enumerate() {
            let repeated = previous.is_some_and(|x| std::ptr::eq(x, samples));
            previous = Some(samples);
            if !repeated {
                for (x, (&sample, &w)) in self.frame.iter_mut().zip(samples.iter().zip(&self.window)) {
                    *x = sample * w;
                }
                self.fft
                    .process_with_scratch(&mut self.frame, &mut self.spectrum, &mut self.scratch)
                    .expect("the buffers have the plan's lengths");
            }
            for (p, z) in power.iter_mut().zip(&self.spectrum) {
                p.0[lane] = z.norm_sqr();
            }
        }
    }
}

impl<T: Float> fmt::Debug for PowerStft<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PowerStft").field("framing", &self.framing).finish_non_exhaustive()
    }
}
