use std::f64::consts::PI;
use std::ops::Range;

use cepstrum_dsp::block::Lanes;
use cepstrum_dsp::{Dct, Float, Framing};
use ndarray::{Array2, ArrayRef2, ArrayViewMut2};

use crate::blocks::BlockFeature;
use crate::log_mel::MelBlocks;
use crate::stream::Peak;
use crate::{Error, LogMel, MfccConfig, MfccStream, Result, output};

/// Mel-frequency cepstral coefficients: `librosa.feature.mfcc(y=y, sr=sr, n_mfcc=13).T`.
///
/// `c[t, k] = lifter_k sum_b dct[k, b] S[t, b]`, where `S` is the [log-mel spectrogram](LogMel).
///
/// # Shapes
/// `[n_frames, n_mfcc]`.
///
/// ```
/// use cepstrum_features::{Mfcc, MfccConfig};
///
/// let mut mfcc = Mfcc::new(&MfccConfig::default())?;
/// let coefficients = mfcc.process(&vec![0.5_f32; 66_150])?;
/// assert_eq!(coefficients.dim(), (130, 13));
/// # Ok::<(), cepstrum_features::Error>(())
/// ```
///
/// # References
/// S. Davis, P. Mermelstein, "Comparison of parametric representations for monosyllabic word recognition in continuously
/// spoken sentences", IEEE Trans. ASSP 28(4), 1980, doi:10.1109/TASSP.1980.1163420.
#[derive(Debug, Clone)]
pub struct Mfcc<T: Float = f32> {
    pub(crate) log_mel: LogMel<T>,
    pub(crate) cepstrum: Cepstrum<T>,
    pub(crate) block: Vec<Lanes<T>>,
}

/// The steps after the log-mel spectrum: the cosine transform and the lifter.
#[derive(Debug, Clone)]
pub(crate) struct Cepstrum<T> {
    dct: Dct<T>,
    /// A factor per coefficient; empty without a lifter.
    lifter: Vec<T>,
}

impl<T: Float> Mfcc<T> {
    /// Checks the configuration and prepares all tables.
    ///
    /// # Errors
    /// [`Error::CoefficientCount`], [`Error::Lifter`], and [`Error::Dsp`] with the setting that is not legal.
    pub fn new(config: &MfccConfig) -> Result<Self> {
        let log_mel = LogMel::new(&config.log_mel)?;
        let cepstrum = Cepstrum::new(config)?;
        Ok(Self { log_mel, cepstrum, block: vec![Lanes::default(); config.n_mfcc] })
    }

    /// Reserves space for signals of up to `n_samples`, so that none of them causes an allocation. Space for 2,048 frames
    /// is reserved from the start.
    pub fn reserve(&mut self, n_samples: usize) {
        self.log_mel.reserve(n_samples);
    }

    /// Number of coefficients per frame.
    #[must_use]
    pub fn n_mfcc(&self) -> usize {
        self.block.len()
    }

    /// The framing of signals.
    #[must_use]
    pub fn framing(&self) -> Framing {
        self.log_mel.framing()
    }

    /// Number of frames of a signal of `n_samples`.
    #[must_use]
    pub fn n_frames(&self, n_samples: usize) -> usize {
        self.log_mel.n_frames(n_samples)
    }

    /// The indices of mel bands so narrow that no bin falls inside; librosa warns of empty filters in that case.
    #[must_use]
    pub fn empty_bands(&self) -> &[usize] {
        self.log_mel.empty_bands()
    }

    /// Computes the largest value of a signal's log-mel spectrogram, in dB above 1: the value to which `top_db` refers.
    ///
    /// # Errors
    /// As [`process`](Self::process).
    pub fn peak_db(&mut self, samples: &[T]) -> Result<T> {
        self.log_mel.peak_db(samples)
    }

    /// Begins a signal that arrives in pieces, in which `top_db` refers to the largest value so far.
    pub fn stream(&mut self) -> MfccStream<'_, T> {
        MfccStream::new(self, Peak::SoFar)
    }

    /// Begins a signal that arrives in pieces and whose largest value is known; see [`peak_db`](Self::peak_db).
    ///
    /// # Errors
    /// [`Error::Dsp`] when the peak is NaN or infinite.
    pub fn stream_with_peak(&mut self, peak_db: T) -> Result<MfccStream<'_, T>> {
        Ok(MfccStream::new(self, Peak::known(peak_db)?))
    }

    /// Computes the coefficients of a signal, `[n_frames, n_mfcc]`.
    ///
    /// # Errors
    /// [`Error::Dsp`] when the signal is empty, too short, or holds NaN or infinity.
    pub fn process(&mut self, samples: &[T]) -> Result<Array2<T>> {
        let mut out = Array2::from_elem((self.n_frames(samples.len()), self.n_mfcc()), T::zero());
        self.process_into(samples, out.view_mut())?;
        Ok(out)
    }

    /// Computes the coefficients into a caller-provided array, `[n_frames, n_mfcc]`. Allocates nothing for signals of up to
    /// 2,048 frames, or as many as were [reserved](Self::reserve).
    ///
    /// # Errors
    /// As [`process`](Self::process), and [`Error::OutputShape`].
    pub fn process_into(&mut self, samples: &[T], mut out: ArrayViewMut2<'_, T>) -> Result<()> {
        output::check_shape([self.n_frames(samples.len()), self.n_mfcc()], &out)?;
        let Self { log_mel, cepstrum, block } = self;
        log_mel.for_each_block(samples, |frames, bands| cepstrum.write(frames, bands, block, &mut out))
    }

    /// Computes the coefficients of a power spectrogram that is at hand, `[n_frames, n_fft / 2 + 1]`, as
    /// [`LogMel::process_power`] does. Returns `[n_frames, n_mfcc]`.
    ///
    /// # Errors
    /// Those of [`LogMel::process_power`].
    pub fn process_power(&mut self, power: &ArrayRef2<T>) -> Result<Array2<T>> {
        let mut out = Array2::from_elem((power.nrows(), self.n_mfcc()), T::zero());
        let Self { log_mel, cepstrum, block } = self;
        log_mel.for_each_block_of_power(power, |frames, bands| {
            cepstrum.write(frames, bands, block, &mut out.view_mut())
        })?;
        Ok(out)
    }
}

/// The steps after the power spectrum.
#[derive(Debug, Clone)]
pub(crate) struct MfccBlocks<T: Float> {
    mel: MelBlocks<T>,
    cepstrum: Cepstrum<T>,
    block: Vec<Lanes<T>>,
}

impl<T: Float> MfccBlocks<T> {
    pub(crate) fn new(config: &MfccConfig) -> Result<Self> {
        let (mel, cepstrum) = (MelBlocks::new(&config.log_mel)?, Cepstrum::new(config)?);
        Ok(Self { mel, cepstrum, block: vec![Lanes::default(); config.n_mfcc] })
    }
}

impl<T: Float> BlockFeature<T> for MfccBlocks<T> {
    fn n_columns(&self) -> usize {
        self.block.len()
    }

    fn begin(&mut self, n_frames: usize) {
        self.mel.begin(n_frames);
    }

    fn block(
        &mut self,
        frames: Range<usize>,
        power: &mut [Lanes<T>],
        _out: &mut ArrayViewMut2<'_, T>,
    ) -> Result<()> {
        self.mel.add(frames, power)
    }

    fn finish(&mut self, _: &[T], out: &mut ArrayViewMut2<'_, T>) -> Result<()> {
        let Self { mel, cepstrum, block } = self;
        mel.finish_blocks(|frames, bands| cepstrum.write(frames, bands, block, out))
    }
}

impl<T: Float> Cepstrum<T> {
    fn new(config: &MfccConfig) -> Result<Self> {
        let lifter = lifter_factors(config)?.into_iter().map(T::of).collect();
        let n_mels = config.log_mel.mel.n_mels;
        let dct = Dct::of_type(config.dct_type, n_mels, config.n_mfcc, config.dct_norm)?;
        Ok(Self { dct, lifter })
    }

    /// Turns the decibels `[n_mels]` of some frames, which are overwritten, into rows of coefficients.
    fn write(
        &self,
        frames: Range<usize>,
        bands: &mut [Lanes<T>],
        block: &mut [Lanes<T>],
        out: &mut ArrayViewMut2<'_, T>,
    ) -> Result<()> {
        self.block(bands, block)?;
        output::write(frames, block, out);
        Ok(())
    }

    /// Turns the decibels `[n_mels]` of eight frames, which are overwritten, into coefficients `[n_mfcc]`.
    pub(crate) fn block(&self, bands: &mut [Lanes<T>], out: &mut [Lanes<T>]) -> Result<()> {
        self.dct.process_block(bands, out)?;
        for (y, &factor) in out.iter_mut().zip(&self.lifter) {
            y.0.iter_mut().for_each(|y| *y *= factor);
        }
        Ok(())
    }
}

/// The lifter's factor per coefficient; none without a lifter. Checks the number of coefficients as well.
pub(crate) fn lifter_factors(config: &MfccConfig) -> Result<Vec<f64>> {
    let (n_mfcc, n_mels, lifter) = (config.n_mfcc, config.log_mel.mel.n_mels, config.lifter);
    if n_mfcc == 0 || n_mfcc > n_mels {
        return Err(Error::CoefficientCount { n_mfcc, n_mels });
    }
    if !(lifter.is_finite() && lifter >= 0.0) {
        return Err(Error::Lifter { lifter });
    }
    let factor = |k: usize| {
        let angle = PI * (k + 1) as f64 / lifter;
        // A lifter so small that the angle overflows changes nothing.
        if angle.is_finite() { 1.0 + lifter / 2.0 * angle.sin() } else { 1.0 }
    };
    Ok(if lifter > 0.0 { (0..n_mfcc).map(factor).collect() } else { Vec::new() })
}
