use cepstrum_dsp::block::{self, Lanes, PowerStft};
use cepstrum_dsp::{Float, Framing, Padding, StftConfig, fft_frequencies};
use ndarray::Array1;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// The settings of spectral descriptors. The default is librosa's at 22,050 Hz.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DescriptorsConfig {
    /// Sample rate of the signals, Hz. It is the unit of the frequencies; the signal is not resampled. Default 22,050.
    pub sample_rate: u32,
    /// Framing, window and transform length. Default 2048/512 samples under a Hann window; see [`StftConfig`].
    pub stft: StftConfig,
    /// Share of a frame's magnitude that lies below the roll-off frequency, between 0 and 1. Default 0.85; 0.95 and above
    /// follow the highest frequency in use.
    pub roll_percent: f64,
    /// The values beyond the ends of the signal in the frames whose RMS is taken; without effect where `stft.padding` is
    /// [`Padding::None`]. Default zeros, librosa's since 0.9; mirrored before.
    pub rms_padding: Padding,
}

impl Default for DescriptorsConfig {
    fn default() -> Self {
        let (stft, rms_padding) = (StftConfig::default(), Padding::Zero);
        Self { sample_rate: 22_050, stft, roll_percent: 0.85, rms_padding }
    }
}

/// The value of each descriptor per frame, `[n_frames]`.
#[derive(Debug, Clone, PartialEq)]
pub struct SpectralDescriptors<T> {
    /// Mean frequency weighted by magnitude, Hz: `sum f |X| / sum |X|`; 0 for silence. `spectral_centroid`.
    pub centroid: Array1<T>,
    /// Spread about the centroid, Hz: `sqrt(sum (f - centroid)^2 |X| / sum |X|)`. `spectral_bandwidth`.
    pub bandwidth: Array1<T>,
    /// Lowest frequency at or below which the share `roll_percent` of the magnitude lies, Hz. `spectral_rolloff`.
    pub rolloff: Array1<T>,
    /// Changes of sign per sample of the frame; beyond its ends the signal continues with its end values.
    /// `zero_crossing_rate`.
    pub zero_crossing_rate: Array1<T>,
    /// Root mean square of the frame's samples, without a window. `rms`.
    pub rms: Array1<T>,
}

/// Spectral centroid, bandwidth and roll-off, zero-crossing rate and RMS of frames, as `librosa.feature` defines them.
///
/// ```
/// use cepstrum_features::{Descriptors, DescriptorsConfig};
///
/// let tone: Vec<f64> = (0..22_050).map(|i| (i as f64 * 0.3).sin()).collect();
/// let found = Descriptors::new(&DescriptorsConfig::default())?.process(&tone)?;
/// let hz = 0.3 / std::f64::consts::TAU * 22_050.0;
/// assert!((found.centroid[20] - hz).abs() < 5.0 && (found.rms[20] - 0.5_f64.sqrt()).abs() < 1e-3);
/// # Ok::<(), cepstrum_features::Error>(())
/// ```
///
/// # References
/// G. Peeters, "A large set of audio features for sound description", CUIDADO project report, IRCAM, 2004.
#[derive(Debug, Clone)]
pub struct Descriptors<T: Float = f32> {
    stft: PowerStft<T>,
    frequencies: Vec<f64>,
    roll_percent: f64,
    rms_padding: Padding,
    spill: Vec<T>,
}

/// Amplitude below which a sample counts as zero when signs are compared: librosa's threshold.
const ZERO: f64 = 1e-10;

impl<T: Float> Descriptors<T> {
    /// Checks the configuration and prepares all tables.
    ///
    /// # Errors
    /// [`Error::RollPercent`], and [`Error::Dsp`] with the setting that is not legal.
    pub fn new(config: &DescriptorsConfig) -> Result<Self> {
        let roll_percent = config.roll_percent;
        if !(roll_percent > 0.0 && roll_percent < 1.0) {
            return Err(Error::RollPercent { roll_percent });
        }
        let stft = PowerStft::new(&config.stft)?;
        let frequencies = fft_frequencies(config.sample_rate, config.stft.n_fft)?;
        let (rms_padding, spill) = (config.rms_padding, vec![T::zero(); config.stft.n_fft]);
        Ok(Self { stft, frequencies, roll_percent, rms_padding, spill })
    }

    /// Number of frames of a signal of `n_samples`.
    #[must_use]
    pub fn n_frames(&self, n_samples: usize) -> usize {
        self.stft.n_frames(n_samples)
    }

    /// Computes the descriptors of a signal.
    ///
    /// Samples beyond 1e15 have powers that overflow in `f32`, and results that are not finite.
    ///
    /// # Errors
    /// [`Error::Dsp`] when the signal is empty, too short, or holds NaN or infinity.
    pub fn process(&mut self, samples: &[T]) -> Result<SpectralDescriptors<T>> {
        let zeros = || Array1::from_elem(self.stft.n_frames(samples.len()), T::zero());
        let (centroid, bandwidth, rolloff) = (zeros(), zeros(), zeros());
        let mut out =
            SpectralDescriptors { centroid, bandwidth, rolloff, zero_crossing_rate: zeros(), rms: zeros() };
        let Self { stft, frequencies, roll_percent, rms_padding, spill } = self;
        stft.for_each_block(samples, |frames, power| -> Result<()> {
            block::sqrt(power);
            for (lane, t) in frames.enumerate() {
                let [centroid, bandwidth, rolloff] = moments(power, lane, frequencies, *roll_percent);
                out.centroid[t] = T::of(centroid);
                out.bandwidth[t] = T::of(bandwidth);
                out.rolloff[t] = T::of(rolloff);
            }
            Ok(())
        })?;
        let framing = stft.framing();
        let with_ends = |padding| {
            let padding = if framing.padding() == Padding::None { Padding::None } else { padding };
            Framing::new(framing.n_fft(), framing.hop_length(), padding)
        };
        let (continued, silent) = (with_ends(Padding::Edge)?, with_ends(*rms_padding)?);
        for t in 0..out.rms.len() {
            out.zero_crossing_rate[t] = T::of(zero_crossing_rate(continued.frame(samples, t, spill)));
            out.rms[t] = T::of(rms(silent.frame(samples, t, spill)));
        }
        Ok(out)
    }
}

/// Centroid, bandwidth and roll-off of one lane of magnitudes, Hz; zeros for silence.
fn moments<T: Float>(
    magnitudes: &[Lanes<T>],
    lane: usize,
    frequencies: &[f64],
    roll_percent: f64,
) -> [f64; 3] {
    let magnitudes = || frequencies.iter().zip(magnitudes).map(|(&hz, m)| (hz, m.0[lane].to_f64()));
    let total: f64 = magnitudes().map(|(_, m)| m).sum();
    if total <= T::MIN_POSITIVE.to_f64() {
        return [0.0; 3];
    }
    let centroid = magnitudes().map(|(hz, m)| hz * m).sum::<f64>() / total;
    let variance = magnitudes().map(|(hz, m)| (hz - centroid).powi(2) * m).sum::<f64>() / total;
    let mut below = 0.0;
    let reached = magnitudes().find(|&(_, m)| {
        below += m;
        below >= roll_percent * total
    });
    [centroid, variance.sqrt(), reached.map_or(0.0, |(hz, _)| hz)]
}

fn zero_crossing_rate<T: Float>(frame: &[T]) -> f64 {
    let negative = |x: &T| x.to_f64() < -ZERO;
    let crossings = frame.windows(2).filter(|pair| negative(&pair[0]) != negative(&pair[1])).count();
    crossings as f64 / frame.len() as f64
}

fn rms<T: Float>(frame: &[T]) -> f64 {
    (frame.iter().map(|x| x.to_f64().powi(2)).sum::<f64>() / frame.len() as f64).sqrt()
}
