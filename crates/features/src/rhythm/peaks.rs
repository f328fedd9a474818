use cepstrum_dsp::{Error as DspError, Float};
use serde::{Deserialize, Serialize};

use super::check_envelope;
use crate::Result;
use crate::check::check_not_negative;

/// The conditions under which a value of an envelope is a peak: `librosa.util.peak_pick`.
///
/// `x[t]` is a peak when it is the maximum of `x[t - pre_max .. t + post_max]`, is at least `delta` above the mean of
/// `x[t - pre_avg .. t + post_avg]`, and lies more than `wait` frames behind the last peak.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeakPick {
    /// Frames before a peak that are not higher.
    pub pre_max: usize,
    /// End of the frames that are not higher, counted from the peak; at least 1, the peak itself.
    pub post_max: usize,
    /// Frames before a peak whose mean it exceeds.
    pub pre_avg: usize,
    /// End of the frames whose mean it exceeds, counted from the peak; at least 1.
    pub post_avg: usize,
    /// Excess over the mean, at least 0. A larger one keeps the clear peaks only.
    pub delta: f64,
    /// Frames after a peak without another one.
    pub wait: usize,
}

impl PeakPick {
    /// The settings of `librosa.onset.onset_detect`: a maximum of 30 ms, a mean of 100 ms on both sides, `delta` 0.07, and at
    /// least 30 ms between onsets.
    ///
    /// # Errors
    /// [`DspError::SampleRate`](cepstrum_dsp::Error::SampleRate) and [`DspError::HopLength`](cepstrum_dsp::Error::HopLength)
    /// when one of the two is 0.
    pub fn onsets(sample_rate: u32, hop_length: usize) -> Result<Self> {
        if sample_rate == 0 {
            return Err(DspError::SampleRate.into());
        }
        if hop_length == 0 {
            return Err(DspError::HopLength.into());
        }
        let frames = |seconds: f64| (seconds * f64::from(sample_rate) / hop_length as f64).floor() as usize;
        Ok(Self {
            pre_max: frames(0.03),
            post_max: 1,
            pre_avg: frames(0.1),
            post_avg: frames(0.1) + 1,
            delta: 0.07,
            wait: frames(0.03),
        })
    }

    fn validate(&self) -> Result<()> {
        for (name, actual) in [("post_max", self.post_max), ("post_avg", self.post_avg)] {
            if actual == 0 {
                return Err(DspError::Count { name, min: 1, max: usize::MAX, actual }.into());
            }
        }
        check_not_negative("delta", self.delta)
    }
}

/// Finds the peaks of an envelope, as frame numbers in ascending order: `librosa.util.peak_pick`.
///
/// # Errors
/// [`Error::Dsp`](crate::Error::Dsp) when a setting is out of range, the envelope is empty, or a value is NaN or infinite.
///
/// ```
/// use cepstrum_features::{PeakPick, peak_pick};
///
/// let settings = PeakPick { pre_max: 1, post_max: 2, pre_avg: 1, post_avg: 2, delta: 0.1, wait: 0 };
/// assert_eq!(peak_pick(&[0.0_f32, 1.0, 0.0, 0.0, 0.1, 2.0], &settings)?, [1, 5]);
/// # Ok::<(), cepstrum_features::Error>(())
/// ```
pub fn peak_pick<T: Float>(envelope: &[T], settings: &PeakPick) -> Result<Vec<usize>> {
    settings.validate()?;
    check_envelope(envelope)?;
    Ok(picked(envelope, settings))
}

/// [`peak_pick`] of an envelope and with settings that have been checked.
fn picked<T: Float>(envelope: &[T], settings: &PeakPick) -> Vec<usize> {
    let around = |t: usize, before: usize, after: usize| {
        &envelope[t.saturating_sub(before)..t.saturating_add(after).min(envelope.len())]
    };
    let is_peak = |t: usize| {
        let largest =
            around(t, settings.pre_max, settings.post_max).iter().copied().fold(envelope[t], T::max);
        let near = around(t, settings.pre_avg, settings.post_avg);
        let mean = near.iter().map(|x| x.to_f64()).sum::<f64>() / near.len() as f64;
        envelope[t] >= largest && envelope[t].to_f64() >= mean + settings.delta
    };
    let (mut peaks, mut t) = (Vec::new(), 0);
    while t < envelope.len() {
        let found = is_peak(t);
        if found {
            peaks.push(t);
        }
        t = t.saturating_add(if found { settings.wait.saturating_add(1) } else { 1 });
    }
    peaks
}

/// Finds onsets in an onset envelope, as frame numbers in ascending order: `librosa.onset.onset_detect`.
///
/// The envelope is scaled to 0 to 1, and its [peaks](peak_pick) are the onsets; a constant one has none.
/// [`PeakPick::onsets`] are librosa's settings.
///
/// # Errors
/// As [`peak_pick`].
///
/// ```
/// use cepstrum_features::{OnsetStrength, OnsetStrengthConfig, PeakPick, onset_detect};
///
/// let mut clicks = vec![0.0_f32; 44_100];
/// for start in [11_025, 22_050, 33_075] {
///     clicks[start..start + 10].fill(1.0);
/// }
/// let envelope = OnsetStrength::new(&OnsetStrengthConfig::default())?.process(&clicks)?;
/// let onsets = onset_detect(&envelope.to_vec(), &PeakPick::onsets(22_050, 512)?)?;
/// assert_eq!(onsets.len(), 3);
/// # Ok::<(), cepstrum_features::Error>(())
/// ```
pub fn onset_detect<T: Float>(envelope: &[T], settings: &PeakPick) -> Result<Vec<usize>> {
    settings.validate()?;
    check_envelope(envelope)?;
    let least = envelope.iter().copied().fold(envelope[0], T::min);
    let most = envelope.iter().copied().fold(envelope[0], T::max) - least;
    if most <= T::zero() {
        return Ok(Vec::new());
    }
    let scale = most + T::MIN_POSITIVE;
    let scaled: Vec<T> = envelope.iter().map(|&x| (x - least) / scale).collect();
    Ok(picked(&scaled, settings))
}

/// Moves each event back to the last local minimum of an energy (such as RMS, or the onset envelope) at or before it, or to
/// frame 0: `librosa.onset.onset_backtrack`. Good for cutting a signal where nothing sounds.
///
/// # Errors
/// [`Error::Dsp`](crate::Error::Dsp) when the energy is empty, or a value is NaN or infinite.
///
/// ```
/// let energy = [0.3_f32, 0.1, 0.5, 0.9, 0.4, 0.2, 0.8];
/// assert_eq!(cepstrum_features::onset_backtrack(&[3, 6], &energy)?, [1, 5]);
/// # Ok::<(), cepstrum_features::Error>(())
/// ```
pub fn onset_backtrack<T: Float>(events: &[usize], energy: &[T]) -> Result<Vec<usize>> {
    check_envelope(energy)?;
    let minima: Vec<usize> = energy
        .windows(3)
        .enumerate()
        .filter(|(_, x)| x[1] <= x[0] && x[1] < x[2])
        .map(|(i, _)| i + 1)
        .collect();
    let last_before =
        |event: usize| minima.partition_point(|&t| t <= event).checked_sub(1).map_or(0, |i| minima[i]);
    Ok(events.iter().map(|&event| last_before(event)).collect())
}
