//! How confidences are brought to what they are worth.

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// What log-probabilities are divided by before they are shown, fitted on data that the training has not seen: one number
/// for segments, one for whole songs. Above 1 confidences fall, below 1 they rise; the order of the classes stays.
///
/// # References
/// Guo et al. (2017), *On calibration of modern neural networks*, arXiv 1706.04599.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CalibratedTemperatures {
    segment: f64,
    song: f64,
}

/// Confidences as the network gives them.
impl Default for CalibratedTemperatures {
    fn default() -> Self {
        Self { segment: 1.0, song: 1.0 }
    }
}

impl CalibratedTemperatures {
    /// The temperature of a segment's log-probabilities, and that of the mean of a song's.
    ///
    /// # Errors
    /// [`Error::Setting`] for one that is not positive and finite.
    pub fn new(segment: f64, song: f64) -> Result<Self> {
        for (setting, value) in [("segment temperature", segment), ("song temperature", song)] {
            if !(value > 0.0 && value.is_finite()) {
                return Err(Error::Setting { setting, bound: "positive and finite", value });
            }
        }
        Ok(Self { segment, song })
    }

    /// That of a segment.
    pub fn segment(self) -> f64 {
        self.segment
    }

    /// That of a song.
    pub fn song(self) -> f64 {
        self.song
    }
}
