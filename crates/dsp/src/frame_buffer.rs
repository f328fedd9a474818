use crate::framing::check_finite_from;
use crate::{Float, Framing, LANES, Padding, Result};

/// The frames of a signal that arrives in pieces, in blocks of up to [`LANES`].
///
/// Holds what the next frames need: at most about `2 n_fft` samples beside the last piece.
///
/// ```
/// use cepstrum_dsp::{FrameBuffer, Framing, Padding};
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
    /// The next frame to give.
    next: usize,
    finished: bool,
    /// `[LANES, n_fft]`.
    block: Vec<T>,
}

impl<T: Float> FrameBuffer<T> {
    /// An empty signal.
    pub fn new(framing: Framing) -> Self {
        let block = vec![T::zero(); LANES * framing.n_fft()];
        Self { framing, samples: Vec::new(), first: 0, received: 0, next: 0, finished: false, block }
    }

    /// Takes the next samples.
    ///
    /// # Errors
    /// [`Error::NonFinite`](crate::Error::NonFinite) with the index counted from the signal's beginning; the piece is then
    /// not taken.
    pub fn push(&mut self, samples: &[T]) -> Result<()> {
        check_finite_from(self.received, samples)?;
        self.forget();
        self.samples.extend_from_slice(samples);
        self.received += samples.len();
        Ok(())
    }

    /// Ends the signal: the frames that reach beyond it become complete.
    ///
    /// # Errors
    /// [`Error::EmptySignal`](crate::Error::EmptySignal), [`Error::SignalTooShort`](crate::Error::SignalTooShort).
    pub fn finish(&mut self) -> Result<()> {
        self.framing.check_length(self.received)?;
        self.finished = true;
        Ok(())
    }

    /// Makes ready for another signal.
    pub fn reset(&mut self) {
        self.samples.clear();
        (self.first, self.received, self.next, self.finished) = (0, 0, 0, false);
    }

    /// Up to [`LANES`] complete frames, one after the other, `[n, n_fft]`; `None` when there is none.
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

    /// First sample of a frame, counted from the signal's first; negative in the padding. Of a hop that no signal reaches,
    /// the last that can be counted.
    fn start(&self, frame: usize) -> i64 {
        let centre = frame.saturating_mul(self.framing.hop_length());
        i64::try_from(centre).unwrap_or(i64::MAX) - self.framing.pad() as i64
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

    /// Drops what no later frame reads: what lies before the next frame and before the mirror image of the end.
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
