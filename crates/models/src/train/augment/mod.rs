//! Data augmentation: random changes to training segments, different in every epoch.

mod mixup;
mod time_warp;

use serde::{Deserialize, Serialize};

pub(crate) use mixup::MixupDraw;
pub(crate) use time_warp::augment;

use crate::{Error, Result};

/// The random changes to training segments before every step: none by default, and never at inference.
///
/// Each kind draws from a stream of its own (`"augment/shift/<step>"`, ...), so that switching one on does not change the
/// draws of another, and a run that resumes from a checkpoint draws what it would have drawn.
///
/// ```
/// use cepstrum_models::{Augmentation, Masks, TrainConfig};
///
/// let augmentation = Augmentation {
///     shift: 20,
///     time_masks: Masks { count: 2, longest: 20 },
///     mixup: 0.2,
///     ..Augmentation::default()
/// };
/// let config = TrainConfig { augmentation, ..TrainConfig::default() };
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Augmentation {
    /// Maximum shift of a segment along time, in frames, in either direction; frames that leave at one end enter at the
    /// other. A tenth of the segment is a good starting value. Default 0.
    pub shift: usize,
    /// Masks over consecutive frames: all their coefficients are replaced by their means over the segment. Default none.
    pub time_masks: Masks,
    /// Masks over bands of neighboring coefficients, in all frames, replaced in the same way. Default none.
    pub coefficient_masks: Masks,
    /// Strength of mixup, in `0.0..=1.0`: each segment and its label are mixed with another of the batch in shares `l` and
    /// `1 - l`, with `l` drawn from `Beta(mixup, mixup)` once per batch. 0.2 is a common choice. Default 0, no mixing.
    pub mixup: f64,
}

/// Number and length of `SpecAugment`'s masks.
///
/// # References
/// Park et al. (2019), *`SpecAugment`*, arXiv:1904.08779.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Masks {
    /// Number of masks per segment; 1 or 2 is a common choice. Default 0.
    pub count: usize,
    /// Maximum length of a mask in frames or coefficients; each length is drawn uniformly from 0 to this. Default 0.
    pub longest: usize,
}

impl Augmentation {
    /// Checks that the settings fit segments of this many frames and coefficients.
    pub(crate) fn check(&self, [n_frames, n_coefficients]: [usize; 2]) -> Result<()> {
        let too_long = |setting, value: usize, limit: usize, bound| {
            if value <= limit { Ok(()) } else { Err(Error::Setting { setting, bound, value: value as f64 }) }
        };
        too_long("augmentation.shift", self.shift, n_frames, "at most the frames of a segment")?;
        let longest = self.time_masks.longest;
        too_long("augmentation.time_masks.longest", longest, n_frames, "at most the frames of a segment")?;
        let (longest, bound) = (self.coefficient_masks.longest, "at most the coefficients of a frame");
        too_long("augmentation.coefficient_masks.longest", longest, n_coefficients, bound)?;
        if (0.0..=1.0).contains(&self.mixup) {
            return Ok(());
        }
        Err(Error::Setting { setting: "augmentation.mixup", bound: "between 0 and 1", value: self.mixup })
    }
}
