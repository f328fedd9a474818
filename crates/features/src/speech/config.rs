use cepstrum_dsp::{Framing, Padding, Symmetry, Window};
use serde::{Deserialize, Serialize};

use crate::{Result, Spectrum};

/// The frames at the ends of a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edges {
    /// Only frames that lie inside the signal (`snip_edges=true`). The default of Kaldi, VGGish and YAMNet.
    #[default]
    Snip,
    /// A frame for every hop, with the signal mirrored at its ends, the end values repeated (`snip_edges=false`).
    Mirror,
}

/// The mean of each frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Offset {
    /// Subtracted (`remove_dc_offset=true`): Kaldi's default.
    #[default]
    Removed,
    /// Kept.
    Kept,
}

/// The natural logarithm of the bands.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FbankLog {
    /// `ln max(x, least)`: Kaldi's, whose `least` is 2^-23.
    Floor {
        /// The smallest value, positive.
        least: f64,
    },
    /// `ln(x + offset)`: VGGish's and YAMNet's.
    Offset {
        /// The summand, positive.
        offset: f64,
    },
}

/// The logarithm of each frame's energy, beside the bands or in place of the first cepstral coefficient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FrameEnergy {
    /// Left out (`use_energy=false`): the default of filter bank energies.
    #[default]
    None,
    /// That of the samples before the emphasis and the window (`raw_energy=true`).
    Raw,
    /// That of the samples under the window (`raw_energy=false`).
    Windowed,
}

/// The settings of filter bank energies. The default is Kaldi's at 16,000 Hz.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FbankConfig {
    /// Sample rate of the signals, Hz. Default 16,000.
    pub sample_rate: u32,
    /// Length of a frame, samples. Default 400, 25 ms. Its transform has the next power of two.
    pub frame_length: usize,
    /// Distance of the frames, samples. Default 160, 10 ms.
    pub hop_length: usize,
    /// Frames at the ends. Default those inside the signal.
    pub edges: Edges,
    /// Mean of each frame. Default removed.
    pub offset: Offset,
    /// Emphasis of high frequencies within each frame, `x[n] - preemphasis x[n - 1]`, from 0, none, to 1. Default 0.97.
    pub preemphasis: f64,
    /// Taper of each frame. Default Povey.
    pub window: Window,
    /// Symmetry of the taper. Default symmetric, Kaldi's.
    pub symmetry: Symmetry,
    /// Spectrum to which the mel filters are applied. Default power.
    pub spectrum: Spectrum,
    /// Number of mel bands. Default 23, Kaldi's; 80 is usual for networks.
    pub n_mels: usize,
    /// Lower edge of the lowest band, Hz. Default 20.
    pub f_min: f64,
    /// Upper edge of the highest band, Hz; `None`, the default, is half the sample rate.
    pub f_max: Option<f64>,
    /// Logarithm of the bands. Default with a floor of 2^-23.
    pub log: FbankLog,
    /// Energy of the frame, the first column where asked for. Default none.
    pub energy: FrameEnergy,
}

impl Default for FbankConfig {
    fn default() -> Self {
        Self {
            sample_rate: 16_000,
            frame_length: 400,
            hop_length: 160,
            edges: Edges::Snip,
            offset: Offset::Removed,
            preemphasis: 0.97,
            window: Window::Povey,
            symmetry: Symmetry::Symmetric,
            spectrum: Spectrum::Power,
            n_mels: 23,
            f_min: 20.0,
            f_max: None,
            log: FbankLog::Floor { least: f64::from(f32::EPSILON) },
            energy: FrameEnergy::None,
        }
    }
}

impl FbankConfig {
    /// The input of VGGish: 64 bands from 125 to 7,500 Hz of magnitudes under a Hann window, `ln(x + 0.01)`, of samples within
    /// 1. Its examples are 96 frames.
    ///
    /// # References
    /// S. Hershey et al., "CNN architectures for large-scale audio classification", ICASSP 2017, arXiv:1609.09430.
    #[must_use]
    pub fn vggish() -> Self {
        Self {
            offset: Offset::Kept,
            preemphasis: 0.0,
            window: Window::Hann,
            symmetry: Symmetry::Periodic,
            spectrum: Spectrum::Magnitude,
            n_mels: 64,
            f_min: 125.0,
            f_max: Some(7_500.0),
            log: FbankLog::Offset { offset: 0.01 },
            ..Self::default()
        }
    }

    /// The input of YAMNet: that of VGGish with `ln(x + 0.001)`. Its examples are 96 frames, one every 48.
    #[must_use]
    pub fn yamnet() -> Self {
        Self { log: FbankLog::Offset { offset: 0.001 }, ..Self::vggish() }
    }

    /// Number of columns: a column per band, and one of the energy where asked for.
    #[must_use]
    pub fn n_columns(&self) -> usize {
        self.n_mels + usize::from(self.energy != FrameEnergy::None)
    }

    /// The framing of the signal as far as it lies inside.
    pub(super) fn framing(&self) -> Result<Framing> {
        Ok(Framing::new(self.frame_length, self.hop_length, Padding::None)?)
    }
}

/// The settings of Kaldi's MFCCs. The default is Kaldi's at 16,000 Hz.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KaldiMfccConfig {
    /// Number of coefficients, from 1 to the number of bands. Default 13.
    pub n_mfcc: usize,
    /// Sinusoidal lifter, at least 0: coefficient `k` is multiplied by `1 + lifter / 2 sin(pi k / lifter)`. Default 22; 0 for
    /// none.
    pub lifter: f64,
    /// The filter bank energies from which the coefficients are computed. Default 23 bands, and an energy: it takes the place
    /// of coefficient 0.
    pub fbank: FbankConfig,
}

impl Default for KaldiMfccConfig {
    fn default() -> Self {
        let fbank = FbankConfig { energy: FrameEnergy::Raw, ..FbankConfig::default() };
        Self { n_mfcc: 13, lifter: 22.0, fbank }
    }
}
