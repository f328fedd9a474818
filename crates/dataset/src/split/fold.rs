//! Cross-validation.

use super::assign::Units;
use super::{SplitIndices, SplitUnit, check_share, divide_validation};
use crate::{Error, FeatureSet, Result, rng};

/// `k` splits whose test parts together are the whole set, each once.
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
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KFold<'a> {
    /// Number of folds. Default 5.
    pub k: usize,
    /// What must stay together. Default: tracks.
    pub unit: SplitUnit<'a>,
    /// Share of each training part that becomes validation; 0 for none. Default 0.2.
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
    /// Draws the folds; every class is in every test part.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for fewer than 2 folds or a share out of range, and the errors of
    /// [`SplitConfig::indices`](crate::SplitConfig::indices).
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
            return Err(Error::EmptyPart { part: "test", total: set.len() });
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
