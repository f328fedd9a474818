use cepstrum_dsp::{Error as DspError, Float};
use ndarray::{Array2, ArrayView2};
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::check::{Legal, check_not_negative, check_positive, check_values};

/// The settings of per-channel energy normalization. The default is librosa's at 22,050 Hz.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PcenConfig {
    /// Sample rate of the signal, Hz. Default 22,050.
    pub sample_rate: u32,
    /// Distance of the frames, samples. Default 512.
    pub hop_length: usize,
    /// Strength of the gain control, at least 0. Default 0.98; 1 removes all differences in level that last.
    pub gain: f64,
    /// Offset before the root, at least 0. Default 2.
    pub bias: f64,
    /// Exponent of the compression, at least 0. Default 0.5; 0 is a logarithm.
    pub power: f64,
    /// Time over which the level is averaged, s, positive. Default 0.4; 0.06 for short events outdoors.
    pub time_constant: f64,
    /// Smallest level, positive. Default 1e-6.
    pub eps: f64,
}

impl Default for PcenConfig {
    fn default() -> Self {
        Self {
            sample_rate: 22_050,
            hop_length: 512,
            gain: 0.98,
            bias: 2.0,
            power: 0.5,
            time_constant: 0.4,
            eps: 1e-6,
        }
    }
}

/// Computes per-channel energy normalization of a spectrogram of energies: `librosa.pcen`, transposed.
///
/// `(x / (eps + m)^gain + bias)^power - bias^power`, where `m[t] = b x[t] + (1 - b) m[t - 1]` is the level of each channel
/// over `time_constant`, and 1 before the first frame. What lasts, such as noise, disappears; what sets in stays. librosa's
/// settings are made for samples scaled to 2^31: multiply energies of samples within 1 accordingly.
///
/// # Shapes
/// `[n_frames, n_channels]` to the same.
///
/// A value that overflows, as an absurd gain makes it, counts as the largest finite number.
///
/// # Errors
/// [`Error::Dsp`](crate::Error::Dsp) when a setting is out of range, and [`Error::FramesValue`](crate::Error::FramesValue) for a
/// value that is negative, NaN or infinite.
///
/// ```
/// use cepstrum_features::{PcenConfig, pcen};
/// use ndarray::Array2;
///
/// let steady = Array2::from_elem((500, 4), 3e6_f64);
/// let found = pcen(steady.view(), &PcenConfig::default())?;
/// assert!(found[[0, 0]] > 3.0 && found[[499, 0]] < 0.5); // the level is known after a while
/// # Ok::<(), cepstrum_features::Error>(())
/// ```
///
/// # References
/// Y. Wang et al., "Trainable frontend for robust and far-field keyword spotting", ICASSP 2017,
/// doi:10.1109/ICASSP.2017.7953242.
#[allow(clippy::needless_pass_by_value, reason = "a view is a reference")]
pub fn pcen<T: Float>(energies: ArrayView2<'_, T>, config: &PcenConfig) -> Result<Array2<T>> {
    let b = validated_smoothing(config)?;
    check_values("the energies", &energies, Legal::NotNegative)?;
    let PcenConfig { gain, bias, power, eps, .. } = *config;
    let compress = |x: f64| match () {
        () if power <= 0.0 => x.ln_1p(),
        () if bias <= 0.0 => x.powf(power),
        () => bias.powf(power) * (power * (x / bias).ln_1p()).exp_m1(),
    };
    let mut out = Array2::from_elem(energies.dim(), T::zero());
    for (channel, mut column) in energies.columns().into_iter().zip(out.columns_mut()) {
        let mut level = 1.0;
        for (y, x) in column.iter_mut().zip(channel) {
            let x = x.to_f64();
            level = b * x + (1.0 - b) * level;
            let driven = (-gain * (eps.ln() + (level / eps).ln_1p())).exp().min(f64::MAX) * x;
            // A root or power that overflows, as an absurd gain makes it, counts as the largest number.
            *y = T::of(compress(driven)).min(T::MAX);
        }
    }
    Ok(out)
}

/// The share of each frame in the level, from its time constant.
fn validated_smoothing(config: &PcenConfig) -> Result<f64> {
    if config.sample_rate == 0 {
        return Err(DspError::SampleRate.into());
    }
    if config.hop_length == 0 {
        return Err(DspError::HopLength.into());
    }
    for (name, value) in [("gain", config.gain), ("bias", config.bias), ("power", config.power)] {
        check_not_negative(name, value)?;
    }
    check_positive("time_constant", config.time_constant)?;
    check_positive("eps", config.eps)?;
    let frames = config.time_constant * f64::from(config.sample_rate) / config.hop_length as f64;
    let squared = frames * frames;
    Ok(((1.0 + 4.0 * squared).sqrt() - 1.0) / (2.0 * squared))
}
