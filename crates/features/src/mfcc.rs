use std::f64::consts::PI;

use cepstrum_dsp::{Dct, Float, Framing, Lanes};
use ndarray::{Array2, ArrayViewMut2};

use crate::{Error, LogMel, MfccConfig, MfccStream, Result, output, stream::Peak};

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
#[derive(Debug)]
pub struct Mfcc<T: Float = f32> {
    pub(crate) log_mel: LogMel<T>,
    pub(crate) cepstrum: Cepstrum<T>,
    pub(crate) block: Vec<Lanes<T>>,
}

/// What follows a log-mel spectrum: the cosine transform and the lifter.
#[derive(Debug)]
pub(crate) struct Cepstrum<T> {
    dct: Dct<T>,
    /// Factor of each coefficient; empty without a lifter.
    lifter: Vec<T>,
}

impl<T: Float> Cepstrum<T> {
    fn new(config: &MfccConfig) -> Result<Self> {
        let (n_mfcc, n_mels, lifter) = (config.n_mfcc, config.log_mel.mel.n_mels, config.lifter);
        if n_mfcc == 0 || n_mfcc > n_mels {
            return Err(Error::CoefficientCount { n_mfcc, n_mels });
        }
        if !(lifter.is_finite() && lifter >= 0.0) {
            return Err(Error::Lifter { lifter });
        }
        let dct = Dct::new(n_mels, n_mfcc, config.dct_norm)?;
        let factor = |k: usize| {
            let angle = PI * (k + 1) as f64 / lifter;
            // A lifter so small that the angle is beyond all numbers changes nothing.
            if angle.is_finite() { T::of(1.0 + lifter / 2.0 * angle.sin()) } else { T::one() }
        };
        let lifter = if lifter > 0.0 { (0..n_mfcc).map(factor).collect() } else { Vec::new() };
        Ok(Self { dct, lifter })
    }

    /// Decibels `[n_mels]` of eight frames, which are used up, to coefficients `[n_mfcc]`.
    pub(crate) fn block(&self, bands: &mut [Lanes<T>], out: &mut [Lanes<T>]) -> Result<()> {
        self.dct.process_block(bands, out)?;
        for (y, &factor) in out.iter_mut().zip(&self.lifter) {
            y.0.iter_mut().for_each(|y| *y *= factor);
        }
        Ok(())
    }
}

impl<T: Float> Mfcc<T> {
    /// Checks the configuration and prepares all tables.
    ///
    /// # Errors
    /// [`Error::CoefficientCount`], [`Error::Lifter`], and [`Error::Dsp`] naming the setting that is not legal.
    pub fn new(config: &MfccConfig) -> Result<Self> {
        let log_mel = LogMel::new(&config.log_mel)?;
        let cepstrum = Cepstrum::new(config)?;
        Ok(Self { log_mel, cepstrum, block: vec![Lanes::default(); config.n_mfcc] })
    }

    /// Makes room for signals of up to `n_samples`, so that none of them causes an allocation. There is room for 2,048
    /// frames from the start.
    pub fn reserve(&mut self, n_samples: usize) {
        self.log_mel.reserve(n_samples);
    }

    /// Number of coefficients of a frame.
    pub fn n_mfcc(&self) -> usize {
        self.block.len()
    }

    /// The cut into frames.
    pub fn framing(&self) -> Framing {
        self.log_mel.framing()
    }

    /// Number of frames of a signal of `n_samples`.
    pub fn n_frames(&self, n_samples: usize) -> usize {
        self.log_mel.n_frames(n_samples)
    }

    /// Mel bands that no bin falls into: where librosa warns of empty filters.
    pub fn empty_bands(&self) -> &[usize] {
        self.log_mel.empty_bands()
    }

    /// The largest value of a signal's log-mel spectrogram, dB above 1: what `top_db` is counted from.
    ///
    /// # Errors
    /// As [`process`](Self::process).
    pub fn peak_db(&mut self, samples: &[T]) -> Result<T> {
        self.log_mel.peak_db(samples)
    }

    /// Begins a signal that arrives in pieces; `top_db` is counted from the largest value so far.
    pub fn stream(&mut self) -> MfccStream<'_, T> {
        MfccStream::new(self, Peak::SoFar)
    }

    /// Begins a signal that arrives in pieces, and whose largest value (see [`peak_db`](Self::peak_db)) is known.
    pub fn stream_with_peak(&mut self, peak_db: T) -> MfccStream<'_, T> {
        MfccStream::new(self, Peak::Known(peak_db))
    }

    /// The coefficients of a signal, `[n_frames, n_mfcc]`.
    ///
    /// # Errors
    /// [`Error::Dsp`] when the signal is empty, too short or holds a sample that is not finite.
    pub fn process(&mut self, samples: &[T]) -> Result<Array2<T>> {
        let mut out = Array2::from_elem((self.n_frames(samples.len()), self.n_mfcc()), T::zero());
        self.process_into(samples, out.view_mut())?;
        Ok(out)
    }

    /// [`process`](Self::process) into an array that is there already. Nothing is allocated for signals of up to
    /// 2,048 frames, or as many as were [reserved](Self::reserve).
    ///
    /// # Errors
    /// As [`process`](Self::process), and [`Error::OutputShape`].
    pub fn process_into(&mut self, samples: &[T], mut out: ArrayViewMut2<'_, T>) -> Result<()> {
        output::check_shape([self.n_frames(samples.len()), self.n_mfcc()], &out)?;
        let Self { log_mel, cepstrum, block } = self;
        let mut outcome = Ok(());
        log_mel.for_each_block(samples, |frames, bands| match cepstrum.block(bands, block) {
            Ok(()) => output::write(frames, block, &mut out),
            Err(error) => outcome = Err(error),
        })?;
        outcome
    }
}
