//! The unit that a split keeps together.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The unit that the split into training and test part keeps together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SplitBy {
    /// Segments, drawn at random as in the [reference experiment](cepstrum_models::zoo#the-reference-experiment):
    /// segments of one track are on both sides, which inflates the accuracy.
    Segment,
    /// Tracks: no track has segments on both sides.
    #[default]
    Track,
}

impl fmt::Display for SplitBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Segment => "segment",
            Self::Track => "track",
        })
    }
}
