use std::fmt;
use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

use crate::block_fft::BlockFft;
use crate::framing::check_finite_from;
use crate::simd::{LANES, Lanes};
use crate::{Error, Float, Framing, Result, StftConfig};

/// Power spectra of frames, eight at a time: the engine under mel spectrograms and spectral descriptors.
///
/// `P[k, t] = |sum_n w[n] x[t hop_length - pad + n] exp(-2 pi i k n / n_fft)|^2`, `numpy.abs(librosa.stft(y)) ** 2`. Blocks are
/// bin-major: element `k` of a block holds bin `k` of up to [`LANES`] frames, so that whatever follows works on whole
/// vectors. A frame's spectrum does not depend on the other frames of its block, down to the last bit.
///
/// ```
/// use cepstrum_dsp::{PowerStft, StftConfig};
///
/// let mut stft = PowerStft::<f32>::new(&StftConfig::default())?;
/// let samples = vec![1.0; 66_150];
/// let mut n_frames = 0;
/// stft.for_each_block(&samples, |frames, power| {
///     assert_eq!(power.len(), 1025);
///     n_frames += frames.len();
/// })?;
/// assert_eq!(n_frames, 130);
/// # Ok::<(), cepstrum_dsp::Error>(())
/// ```
pub struct PowerStft<T: Float> {
    framing: Framing,
    engine: Engine<T>,
    /// Room for the frames of a block that reach beyond the signal, `[LANES, n_fft]`.
    spill: Vec<T>,
    power: Vec<Lanes<T>>,
}

/// Lengths that are powers of two are transformed eight frames at once, others one by one.
enum Engine<T: Float> {
    Block(BlockFft<T>),
    Single(SingleFft<T>),
}

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
    /// [`Error::FftLength`], [`Error::HopLength`], [`Error::WindowLength`] and those of [`Window::samples`](crate::Window::samples).
    pub fn new(config: &StftConfig) -> Result<Self> {
        let framing = config.framing()?;
        let window: Vec<T> = config.frame_window()?.into_iter().map(T::of).collect();
        let n_fft = framing.n_fft();
        let engine = match BlockFft::new(&window) {
            Some(fft) => Engine::Block(fft),
            None => Engine::Single(SingleFft::new(window)),
        };
        let power = vec![Lanes::default(); n_fft / 2 + 1];
        Ok(Self { framing, engine, spill: vec![T::zero(); LANES * n_fft], power })
    }

    /// The cut into frames.
    pub fn framing(&self) -> Framing {
        self.framing
    }

    /// Number of frequencies: `n_fft / 2 + 1`.
    pub fn n_bins(&self) -> usize {
        self.power.len()
    }

    /// Number of frames of a signal of `n_samples`.
    pub fn n_frames(&self, n_samples: usize) -> usize {
        self.framing.n_frames(n_samples)
    }

    /// Calls `sink` with the range of frames and their power spectra `[n_bins]`, block by block. Lanes beyond the range
    /// repeat its last frame.
    ///
    /// # Errors
    /// [`Error::EmptySignal`], [`Error::SignalTooShort`], [`Error::NonFinite`], the last one after the blocks before it.
    pub fn for_each_block(
        &mut self,
        samples: &[T],
        mut sink: impl FnMut(std::ops::Range<usize>, &mut [Lanes<T>]),
    ) -> Result<()> {
        self.framing.check_length(samples.len())?;
        let (framing, n_fft) = (self.framing, self.framing.n_fft());
        let n_frames = framing.n_frames(samples.len());
        let mut checked = 0;
        for first in (0..n_frames).step_by(LANES) {
            let count = LANES.min(n_frames - first);
            // Checked just before they are transformed, samples come from memory once.
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
            sink(first..first + count, &mut self.power);
        }
        Ok(())
    }

    /// Power spectra `[n_bins]` of up to [`LANES`] frames that lie one after the other in `frames`, `[n, n_fft]`. Lanes
    /// beyond them repeat the last frame.
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
            Self::Block(fft) => fft.power(frames, power),
            Self::Single(fft) => fft.power(frames, power),
        }
    }
}

impl<T: Float> SingleFft<T> {
    fn new(window: Vec<T>) -> Self {
        let fft = RealFftPlanner::new().plan_fft_forward(window.len());
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
