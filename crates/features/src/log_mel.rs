use std::ops::Range;

use cepstrum_dsp::block::{self, LANES, Lanes, PowerStft};
use cepstrum_dsp::{DecibelConfig, Float, Framing, MelFilterBank, Reference};
use ndarray::{Array2, ArrayRef2, ArrayViewMut2};

use crate::blocks::{BlockFeature, run};
use crate::check::{Legal, check_frames, check_positive_as};
use crate::stream::Peak;
use crate::{Error, LogMelConfig, LogMelStream, LogScale, Result, Spectrum, output};

/// Number of frames for which space is reserved at construction: 47 s at the default settings, 1 MiB.
const RESERVED_FRAMES: usize = 2048;

/// Log-mel spectrograms: `librosa.power_to_db(librosa.feature.melspectrogram(y=y, sr=sr)).T`.
///
/// `10 log10(max(amin, sum_k m[b, k] P[k, t])) - 10 log10(reference)`, raised to at least the signal's maximum less
/// `top_db`; or, by [`LogScale::Log10OfScaled`], `log10(scale sum_k m[b, k] P[k, t] + 1)`.
///
/// # Shapes
/// `[n_frames, n_mels]`, dB; without unit for another [`LogScale`].
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
#[derive(Debug, Clone)]
pub struct LogMel<T: Float = f32> {
    stft: PowerStft<T>,
    mel: MelBlocks<T>,
}

/// The steps after the power spectrum.
#[derive(Debug)]
pub(crate) struct MelBlocks<T: Float> {
    bands: MelDecibels<T>,
    /// Decibels of a whole signal before clipping, `[blocks, n_mels]`.
    blocks: Vec<Lanes<T>>,
    n_frames: usize,
    /// The largest values so far.
    max: Lanes<T>,
}

/// The steps after the power spectrum: the filter bank and the logarithm.
#[derive(Debug, Clone)]
struct MelDecibels<T: Float> {
    spectrum: Spectrum,
    mel: MelFilterBank<T>,
    decibel: DecibelConfig,
    amin: T,
    log: LogScale,
}

/// The values that follow from a signal's maximum: the floor of `top_db` and the reference, in decibels above 1.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DbOffsets<T> {
    pub(crate) floor: T,
    pub(crate) reference: T,
}

impl<T: Float> LogMel<T> {
    /// Checks the configuration and prepares all tables.
    ///
    /// # Errors
    /// [`Error::Dsp`] or [`Error::LogScale`] with the setting that is not legal.
    pub fn new(config: &LogMelConfig) -> Result<Self> {
        Ok(Self { stft: PowerStft::new(&config.stft)?, mel: MelBlocks::new(config)? })
    }

    /// Reserves space for signals of up to `n_samples`, so that none of them causes an allocation. Space for 2,048 frames
    /// is reserved from the start.
    pub fn reserve(&mut self, n_samples: usize) {
        let needed = self.n_frames(n_samples).div_ceil(LANES) * self.n_mels();
        self.mel.blocks.clear();
        self.mel.blocks.reserve(needed);
    }

    /// Number of mel bands.
    #[must_use]
    pub fn n_mels(&self) -> usize {
        self.mel.n_mels()
    }

    /// The framing of signals.
    #[must_use]
    pub fn framing(&self) -> Framing {
        self.stft.framing()
    }

    /// Number of frames of a signal of `n_samples`.
    #[must_use]
    pub fn n_frames(&self, n_samples: usize) -> usize {
        self.stft.n_frames(n_samples)
    }

    /// The indices of bands so narrow that no bin falls inside; see [`MelFilterBank::empty_bands`]. Their values are always
    /// at the floor.
    #[must_use]
    pub fn empty_bands(&self) -> &[usize] {
        self.mel.bands.mel.empty_bands()
    }

    /// Computes the log-mel spectrogram of a signal, `[n_frames, n_mels]`, dB.
    ///
    /// # Errors
    /// [`Error::Dsp`] when the signal is empty, too short, or holds NaN or infinity.
    pub fn process(&mut self, samples: &[T]) -> Result<Array2<T>> {
        let mut out = Array2::from_elem((self.n_frames(samples.len()), self.n_mels()), T::zero());
        self.process_into(samples, out.view_mut())?;
        Ok(out)
    }

    /// Computes the spectrogram into a caller-provided array, `[n_frames, n_mels]`. Allocates nothing for signals of up to
    /// 2,048 frames, or as many as were [reserved](Self::reserve).
    ///
    /// # Errors
    /// As [`process`](Self::process), and [`Error::OutputShape`].
    pub fn process_into(&mut self, samples: &[T], out: ArrayViewMut2<'_, T>) -> Result<()> {
        run(&mut self.stft, &mut self.mel, samples, out)
    }

    /// Computes the log-mel spectrogram of a power spectrogram that is at hand, such as `|X|^2` of an
    /// [`Stft`](cepstrum_dsp::Stft): `librosa.feature.melspectrogram(S=power.T, ...)`, then `power_to_db`.
    ///
    /// Framing, window and padding of the configuration play no part; its `n_fft` and sample rate say where the bins lie.
    /// With [`Spectrum::Magnitude`] the square root is taken first.
    ///
    /// # Shapes
    /// `power` is `[n_frames, n_fft / 2 + 1]`, the result `[n_frames, n_mels]`.
    ///
    /// ```
    /// use cepstrum_features::{LogMel, LogMelConfig};
    /// use ndarray::Array2;
    ///
    /// let mut log_mel = LogMel::<f32>::new(&LogMelConfig::default())?;
    /// let silence = Array2::zeros((10, 1025));
    /// assert!(log_mel.process_power(&silence)?.iter().all(|&decibels| decibels == -100.0));
    /// # Ok::<(), cepstrum_features::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::FramesShape`] for no frame or another number of bins, and [`Error::FramesValue`] for a value that is negative, NaN or
    /// infinite.
    pub fn process_power(&mut self, power: &ArrayRef2<T>) -> Result<Array2<T>> {
        let mut out = Array2::from_elem((power.nrows(), self.n_mels()), T::zero());
        self.for_each_block_of_power(power, |frames, bands| {
            output::write(frames, bands, &mut out.view_mut());
            Ok(())
        })?;
        Ok(out)
    }

    /// Computes the largest value of a signal's spectrogram, in dB above 1: the value to which `top_db` refers. (Of another
    /// [`LogScale`] no value depends on it.)
    ///
    /// # Errors
    /// As [`process`](Self::process).
    pub fn peak_db(&mut self, samples: &[T]) -> Result<T> {
        self.fill(samples)?;
        Ok(self.mel.max())
    }

    /// Begins a signal that arrives in pieces, in which `top_db` refers to the largest value so far.
    pub fn stream(&mut self) -> LogMelStream<'_, T> {
        LogMelStream::new(self, Peak::SoFar)
    }

    /// Begins a signal that arrives in pieces and whose largest value is known; see [`peak_db`](Self::peak_db).
    ///
    /// # Errors
    /// [`Error::Dsp`] when the peak is NaN or infinite.
    pub fn stream_with_peak(&mut self, peak_db: T) -> Result<LogMelStream<'_, T>> {
        Ok(LogMelStream::new(self, Peak::known(peak_db)?))
    }

    /// Floor and reference for a signal whose largest value is `max`, in decibels above 1.
    pub(crate) fn offsets(&self, max: T) -> DbOffsets<T> {
        self.mel.bands.offsets(max)
    }

    /// Decibels above 1 `[n_mels]` of up to eight frames `[n, n_fft]`. Returns the largest value of each frame.
    pub(crate) fn block(&mut self, frames: &[T], bands: &mut [Lanes<T>]) -> Result<Lanes<T>> {
        self.mel.bands.block(self.stft.block(frames)?, bands)
    }

    /// Calls `sink` with the finished decibels `[n_mels]` of up to eight frames at a time.
    pub(crate) fn for_each_block(
        &mut self,
        samples: &[T],
        sink: impl FnMut(Range<usize>, &mut [Lanes<T>]) -> Result<()>,
    ) -> Result<()> {
        self.fill(samples)?;
        self.mel.finish_blocks(sink)
    }

    /// Does as [`for_each_block`](Self::for_each_block) from a power spectrogram, `[n_frames, n_bins]`.
    pub(crate) fn for_each_block_of_power(
        &mut self,
        power: &ArrayRef2<T>,
        sink: impl FnMut(Range<usize>, &mut [Lanes<T>]) -> Result<()>,
    ) -> Result<()> {
        let n_bins = self.stft.n_bins();
        check_frames("the power spectrogram", power, n_bins, Legal::NotNegative)?;
        let n_frames = power.nrows();
        self.mel.begin(n_frames);
        let mut spectra = vec![Lanes::default(); n_bins];
        for first in (0..n_frames).step_by(LANES) {
            for lane in 0..LANES {
                // The lanes behind the last frame repeat it.
                let frame = power.row((first + lane).min(n_frames - 1));
                spectra.iter_mut().zip(frame).for_each(|(to, &from)| to.0[lane] = from);
            }
            self.mel.add(first..n_frames.min(first + LANES), &mut spectra)?;
        }
        self.mel.finish_blocks(sink)
    }

    /// Fills the blocks with decibels above 1.
    fn fill(&mut self, samples: &[T]) -> Result<()> {
        let Self { stft, mel } = self;
        mel.begin(stft.n_frames(samples.len()));
        stft.for_each_block(samples, |frames, power| mel.add(frames, power))
    }
}

impl<T: Float> MelBlocks<T> {
    pub(crate) fn new(config: &LogMelConfig) -> Result<Self> {
        let bands = MelDecibels::new(config)?;
        let blocks = Vec::with_capacity(RESERVED_FRAMES.div_ceil(LANES) * bands.mel.n_mels());
        Ok(Self { bands, blocks, n_frames: 0, max: Lanes::default() })
    }

    pub(crate) fn n_mels(&self) -> usize {
        self.bands.mel.n_mels()
    }

    /// Begins a signal of `n_frames`.
    pub(crate) fn begin(&mut self, n_frames: usize) {
        self.blocks.resize(n_frames.div_ceil(LANES) * self.n_mels(), Lanes::default());
        self.n_frames = n_frames;
        self.max = Lanes([T::of(f64::NEG_INFINITY); LANES]);
    }

    /// Takes the power spectra of some frames, which are overwritten.
    pub(crate) fn add(&mut self, frames: Range<usize>, power: &mut [Lanes<T>]) -> Result<()> {
        let n_mels = self.n_mels();
        let block = &mut self.blocks[frames.start / LANES * n_mels..][..n_mels];
        let largest = self.bands.block(power, block)?;
        self.max = Lanes(std::array::from_fn(|lane| self.max.0[lane].max(largest.0[lane])));
        Ok(())
    }

    /// The largest value so far, dB above 1.
    fn max(&self) -> T {
        self.max.0.into_iter().fold(self.max.0[0], T::max)
    }

    /// Clips the blocks to `top_db` below the largest value, refers them to the reference and hands them to `sink`.
    pub(crate) fn finish_blocks(
        &mut self,
        mut sink: impl FnMut(Range<usize>, &mut [Lanes<T>]) -> Result<()>,
    ) -> Result<()> {
        let DbOffsets { floor, reference } = self.bands.offsets(self.max());
        let (floor, reference) = (Lanes([floor; LANES]), Lanes([reference; LANES]));
        let (n_mels, n_frames) = (self.n_mels(), self.n_frames);
        for (i, block) in self.blocks.chunks_exact_mut(n_mels).enumerate() {
            block::clip_to_reference(block, &floor, &reference);
            sink(i * LANES..n_frames.min((i + 1) * LANES), block)?;
        }
        Ok(())
    }
}

impl<T: Float> BlockFeature<T> for MelBlocks<T> {
    fn n_columns(&self) -> usize {
        self.n_mels()
    }

    fn begin(&mut self, n_frames: usize) {
        Self::begin(self, n_frames);
    }

    fn block(
        &mut self,
        frames: Range<usize>,
        power: &mut [Lanes<T>],
        _out: &mut ArrayViewMut2<'_, T>,
    ) -> Result<()> {
        self.add(frames, power)
    }

    fn finish(&mut self, _: &[T], out: &mut ArrayViewMut2<'_, T>) -> Result<()> {
        self.finish_blocks(|frames, bands| {
            output::write(frames, bands, out);
            Ok(())
        })
    }
}

/// A clone has the same space reserved.
impl<T: Float> Clone for MelBlocks<T> {
    fn clone(&self) -> Self {
        let blocks = Vec::with_capacity(self.blocks.capacity());
        Self { bands: self.bands.clone(), blocks, n_frames: 0, max: self.max }
    }
}

impl<T: Float> MelDecibels<T> {
    fn new(config: &LogMelConfig) -> Result<Self> {
        config.decibel.validate()?;
        if let LogScale::Log10OfScaled { scale } = config.log {
            check_positive_as::<T>("scale", scale).map_err(|_| Error::LogScale { scale })?;
        }
        let mel = MelFilterBank::new(&config.mel, config.sample_rate, config.stft.n_fft)?;
        let amin = T::of(config.decibel.amin);
        Ok(Self { spectrum: config.spectrum, mel, decibel: config.decibel, amin, log: config.log })
    }

    /// Turns the power spectra of eight frames into compressed bands, such as decibels above 1. Returns the largest value of
    /// each frame.
    fn block(&self, power: &mut [Lanes<T>], bands: &mut [Lanes<T>]) -> Result<Lanes<T>> {
        if self.spectrum == Spectrum::Magnitude {
            block::sqrt(power);
        }
        self.mel.process_block(power, bands)?;
        let LogScale::Log10OfScaled { scale } = self.log else { return Ok(block::to_db(bands, self.amin)) };
        let (scale, tenth) = (T::of(scale), T::of(0.1));
        for x in bands.iter_mut().flat_map(|lanes| &mut lanes.0) {
            *x = *x * scale + T::one();
        }
        // A product that overflows counts as the largest finite number.
        let mut max = block::to_db(bands, T::one());
        for x in bands.iter_mut().chain([&mut max]).flat_map(|lanes| &mut lanes.0) {
            *x *= tenth;
        }
        Ok(max)
    }

    /// Floor and reference for a signal whose largest value is `max`, in decibels above 1.
    fn offsets(&self, max: T) -> DbOffsets<T> {
        if self.log != LogScale::Decibel {
            return DbOffsets { floor: T::of(f64::NEG_INFINITY), reference: T::zero() };
        }
        let reference = match self.decibel.reference {
            Reference::Value(value) => T::of(10.0 * value.max(self.decibel.amin).log10()),
            Reference::Maximum => max,
        };
        let floor = self.decibel.top_db.map_or(T::of(f64::NEG_INFINITY), |top_db| max - T::of(top_db));
        DbOffsets { floor, reference }
    }
}
