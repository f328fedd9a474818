use std::slice::ChunksExact;

use cepstrum_dsp::block::{FrameBuffer, Lanes, clip_to_reference};
use cepstrum_dsp::{Error as DspError, Float};

use crate::log_mel::DbOffsets;
use crate::{LogMel, Mfcc, Result};

/// The value to which `top_db` refers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Peak<T> {
    /// The largest value so far.
    SoFar,
    /// The largest value of the whole signal, dB above 1.
    Known(T),
}

/// MFCCs of a signal that arrives in pieces; created by [`Mfcc::stream`] and [`Mfcc::stream_with_peak`].
///
/// A frame is returned as soon as its last sample has arrived, and does not depend on how the signal was cut. Memory does
/// not grow with the signal. Eight frames take as long as one: where pieces are shorter than eight hops and a delay does no
/// harm, [`grouped`](Self::grouped) saves most of the time.
///
/// [`Mfcc::process`] raises values more than `top_db` below the maximum of the *whole* signal, which a stream cannot see
/// before the end. [`Mfcc::stream`] therefore refers to the largest value so far: each frame equals, to the last bit, the
/// newest frame that `process` computes for the signal up to that point. With `top_db: None`, or with a peak given in
/// advance ([`Mfcc::stream_with_peak`]), all frames equal those of `process` for the whole signal, to the last bit.
///
/// ```
/// use cepstrum_features::{Mfcc, MfccConfig};
///
/// let samples: Vec<f32> = (0..10_000).map(|i| (i as f32 * 0.05).sin()).collect();
/// let mut mfcc = Mfcc::new(&MfccConfig::default())?;
/// let whole = mfcc.process(&samples)?;
/// let peak = mfcc.peak_db(&samples)?;
///
/// let mut stream = mfcc.stream_with_peak(peak)?;
/// let mut streamed = Vec::new();
/// for piece in samples.chunks(441) {
///     for frame in stream.push(piece)? {
///         streamed.extend_from_slice(frame);
///     }
/// }
/// streamed.extend(stream.finish()?.flatten());
/// assert!(whole.iter().eq(&streamed));
/// # Ok::<(), cepstrum_features::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "a stream computes nothing until samples are pushed"]
pub struct MfccStream<'a, T: Float> {
    mfcc: &'a mut Mfcc<T>,
    state: State<T>,
}

/// Decibels of a signal that arrives in pieces; created by [`LogMel::stream`] and [`LogMel::stream_with_peak`]. Behaves
/// like [`MfccStream`] in all other respects.
#[derive(Debug)]
#[must_use = "a stream computes nothing until samples are pushed"]
pub struct LogMelStream<'a, T: Float> {
    log_mel: &'a mut LogMel<T>,
    state: State<T>,
}

#[derive(Debug)]
struct State<T: Float> {
    buffer: FrameBuffer<T>,
    /// Frames wait until eight are complete.
    grouped: bool,
    peak: Peak<T>,
    /// Largest value so far, dB above 1.
    max: T,
    bands: Vec<Lanes<T>>,
    /// Finished frames, one after the other.
    out: Vec<T>,
}

impl<'a, T: Float> MfccStream<'a, T> {
    pub(crate) fn new(mfcc: &'a mut Mfcc<T>, peak: Peak<T>) -> Self {
        let state = State::new(&mfcc.log_mel, peak);
        Self { mfcc, state }
    }

    /// Holds frames back until eight are complete or the signal ends: a delay of at most seven hops, in exchange for a
    /// fraction of the time where pieces are short. The frames have the same bits.
    pub fn grouped(mut self) -> Self {
        self.state.grouped = true;
        self
    }

    /// Takes the next samples, any number of them, and returns the frames that they complete, each `[n_mfcc]`.
    ///
    /// # Errors
    /// [`Error::Dsp`](crate::Error::Dsp) with the index, counted from the beginning of the stream, of a sample that is NaN or
    /// infinite; the whole piece is then ignored.
    pub fn push(&mut self, samples: &[T]) -> Result<ChunksExact<'_, T>> {
        self.state.buffer.push(samples)?;
        self.mfcc.advance(&mut self.state)?;
        Ok(self.state.out.chunks_exact(self.mfcc.n_mfcc()))
    }

    /// Ends the signal, returns the frames that reach beyond it, and prepares for the next signal.
    ///
    /// # Errors
    /// As [`Mfcc::process`] when the whole signal was empty or too short.
    pub fn finish(&mut self) -> Result<ChunksExact<'_, T>> {
        self.state.end(|state| self.mfcc.advance(state))?;
        Ok(self.state.out.chunks_exact(self.mfcc.n_mfcc()))
    }
}

impl<'a, T: Float> LogMelStream<'a, T> {
    pub(crate) fn new(log_mel: &'a mut LogMel<T>, peak: Peak<T>) -> Self {
        let state = State::new(log_mel, peak);
        Self { log_mel, state }
    }

    /// Holds frames back until eight are complete or the signal ends, as [`MfccStream::grouped`].
    pub fn grouped(mut self) -> Self {
        self.state.grouped = true;
        self
    }

    /// Takes the next samples, any number of them, and returns the frames that they complete, each `[n_mels]`.
    ///
    /// # Errors
    /// As [`MfccStream::push`].
    pub fn push(&mut self, samples: &[T]) -> Result<ChunksExact<'_, T>> {
        self.state.buffer.push(samples)?;
        self.log_mel.advance(&mut self.state)?;
        Ok(self.state.out.chunks_exact(self.log_mel.n_mels()))
    }

    /// Ends the signal, returns the frames that reach beyond it, and prepares for the next signal.
    ///
    /// # Errors
    /// As [`LogMel::process`] when the whole signal was empty or too short.
    pub fn finish(&mut self) -> Result<ChunksExact<'_, T>> {
        self.state.end(|state| self.log_mel.advance(state))?;
        Ok(self.state.out.chunks_exact(self.log_mel.n_mels()))
    }
}

impl<T: Float> Peak<T> {
    /// Checks a peak given by the caller, dB above 1.
    pub(crate) fn known(peak_db: T) -> Result<Self> {
        if peak_db.is_finite() {
            return Ok(Self::Known(peak_db));
        }
        Err(DspError::Parameter { name: "peak_db", bound: "finite", value: peak_db.to_f64() }.into())
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

impl<T: Float> LogMel<T> {
    fn advance(&mut self, state: &mut State<T>) -> Result<()> {
        state.advance(self, |bands, out, count| {
            append(bands, out, count);
            Ok(())
        })
    }
}

impl<T: Float> State<T> {
    fn new(log_mel: &LogMel<T>, peak: Peak<T>) -> Self {
        let bands = vec![Lanes::default(); log_mel.n_mels()];
        let max = T::of(f64::NEG_INFINITY);
        let buffer = FrameBuffer::new(log_mel.framing());
        Self { buffer, grouped: false, peak, max, bands, out: Vec::new() }
    }

    /// Processes all complete frames. `finish` turns decibels `[n_mels]` into the output, `[n_coefficients]` per frame.
    fn advance(
        &mut self,
        log_mel: &mut LogMel<T>,
        mut finish: impl FnMut(&mut [Lanes<T>], &mut Vec<T>, usize) -> Result<()>,
    ) -> Result<()> {
        self.out.clear();
        let next = if self.grouped { FrameBuffer::next_full_block } else { FrameBuffer::next_block };
        while let Some(frames) = next(&mut self.buffer) {
            let count = frames.len() / log_mel.framing().n_fft();
            let maxima = log_mel.block(frames, &mut self.bands)?;
            let (mut floor, mut reference) = (Lanes::default(), Lanes::default());
            for lane in 0..maxima.0.len() {
                let max = match self.peak {
                    Peak::Known(peak) => peak,
                    Peak::SoFar => {
                        self.max = self.max.max(maxima.0[lane]);
                        self.max
                    }
                };
                DbOffsets { floor: floor.0[lane], reference: reference.0[lane] } = log_mel.offsets(max);
            }
            clip_to_reference(&mut self.bands, &floor, &reference);
            finish(&mut self.bands, &mut self.out, count)?;
        }
        Ok(())
    }

    /// Ends the signal: processes the remaining frames with `advance` and prepares for the next signal.
    fn end(&mut self, advance: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        let result = self.buffer.finish().map_err(Into::into).and_then(|()| advance(self));
        self.buffer.reset();
        self.max = T::of(f64::NEG_INFINITY);
        result
    }
}

/// Appends the first `count` frames of a block.
fn append<T: Float>(block: &[Lanes<T>], out: &mut Vec<T>, count: usize) {
    for lane in 0..count {
        out.extend(block.iter().map(|x| x.0[lane]));
    }
}
