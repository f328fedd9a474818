//! Calibration of the probabilities that users see.

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// The temperatures that log-probabilities are divided by before they are reported, fitted on data that the training has
/// not seen: one for segments, one for whole songs.
///
/// Above 1 they lower confidences, below 1 they raise them; the order of the classes stays. `cepstrum-eval`'s
/// `TemperatureScaling` fits them. The default is 1 for both: probabilities as the network computes them.
///
/// # References
/// Guo et al. (2017), *On calibration of modern neural networks*, arXiv 1706.04599.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CalibratedTemperatures {
    segment: f64,
    song: f64,
}

impl Default for CalibratedTemperatures {
    fn default() -> Self {
        Self { segment: 1.0, song: 1.0 }
    }
}

impl CalibratedTemperatures {
    /// Checks the temperature for the log-probabilities of a segment, and the one for the mean of a song's.
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

    /// The temperature for segments.
    pub fn segment(self) -> f64 {
        self.segment
    }

    /// The temperature for whole songs.
    pub fn song(self) -> f64 {
        self.song
    }
}
