use std::slice::ChunksExact;

use cepstrum_dsp::{Float, FrameBuffer, Lanes, floor_block};

use crate::log_mel::Scale;
use crate::{LogMel, Mfcc, Result};

/// What `top_db` is counted from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Peak<T> {
    /// The largest value so far.
    SoFar,
    /// The largest value of the whole signal, dB above 1.
    Known(T),
}

/// Coefficients of a signal that arrives in pieces; made by [`Mfcc::stream`] and [`Mfcc::stream_with_peak`].
///
/// Frames come out as soon as their last sample is in, and do not depend on how the signal was cut. Memory does not grow
/// with the signal.
///
/// [`Mfcc::process`] cuts what lies more than `top_db` below the loudest value of the *whole* signal, which a stream cannot
/// know before the end. So [`Mfcc::stream`] counts from the largest value so far: each frame is, to the last bit, the
/// newest one that `process` gives for the signal up to there. With `top_db: None`, or with the peak told beforehand
/// ([`Mfcc::stream_with_peak`]), all frames are those of `process` for the whole signal, to the last bit.
///
/// ```
/// use cepstrum_features::{Mfcc, MfccConfig};
///
/// let samples: Vec<f32> = (0..10_000).map(|i| (i as f32 * 0.05).sin()).collect();
/// let mut mfcc = Mfcc::new(&MfccConfig::default())?;
/// let whole = mfcc.process(&samples)?;
/// let peak = mfcc.peak_db(&samples)?;
///
/// let mut live = mfcc.stream_with_peak(peak);
/// let mut streamed = Vec::new();
/// for piece in samples.chunks(441) {
///     for frame in live.push(piece)? {
///         streamed.extend_from_slice(frame);
///     }
/// }
/// streamed.extend(live.finish()?.flatten());
/// assert!(whole.iter().eq(&streamed));
/// # Ok::<(), cepstrum_features::Error>(())
/// ```
#[derive(Debug)]
pub struct MfccStream<'a, T: Float> {
    mfcc: &'a mut Mfcc<T>,
    state: State<T>,
}

/// Decibels of a signal that arrives in pieces; made by [`LogMel::stream`] and
/// [`LogMel::stream_with_peak`], and like [`MfccStream`] in everything else.
#[derive(Debug)]
pub struct LogMelStream<'a, T: Float> {
    log_mel: &'a mut LogMel<T>,
    state: State<T>,
}

#[derive(Debug)]
struct State<T: Float> {
    buffer: FrameBuffer<T>,
    peak: Peak<T>,
    /// Largest value so far, dB above 1.
    max: T,
    bands: Vec<Lanes<T>>,
    /// Finished frames, one after the other.
    out: Vec<T>,
}

impl<T: Float> State<T> {
    fn new(log_mel: &LogMel<T>, peak: Peak<T>) -> Self {
        let bands = vec![Lanes::default(); log_mel.n_mels()];
        let max = T::of(f64::NEG_INFINITY);
        Self { buffer: FrameBuffer::new(log_mel.framing()), peak, max, bands, out: Vec::new() }
    }

    /// Works off all complete frames; `finish` turns decibels `[n_mels]` into what is written, `[n_coefficients]`.
    fn advance(
        &mut self,
        log_mel: &mut LogMel<T>,
        mut finish: impl FnMut(&mut [Lanes<T>], &mut Vec<T>, usize) -> Result<()>,
    ) -> Result<()> {
        self.out.clear();
        while let Some(frames) = self.buffer.next_block() {
            let count = frames.len() / log_mel.framing().n_fft();
            let maxima = log_mel.block(frames, &mut self.bands)?;
            let (mut floor, mut offset) = (Lanes::default(), Lanes::default());
            for lane in 0..maxima.0.len() {
                let max = match self.peak {
                    Peak::Known(peak) => peak,
                    Peak::SoFar => {
                        self.max = self.max.max(maxima.0[lane]);
                        self.max
                    }
                };
                Scale { floor: floor.0[lane], offset: offset.0[lane] } = log_mel.scale(max);
            }
            floor_block(&mut self.bands, &floor, &offset);
            finish(&mut self.bands, &mut self.out, count)?;
        }
        Ok(())
    }

    /// Ends the signal: works off what is left with `advance`, and makes ready for the next signal.
    fn end(&mut self, advance: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        let outcome = self.buffer.finish().map_err(Into::into).and_then(|()| advance(self));
        self.buffer.reset();
        self.max = T::of(f64::NEG_INFINITY);
        outcome
    }
}

/// Appends the first `count` frames of a block.
fn append<T: Float>(block: &[Lanes<T>], out: &mut Vec<T>, count: usize) {
    for lane in 0..count {
        out.extend(block.iter().map(|x| x.0[lane]));
    }
}

impl<'a, T: Float> MfccStream<'a, T> {
    pub(crate) fn new(mfcc: &'a mut Mfcc<T>, peak: Peak<T>) -> Self {
        let state = State::new(&mfcc.log_mel, peak);
        Self { mfcc, state }
    }

    /// Takes the next samples, any number of them, and gives the frames that they complete, each `[n_mfcc]`.
    ///
    /// # Errors
    /// [`Error::Dsp`](crate::Error::Dsp) with the index, counted from the beginning of the stream, of a sample that is not
    /// finite; the piece is then not taken.
    pub fn push(&mut self, samples: &[T]) -> Result<ChunksExact<'_, T>> {
        self.state.buffer.push(samples)?;
        self.mfcc.advance(&mut self.state)?;
        Ok(self.state.out.chunks_exact(self.mfcc.n_mfcc()))
    }

    /// Ends the signal: gives the frames that reach beyond it, and makes ready for the next signal.
    ///
    /// # Errors
    /// As [`Mfcc::process`] when the whole signal was empty or too short.
    pub fn finish(&mut self) -> Result<ChunksExact<'_, T>> {
        self.state.end(|state| self.mfcc.advance(state))?;
        Ok(self.state.out.chunks_exact(self.mfcc.n_mfcc()))
    }
}

impl<T: Float> Mfcc<T> {
    fn advance(&mut self, state: &mut State<T>) -> Result<()> {
        let Self { log_mel, cepstrum, block } = self;
        state.advance(log_mel, |bands, out, count| {
            cepstrum.block(bands, block)?;
            append(block, out, count);
            Ok(())
        })
    }
}

impl<'a, T: Float> LogMelStream<'a, T> {
    pub(crate) fn new(log_mel: &'a mut LogMel<T>, peak: Peak<T>) -> Self {
        let state = State::new(log_mel, peak);
        Self { log_mel, state }
    }

    /// Takes the next samples, any number of them, and gives the frames that they complete, each `[n_mels]`.
    ///
    /// # Errors
    /// As [`MfccStream::push`].
    pub fn push(&mut self, samples: &[T]) -> Result<ChunksExact<'_, T>> {
        self.state.buffer.push(samples)?;
        self.log_mel.advance(&mut self.state)?;
        Ok(self.state.out.chunks_exact(self.log_mel.n_mels()))
    }

    /// Ends the signal: gives the frames that reach beyond it, and makes ready for the next signal.
    ///
    /// # Errors
    /// As [`LogMel::process`] when the whole signal was empty or too short.
    pub fn finish(&mut self) -> Result<ChunksExact<'_, T>> {
        self.state.end(|state| self.log_mel.advance(state))?;
        Ok(self.state.out.chunks_exact(self.log_mel.n_mels()))
    }
}

impl<T: Float> LogMel<T> {
    fn advance(&mut self, state: &mut State<T>) -> Result<()> {
        state.advance(self, |bands, out, count| {
            append(bands, out, count);
            Ok(())
        })
    }
}
