use std::ops::Range;

use cepstrum_dsp::{
    DecibelConfig, Float, Framing, LANES, Lanes, MelFilterBank, PowerStft, Reference, decibel_block,
    floor_block, sqrt_block,
};
use ndarray::{Array2, ArrayViewMut2};

use crate::{LogMelConfig, LogMelStream, Result, Spectrum, output, stream::Peak};

/// Frames for which room is made at construction: 47 s at the default settings, 1 MiB.
const RESERVED_FRAMES: usize = 2048;

/// Log-mel spectrograms: `librosa.power_to_db(librosa.feature.melspectrogram(y=y, sr=sr)).T`.
///
/// `10 log10(max(amin, sum_k m[b, k] P[k, t])) - 10 log10(reference)`, nothing below its own maximum less `top_db`.
///
/// # Shapes
/// `[n_frames, n_mels]`, dB.
///
/// ```
/// use cepstrum_features::{LogMel, LogMelConfig};
///
/// let mut log_mel = LogMel::new(&LogMelConfig::default())?;
/// let decibels = log_mel.process(&vec![0.5_f32; 22_050])?;
/// assert_eq!(decibels.dim(), (44, 128));
/// # Ok::<(), cepstrum_features::Error>(())
/// ```
///
/// # References
/// S. S. Stevens, J. Volkmann, E. B. Newman, "A scale for the measurement of the psychological magnitude pitch", J. Acoust.
/// Soc. Am. 8(3), 1937, doi:10.1121/1.1915893.
#[derive(Debug)]
pub struct LogMel<T: Float = f32> {
    stft: PowerStft<T>,
    bands: MelDecibels<T>,
    /// Decibels of a whole signal before the floor, `[blocks, n_mels]`.
    blocks: Vec<Lanes<T>>,
}

/// What follows a power spectrum: the filter bank and the logarithm.
#[derive(Debug)]
struct MelDecibels<T: Float> {
    spectrum: Spectrum,
    mel: MelFilterBank<T>,
    decibel: DecibelConfig,
    amin: T,
}

/// What the largest value of a signal decides.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale<T> {
    pub(crate) floor: T,
    pub(crate) offset: T,
}

impl<T: Float> MelDecibels<T> {
    fn new(config: &LogMelConfig) -> Result<Self> {
        config.decibel.validate()?;
        let mel = MelFilterBank::new(&config.mel, config.sample_rate, config.stft.n_fft)?;
        let amin = T::of(config.decibel.amin);
        Ok(Self { spectrum: config.spectrum, mel, decibel: config.decibel, amin })
    }

    /// Bands of eight frames in decibels above 1; returns the largest of each frame.
    fn block(&self, power: &mut [Lanes<T>], bands: &mut [Lanes<T>]) -> Result<Lanes<T>> {
        if self.spectrum == Spectrum::Magnitude {
            sqrt_block(power);
        }
        self.mel.process_block(power, bands)?;
        Ok(decibel_block(bands, self.amin))
    }

    /// Floor and reference, when `max` is the largest value of the signal, in decibels above 1.
    fn scale(&self, max: T) -> Scale<T> {
        let offset = match self.decibel.reference {
            Reference::Value(value) => T::of(10.0 * value.max(self.decibel.amin).log10()),
            Reference::Maximum => max,
        };
        let floor = self.decibel.top_db.map_or(T::of(f64::NEG_INFINITY), |top_db| max - T::of(top_db));
        Scale { floor, offset }
    }
}

impl<T: Float> LogMel<T> {
    /// Checks the configuration and prepares all tables.
    ///
    /// # Errors
    /// [`Error::Dsp`](crate::Error::Dsp) naming the setting that is not legal.
    pub fn new(config: &LogMelConfig) -> Result<Self> {
        let stft = PowerStft::new(&config.stft)?;
        let bands = MelDecibels::new(config)?;
        let blocks = Vec::with_capacity(RESERVED_FRAMES.div_ceil(LANES) * bands.mel.n_mels());
        Ok(Self { stft, bands, blocks })
    }

    /// Makes room for signals of up to `n_samples`, so that none of them causes an allocation. There is room for 2,048
    /// frames from the start.
    pub fn reserve(&mut self, n_samples: usize) {
        let needed = self.n_frames(n_samples).div_ceil(LANES) * self.n_mels();
        self.blocks.clear();
        self.blocks.reserve(needed);
    }

    /// Number of mel bands.
    pub fn n_mels(&self) -> usize {
        self.bands.mel.n_mels()
    }

    /// The cut into frames.
    pub fn framing(&self) -> Framing {
        self.stft.framing()
    }

    /// Number of frames of a signal of `n_samples`.
    pub fn n_frames(&self, n_samples: usize) -> usize {
        self.stft.n_frames(n_samples)
    }

    /// Bands that no bin falls into, always at the floor: where librosa warns of empty filters.
    pub fn empty_bands(&self) -> &[usize] {
        self.bands.mel.empty_bands()
    }

    /// The log-mel spectrogram of a signal, dB, `[n_frames, n_mels]`.
    ///
    /// # Errors
    /// [`Error::Dsp`](crate::Error::Dsp) when the signal is empty, too short or holds a sample that is not finite.
    pub fn process(&mut self, samples: &[T]) -> Result<Array2<T>> {
        let mut out = Array2::from_elem((self.n_frames(samples.len()), self.n_mels()), T::zero());
        self.process_into(samples, out.view_mut())?;
        Ok(out)
    }

    /// [`process`](Self::process) into an array that is there already. Nothing is allocated for signals of up to
    /// 2,048 frames, or as many as were [reserved](Self::reserve).
    ///
    /// # Errors
    /// As [`process`](Self::process), and [`Error::OutputShape`](crate::Error::OutputShape).
    pub fn process_into(&mut self, samples: &[T], mut out: ArrayViewMut2<'_, T>) -> Result<()> {
        output::check_shape([self.n_frames(samples.len()), self.n_mels()], &out)?;
        self.for_each_block(samples, |frames, bands| output::write(frames, bands, &mut out))
    }

    /// The largest value of a signal's spectrogram, dB above 1: what `top_db` is counted from.
    ///
    /// # Errors
    /// As [`process`](Self::process).
    pub fn peak_db(&mut self, samples: &[T]) -> Result<T> {
        self.fill_blocks(samples)
    }

    /// Begins a signal that arrives in pieces; `top_db` is counted from the largest value so far.
    pub fn stream(&mut self) -> LogMelStream<'_, T> {
        LogMelStream::new(self, Peak::SoFar)
    }

    /// Begins a signal that arrives in pieces, and whose largest value (see [`peak_db`](Self::peak_db)) is known.
    pub fn stream_with_peak(&mut self, peak_db: T) -> LogMelStream<'_, T> {
        LogMelStream::new(self, Peak::Known(peak_db))
    }

    /// Floor and reference, when `max` is the largest value of the signal, in decibels above 1.
    pub(crate) fn scale(&self, max: T) -> Scale<T> {
        self.bands.scale(max)
    }

    /// Decibels above 1 `[n_mels]` of up to eight frames `[n, n_fft]`; returns the largest of each frame.
    pub(crate) fn block(&mut self, frames: &[T], bands: &mut [Lanes<T>]) -> Result<Lanes<T>> {
        self.bands.block(self.stft.block(frames)?, bands)
    }

    /// Calls `sink` with the finished decibels `[n_mels]` of up to eight frames at a time.
    pub(crate) fn for_each_block(
        &mut self,
        samples: &[T],
        mut sink: impl FnMut(Range<usize>, &mut [Lanes<T>]),
    ) -> Result<()> {
        let max = self.fill_blocks(samples)?;
        let Scale { floor, offset } = self.bands.scale(max);
        let (floor, offset) = (Lanes([floor; LANES]), Lanes([offset; LANES]));
        let (n_mels, n_frames) = (self.n_mels(), self.n_frames(samples.len()));
        for (i, block) in self.blocks.chunks_exact_mut(n_mels).enumerate() {
            floor_block(block, &floor, &offset);
            sink(i * LANES..n_frames.min((i + 1) * LANES), block);
        }
        Ok(())
    }

    /// Fills `blocks` with decibels above 1, and returns the largest.
    fn fill_blocks(&mut self, samples: &[T]) -> Result<T> {
        let (n_mels, n_frames) = (self.n_mels(), self.n_frames(samples.len()));
        let Self { stft, bands, blocks } = self;
        blocks.resize(n_frames.div_ceil(LANES) * n_mels, Lanes::default());
        let mut max = Lanes([T::of(f64::NEG_INFINITY); LANES]);
        let mut outcome = Ok(());
        stft.for_each_block(samples, |frames, power| {
            match bands.block(power, &mut blocks[frames.start / LANES * n_mels..][..n_mels]) {
                Ok(largest) => max = Lanes(std::array::from_fn(|lane| max.0[lane].max(largest.0[lane]))),
                Err(error) => outcome = Err(error),
            }
        })?;
        outcome?;
        Ok(max.0.into_iter().fold(max.0[0], T::max))
    }
}
