//! From coefficients to decibels, and from decibels to power.

use std::f64::consts::LN_10;

use cepstrum_dsp::{Dct, DctNorm, DctType, Float, Reference};
use ndarray::{Array2, ArrayRef2};

use crate::check::{Legal, check_frames};
use crate::mfcc::lifter_factors;
use crate::{Error, LogMelConfig, LogScale, MfccConfig, Result};

/// The inverse of the steps from decibels to coefficients: lifter and cosine transform.
///
/// Coefficients beyond `n_mfcc` count as 0, so that the spectrogram is the smooth one that the coefficients describe.
/// Matches the first half of `librosa.feature.inverse.mfcc_to_mel`. With [`DctNorm::None`] it is the inverse as well, where
/// librosa's result is `2 n_mels` times as large.
///
/// # Shapes
/// `[n_frames, n_mfcc]` to `[n_frames, n_mels]`, dB.
///
/// ```
/// use cepstrum_features::inverse::MfccToLogMel;
/// use cepstrum_features::{LogMel, Mfcc, MfccConfig};
///
/// let samples: Vec<f32> = (0..8_000).map(|i| (i as f32 * 0.1).sin()).collect();
/// let config = MfccConfig { n_mfcc: 128, ..MfccConfig::default() };
/// let mfcc = Mfcc::new(&config)?.process(&samples)?;
/// let log_mel = LogMel::new(&config.log_mel)?.process(&samples)?;
/// let back = MfccToLogMel::new(&config)?.process(&mfcc)?;
/// assert!(log_mel.iter().zip(&back).all(|(a, b)| (a - b).abs() < 1e-2));
/// # Ok::<(), cepstrum_features::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct MfccToLogMel<T> {
    dct: Dct<T>,
    /// Factors of the coefficients: the lifter's reciprocals and the scale of the transform, `[n_mfcc]`.
    factors: Vec<T>,
}

impl<T: Float> MfccToLogMel<T> {
    /// Checks the configuration and prepares the transform.
    ///
    /// # Errors
    /// Those of [`Mfcc::new`](crate::Mfcc::new), and [`Error::Lifter`] for a lifter that multiplies a coefficient by 0, which
    /// nothing brings back.
    pub fn new(config: &MfccConfig) -> Result<Self> {
        let n_mels = config.log_mel.mel.n_mels;
        let lifter = lifter_factors(config)?;
        let (kind, scale) = match config.dct_type {
            DctType::One => (DctType::One, 2.0 * (n_mels as f64 - 1.0)),
            DctType::Two => (DctType::Three, 2.0 * n_mels as f64),
            DctType::Three => (DctType::Two, 2.0 * n_mels as f64),
        };
        let scale = if config.dct_norm == DctNorm::None { scale } else { 1.0 };
        let dct = Dct::of_type(kind, n_mels, n_mels, config.dct_norm)?;
        let factor = |k: usize| 1.0 / (scale * lifter.get(k).copied().unwrap_or(1.0));
        let factors: Vec<T> = (0..config.n_mfcc).map(|k| T::of(factor(k))).collect();
        if factors.iter().any(|factor| !factor.is_finite()) {
            return Err(Error::Lifter { lifter: config.lifter });
        }
        Ok(Self { dct, factors })
    }

    /// Computes the log-mel spectrogram.
    ///
    /// # Errors
    /// [`Error::FramesShape`] for no frame or another number of coefficients, [`Error::FramesValue`] for NaN or infinity.
    pub fn process(&self, mfcc: &ArrayRef2<T>) -> Result<Array2<T>> {
        check_frames("the MFCCs", mfcc, self.factors.len(), Legal::Finite)?;
        let n_mels = self.dct.n_in();
        let (mut padded, mut bands) = (vec![T::zero(); n_mels], vec![T::zero(); n_mels]);
        let mut out = Array2::from_elem((mfcc.nrows(), n_mels), T::zero());
        for (row, mut to) in mfcc.rows().into_iter().zip(out.rows_mut()) {
            for (y, (&x, &factor)) in padded.iter_mut().zip(row.iter().zip(&self.factors)) {
                *y = x * factor;
            }
            self.dct.process_into(&padded, &mut bands)?;
            to.iter_mut().zip(&bands).for_each(|(to, &from)| *to = from);
        }
        Ok(out)
    }
}

/// Turns compressed bands into power: `librosa.db_to_power`, or the inverse of another [`LogScale`].
///
/// Where the decibels refer to the [maximum](Reference::Maximum) of a signal, its level is unknown and counts as 1. Bands that
/// were raised to `top_db` below the maximum stay there.
///
/// # Shapes
/// `[n_frames, n_mels]`.
///
/// # Errors
/// [`Error::FramesShape`] for no frame or another number of bands, [`Error::FramesValue`] for NaN or infinity, or for a value
/// whose power is beyond the type's largest number.
pub fn log_mel_to_mel<T: Float>(log_mel: &ArrayRef2<T>, config: &LogMelConfig) -> Result<Array2<T>> {
    const WHAT: &str = "the log-mel spectrogram";
    check_frames(WHAT, log_mel, config.mel.n_mels, Legal::Finite)?;
    let power = |x: f64| match config.log {
        LogScale::Decibel => {
            let reference = match config.decibel.reference {
                Reference::Value(value) => value.max(config.decibel.amin),
                Reference::Maximum => 1.0,
            };
            reference * (x * 0.1 * LN_10).exp()
        }
        LogScale::Log10OfScaled { scale } => (((x * LN_10).exp() - 1.0) / scale).max(0.0),
    };
    let mel = log_mel.mapv(|x| T::of(power(x.to_f64())));
    match mel.indexed_iter().find(|(_, power)| !power.is_finite()) {
        Some((at, _)) => Err(Error::FramesValue {
            what: WHAT,
            frame: at.0,
            column: at.1,
            bound: "the logarithm of a finite power",
            value: log_mel[at].to_f64(),
        }),
        None => Ok(mel),
    }
}
