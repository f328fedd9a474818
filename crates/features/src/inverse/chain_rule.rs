//! Derivatives by features, turned into derivatives by the power spectrum.

use std::f64::consts::LN_10;

use cepstrum_dsp::{Dct, Error as DspError, Float, MelFilterBank, Reference};
use ndarray::{Array2, ArrayRef2};

use crate::check::{Legal, check_frames};
use crate::mfcc::lifter_factors;
use crate::{LogMelConfig, LogScale, MfccConfig, Result, Spectrum};

/// The chain rule through MFCCs or log-mel bands: from the gradient of a number by the features to its gradient by the power
/// spectrum that they were computed from.
///
/// ```text
/// by log-mel  g[t, b] = sum over k of  lifter_k dct[k, b] d[t, k]              (MFCCs only)
/// by mel      h[t, b] = g[t, b] 10 / (ln 10 M[t, b]),  or  g scale / (ln 10 (scale M + 1))
/// by power    p[t, k] = sum over b of  m[b, k] h[t, b],  times 1 / (2 |X|) for filters on magnitudes
/// ```
///
/// where `d` is the gradient by the features and `M` the mel spectrogram. Decibels have three kinks, at which the derivative is
/// that of [`LogMel`](crate::LogMel) as it computes:
///
/// - a band at or below `amin` is constant: its derivative is 0;
/// - a band that `top_db` raised stands `top_db` below the loudest band of the signal: its derivative belongs to that band (the
///   first, if several are the loudest);
/// - decibels that refer to the [maximum](Reference::Maximum) subtract the loudest band from all: it gets the negative sum of
///   all derivatives.
///
/// # Shapes
/// Power `[n_frames, n_fft / 2 + 1]`, gradient `[n_frames, n_mfcc]` or `[n_frames, n_mels]`. The frames are those of one signal,
/// as `top_db` sees it: of a segment, where features are computed segment by segment.
///
/// ```
/// use cepstrum_features::MfccConfig;
/// use cepstrum_features::inverse::ChainRule;
/// use ndarray::Array2;
///
/// // The first coefficient grows with every bin: ten times the power is 10 dB more in each of 128 bands.
/// let mut gradient = Array2::<f64>::zeros((1, 13));
/// gradient[[0, 0]] = 1.0;
/// let power = Array2::from_elem((1, 1025), 2.0);
/// let found = ChainRule::mfcc(&MfccConfig::default())?.process(&power, &gradient)?;
/// let by_decade = (found.power * power).sum() * std::f64::consts::LN_10;
/// assert!((by_decade - 10.0 * 128.0_f64.sqrt()).abs() < 1e-9);
/// # Ok::<(), cepstrum_features::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ChainRule {
    config: LogMelConfig,
    bank: MelFilterBank<f64>,
    /// The cosine transform with the lifter, `[n_mfcc, n_mels]`; none for log-mel bands.
    cepstrum: Option<Array2<f64>>,
}

/// The gradient of a number by each stage of a spectrum.
#[derive(Debug, Clone, PartialEq)]
pub struct SpectralGradient<T> {
    /// By the log-mel spectrogram, `[n_frames, n_mels]`: per dB, or per unit of another [`LogScale`].
    pub log_mel: Array2<T>,
    /// By the mel spectrogram, `[n_frames, n_mels]`: per unit of power, or of magnitude for filters on magnitudes.
    pub mel: Array2<T>,
    /// By the power spectrum, `[n_frames, n_fft / 2 + 1]`.
    pub power: Array2<T>,
}

impl ChainRule {
    /// Prepares the chain rule through log-mel bands.
    ///
    /// # Errors
    /// Those of [`LogMel::new`](crate::LogMel::new).
    pub fn log_mel(config: &LogMelConfig) -> Result<Self> {
        // Checks what the filter bank does not.
        crate::LogMel::<f64>::new(config)?;
        let bank = MelFilterBank::new(&config.mel, config.sample_rate, config.stft.n_fft)?;
        Ok(Self { config: config.clone(), bank, cepstrum: None })
    }

    /// Prepares the chain rule through MFCCs.
    ///
    /// # Errors
    /// Those of [`Mfcc::new`](crate::Mfcc::new).
    pub fn mfcc(config: &MfccConfig) -> Result<Self> {
        let lifter = lifter_factors(config)?;
        let n_mels = config.log_mel.mel.n_mels;
        let dct = Dct::<f64>::of_type(config.dct_type, n_mels, config.n_mfcc, config.dct_norm)?;
        let mut cepstrum = Array2::zeros((config.n_mfcc, n_mels));
        let (mut unit, mut column) = (vec![0.0; n_mels], vec![0.0; config.n_mfcc]);
        for (b, mut to) in cepstrum.columns_mut().into_iter().enumerate() {
            unit[b] = 1.0;
            dct.process_into(&unit, &mut column)?;
            unit[b] = 0.0;
            for (k, (to, factor)) in to.iter_mut().zip(&column).enumerate() {
                *to = factor * lifter.get(k).copied().unwrap_or(1.0);
            }
        }
        Ok(Self { cepstrum: Some(cepstrum), ..Self::log_mel(&config.log_mel)? })
    }

    /// Number of features per frame.
    #[must_use]
    pub fn n_coefficients(&self) -> usize {
        self.cepstrum.as_ref().map_or(self.bank.n_mels(), Array2::nrows)
    }

    /// Computes the gradients at a power spectrum from the gradient by its features.
    ///
    /// A power of 0 has no derivative by magnitude; its gradient is 0 for filters on magnitudes.
    ///
    /// # Errors
    /// [`Error::FramesShape`](crate::Error::FramesShape) for no frame, or another number of bins or coefficients,
    /// [`Error::FramesValue`](crate::Error::FramesValue) for a power that is negative, or a value that is NaN or infinite,
    /// [`Error::Dsp`](crate::Error::Dsp) for a gradient of another number of frames than the spectrum.
    pub fn process<T: Float>(
        &self,
        power: &ArrayRef2<T>,
        gradient: &ArrayRef2<T>,
    ) -> Result<SpectralGradient<T>> {
        const GRADIENT: &str = "the gradient by the features";
        check_frames("the power spectrogram", power, self.bank.n_bins(), Legal::NotNegative)?;
        check_frames(GRADIENT, gradient, self.n_coefficients(), Legal::Finite)?;
        check_rows(GRADIENT, power, gradient)?;
        let gradient = gradient.mapv(Float::to_f64);
        let by_log = match &self.cepstrum {
            Some(cepstrum) => gradient.dot(cepstrum),
            None => gradient,
        };
        let power = power.mapv(Float::to_f64);
        let by_mel = self.by_mel(&self.mel(&power)?, &by_log);
        let by_power = self.by_power(&power, &by_mel);
        let narrowed = |values: Array2<f64>| values.mapv(T::of);
        Ok(SpectralGradient { log_mel: narrowed(by_log), mel: narrowed(by_mel), power: narrowed(by_power) })
    }

    /// Computes the change of the mel spectrogram for a small change of the power, `[n_frames, n_mels]`: its derivative in that
    /// direction.
    ///
    /// # Errors
    /// As [`process`](Self::process), the change in the place of the gradient.
    pub fn mel_change<T: Float>(&self, power: &ArrayRef2<T>, change: &ArrayRef2<T>) -> Result<Array2<T>> {
        const CHANGE: &str = "the change of the power spectrogram";
        check_frames("the power spectrogram", power, self.bank.n_bins(), Legal::NotNegative)?;
        check_frames(CHANGE, change, self.bank.n_bins(), Legal::Finite)?;
        check_rows(CHANGE, power, change)?;
        let mut change = change.mapv(Float::to_f64);
        change.zip_mut_with(power, |x, &p| *x *= self.by_own_power(p.to_f64()));
        Ok(self.filtered(&change)?.mapv(T::of))
    }

    /// The mel spectrogram of a power spectrum.
    fn mel(&self, power: &Array2<f64>) -> Result<Array2<f64>> {
        match self.config.spectrum {
            Spectrum::Power => self.filtered(power),
            Spectrum::Magnitude => self.filtered(&power.mapv(f64::sqrt)),
        }
    }

    /// The filter bank, frame by frame.
    fn filtered(&self, spectrum: &Array2<f64>) -> Result<Array2<f64>> {
        let mut mel = Array2::zeros((spectrum.nrows(), self.bank.n_mels()));
        let (mut bins, mut bands) = (vec![0.0; spectrum.ncols()], vec![0.0; self.bank.n_mels()]);
        for (row, mut to) in spectrum.rows().into_iter().zip(mel.rows_mut()) {
            bins.iter_mut().zip(row).for_each(|(to, &from)| *to = from);
            self.bank.process_into(&bins, &mut bands)?;
            to.iter_mut().zip(&bands).for_each(|(to, &from)| *to = from);
        }
        Ok(mel)
    }

    /// The derivative of what is filtered by the power of the bin; 0 where there is none.
    fn by_own_power(&self, power: f64) -> f64 {
        match self.config.spectrum {
            Spectrum::Power => 1.0,
            Spectrum::Magnitude if power > 0.0 => 0.5 / power.sqrt(),
            Spectrum::Magnitude => 0.0,
        }
    }

    /// Undoes the logarithm.
    fn by_mel(&self, mel: &Array2<f64>, by_log: &Array2<f64>) -> Array2<f64> {
        let decibel = &self.config.decibel;
        if let LogScale::Log10OfScaled { scale } = self.config.log {
            let mut by_mel = by_log.clone();
            by_mel.zip_mut_with(mel, |g, &m| *g *= scale / (LN_10 * (scale * m + 1.0)));
            return by_mel;
        }
        let mut loudest = [0, 0];
        for ((t, b), &m) in mel.indexed_iter() {
            if m > mel[loudest] {
                loudest = [t, b];
            }
        }
        let db = |m: f64| 10.0 * m.max(decibel.amin).log10();
        let floor = decibel.top_db.map_or(f64::NEG_INFINITY, |top_db| db(mel[loudest]) - top_db);
        let of_db = |m: f64| if m > decibel.amin { 10.0 / (LN_10 * m) } else { 0.0 };
        let mut of_the_loudest = 0.0;
        let mut by_mel = by_log.clone();
        by_mel.zip_mut_with(mel, |g, &m| {
            if db(m) < floor {
                of_the_loudest += *g;
                *g = 0.0;
            } else {
                *g *= of_db(m);
            }
        });
        if decibel.reference == Reference::Maximum {
            of_the_loudest -= by_log.sum();
        }
        by_mel[loudest] += of_the_loudest * of_db(mel[loudest]);
        by_mel
    }

    /// Undoes the filter bank.
    fn by_power(&self, power: &Array2<f64>, by_mel: &Array2<f64>) -> Array2<f64> {
        let mut by_power = Array2::zeros(power.dim());
        for (by_mel, mut by_power) in by_mel.rows().into_iter().zip(by_power.rows_mut()) {
            for (band, &g) in by_mel.iter().enumerate() {
                let (first, weights) = self.bank.weights(band);
                by_power.iter_mut().skip(first).zip(weights).for_each(|(to, weight)| *to += weight * g);
            }
        }
        by_power.zip_mut_with(power, |g, &p| *g *= self.by_own_power(p));
        by_power
    }
}

/// Checks that a matrix of as many columns as it should have also has as many frames as the spectrum.
fn check_rows<T>(what: &'static str, power: &ArrayRef2<T>, other: &ArrayRef2<T>) -> Result<()> {
    if other.nrows() == power.nrows() {
        return Ok(());
    }
    let (expected, actual) = (power.nrows() * other.ncols(), other.len());
    Err(DspError::BufferLength { what, expected, actual }.into())
}
