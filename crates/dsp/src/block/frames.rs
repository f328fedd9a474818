use std::ops::Range;
use std::sync::Arc;

use realfft::RealToComplex;
use realfft::num_complex::Complex;

use super::LANES;
use crate::framing::check_finite_from;
use crate::{Error, Float, Framing, Result};

/// The frames of a whole signal, eight at a time.
#[derive(Debug, Clone)]
pub(super) struct Frames<T> {
    framing: Framing,
    /// Space for the frames of a block that reach beyond the signal, `[LANES, n_fft]`.
    spill: Vec<T>,
}

impl<T: Float> Frames<T> {
    pub(super) fn new(framing: Framing) -> Self {
        Self { framing, spill: vec![T::zero(); LANES * framing.n_fft()] }
    }

    pub(super) fn framing(&self) -> Framing {
        self.framing
    }

    /// Calls `sink` with the range of the frames and their samples. Behind the range the last frame is repeated.
    pub(super) fn for_each<E: From<Error>>(
        &mut self,
        samples: &[T],
        mut sink: impl FnMut(Range<usize>, [&[T]; LANES]) -> Result<(), E>,
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
            sink(first..first + count, frames)?;
        }
        Ok(())
    }
}

/// Spectra of frames one after the other, where the length or the CPU is not suited to eight at once.
#[derive(Clone)]
pub(super) struct SingleFft<T: Float> {
    window: Vec<T>,
    fft: Arc<dyn RealToComplex<T>>,
    frame: Vec<T>,
    spectrum: Vec<Complex<T>>,
    scratch: Vec<Complex<T>>,
}

impl<T: Float> SingleFft<T> {
    pub(super) fn new(window: Vec<T>) -> Self {
        let fft = T::real_to_complex(window.len());
        let (frame, spectrum, scratch) =
            (fft.make_input_vec(), fft.make_output_vec(), fft.make_scratch_vec());
        Self { window, fft, frame, spectrum, scratch }
    }

    /// Calls `sink` with the lane and the spectrum of each frame. A frame that is repeated is transformed once.
    pub(super) fn for_each(&mut self, frames: [&[T]; LANES], mut sink: impl FnMut(usize, &[Complex<T>])) {
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
            sink(lane, &self.spectrum);
        }
    }
}
