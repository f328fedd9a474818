use std::fmt;
use std::ops::Range;

use super::ComplexLanes;
use super::frames::Frames;
use super::power_stft::Engine;
use crate::{Error, Float, Framing, Result, StftConfig};

/// Complex spectra of frames, eight at a time: [`Stft`](crate::Stft) in the layout of the [module](crate::block).
///
/// Lengths are fast as in [`PowerStft`](super::PowerStft), which is for powers.
///
/// ```
/// use cepstrum_dsp::block::ComplexStft;
/// use cepstrum_dsp::{Error, StftConfig};
///
/// let mut stft = ComplexStft::<f32>::new(&StftConfig { n_fft: 256, hop_length: 128, ..StftConfig::default() })?;
/// stft.for_each_block(&vec![1.0; 4096], |frames, spectra| {
///     // A constant under a Hann window: half the window's length in bin 0, minus half of that in bin 1.
///     if frames.start == 8 {
///         assert!((spectra[0].re.0[0] - 128.0).abs() < 1e-4 && (spectra[1].re.0[0] + 64.0).abs() < 1e-4);
///     }
///     Ok::<(), Error>(())
/// })?;
/// # Ok::<(), cepstrum_dsp::Error>(())
/// ```
#[derive(Clone)]
pub struct ComplexStft<T: Float = f32> {
    frames: Frames<T>,
    engine: Engine<T>,
    spectra: Vec<ComplexLanes<T>>,
}

impl<T: Float> ComplexStft<T> {
    /// Checks the configuration and prepares tables and buffers.
    ///
    /// # Errors
    /// Those of [`PowerStft::new`](super::PowerStft::new).
    pub fn new(config: &StftConfig) -> Result<Self> {
        let framing = config.framing()?;
        let engine = Engine::new(&config.frame_window()?);
        let spectra = vec![ComplexLanes::default(); framing.n_fft() / 2 + 1];
        Ok(Self { frames: Frames::new(framing), engine, spectra })
    }

    /// The framing of signals.
    #[must_use]
    pub fn framing(&self) -> Framing {
        self.frames.framing()
    }

    /// Number of frequency bins, `n_fft / 2 + 1`.
    #[must_use]
    pub fn n_bins(&self) -> usize {
        self.spectra.len()
    }

    /// Calls `sink` for block after block, with the range of its frames and their spectra `[n_bins]`. Lanes beyond the range
    /// repeat its last frame.
    ///
    /// # Errors
    /// As [`PowerStft::for_each_block`](super::PowerStft::for_each_block).
    pub fn for_each_block<E: From<Error>>(
        &mut self,
        samples: &[T],
        mut sink: impl FnMut(Range<usize>, &mut [ComplexLanes<T>]) -> Result<(), E>,
    ) -> Result<(), E> {
        let Self { frames, engine, spectra } = self;
        frames.for_each(samples, |range, frames| {
            engine.spectra(frames, spectra);
            sink(range, spectra)
        })
    }
}

impl<T: Float> fmt::Debug for ComplexStft<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ComplexStft").field("framing", &self.framing()).finish_non_exhaustive()
    }
}
