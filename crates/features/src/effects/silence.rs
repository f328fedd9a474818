use std::ops::Range;

use cepstrum_dsp::{Float, Framing, Padding};
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::check::check_not_negative;

/// The settings of the search for silence. The default is librosa's.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SilenceConfig {
    /// Distance below the loudest frame from which a frame is silent, dB, at least 0. Default 60; 20 to 40 for noisy
    /// recordings.
    pub top_db: f64,
    /// Length of the frames whose level is measured, samples. Default 2,048.
    pub frame_length: usize,
    /// Distance of the frames, samples. Default 512.
    pub hop_length: usize,
}

impl Default for SilenceConfig {
    fn default() -> Self {
        Self { top_db: 60.0, frame_length: 2048, hop_length: 512 }
    }
}

/// Finds the part of a signal without silence at its beginning and end: `librosa.effects.trim`.
///
/// A frame counts when its RMS is less than `top_db` below the largest. The result is a range of whole hops within the signal;
/// digital silence, whose frames are all equally loud, is kept.
///
/// # Errors
/// [`Error::Dsp`](crate::Error::Dsp) when a setting is out of range, or the signal is empty or holds NaN or infinity.
///
/// ```
/// use cepstrum_features::{SilenceConfig, trim};
///
/// let mut samples = vec![0.0_f32; 22_050];
/// samples[9_000..15_000].fill(0.5);
/// assert_eq!(trim(&samples, &SilenceConfig::default())?, 8_192..16_384);
/// # Ok::<(), cepstrum_features::Error>(())
/// ```
pub fn trim<T: Float>(samples: &[T], config: &SilenceConfig) -> Result<Range<usize>> {
    let loud = loud_frames(samples, config)?;
    let at = |frame: usize| frame.saturating_mul(config.hop_length).min(samples.len());
    Ok(match (loud.iter().position(|&l| l), loud.iter().rposition(|&l| l)) {
        (Some(first), Some(last)) => at(first)..at(last + 1),
        _ => 0..0,
    })
}

/// Cuts a signal at its silences, into the ranges that are not silent: `librosa.effects.split`. See [`trim`].
///
/// # Errors
/// As [`trim`].
///
/// ```
/// use cepstrum_features::{SilenceConfig, split};
///
/// let mut samples = vec![0.0_f32; 44_100];
/// samples[9_000..15_000].fill(0.5);
/// samples[30_000..31_000].fill(0.5);
/// assert_eq!(split(&samples, &SilenceConfig::default())?.len(), 2);
/// # Ok::<(), cepstrum_features::Error>(())
/// ```
pub fn split<T: Float>(samples: &[T], config: &SilenceConfig) -> Result<Vec<Range<usize>>> {
    let loud = loud_frames(samples, config)?;
    let at = |frame: usize| frame.saturating_mul(config.hop_length).min(samples.len());
    let (mut parts, mut begin) = (Vec::new(), None);
    for (frame, &is_loud) in loud.iter().chain([&false]).enumerate() {
        match begin {
            None if is_loud => begin = Some(frame),
            Some(first) if !is_loud => {
                parts.push(at(first)..at(frame));
                begin = None;
            }
            _ => {}
        }
    }
    Ok(parts)
}

/// Marks the frames whose RMS, with zeros beyond the ends, is less than `top_db` below the largest.
fn loud_frames<T: Float>(samples: &[T], config: &SilenceConfig) -> Result<Vec<bool>> {
    let top_db = config.top_db;
    check_not_negative("top_db", top_db)?;
    let framing = Framing::new(config.frame_length, config.hop_length, Padding::Zero)?;
    framing.check(samples)?;
    let mut spill = vec![T::zero(); framing.n_fft()];
    let mut mean_square = |t: usize| {
        let frame = framing.frame(samples, t, &mut spill);
        frame.iter().map(|x| x.to_f64() * x.to_f64()).sum::<f64>() / frame.len() as f64
    };
    // librosa's decibels have a floor of 1e-5 for amplitudes, beneath which nothing is silent beside the largest.
    let powers: Vec<f64> = (0..framing.n_frames(samples.len())).map(|t| mean_square(t).max(1e-10)).collect();
    let largest = powers.iter().copied().fold(0.0, f64::max);
    Ok(powers.iter().map(|power| 10.0 * (power / largest).log10() > -top_db).collect())
}
