//! What is extracted: which features, of which pieces of a track.

use cepstrum_features::{LogMelConfig, MfccConfig};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Error, Result};

/// Everything that decides the numbers of a feature set made from given audio.
///
/// The default is the reference experiment: 13 MFCCs at 22,050 Hz of ten 3-second segments a track.
///
/// ```
/// use cepstrum_dataset::{ExtractConfig, Segment};
///
/// let config = ExtractConfig { segment: Segment::Seconds(1.0), ..ExtractConfig::default() };
/// assert_eq!(config.sample_rate(), 22_050);
/// assert_eq!(config.segment.n_samples(config.sample_rate())?, 22_050);
/// # Ok::<(), cepstrum_dataset::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ExtractConfig {
    /// The features of each segment. Default: [`FeatureConfig::Mfcc`] with librosa's values.
    pub features: FeatureConfig,
    /// How a track is cut. Default: ten segments of 3 s.
    pub segment: Segment,
}

impl ExtractConfig {
    /// Sample rate in Hz at which tracks are decoded.
    pub fn sample_rate(&self) -> u32 {
        self.features.sample_rate()
    }

    /// The first field in which another configuration differs, or `None` when both give the same features.
    ///
    /// ```
    /// use cepstrum_dataset::{ExtractConfig, Segment};
    ///
    /// let ours = ExtractConfig::default();
    /// let theirs = ExtractConfig { segment: Segment::PerTrack { count: 10, seconds: 2.5 }, ..ours.clone() };
    /// assert_eq!(ours.difference(&theirs).unwrap().to_string(), "segment.per_track.seconds is 3.0, not 2.5");
    /// assert_eq!(ours.difference(&ours), None);
    /// ```
    pub fn difference(&self, other: &Self) -> Option<ConfigDifference> {
        let values = [self, other].map(|config| serde_json::to_value(config).unwrap_or_default());
        first_difference("", &values[0], &values[1])
    }
}

/// A field in which two configurations differ.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} is {ours}, not {theirs}")]
pub struct ConfigDifference {
    /// Path of the field, such as `features.mfcc.n_mfcc`.
    pub field: String,
    /// Its value here, as JSON.
    pub ours: String,
    /// Its value in the other configuration, as JSON.
    pub theirs: String,
}

fn first_difference(path: &str, ours: &Value, theirs: &Value) -> Option<ConfigDifference> {
    if let (Value::Object(a), Value::Object(b)) = (ours, theirs)
        && a.keys().eq(b.keys())
    {
        let inner = |key: &String| if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        return a.keys().find_map(|key| first_difference(&inner(key), &a[key], &b[key]));
    }
    (ours != theirs).then(|| ConfigDifference {
        field: path.to_owned(),
        ours: ours.to_string(),
        theirs: theirs.to_string(),
    })
}

/// Which features are computed of a segment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FeatureConfig {
    /// Mel-frequency cepstral coefficients.
    Mfcc(MfccConfig),
    /// Mel bands in decibels.
    LogMel(LogMelConfig),
}

impl Default for FeatureConfig {
    fn default() -> Self {
        Self::Mfcc(MfccConfig::default())
    }
}

impl FeatureConfig {
    /// Sample rate in Hz that the features are defined at.
    pub fn sample_rate(&self) -> u32 {
        match self {
            Self::Mfcc(config) => config.log_mel.sample_rate,
            Self::LogMel(config) => config.sample_rate,
        }
    }

    /// Samples between the starts of two frames.
    pub fn hop_length(&self) -> usize {
        match self {
            Self::Mfcc(config) => config.log_mel.stft.hop_length,
            Self::LogMel(config) => config.stft.hop_length,
        }
    }
}

/// How a track is cut into segments of one length.
///
/// A segment is used if it has as many frames as a segment of full length; since frames are centred, one that is short
/// of its end by less than a hop still has. What is left at the end of a track is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Segment {
    /// The first `count` segments of `seconds` each, whatever the length of the track (the experiment: 10 of 3 s).
    PerTrack {
        /// Largest number of segments of one track.
        count: usize,
        /// Length of a segment in seconds.
        seconds: f64,
    },
    /// As many segments of this many seconds as the track holds.
    Seconds(f64),
}

impl Default for Segment {
    fn default() -> Self {
        Self::PerTrack { count: 10, seconds: 3.0 }
    }
}

impl Segment {
    /// Length of a segment in seconds.
    pub fn seconds(&self) -> f64 {
        match *self {
            Self::PerTrack { seconds, .. } | Self::Seconds(seconds) => seconds,
        }
    }

    /// Length of a segment in samples: `floor(sample_rate * seconds)`.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] when that is not at least one sample and at most an hour.
    pub fn n_samples(&self, sample_rate: u32) -> Result<usize> {
        let seconds = self.seconds();
        let samples = f64::from(sample_rate) * seconds;
        if samples >= 1.0 && seconds <= LONGEST_SEGMENT {
            Ok(samples as usize)
        } else {
            Err(Error::InvalidParameter {
                parameter: "segment seconds",
                bound: "one sample to 3,600 s long",
                value: seconds.to_string(),
            })
        }
    }

    /// Largest number of segments of one track.
    pub fn max_count(&self) -> usize {
        match *self {
            Self::PerTrack { count, .. } => count,
            Self::Seconds(_) => usize::MAX,
        }
    }
}

/// A segment is held in memory as a whole: an hour is beyond any use and far from any overflow.
const LONGEST_SEGMENT: f64 = 3600.0;
