use cepstrum_dsp::{DctNorm, DecibelConfig, MelConfig, StftConfig};
use serde::{Deserialize, Serialize};

/// Which spectrum the mel filters weigh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spectrum {
    /// `|X|^2`: librosa's default (`power=2`).
    #[default]
    Power,
    /// `|X|` (`power=1`).
    Magnitude,
}

/// How a log-mel spectrogram is made; the default is librosa's at 22,050 Hz.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LogMelConfig {
    /// Sample rate of the signal, Hz; default 22,050.
    pub sample_rate: u32,
    /// Framing and transform.
    pub stft: StftConfig,
    /// Power or magnitude; default power.
    pub spectrum: Spectrum,
    /// Filter bank.
    pub mel: MelConfig,
    /// Decibels, with `top_db` counted from the maximum of the whole signal.
    pub decibel: DecibelConfig,
}

impl Default for LogMelConfig {
    fn default() -> Self {
        Self {
            sample_rate: 22_050,
            stft: StftConfig::default(),
            spectrum: Spectrum::default(),
            mel: MelConfig::default(),
            decibel: DecibelConfig::default(),
        }
    }
}

impl LogMelConfig {
    /// Sample rate of the signals that this configuration is for, Hz.
    pub fn sample_rate(&self) -> u32 {
        self.sample_rate
    }
}

/// How mel-frequency cepstral coefficients are made; the default is librosa's with 13 coefficients, at 22,050 Hz.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MfccConfig {
    /// Number of coefficients kept; default 13 (librosa's own default is 20).
    pub n_mfcc: usize,
    /// Scaling of the cosine transform; default orthonormal.
    pub dct_norm: DctNorm,
    /// Sinusoidal lifter: coefficient `k` is multiplied by `1 + lifter / 2 sin(pi (k + 1) / lifter)`; 0, the default, is
    /// none.
    pub lifter: f64,
    /// The log-mel spectrogram beneath.
    pub log_mel: LogMelConfig,
}

impl Default for MfccConfig {
    fn default() -> Self {
        Self { n_mfcc: 13, dct_norm: DctNorm::default(), lifter: 0.0, log_mel: LogMelConfig::default() }
    }
}

impl MfccConfig {
    /// Sample rate of the signals that this configuration is for, Hz.
    pub fn sample_rate(&self) -> u32 {
        self.log_mel.sample_rate
    }
}
