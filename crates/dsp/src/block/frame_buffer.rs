use super::LANES;
use crate::framing::check_finite_from;
use crate::{Error, Float, Framing, Padding, Result};

/// The frames of a signal that arrives in pieces, in groups of up to [`LANES`].
///
/// Memory stays bounded: the buffer holds what later frames need, at most about `2 n_fft` samples beside the last piece.
///
/// ```
/// use cepstrum_dsp::block::FrameBuffer;
/// use cepstrum_dsp::{Framing, Padding};
///
/// let mut buffer = FrameBuffer::new(Framing::new(4, 2, Padding::None)?);
/// buffer.push(&[1.0_f32, 2.0, 3.0])?;
/// assert_eq!(buffer.next_block(), None);
/// buffer.push(&[4.0, 5.0, 6.0])?;
/// assert_eq!(buffer.next_block(), Some([1.0, 2.0, 3.0, 4.0, 3.0, 4.0, 5.0, 6.0].as_slice()));
/// # Ok::<(), cepstrum_dsp::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct FrameBuffer<T> {
    framing: Framing,
    /// Samples `first..received` of the signal.
    samples: Vec<T>,
    first: usize,
    received: usize,
    /// Index of the next frame to return.
    next: usize,
    finished: bool,
    /// `[LANES, n_fft]`.
    block: Vec<T>,
}

impl<T: Float> FrameBuffer<T> {
    /// An empty buffer at the beginning of a signal.
    #[must_use]
    pub fn new(framing: Framing) -> Self {
        let block = vec![T::zero(); LANES * framing.n_fft()];
        Self { framing, samples: Vec::new(), first: 0, received: 0, next: 0, finished: false, block }
    }

    /// Appends samples to the signal.
    ///
    /// # Errors
    /// [`Error::NonFinite`] with the index counted from the beginning of the signal, [`Error::SignalEnded`] after
    /// [`finish`](Self::finish). In both cases none of the samples is appended.
    pub fn push(&mut self, samples: &[T]) -> Result<()> {
        if self.finished {
            return Err(Error::SignalEnded);
        }
        check_finite_from(self.received, samples)?;
        self.forget();
        self.samples.extend_from_slice(samples);
        self.received += samples.len();
        Ok(())
    }

    /// Ends the signal, which completes the frames that reach beyond it.
    ///
    /// # Errors
    /// [`Error::EmptySignal`], [`Error::SignalTooShort`].
    pub fn finish(&mut self) -> Result<()> {
        self.framing.check_length(self.received)?;
        self.finished = true;
        Ok(())
    }

    /// Drops the signal and begins another one.
    pub fn reset(&mut self) {
        self.samples.clear();
        (self.first, self.received, self.next, self.finished) = (0, 0, 0, false);
    }

    /// Up to [`LANES`] complete frames, one after the other, `[n, n_fft]`; `None` when none is complete.
    #[must_use = "the frames are not returned again"]
    pub fn next_block(&mut self) -> Option<&[T]> {
        let n_fft = self.framing.n_fft();
        let mut count = 0;
        while count < LANES && self.is_complete(self.next) {
            self.copy_frame(count);
            self.next += 1;
            count += 1;
        }
        (count > 0).then(|| &self.block[..count * n_fft])
    }

    /// [`LANES`] complete frames, `[LANES, n_fft]`, or the rest of them behind the end of the signal; `None` until so many
    /// are complete. Steps that compute eight frames take as long for one.
    #[must_use = "the frames are not returned again"]
    pub fn next_full_block(&mut self) -> Option<&[T]> {
        let full = self.finished || self.is_complete(self.next + LANES - 1);
        if full { self.next_block() } else { None }
    }

    /// The first sample of a frame, counted from the signal's first; negative in the padding. Saturates when the hop
    /// length exceeds any possible signal.
    fn start(&self, frame: usize) -> i64 {
        let center = frame.saturating_mul(self.framing.hop_length());
        i64::try_from(center).unwrap_or(i64::MAX) - self.framing.pad() as i64
    }

    fn is_complete(&self, frame: usize) -> bool {
        if self.finished {
            return frame < self.framing.n_frames(self.received);
        }
        // The mirror image of the beginning reaches to sample `pad`.
        let mirror = self.start(frame) < 0 && self.framing.padding() == Padding::Reflect;
        let needed = if mirror { self.framing.pad() + 1 } else { 0 };
        self.received >= needed && self.framing.end(frame) <= self.received
    }

    fn copy_frame(&mut self, lane: usize) {
        let n_fft = self.framing.n_fft();
        let start = self.start(self.next);
        let frame = &mut self.block[lane * n_fft..][..n_fft];
        let padding = self.framing.padding();
        let inside = usize::try_from(start).ok().filter(|start| start + n_fft <= self.received);
        if let Some(start) = inside {
            frame.copy_from_slice(&self.samples[start - self.first..][..n_fft]);
            return;
        }
        for (i, x) in (start..).zip(frame) {
            let index = padding.resolve(i, self.received);
            *x = index.map_or(T::zero(), |index| self.samples[index - self.first]);
        }
    }

    /// Drops the samples that no later frame reads: those before the next frame and before the mirror image of the end.
    fn forget(&mut self) {
        let next = self.start(self.next).max(0) as usize;
        let mirror = self.received.saturating_sub(self.framing.pad() + 1);
        let droppable = next.min(mirror).saturating_sub(self.first);
        if droppable > self.framing.n_fft() {
            self.samples.drain(..droppable);
            self.first += droppable;
        }
    }
}
