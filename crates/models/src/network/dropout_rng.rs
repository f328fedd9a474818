//! The source of a training pass's randomness.

use cepstrum_dataset::rng::stream;
use rand_chacha::ChaCha8Rng;

/// The random numbers of dropout in one training pass.
///
/// Every layer draws from a stream of its own, `"dropout/<layer>/<step>"`: another layer does not shift its numbers, and
/// one step can be computed again on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DropoutRng {
    /// No dropout: every value passes. Batch normalization still uses the batch's own statistics.
    Off,
    /// The streams of a seed at one step, counted over the whole training run.
    Seeded {
        /// Seed of the run.
        seed: u64,
        /// Number of the step; the same number draws the same values.
        step: u64,
    },
}

impl DropoutRng {
    /// The generator of one layer; `None` without dropout.
    pub(crate) fn of_layer(self, layer: &str) -> Option<ChaCha8Rng> {
        match self {
            Self::Off => None,
            Self::Seeded { seed, step } => Some(stream(seed, &format!("dropout/{layer}/{step}"))),
        }
    }
}
