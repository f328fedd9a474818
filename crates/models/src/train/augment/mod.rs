//! Training segments that differ a little in every epoch.

mod mixup;
mod time_warp;

use serde::{Deserialize, Serialize};

pub(crate) use mixup::MixupDraw;
pub(crate) use time_warp::vary;

use crate::{Error, Result};

/// What is done to training segments before every step; nothing by default, and never at inference.
///
/// Every kind draws from a stream of its own (`"augment/shift/<step>"`, ...), so that a kind that is switched on does not
/// shift another's numbers, and a training that goes on from a checkpoint draws what it would have drawn.
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
#[serde(default)]
pub struct Augmentation {
    /// A segment is moved along time by up to this many frames either way; what leaves it at one end enters at the other.
    pub shift: usize,
    /// Stretches of frames that are masked: all their coefficients get their means over the segment.
    pub time_masks: Masks,
    /// Bands of neighbouring coefficients that are masked in the same way, in all frames.
    pub coefficient_masks: Masks,
    /// Segments and labels of a batch are mixed with those of another of the batch in shares `l` and `1 - l`, `l` drawn
    /// from `Beta(mixup, mixup)` once a batch. In `0.0..=1.0`; 0 for no mixing, 0.2 is a common choice.
    pub mixup: f64,
}

/// Masks of `SpecAugment`.
///
/// # References
/// Park et al. (2019), *`SpecAugment`*, arXiv:1904.08779.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Masks {
    /// Masks a segment.
    pub count: usize,
    /// A mask's length is drawn from 0 to this.
    pub longest: usize,
}

impl Augmentation {
    /// Fails unless it fits segments of this many frames and coefficients.
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
