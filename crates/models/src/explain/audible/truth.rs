//! Deletion and insertion in the domain of sound.

use cepstrum_dataset::rng::stream;
use ndarray::{Array2, ArrayRef2};
use rand::Rng;

use super::super::spectral::check_shape;
use super::{Audible, mask};
use crate::{Error, Result};

/// The probability of a class for two halves of a sound: what an order puts first, and the rest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KeepRemove {
    /// With only the first part: high for an order that finds what matters.
    pub kept: f32,
    /// Without it: low for an order that finds what matters.
    pub removed: f32,
}

/// Whether what an explanation plays is what the model responds to: the most relevant bins beside the loudest and bins chosen by
/// chance, all with the same share of the energy.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct SoundTruth {
    /// Share of the segment's energy in each first part.
    pub share: f64,
    /// In the order of [relevance per energy](Audible::relevance_order).
    pub relevance: KeepRemove,
    /// The loudest bins first.
    pub loudness: KeepRemove,
    /// In an [order of chance](random_order).
    pub chance: KeepRemove,
}

impl SoundTruth {
    /// Returns true when the most relevant part keeps at least as much of the probability as both others, and its removal leaves
    /// at most as much. A segment for which this is false is heard by the model in another way than it is explained.
    pub fn holds(&self) -> bool {
        [self.loudness, self.chance]
            .iter()
            .all(|other| self.relevance.kept >= other.kept && self.relevance.removed <= other.removed)
    }
}

/// Energy that counts as none, as a share of the mean over all bins.
const NEGLIGIBLE: f32 = 1e-9;

impl Audible<'_> {
    /// Divides the sound of a segment into the bins that come first in an order, until they hold `share` of the energy, and the
    /// rest; turns both to sound, extracts their features anew and classifies them.
    ///
    /// Bins of the other part keep the [floor](super::MaskConfig::floor) of the masks.
    ///
    /// # Errors
    /// [`Error::ExplainedMaps`] for an order of another shape than the short-time transform, [`Error::NonFiniteFeature`] for a value
    /// of it that is not finite, [`Error::Setting`] for a share beyond 0 to 1, and those of [`probabilities`](Self::probabilities).
    pub fn keep_remove(
        &mut self,
        segment: &[f32],
        class: usize,
        order: &ArrayRef2<f32>,
        share: f64,
    ) -> Result<KeepRemove> {
        self.path.check_class(class)?;
        let chosen = first_of(order, &self.path.power(segment)?, share)?;
        let floor = self.config.masks.floor;
        let mut heard = |open: bool| {
            let mask = chosen.mapv(|it| if it == open { 1.0 } else { floor });
            let sound = self.apply(segment, &mask)?;
            Ok::<_, Error>(self.probabilities(&sound)?[class])
        };
        Ok(KeepRemove { kept: heard(true)?, removed: heard(false)? })
    }

    /// The order of the bins of a segment by their relevance per energy, `[n_frames, n_bins]`, both smoothed as masks are: what
    /// comes first supports the class most for the energy that it costs.
    ///
    /// # Errors
    /// Those of [`relevance`](Self::relevance).
    pub fn relevance_order(&mut self, segment: &[f32], class: usize) -> Result<Array2<f32>> {
        let relevance = self.relevance(segment, class)?;
        self.per_energy(segment, &relevance)
    }

    /// Tests the relevance of a segment's bins for a class in the domain of sound; the order of chance is made from the seed.
    ///
    /// # Errors
    /// Those of [`keep_remove`](Self::keep_remove).
    pub fn truth(
        &mut self,
        segment: &[f32],
        class: usize,
        relevance: &ArrayRef2<f32>,
        share: f64,
        seed: u64,
    ) -> Result<SoundTruth> {
        let power = self.path.power(segment)?;
        let loudest = self.smoothed(&power)?;
        let random = self.smoothed(&random_order(power.dim(), seed))?;
        let relevant = self.per_energy(segment, relevance)?;
        let mut heard = |order: &Array2<f32>| self.keep_remove(segment, class, order, share);
        let (relevance, loudness, chance) = (heard(&relevant)?, heard(&loudest)?, heard(&random)?);
        Ok(SoundTruth { share, relevance, loudness, chance })
    }

    fn per_energy(&mut self, segment: &[f32], relevance: &ArrayRef2<f32>) -> Result<Array2<f32>> {
        let mut order = self.smoothed(relevance)?;
        let power = self.path.power(segment)?;
        let energy = self.smoothed(&power)?;
        // Far below what any bin of sound holds.
        let nothing = NEGLIGIBLE * energy.mean().unwrap_or_default();
        order.zip_mut_with(&energy, |r, &energy| {
            *r = if energy > 0.0 { *r / (energy + nothing) } else { 0.0 }
        });
        Ok(order)
    }

    /// Smooths a map as masks are smoothed, so that orders are compared at the same grain.
    ///
    /// # Errors
    /// [`Error::NonFiniteFeature`] for a value that is NaN or infinite.
    pub fn smoothed(&self, map: &ArrayRef2<f32>) -> Result<Array2<f32>> {
        mask::check_finite("map", map)?;
        let lengths = self.config.masks.lengths(self.path.sample_rate(), self.path.stft());
        Ok(mask::smooth(map.to_owned(), lengths))
    }
}

/// An order of chance, `[n_frames, n_bins]`: uniform values from a seed, to be [smoothed](Audible::smoothed) as a map is.
pub fn random_order(shape: (usize, usize), seed: u64) -> Array2<f32> {
    let mut rng = stream(seed, "random_order");
    Array2::from_shape_simple_fn(shape, || rng.random())
}

/// The bins that come first in an order, until they hold this share of the energy.
fn first_of(order: &ArrayRef2<f32>, power: &Array2<f32>, share: f64) -> Result<Array2<bool>> {
    check_shape(power.dim(), order.dim())?;
    mask::check_finite("order", order)?;
    if !(0.0..=1.0).contains(&share) {
        return Err(Error::Setting { setting: "share", bound: "from 0 to 1", value: share });
    }
    let mut bins: Vec<((usize, usize), f32)> = order.indexed_iter().map(|(at, &value)| (at, value)).collect();
    bins.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    let whole: f64 = power.iter().map(|&p| f64::from(p)).sum();
    let (mut chosen, mut held) = (Array2::from_elem(power.dim(), false), 0.0);
    for (at, _) in bins {
        held += f64::from(power[at]);
        if held > share * whole {
            break;
        }
        chosen[at] = true;
    }
    Ok(chosen)
}
