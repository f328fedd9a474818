//! The configuration of an extraction: the features, and the segments they are computed on.

use std::path::Path;

use cepstrum_features::{LogMelConfig, MfccConfig};
use serde::{Deserialize, Serialize};

use crate::read_file::read_file;
use crate::{Error, FrontConfig, Result};

/// Everything that determines the values of a feature set, given the audio.
///
/// The default is that of the reference experiment: 13 MFCCs at 22,050 Hz on the first ten 3-second segments per track.
/// A field that is absent from serialized data has its default.
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
#[serde(default, deny_unknown_fields)]
pub struct ExtractConfig {
    /// Features of each segment. Default: [`FeatureConfig::Mfcc`] with librosa's values.
    pub features: FeatureConfig,
    /// Cutting of a track into segments. Default: ten segments of 3 s. Longer segments give a network more context
    /// and fewer examples per track.
    pub segment: Segment,
}

impl ExtractConfig {
    /// Reads a configuration from a file of JSON, such as `{"features": {"mfcc": {"n_mfcc": 20}}}`. What is absent has its
    /// default.
    ///
    /// # Errors
    /// [`Error::InFile`] around [`Error::Io`] and the errors of [`from_json`](Self::from_json).
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        read_file(path.as_ref(), |file| Self::from_json(&std::io::read_to_string(file)?))
    }

    /// Reads a configuration from JSON.
    ///
    /// ```
    /// use cepstrum_dataset::ExtractConfig;
    ///
    /// let error = ExtractConfig::from_json(r#"{"features": {"mfcc": {"n_mfc": 20}}}"#).unwrap_err();
    /// assert!(error.to_string().contains("did you mean `n_mfcc`?"));
    /// ```
    ///
    /// # Errors
    /// [`Error::Settings`], which names the setting that is nearest to one that does not exist.
    pub fn from_json(text: &str) -> Result<Self> {
        serde_json::from_str(text).map_err(|error| {
            let cause = error.to_string();
            Error::Settings { nearest: nearest_name(&cause).map(str::to_owned), cause }
        })
    }

    /// Sample rate in Hz at which tracks are decoded.
    pub fn sample_rate(&self) -> u32 {
        self.features.sample_rate()
    }
}

/// The features computed on each segment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FeatureConfig {
    /// Mel-frequency cepstral coefficients: few and nearly uncorrelated, as the reference experiment uses.
    Mfcc(MfccConfig),
    /// Mel bands in decibels: more values per frame, with their position in frequency, for convolutional networks.
    LogMel(LogMelConfig),
    /// The values of a trained network, one row per window of the segment: for small sets of music, on which no network of
    /// one's own learns much. The extraction needs the [`Front`](crate::Front) itself.
    Front(FrontConfig),
}

impl Default for FeatureConfig {
    fn default() -> Self {
        Self::Mfcc(MfccConfig::default())
    }
}

impl FeatureConfig {
    /// Sample rate in Hz at which the features are defined.
    pub fn sample_rate(&self) -> u32 {
        match self {
            Self::Mfcc(config) => config.log_mel.sample_rate,
            Self::LogMel(config) => config.sample_rate,
            Self::Front(config) => config.sample_rate,
        }
    }

    /// Samples between the starts of two frames.
    pub fn hop_length(&self) -> usize {
        match self {
            Self::Mfcc(config) => config.log_mel.stft.hop_length,
            Self::LogMel(config) => config.stft.hop_length,
            Self::Front(config) => config.hop_length,
        }
    }
}

/// The cutting of a track into segments of equal length.
///
/// A segment is used when it has as many frames as a segment of full length. Frames are centered, so a last segment that
/// is short of its full length by less than a hop is still used. The rest at the end of a track is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Segment {
    /// The first `count` segments of `seconds` each, whatever the length of the track; the reference experiment uses 10
    /// of 3 s. Choose it so that a few long tracks do not dominate a set.
    PerTrack {
        /// Greatest number of segments per track, at least 1.
        count: usize,
        /// Length of a segment in seconds, up to 3,600.
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
    /// [`Error::InvalidParameter`] when the length is less than one sample or more than an hour.
    pub fn n_samples(&self, sample_rate: u32) -> Result<usize> {
        let seconds = self.seconds();
        let samples = f64::from(sample_rate) * seconds;
        if samples >= 1.0 && seconds <= MAX_SECONDS {
            Ok(samples as usize)
        } else {
            Err(Error::InvalidParameter {
                parameter: "segment seconds",
                bound: "from one sample to 3,600 s",
                value: seconds.to_string(),
            })
        }
    }

    /// Greatest number of segments per track.
    pub fn max_count(&self) -> usize {
        match *self {
            Self::PerTrack { count, .. } => count,
            Self::Seconds(_) => usize::MAX,
        }
    }
}

/// The name nearest to an unknown one, from serde's message: "unknown field `n_mfc`, expected one of `n_mfcc`, ...". None is
/// near where more than a third of the letters differ.
fn nearest_name(message: &str) -> Option<&str> {
    let mut names = message.strip_prefix("unknown ")?.split('`').skip(1).step_by(2);
    let unknown = names.next()?;
    let (distance, nearest) = names.map(|name| (strsim::damerau_levenshtein(unknown, name), name)).min()?;
    (3 * distance <= unknown.len().max(nearest.len())).then_some(nearest)
}

/// Longest segment in seconds. A whole segment is held in memory; an hour is beyond any use and far from any overflow.
const MAX_SECONDS: f64 = 3600.0;
