//! Cross-validation.

use serde::{Deserialize, Serialize};

use super::assign::Units;
use super::{SplitIndices, SplitUnit, check_share, divide_validation};
use crate::{Error, FeatureSet, Result, SplitError, rng};

/// The configuration of a k-fold cross-validation: `k` splits whose test parts partition the set.
///
/// A field that is absent from serialized data has its default.
///
/// ```
/// use cepstrum_dataset::{FeatureSet, KFold};
/// use ndarray::Array3;
///
/// let tracks = (0..60).map(|i| format!("jazz/{}", i / 3)).collect();
/// let set = FeatureSet::new(Array3::zeros((60, 4, 2)), vec![0; 60], vec!["jazz".into()], tracks, None)?;
/// let folds = KFold::default().folds(&set)?;
/// assert_eq!(folds.iter().map(|fold| fold.test.len()).collect::<Vec<_>>(), [12; 5]);
/// # Ok::<(), cepstrum_dataset::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KFold<'a> {
    /// Number of folds, at least 2. More folds train on more data and take more time. Default 5.
    pub k: usize,
    /// Unit that stays together. Default: tracks.
    pub unit: SplitUnit<'a>,
    /// Share of each training part to set aside for validation, from 0 (none) to below 1. Default 0.2.
    pub validation_share: f64,
    /// Seed of the draw. Default 0.
    pub seed: u64,
}

impl Default for KFold<'_> {
    fn default() -> Self {
        Self { k: 5, unit: SplitUnit::Track, validation_share: 0.2, seed: 0 }
    }
}

impl KFold<'_> {
    /// Draws the folds; every class is in every test part, unless the unit is [`SplitUnit::Segment`].
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for fewer than 2 folds or a share out of range, [`SplitError::EmptyPart`] for more folds
    /// than units, and the other errors of [`SplitConfig::indices`](crate::SplitConfig::indices).
    pub fn folds(&self, set: &FeatureSet) -> Result<Vec<SplitIndices>> {
        if self.k < 2 {
            let (parameter, bound) = ("k", "at least 2");
            return Err(Error::InvalidParameter { parameter, bound, value: self.k.to_string() });
        }
        let share = self.validation_share;
        check_share("validation_share", "at least 0 and below 1", share, share >= 0.0)?;
        let units = Units::of(set, self.unit)?;
        let mut rng = rng::stream(self.seed, "split/fold");
        let parts = units.fold(self.k, &mut rng)?;
        if parts.iter().any(Vec::is_empty) {
            return Err(Error::Split(SplitError::EmptyPart { part: "test", total: set.len() }));
        }
        let fold = |test: usize| {
            let rest =
                (0..self.k).filter(|&part| part != test).flat_map(|part| parts[part].clone()).collect();
            let (train, validation) = divide_validation(&units, rest, share, &mut rng)?;
            Ok(SplitIndices {
                train: units.segments_of(&train),
                validation: units.segments_of(&validation),
                test: units.segments_of(&parts[test]),
            })
        };
        (0..self.k).map(fold).collect()
    }
}
