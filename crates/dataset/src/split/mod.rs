//! Training, validation and test parts of a feature set.

mod assign;
mod fold;
mod list;

use rand_chacha::ChaCha8Rng;

use crate::{Error, FeatureSet, Result, rng};
use assign::Units;
pub use fold::KFold;
pub use list::{FixedSplit, Groups, TrackList};

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
/// let split = Split::by_track(&set, 0.7, 42)?; // 7 of 10 tracks a class, 20 % of them for validation
/// assert_eq!((split.train.len(), split.validation.len(), split.test.len()), (36, 6, 18));
/// # Ok::<(), cepstrum_dataset::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    /// What a model is fitted to.
    pub train: FeatureSet,
    /// What decides when to stop, and between models.
    pub validation: FeatureSet,
    /// What a model is measured on, once.
    pub test: FeatureSet,
}

impl Split {
    /// Keeps all segments of a track together, the classes in proportion: the honest split.
    ///
    /// A fifth of the training part's tracks becomes the validation part.
    ///
    /// # Errors
    /// As [`SplitConfig::indices`].
    pub fn by_track(set: &FeatureSet, train_share: f64, seed: u64) -> Result<Self> {
        SplitConfig { unit: SplitUnit::Track, train_share, seed, ..SplitConfig::default() }.split(set)
    }

    /// Keeps all tracks of a group together, such as those of one artist, the classes in proportion.
    ///
    /// # Errors
    /// As [`SplitConfig::indices`].
    pub fn by_group(set: &FeatureSet, groups: &Groups, train_share: f64, seed: u64) -> Result<Self> {
        SplitConfig { unit: SplitUnit::Group(groups), train_share, seed, ..SplitConfig::default() }.split(set)
    }

    /// Draws segments at random, as the reference notebook does: segments of one track fall on both sides, so the
    /// accuracy that it measures is inflated.
    ///
    /// # Errors
    /// As [`SplitConfig::indices`].
    pub fn by_segment(set: &FeatureSet, train_share: f64, seed: u64) -> Result<Self> {
        SplitConfig { unit: SplitUnit::Segment, train_share, seed, ..SplitConfig::default() }.split(set)
    }
}

/// How a set is split.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SplitConfig<'a> {
    /// What must stay together. Default: tracks.
    pub unit: SplitUnit<'a>,
    /// Share of the set that is not test. Default 0.7, the notebook's.
    pub train_share: f64,
    /// Share of the training part that becomes validation, taken by the same rule; 0 for none. Default 0.2.
    pub validation_share: f64,
    /// Seed of the draw. Default 0.
    pub seed: u64,
}

impl Default for SplitConfig<'_> {
    fn default() -> Self {
        Self { unit: SplitUnit::Track, train_share: 0.7, validation_share: 0.2, seed: 0 }
    }
}

/// What a split keeps together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SplitUnit<'a> {
    /// All segments of a track; every class is shared out by itself and lands in every part.
    #[default]
    Track,
    /// Nothing: segments are drawn one by one from the whole set, as the reference notebook does.
    Segment,
    /// Nothing: segments are drawn one by one, every class by itself (scikit-learn's `stratify`).
    StratifiedSegment,
    /// All tracks of a group. Every class lands in every part, and its share in the test part is within one group of the
    /// asked one where groups have one class each and there are enough of them for every part.
    Group(&'a Groups),
}

/// The segments of each part, ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SplitIndices {
    /// Segments of the training part.
    pub train: Vec<usize>,
    /// Segments of the validation part.
    pub validation: Vec<usize>,
    /// Segments of the test part.
    pub test: Vec<usize>,
}

impl SplitIndices {
    /// The parts themselves.
    ///
    /// # Panics
    /// If an index is not below the number of segments of `set`.
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
    /// As [`indices`](Self::indices).
    pub fn split(&self, set: &FeatureSet) -> Result<Split> {
        Ok(self.indices(set)?.apply(set))
    }

    /// Draws the segments of each part.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a share out of range, [`Error::TracksUnknown`] when tracks must stay together
    /// and the set does not know them, [`Error::TrackWithoutGroup`], [`Error::TrackInTwoGroups`] and
    /// [`Error::AmbiguousTrack`] when groups do not fit the set, [`Error::TooFewInClass`] and [`Error::EmptyPart`] when
    /// the set is too small, [`Error::EntangledGroups`] when groups of several classes cannot be shared out.
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

/// Takes the validation part, if one is asked, from the units that are not test.
fn divide_validation(
    units: &Units<'_>,
    rest: Vec<usize>,
    share: f64,
    rng: &mut ChaCha8Rng,
) -> Result<(Vec<usize>, Vec<usize>)> {
    if share > 0.0 { units.divide(rest, 1.0 - share, 1, rng) } else { Ok((rest, Vec::new())) }
}

fn check_share(parameter: &'static str, bound: &'static str, value: f64, above: bool) -> Result<()> {
    if above && value < 1.0 {
        Ok(())
    } else {
        Err(Error::InvalidParameter { parameter, bound, value: value.to_string() })
    }
}

fn check_parts(parts: &SplitIndices, total: usize) -> Result<()> {
    match [("training", &parts.train), ("test", &parts.test)].iter().find(|(_, part)| part.is_empty()) {
        Some(&(part, _)) => Err(Error::EmptyPart { part, total }),
        None => Ok(()),
    }
}
