//! The way back from features to sound: `librosa.feature.inverse` and `librosa.griffinlim`.
//!
//! ```text
//! MFCC ──MfccToLogMel──▶ log-mel ──log_mel_to_mel──▶ mel bands ──MelToStft──▶ magnitudes ──GriffinLim──▶ samples
//! ```
//!
//! The first two steps undo what can be undone exactly. The third finds the spectrum that explains the bands best, the fourth
//! the phases that fit the spectrum best. What one hears is therefore what the features still hold of a sound, up to
//! its phases. [`mfcc_to_audio`] and [`log_mel_to_audio`] do all steps.
//!
//! Derivatives go the same way exactly: [`ChainRule`] turns the gradient of a number by the features into one by the spectrum.
//!
//! ```
//! use cepstrum_features::inverse::{GriffinLimConfig, mfcc_to_audio};
//! use cepstrum_features::{Mfcc, MfccConfig};
//!
//! let samples: Vec<f32> = (0..11_025).map(|i| (i as f32 * 0.1).sin()).collect();
//! let config = MfccConfig { n_mfcc: 40, ..MfccConfig::default() };
//! let mfcc = Mfcc::new(&config)?.process(&samples)?;
//! let heard = mfcc_to_audio(&mfcc, &config, &GriffinLimConfig::default(), Some(samples.len()))?;
//! assert_eq!(heard.len(), samples.len());
//! # Ok::<(), cepstrum_features::Error>(())
//! ```

mod cepstrum;
mod chain_rule;
mod griffin_lim;
mod mel;
mod tridiagonal;

use cepstrum_dsp::Float;
use ndarray::ArrayRef2;

use crate::{LogMelConfig, MfccConfig, Result};

pub use cepstrum::{MfccToLogMel, log_mel_to_mel};
pub use chain_rule::{ChainRule, SpectralGradient};
pub use griffin_lim::{GriffinLim, GriffinLimConfig, InitialPhase};
pub use mel::MelToStft;

/// Turns a log-mel spectrogram into sound: `librosa.feature.inverse.mel_to_audio`, from decibels.
///
/// `n_samples` is the length of the sound; without it, the length that the frames determine, see [`GriffinLim::process`].
///
/// # Shapes
/// `[n_frames, n_mels]` to `[n_samples]`.
///
/// # Errors
/// Those of [`log_mel_to_mel`], [`MelToStft::new`] and [`GriffinLim::process`].
pub fn log_mel_to_audio<T: Float>(
    log_mel: &ArrayRef2<T>,
    config: &LogMelConfig,
    griffin_lim: &GriffinLimConfig,
    n_samples: Option<usize>,
) -> Result<Vec<T>> {
    let mel = log_mel_to_mel(log_mel, config)?;
    let magnitudes = MelToStft::new(config)?.process(&mel)?;
    GriffinLim::new(&config.stft, griffin_lim)?.process(&magnitudes, n_samples)
}

/// Turns MFCCs into sound: `librosa.feature.inverse.mfcc_to_audio`.
///
/// # Shapes
/// `[n_frames, n_mfcc]` to `[n_samples]`; see [`log_mel_to_audio`].
///
/// # Errors
/// Those of [`MfccToLogMel`] and [`log_mel_to_audio`].
pub fn mfcc_to_audio<T: Float>(
    mfcc: &ArrayRef2<T>,
    config: &MfccConfig,
    griffin_lim: &GriffinLimConfig,
    n_samples: Option<usize>,
) -> Result<Vec<T>> {
    let log_mel = MfccToLogMel::new(config)?.process(mfcc)?;
    log_mel_to_audio(&log_mel, &config.log_mel, griffin_lim, n_samples)
}
