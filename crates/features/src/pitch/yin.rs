use cepstrum_dsp::{Error as DspError, Float, Padding};
use ndarray::Array1;
use serde::{Deserialize, Serialize};

use super::difference::Difference;
use crate::Result;

/// The settings of YIN. The default is librosa's at 22,050 Hz, for pitches from C2 to C7.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct YinConfig {
    /// Sample rate of the signals, Hz. Default 22,050.
    pub sample_rate: u32,
    /// Lowest pitch, Hz. Its period must be shorter than a frame; two should fit in. Default C2, 65.4.
    pub f_min: f64,
    /// Highest pitch, Hz, at most half the sample rate. Default C7, 2,093.
    pub f_max: f64,
    /// Length of a frame, samples. Default 2,048.
    pub frame_length: usize,
    /// Distance of the frames, samples. Default 512.
    pub hop_length: usize,
    /// Value below which the first trough is taken for the period; without one the deepest is. Default 0.1.
    pub trough_threshold: f64,
    /// Values beyond the ends of the signal. Default zeros.
    pub padding: Padding,
}

impl Default for YinConfig {
    fn default() -> Self {
        Self {
            sample_rate: 22_050,
            f_min: crate::midi_to_hz(36.0),
            f_max: crate::midi_to_hz(96.0),
            frame_length: 2048,
            hop_length: 512,
            trough_threshold: 0.1,
            padding: Padding::Zero,
        }
    }
}

/// The fundamental frequency of each frame by YIN: `librosa.yin`.
///
/// The period is the first local minimum below `trough_threshold` of the cumulative mean normalized difference function. Every
/// frame has a result, whether it has a pitch or not; [`Pyin`](crate::Pyin) tells.
///
/// ```
/// use cepstrum_features::{Yin, YinConfig};
///
/// let a4: Vec<f32> = (0..22_050).map(|i| (i as f32 * 440.0 / 22_050.0 * std::f32::consts::TAU).sin()).collect();
/// let hz = Yin::new(&YinConfig::default())?.process(&a4)?;
/// assert!((hz[20] - 440.0).abs() < 1.0);
/// # Ok::<(), cepstrum_features::Error>(())
/// ```
///
/// # References
/// A. de Cheveigné, H. Kawahara, "YIN, a fundamental frequency estimator for speech and music", J. Acoust. Soc. Am. 111(4),
/// 2002, doi:10.1121/1.1458024.
#[derive(Debug, Clone)]
pub struct Yin {
    difference: Difference,
    sample_rate: f64,
    trough_threshold: f64,
}

impl Yin {
    /// Checks the configuration and prepares the transforms.
    ///
    /// # Errors
    /// [`Error::Dsp`](crate::Error::Dsp) with the setting that is not legal.
    pub fn new(config: &YinConfig) -> Result<Self> {
        let YinConfig { sample_rate, f_min, f_max, frame_length, hop_length, trough_threshold, padding } =
            *config;
        if trough_threshold.is_nan() {
            let (name, bound) = ("trough_threshold", "a number");
            return Err(DspError::Parameter { name, bound, value: trough_threshold }.into());
        }
        let difference = Difference::new(sample_rate, [f_min, f_max], frame_length, hop_length, padding)?;
        Ok(Self { difference, sample_rate: f64::from(sample_rate), trough_threshold })
    }

    /// Number of frames of a signal of `n_samples`.
    #[must_use]
    pub fn n_frames(&self, n_samples: usize) -> usize {
        self.difference.framing().n_frames(n_samples)
    }

    /// Computes the fundamental frequency of each frame, Hz, `[n_frames]`.
    ///
    /// # Errors
    /// [`Error::Dsp`](crate::Error::Dsp) when the signal is empty, too short, or holds NaN or infinity.
    pub fn process<T: Float>(&mut self, samples: &[T]) -> Result<Array1<f64>> {
        self.difference.framing().check(samples)?;
        let mut spill = vec![T::zero(); self.difference.framing().n_fft()];
        let frames = 0..self.n_frames(samples.len());
        frames
            .map(|t| {
                self.difference.fill(samples, t, &mut spill)?;
                Ok(self.sample_rate / self.difference.period(self.chosen()))
            })
            .collect()
    }

    fn chosen(&self) -> usize {
        let values = &self.difference.values;
        let below = |&i: &usize| values[i] < self.trough_threshold && self.difference.is_trough(i);
        (0..values.len()).find(below).unwrap_or_else(|| {
            let deepest = |best: usize, i: usize| if values[i] < values[best] { i } else { best };
            (0..values.len()).fold(0, deepest)
        })
    }
}
