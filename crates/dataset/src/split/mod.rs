//! Training, validation and test parts of a feature set.

mod assign;
mod error;
mod fold;
mod list;
mod track_names;

use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::{Error, FeatureSet, Result, rng};
use assign::Units;
pub use error::SplitError;
pub use fold::KFold;
pub use list::{FixedSplit, Groups, TrackList};
pub(crate) use track_names::TrackNames;

/// The three parts of a feature set.
///
/// ```
/// use cepstrum_dataset::{FeatureSet, Split};
/// use ndarray::Array3;
///
/// let tracks: Vec<String> = (0..60).map(|i| format!("{}/{}", ["jazz", "rock"][i / 30], i / 3)).collect();
/// let labels = (0..60).map(|i| i / 30).collect();
/// let set = FeatureSet::new(Array3::zeros((60, 4, 2)), labels, vec!["jazz".into(), "rock".into()], tracks, None)?;
///
/// let split = Split::by_track(&set, 0.7, 42)?; // 7 of 10 tracks per class, 20 % of them for validation
/// assert_eq!((split.train.len(), split.validation.len(), split.test.len()), (36, 6, 18));
/// # Ok::<(), cepstrum_dataset::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    /// The part that a model is fitted to.
    pub train: FeatureSet,
    /// The part that decides when to stop and which model to keep; may be empty.
    pub validation: FeatureSet,
    /// The part that a finished model is measured on, once.
    pub test: FeatureSet,
}

impl Split {
    /// Splits by track: all segments of a track are in one part, and the classes stay in proportion. This measures a
    /// model on songs that it has not seen.
    ///
    /// A fifth of the training part's tracks becomes the validation part.
    ///
    /// # Errors
    /// The errors of [`SplitConfig::indices`].
    pub fn by_track(set: &FeatureSet, train_share: f64, seed: u64) -> Result<Self> {
        SplitConfig { unit: SplitUnit::Track, train_share, seed, ..SplitConfig::default() }.split(set)
    }

    /// Splits by group: all tracks of a group, such as an artist, are in one part, and the classes stay in proportion.
    ///
    /// # Errors
    /// The errors of [`SplitConfig::indices`].
    pub fn by_group(set: &FeatureSet, groups: &Groups, train_share: f64, seed: u64) -> Result<Self> {
        SplitConfig { unit: SplitUnit::Group(groups), train_share, seed, ..SplitConfig::default() }.split(set)
    }

    /// Splits by segment: segments are drawn at random, as in the reference experiment. Segments of one track fall into
    /// several parts, so the accuracy measured on the test part is inflated.
    ///
    /// # Errors
    /// The errors of [`SplitConfig::indices`].
    pub fn by_segment(set: &FeatureSet, train_share: f64, seed: u64) -> Result<Self> {
        SplitConfig { unit: SplitUnit::Segment, train_share, seed, ..SplitConfig::default() }.split(set)
    }
}

/// The configuration of a split.
///
/// A field that is absent from serialized data has its default.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SplitConfig<'a> {
    /// Unit that stays together. Default: tracks.
    pub unit: SplitUnit<'a>,
    /// Share of the set for training and validation, above 0 and below 1; the rest is the test part. A larger share
    /// trains better and measures less precisely. Default 0.7, as in the reference experiment.
    pub train_share: f64,
    /// Share of the training part to set aside for validation, by the same rule, from 0 (none) to below 1. Default 0.2.
    pub validation_share: f64,
    /// Seed of the draw. Default 0.
    pub seed: u64,
}

impl Default for SplitConfig<'_> {
    fn default() -> Self {
        Self { unit: SplitUnit::Track, train_share: 0.7, validation_share: 0.2, seed: 0 }
    }
}

/// The unit that a split keeps together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SplitUnit<'a> {
    /// All segments of a track. Every class is divided on its own and is in every part.
    #[default]
    Track,
    /// One segment, drawn from the whole set, as in the reference experiment.
    Segment,
    /// One segment, where every class is divided on its own (scikit-learn's `stratify`).
    StratifiedSegment,
    /// All tracks of a group. Every class is in every part. When every group has tracks of one class only, the number of
    /// test segments of a class differs from the requested one by at most the size of its largest group.
    ///
    /// This variant is not serialized: groups are a file of their own ([`Groups::read`]).
    #[serde(skip)]
    Group(&'a Groups),
}

/// The segments of each part, as ascending indices.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SplitIndices {
    /// Segments of the training part.
    pub train: Vec<usize>,
    /// Segments of the validation part.
    pub validation: Vec<usize>,
    /// Segments of the test part.
    pub test: Vec<usize>,
}

impl SplitIndices {
    /// Copies the parts out of a set.
    ///
    /// # Panics
    /// If an index is not below the number of segments of `set`.
    #[must_use]
    pub fn apply(&self, set: &FeatureSet) -> Split {
        Split {
            train: set.select(&self.train),
            validation: set.select(&self.validation),
            test: set.select(&self.test),
        }
    }
}

impl SplitConfig<'_> {
    /// Splits a set.
    ///
    /// # Errors
    /// The errors of [`indices`](Self::indices).
    pub fn split(&self, set: &FeatureSet) -> Result<Split> {
        Ok(self.indices(set)?.apply(set))
    }

    /// Draws the segments of each part.
    ///
    /// # Errors
    /// - [`Error::InvalidParameter`] for a share out of range;
    /// - [`SplitError::TracksUnknown`] when tracks or groups must stay together and the set has no track names;
    /// - [`SplitError::TrackWithoutGroup`], [`SplitError::TrackInTwoGroups`] and [`SplitError::AmbiguousTrack`] when the groups do not
    ///   fit the set;
    /// - [`SplitError::TooFewInClass`] and [`SplitError::EmptyPart`] when the set is too small;
    /// - [`SplitError::EntangledGroups`] when no assignment of groups with several classes is found.
    pub fn indices(&self, set: &FeatureSet) -> Result<SplitIndices> {
        let Self { train_share, validation_share, .. } = *self;
        check_share("train_share", "above 0 and below 1", train_share, train_share > 0.0)?;
        check_share("validation_share", "at least 0 and below 1", validation_share, validation_share >= 0.0)?;
        let units = Units::of(set, self.unit)?;
        let mut rng = rng::stream(self.seed, "split");
        let keep = if validation_share > 0.0 { 2 } else { 1 };
        let (rest, test) = units.divide(units.all(), train_share, keep, &mut rng)?;
        let (train, validation) = divide_validation(&units, rest, validation_share, &mut rng)?;
        let indices = SplitIndices {
            train: units.segments_of(&train),
            validation: units.segments_of(&validation),
            test: units.segments_of(&test),
        };
        check_parts(&indices, set.len())?;
        Ok(indices)
    }
}

/// Divides the units outside the test part into training and validation.
fn divide_validation(
    units: &Units<'_>,
    rest: Vec<usize>,
    share: f64,
    rng: &mut ChaCha8Rng,
) -> Result<(Vec<usize>, Vec<usize>)> {
    if share > 0.0 { units.divide(rest, 1.0 - share, 1, rng) } else { Ok((rest, Vec::new())) }
}

fn check_share(parameter: &'static str, bound: &'static str, value: f64, in_range: bool) -> Result<()> {
    if in_range && value < 1.0 {
        Ok(())
    } else {
        Err(Error::InvalidParameter { parameter, bound, value: value.to_string() })
    }
}

fn check_parts(parts: &SplitIndices, total: usize) -> Result<()> {
    match [("training", &parts.train), ("test", &parts.test)].iter().find(|(_, part)| part.is_empty()) {
        Some(&(part, _)) => Err(Error::Split(SplitError::EmptyPart { part, total })),
        None => Ok(()),
    }
}
