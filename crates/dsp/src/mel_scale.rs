use serde::{Deserialize, Serialize};

use crate::Result;
use crate::error::check_parameter;

/// The formula of the mel scale, which spaces frequencies as the ear does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MelScale {
    /// Linear up to 1 kHz, logarithmic above (Slaney's Auditory Toolbox): librosa's default.
    #[default]
    Slaney,
    /// `2595 log10(1 + f / 700)`, the formula of the HTK toolkit; for parity with speech models that were trained on it.
    Htk,
}

/// Slope of the Slaney scale's linear part, Hz per mel.
const SLANEY_HZ_PER_MEL: f64 = 200.0 / 3.0;
/// Frequency at which the Slaney scale turns logarithmic, Hz.
const SLANEY_BREAK_HZ: f64 = 1000.0;
/// The same point in mel.
const SLANEY_BREAK_MEL: f64 = SLANEY_BREAK_HZ / SLANEY_HZ_PER_MEL;
/// Growth of the logarithmic part over 27 mel.
const SLANEY_LOG_FACTOR: f64 = 6.4;

impl MelScale {
    /// Converts a frequency in Hz to mel; `librosa.hz_to_mel`. NaN for a frequency that is NaN.
    #[must_use]
    pub fn hz_to_mel(self, hz: f64) -> f64 {
        match self {
            Self::Htk => 2595.0 * (1.0 + hz / 700.0).log10(),
            Self::Slaney if hz < SLANEY_BREAK_HZ => hz / SLANEY_HZ_PER_MEL,
            Self::Slaney => SLANEY_BREAK_MEL + (hz / SLANEY_BREAK_HZ).ln() / slaney_log_step(),
        }
    }

    /// Converts mel to a frequency in Hz; `librosa.mel_to_hz`. NaN for a value that is NaN.
    #[must_use]
    pub fn mel_to_hz(self, mel: f64) -> f64 {
        match self {
            Self::Htk => 700.0 * (10.0_f64.powf(mel / 2595.0) - 1.0),
            Self::Slaney if mel < SLANEY_BREAK_MEL => mel * SLANEY_HZ_PER_MEL,
            Self::Slaney => SLANEY_BREAK_HZ * (slaney_log_step() * (mel - SLANEY_BREAK_MEL)).exp(),
        }
    }
}

fn slaney_log_step() -> f64 {
    SLANEY_LOG_FACTOR.ln() / 27.0
}

/// Returns `n` frequencies from `f_min` to `f_max` Hz, both included, evenly spaced in mel; `librosa.mel_frequencies`.
///
/// # Errors
/// [`Error::Parameter`](crate::Error::Parameter) unless both edges are finite and at least 0.
///
/// ```
/// use cepstrum_dsp::{MelScale, mel_frequencies};
///
/// let edges = mel_frequencies(4, 0.0, 1000.0, MelScale::Slaney)?;
/// assert!(edges.iter().zip([0.0, 333.333, 666.667, 1000.0]).all(|(a, b)| (a - b).abs() < 1e-3));
/// # Ok::<(), cepstrum_dsp::Error>(())
/// ```
pub fn mel_frequencies(n: usize, f_min: f64, f_max: f64, scale: MelScale) -> Result<Vec<f64>> {
    for (name, edge) in [("f_min", f_min), ("f_max", f_max)] {
        check_parameter(name, "finite and at least 0 Hz", edge, |hz| hz.is_finite() && hz >= 0.0)?;
    }
    let (low, high) = (scale.hz_to_mel(f_min), scale.hz_to_mel(f_max));
    let step = if n > 1 { (high - low) / (n - 1) as f64 } else { 0.0 };
    let mel = |i: usize| if i + 1 == n && n > 1 { high } else { low + step * i as f64 };
    Ok((0..n).map(|i| scale.mel_to_hz(mel(i))).collect())
}
