use cepstrum_dsp::{Error as DspError, Float};
use serde::{Deserialize, Serialize};

use super::beat_path::{last_beat, local_score, path, trimmed};
use super::check_envelope;
use super::onset::{Aggregate, OnsetStrength, OnsetStrengthConfig};
use super::tempo::{Tempo, TempoConfig};
use crate::check::check_positive;
use crate::{LogMelConfig, Result};

/// The treatment of weak beats at the beginning and the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trim {
    /// Beats weaker than half the root mean square of all are dropped: librosa's default.
    #[default]
    Weak,
    /// Only beats where the envelope is silent are dropped (`trim=False`).
    Silent,
}

/// The settings of beat tracking. The default is librosa's at 22,050 Hz.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BeatTrackerConfig {
    /// The onset envelope. Default the median over 128 mel bands. Its sample rate and hop are those of the whole.
    pub onset: OnsetStrengthConfig,
    /// Tempo that is most likely in advance, beats per minute, positive. Default 120.
    pub start_bpm: f64,
    /// Tempo, beats per minute, positive. Default `None`, estimated as [`Tempo`] does.
    pub bpm: Option<f64>,
    /// Weight of an even tempo over strong onsets, positive. Default 100; 1,000 for music that was made to a click.
    pub tightness: f64,
    /// Treatment of weak beats at both ends. Default dropped.
    pub trim: Trim,
}

impl Default for BeatTrackerConfig {
    fn default() -> Self {
        let onset = OnsetStrengthConfig { aggregate: Aggregate::Median, ..OnsetStrengthConfig::default() };
        Self { onset, start_bpm: 120.0, bpm: None, tightness: 100.0, trim: Trim::default() }
    }
}

/// A tempo and the beats.
#[derive(Debug, Clone, PartialEq)]
pub struct Beats {
    /// Tempo, beats per minute; 0 where nothing ever sets in.
    pub tempo: f64,
    /// Frames of the beats, ascending.
    pub frames: Vec<usize>,
}

/// Beat tracking by dynamic programming: `librosa.beat.beat_track`.
///
/// The beats are the frames `b` for which `sum_i o'(b[i]) - tightness sum_i (ln((b[i] - b[i - 1]) / period))^2` is largest,
/// where `o'` is the onset envelope over its standard deviation, smoothed over a small part of the period.
///
/// ```
/// use cepstrum_features::{BeatTracker, BeatTrackerConfig};
///
/// let mut clicks = vec![0.0_f32; 10 * 22_050];
/// (0..20).for_each(|beat| clicks[beat * 11_025..][..20].fill(0.8)); // 120 beats per minute
/// let beats = BeatTracker::new(&BeatTrackerConfig::default())?.process(&clicks)?;
/// assert!((beats.tempo - 120.0).abs() < 4.0 && beats.frames.len() >= 17);
/// # Ok::<(), cepstrum_features::Error>(())
/// ```
///
/// # References
/// D. P. W. Ellis, "Beat tracking by dynamic programming", Journal of New Music Research 36(1), 2007,
/// doi:10.1080/09298210701653344.
#[derive(Debug, Clone)]
pub struct BeatTracker<T: Float = f32> {
    onset: OnsetStrength<T>,
    tempo: Tempo<T>,
    frames_per_minute: f64,
    bpm: Option<f64>,
    tightness: f64,
    trim: Trim,
}

impl<T: Float> BeatTracker<T> {
    /// Checks the configuration and prepares all tables.
    ///
    /// # Errors
    /// Those of [`OnsetStrength::new`], and [`Error::Dsp`](crate::Error::Dsp) with the setting that is not legal.
    pub fn new(config: &BeatTrackerConfig) -> Result<Self> {
        check_positive("tightness", config.tightness)?;
        config.bpm.map_or(Ok(()), |bpm| check_positive("bpm", bpm))?;
        let onset = OnsetStrength::new(&config.onset)?;
        let LogMelConfig { sample_rate, stft, .. } = &config.onset.log_mel;
        let (sample_rate, hop_length) = (*sample_rate, stft.hop_length);
        let tempo =
            TempoConfig { sample_rate, hop_length, start_bpm: config.start_bpm, ..TempoConfig::default() };
        let frames_per_minute = f64::from(sample_rate) / hop_length as f64 * 60.0;
        // The longest possible period must be a number of frames that can be counted.
        if let Some(bpm) = config.bpm
            && frames_per_minute / bpm >= 1e6
        {
            let bound = "above one beat per million frames";
            return Err(DspError::Parameter { name: "bpm", bound, value: bpm }.into());
        }
        let (bpm, tightness, trim) = (config.bpm, config.tightness, config.trim);
        Ok(Self { onset, tempo: Tempo::new(&tempo)?, frames_per_minute, bpm, tightness, trim })
    }

    /// Number of frames of a signal of `n_samples`.
    #[must_use]
    pub fn n_frames(&self, n_samples: usize) -> usize {
        self.onset.n_frames(n_samples)
    }

    /// Tracks the beats of a signal.
    ///
    /// # Errors
    /// [`Error::Dsp`](crate::Error::Dsp) when the signal is empty, too short, or holds NaN or infinity.
    pub fn process(&mut self, samples: &[T]) -> Result<Beats> {
        let envelope = self.onset.process(samples)?.to_vec();
        self.track(&envelope)
    }

    /// Tracks the beats of an onset envelope: `onset_envelope=`. One of zeros, or of a single frame, has no beats and the
    /// tempo 0.
    ///
    /// # Errors
    /// [`Error::Dsp`](crate::Error::Dsp) when the envelope is empty, or holds NaN or infinity.
    pub fn track(&mut self, envelope: &[T]) -> Result<Beats> {
        check_envelope(envelope)?;
        if envelope.len() < 2 || envelope.iter().all(|&x| x == T::zero()) {
            return Ok(Beats { tempo: 0.0, frames: Vec::new() });
        }
        let tempo = match self.bpm {
            Some(bpm) => bpm,
            None => self.tempo.process(envelope)?,
        };
        // A period of no frame has no predecessor, and its window divides by zero: librosa's result is NaN throughout.
        let period = (self.frames_per_minute / tempo).round_ties_even().max(1.0);
        let scores = local_score(envelope, period);
        let (links, totals) = path(&scores, period, self.tightness);
        let mut beats = Vec::new();
        let mut next = Some(last_beat(&totals));
        while let Some(beat) = next {
            beats.push(beat);
            next = links[beat];
        }
        beats.reverse();
        Ok(Beats { tempo, frames: trimmed(&scores, beats, self.trim) })
    }
}
