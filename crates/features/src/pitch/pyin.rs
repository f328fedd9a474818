use cepstrum_dsp::{Error as DspError, Float};
use serde::{Deserialize, Serialize};

use super::beta::beta_cdf;
use super::difference::Difference;
use super::viterbi::Model;
use crate::check::check_positive;
use crate::{Result, YinConfig};

/// The settings of probabilistic YIN. The default is librosa's at 22,050 Hz, for pitches from C2 to C7.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PyinConfig {
    /// Sample rate, range of pitch and frames. `trough_threshold` plays no part.
    pub yin: YinConfig,
    /// Number of thresholds over which the estimate is spread, from 1 to 10,000. Default 100.
    pub n_thresholds: usize,
    /// Parameters of the beta distribution of the thresholds, positive. Default 2 and 18: around 0.1.
    pub beta_parameters: [f64; 2],
    /// Preference of short periods, positive. Default 2.
    pub boltzmann_parameter: f64,
    /// Width of a bin of pitch, semitones, from 0.01 to 1. Default 0.1.
    pub resolution: f64,
    /// Fastest change of pitch, octaves per second, positive. Default 35.92.
    pub max_transition_rate: f64,
    /// Probability that the voicing changes from frame to frame. Default 0.01.
    pub switch_prob: f64,
    /// Probability of the deepest trough where none is below the threshold. Default 0.01.
    pub no_trough_prob: f64,
}

impl Default for PyinConfig {
    fn default() -> Self {
        Self {
            yin: YinConfig::default(),
            n_thresholds: 100,
            beta_parameters: [2.0, 18.0],
            boltzmann_parameter: 2.0,
            resolution: 0.1,
            max_transition_rate: 35.92,
            switch_prob: 0.01,
            no_trough_prob: 0.01,
        }
    }
}

/// The pitch of each frame.
#[derive(Debug, Clone, PartialEq)]
pub struct PitchTrack {
    /// Fundamental frequency, Hz, `[n_frames]`; `None` in unvoiced frames, where librosa has NaN.
    pub f0: Vec<Option<f64>>,
    /// Probability that the frame is voiced, `[n_frames]`.
    pub voiced_probability: Vec<f64>,
}

/// Fundamental frequency and voicing by probabilistic YIN: `librosa.pyin`.
///
/// Each threshold of [`Yin`](crate::Yin) speaks for a period, with the probability of the threshold; the most likely path through
/// pitches, voiced or not, that move at most by `max_transition_rate` is the result.
///
/// ```
/// use cepstrum_features::{Pyin, PyinConfig};
///
/// let mut samples: Vec<f32> = (0..22_050).map(|i| (i as f32 * 440.0 / 22_050.0 * std::f32::consts::TAU).sin()).collect();
/// samples.resize(44_100, 0.0);
/// let track = Pyin::new(&PyinConfig::default())?.process(&samples)?;
/// assert!((track.f0[20].unwrap_or(0.0) - 440.0).abs() < 3.0);
/// assert_eq!(track.f0[70], None);
/// # Ok::<(), cepstrum_features::Error>(())
/// ```
///
/// # References
/// M. Mauch, S. Dixon, "pYIN: A fundamental frequency estimator using probabilistic threshold distributions", ICASSP 2014,
/// doi:10.1109/ICASSP.2014.6853678.
#[derive(Debug, Clone)]
pub struct Pyin {
    config: PyinConfig,
    difference: Difference,
    /// Probability of each threshold.
    thresholds: Vec<f64>,
    bins_per_semitone: f64,
    n_bins: usize,
    model: Model,
}

impl Pyin {
    /// Checks the configuration and prepares all tables.
    ///
    /// # Errors
    /// [`Error::Dsp`](crate::Error::Dsp) with the setting that is not legal; so is a rate of transition at which a pitch crosses
    /// the whole range within a frame.
    pub fn new(config: &PyinConfig) -> Result<Self> {
        validate(config)?;
        let YinConfig { sample_rate, f_min, f_max, frame_length, hop_length, padding, .. } = config.yin;
        let difference = Difference::new(sample_rate, [f_min, f_max], frame_length, hop_length, padding)?;
        let n = config.n_thresholds;
        let cdf =
            |i: usize| beta_cdf(i as f64 / n as f64, config.beta_parameters[0], config.beta_parameters[1]);
        let bins_per_semitone = (1.0 / config.resolution).ceil();
        let n_bins = (12.0 * bins_per_semitone * (f_max / f_min).log2()).floor() as usize + 1;
        let semitones = config.max_transition_rate * 12.0 * hop_length as f64 / f64::from(sample_rate);
        let width = (semitones.round_ties_even() * bins_per_semitone) + 1.0;
        if width > n_bins as f64 {
            let bound = "so small that a frame does not cross the whole range";
            let value = config.max_transition_rate;
            return Err(DspError::Parameter { name: "max_transition_rate", bound, value }.into());
        }
        Ok(Self {
            config: *config,
            difference,
            thresholds: (0..n).map(|i| cdf(i + 1) - cdf(i)).collect(),
            bins_per_semitone,
            n_bins,
            model: Model::new(n_bins, width as usize, config.switch_prob),
        })
    }

    /// Number of frames of a signal of `n_samples`.
    #[must_use]
    pub fn n_frames(&self, n_samples: usize) -> usize {
        self.difference.framing().n_frames(n_samples)
    }

    /// Tracks the pitch of a signal.
    ///
    /// # Errors
    /// [`Error::Dsp`](crate::Error::Dsp) when the signal is empty, too short, or holds NaN or infinity.
    pub fn process<T: Float>(&mut self, samples: &[T]) -> Result<PitchTrack> {
        self.difference.framing().check(samples)?;
        let (n_frames, n_states) = (self.n_frames(samples.len()), 2 * self.n_bins);
        let mut spill = vec![T::zero(); self.difference.framing().n_fft()];
        let mut observations = vec![0.0; n_frames * n_states];
        let mut voiced_probability = Vec::with_capacity(n_frames);
        for (t, frame) in observations.chunks_exact_mut(n_states).enumerate() {
            self.difference.fill(samples, t, &mut spill)?;
            voiced_probability.push(self.observe(frame));
        }
        for p in &mut observations {
            *p = (*p + f64::MIN_POSITIVE).ln();
        }
        let hz = |bin: usize| self.config.yin.f_min * (bin as f64 / (12.0 * self.bins_per_semitone)).exp2();
        let path = self.model.path(&observations);
        let f0 = path.into_iter().map(|state| (state < self.n_bins).then(|| hz(state))).collect();
        Ok(PitchTrack { f0, voiced_probability })
    }

    /// Fills the probabilities of a frame's states. Returns the probability that it is voiced.
    fn observe(&self, states: &mut [f64]) -> f64 {
        let sample_rate = f64::from(self.config.yin.sample_rate);
        for (trough, probability) in self.candidates() {
            let octaves = (sample_rate / self.difference.period(trough) / self.config.yin.f_min).log2();
            let bin =
                (12.0 * self.bins_per_semitone * octaves).round_ties_even().clamp(0.0, self.n_bins as f64);
            if probability > 0.0 {
                states[bin as usize] = probability;
            }
        }
        let (voiced, unvoiced) = states.split_at_mut(self.n_bins);
        let voiced = voiced.iter().sum::<f64>().clamp(0.0, 1.0);
        unvoiced.fill((1.0 - voiced) / self.n_bins as f64);
        voiced
    }

    /// The troughs of a frame and their probabilities.
    fn candidates(&self) -> Vec<(usize, f64)> {
        let values = &self.difference.values;
        let troughs: Vec<usize> = (0..values.len()).filter(|&i| self.difference.is_trough(i)).collect();
        let mut found: Vec<(usize, f64)> = troughs.iter().map(|&i| (i, 0.0)).collect();
        let Some(deepest) =
            (0..troughs.len()).reduce(|a, b| if values[troughs[b]] < values[troughs[a]] { b } else { a })
        else {
            return found;
        };
        let n = self.thresholds.len() as f64;
        let decay = (-self.config.boltzmann_parameter).exp();
        for (i, &probability) in self.thresholds.iter().enumerate() {
            let threshold = (i + 1) as f64 / n;
            let count = troughs.iter().filter(|&&trough| values[trough] < threshold).count();
            if count == 0 {
                found[deepest].1 += self.config.no_trough_prob * probability;
                continue;
            }
            // A truncated geometric distribution, which prefers the first.
            let mut share = (1.0 - decay) / (1.0 - decay.powi(count as i32));
            for (trough, total) in &mut found {
                if values[*trough] < threshold {
                    *total += share * probability;
                    share *= decay;
                }
            }
        }
        found
    }
}

fn validate(config: &PyinConfig) -> Result<()> {
    const MAX_THRESHOLDS: usize = 10_000;
    let actual = config.n_thresholds;
    if actual == 0 || actual > MAX_THRESHOLDS {
        return Err(DspError::Count { name: "n_thresholds", min: 1, max: MAX_THRESHOLDS, actual }.into());
    }
    for value in config.beta_parameters {
        check_positive("a beta parameter", value)?;
    }
    check_positive("boltzmann_parameter", config.boltzmann_parameter)?;
    check_positive("max_transition_rate", config.max_transition_rate)?;
    for (name, bound, value, range) in [
        ("resolution", "from 0.01 to 1", config.resolution, 0.01..=1.0),
        ("switch_prob", "from 0 to 1", config.switch_prob, 0.0..=1.0),
        ("no_trough_prob", "from 0 to 1", config.no_trough_prob, 0.0..=1.0),
    ] {
        if !range.contains(&value) {
            return Err(DspError::Parameter { name, bound, value }.into());
        }
    }
    Ok(())
}
