//! The result of an extraction.

use std::fmt;
use std::ops::AddAssign;
use std::path::PathBuf;
use std::time::Duration;

use crate::{Error, FeatureSet};

/// The result of an extraction.
#[derive(Debug)]
pub struct Extracted {
    /// The features of all usable tracks.
    pub features: FeatureSet,
    /// The tracks that were not usable, with their causes, in the order of the collection.
    pub skipped: Vec<Skipped>,
    /// The tracks that were used up to their damage, in the order of the collection.
    pub damaged: Vec<Skipped>,
    /// Number of tracks whose features came from the cache.
    pub cached: usize,
    /// Time spent in each stage.
    pub spent: StageTimes,
}

/// A file that was not used, or not used to its end, and the reason.
#[derive(Debug)]
pub struct Skipped {
    /// The file, relative to its collection: `class/file`.
    pub path: PathBuf,
    /// The cause, without the path.
    pub cause: Error,
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.cause)
    }
}

/// Time that an extraction spent in each stage, summed over its threads.
///
/// ```
/// use std::time::Duration;
///
/// let [decoding, features] = [1.5, 0.5].map(Duration::from_secs_f64);
/// let spent = cepstrum_dataset::StageTimes { decoding, features, cache: Duration::ZERO };
/// assert_eq!(spent.to_string(), "decoding 1.5 s (75 %), features 0.5 s (25 %), cache 0.0 s (0 %)");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StageTimes {
    /// Reading, decoding and resampling of files, or rendering of a set that is not on disk.
    pub decoding: Duration,
    /// Computing of features.
    pub features: Duration,
    /// Hashing of files, reading and writing of cache entries.
    pub cache: Duration,
}

impl fmt::Display for StageTimes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [("decoding", self.decoding), ("features", self.features), ("cache", self.cache)];
        let parts = parts.map(|(name, time)| (name, time.as_secs_f64()));
        let total = parts.iter().map(|(_, seconds)| seconds).sum::<f64>().max(f64::MIN_POSITIVE);
        let texts =
            parts.map(|(name, seconds)| format!("{name} {seconds:.1} s ({:.0} %)", 100.0 * seconds / total));
        f.write_str(&texts.join(", "))
    }
}

impl AddAssign for StageTimes {
    fn add_assign(&mut self, other: Self) {
        self.decoding += other.decoding;
        self.features += other.features;
        self.cache += other.cache;
    }
}
