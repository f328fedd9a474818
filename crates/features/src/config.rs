use cepstrum_dsp::{DctNorm, DctType, DecibelConfig, MelConfig, MelNorm, MelScale, Padding, StftConfig};
use serde::{Deserialize, Serialize};

/// The spectrum to which the mel filters are applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spectrum {
    /// `|X|^2`: librosa's default (`power=2`). Its decibels are about twice those of magnitudes.
    #[default]
    Power,
    /// `|X|` (`power=1`).
    Magnitude,
}

/// The compression of the mel bands' energies.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogScale {
    /// Decibels, as [`LogMelConfig::decibel`] sets them. The default, and librosa's.
    #[default]
    Decibel,
    /// `log10(scale x + 1)`: 0 for silence, and independent of the loudest frame, so that a stream equals the whole signal.
    /// [`LogMelConfig::decibel`] plays no part.
    Log10OfScaled {
        /// The factor, positive and finite. Energies far below its reciprocal vanish; `MusiCNN` has 10,000.
        scale: f64,
    },
}

impl LogScale {
    fn is_decibel(&self) -> bool {
        *self == Self::Decibel
    }
}

/// The settings of a log-mel spectrogram. The default is librosa's at 22,050 Hz.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogMelConfig {
    /// Sample rate of the signals, Hz. It places the mel bands; the signal is not resampled. Default 22,050, which keeps
    /// everything below 11 kHz; 16,000 is usual for speech.
    pub sample_rate: u32,
    /// Framing, window and transform length. Default 2048/512 samples under a Hann window; see [`StftConfig`].
    pub stft: StftConfig,
    /// Spectrum to which the mel filters are applied. Default power.
    pub spectrum: Spectrum,
    /// Number and range of the mel bands. Default 128 from 0 Hz to half the sample rate; see [`MelConfig`].
    pub mel: MelConfig,
    /// Conversion to decibels, in which `top_db` refers to the maximum of the whole signal. Default 80 dB of range; see
    /// [`DecibelConfig`].
    pub decibel: DecibelConfig,
    /// Compression of the bands. Default decibels. Serialized only where it is another one.
    #[serde(skip_serializing_if = "LogScale::is_decibel")]
    pub log: LogScale,
}

impl LogMelConfig {
    /// The input of `MusiCNN`: 96 bands at 16,000 Hz from frames of 512 samples every 256, as `log10(10000 x + 1)`.
    ///
    /// In librosa's terms `np.log10(10000 * melspectrogram(y=y, sr=16000, n_fft=512, hop_length=256, n_mels=96) + 1)`, in
    /// single precision. (The Python package `musicnn` 0.1.0 computes these two lines in half precision, where a band whose
    /// energy exceeds 6.55, common in loud music, becomes infinite.)
    ///
    /// # References
    /// Pons and Serra (2019), *musicnn: Pre-trained convolutional neural networks for music audio tagging*,
    /// arXiv:1909.06654.
    #[must_use]
    pub fn musicnn() -> Self {
        Self {
            sample_rate: 16_000,
            stft: StftConfig { n_fft: 512, hop_length: 256, ..StftConfig::default() },
            mel: MelConfig { n_mels: 96, ..MelConfig::default() },
            log: LogScale::Log10OfScaled { scale: 10_000.0 },
            ..Self::default()
        }
    }

    /// The input of Whisper: 80 bands (128 in its version 3) at 16,000 Hz from frames of 400 samples every 160, the signal
    /// mirrored at its ends, in decibels with a range of 80.
    ///
    /// Whisper's own values are `(x / 10 + 4) / 4` of these decibels, of every frame but the last; its signals are padded with
    /// zeros to 30 s before.
    ///
    /// # References
    /// Radford et al. (2022), *Robust speech recognition via large-scale weak supervision*, arXiv:2212.04356.
    #[must_use]
    pub fn whisper(n_mels: usize) -> Self {
        let stft =
            StftConfig { n_fft: 400, hop_length: 160, padding: Padding::Reflect, ..StftConfig::default() };
        let mel = MelConfig { n_mels, ..MelConfig::default() };
        Self { sample_rate: 16_000, stft, mel, ..Self::default() }
    }
}

impl Default for LogMelConfig {
    fn default() -> Self {
        Self {
            sample_rate: 22_050,
            stft: StftConfig::default(),
            spectrum: Spectrum::default(),
            mel: MelConfig::default(),
            decibel: DecibelConfig::default(),
            log: LogScale::default(),
        }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_type_two(kind: &DctType) -> bool {
    *kind == DctType::Two
}

/// The settings of mel-frequency cepstral coefficients. The default is librosa's at 22,050 Hz, with 13 coefficients.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MfccConfig {
    /// Number of coefficients kept, from 1 to `n_mels`. The first ones describe the coarse shape of the spectrum; more add
    /// detail, and with it pitch. Default 13, the classic choice (librosa's own default is 20).
    pub n_mfcc: usize,
    /// Type of the cosine transform. Default II; see [`DctType`]. Serialized only where it is another one.
    #[serde(skip_serializing_if = "is_type_two")]
    pub dct_type: DctType,
    /// Scaling of the cosine transform. Default orthonormal; see [`DctNorm`].
    pub dct_norm: DctNorm,
    /// Sinusoidal lifter, at least 0: coefficient `k` is multiplied by `1 + lifter / 2 sin(pi (k + 1) / lifter)`, which
    /// brings the small higher coefficients up to the size of the first ones. Default 0, no lifter; 22 is usual for
    /// speech. Unnecessary where features are standardized.
    pub lifter: f64,
    /// The log-mel spectrogram from which the coefficients are computed.
    pub log_mel: LogMelConfig,
}

impl Default for MfccConfig {
    fn default() -> Self {
        Self {
            n_mfcc: 13,
            dct_type: DctType::default(),
            dct_norm: DctNorm::default(),
            lifter: 0.0,
            log_mel: LogMelConfig::default(),
        }
    }
}

impl MfccConfig {
    /// The factor of every coefficient that [`lifter`](Self::lifter) sets, `[n_mfcc]`; none without a lifter.
    ///
    /// # Errors
    /// [`Error::CoefficientCount`](crate::Error::CoefficientCount) and [`Error::Lifter`](crate::Error::Lifter) for settings out
    /// of their bounds.
    pub fn lifter_factors(&self) -> crate::Result<Vec<f64>> {
        crate::mfcc::lifter_factors(self)
    }

    /// The defaults of torchaudio's `transforms.MFCC`: 40 coefficients at 16,000 Hz from 128 bands on the HTK scale without
    /// norm, from frames of 400 samples every 200, the signal mirrored at its ends.
    ///
    /// For torchaudio's `compliance.kaldi.mfcc` see [`KaldiMfcc`](crate::KaldiMfcc).
    #[must_use]
    pub fn torchaudio() -> Self {
        let stft =
            StftConfig { n_fft: 400, hop_length: 200, padding: Padding::Reflect, ..StftConfig::default() };
        let mel = MelConfig { scale: MelScale::Htk, norm: MelNorm::None, ..MelConfig::default() };
        let log_mel = LogMelConfig { sample_rate: 16_000, stft, mel, ..LogMelConfig::default() };
        Self { n_mfcc: 40, log_mel, ..Self::default() }
    }
}
