//! Where the randomness of a training forward pass comes from.

use cepstrum_dataset::rng::stream;
use rand_chacha::ChaCha8Rng;

/// What dropout draws from in one forward pass.
///
/// Every layer draws from a stream of its own, `"dropout/<layer>/<step>"`: another layer does not shift its numbers,
/// and a step can be computed again alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DropoutRng {
    /// Nothing: dropout lets everything pass. Batch normalisation still uses the batch's own statistics.
    Off,
    /// The streams of a seed at one step, counted over the whole training.
    Seeded {
        /// The run's seed.
        seed: u64,
        /// Step number; the same one gives the same numbers.
        step: u64,
    },
}

impl DropoutRng {
    /// The generator of one layer, `None` when there is no noise.
    pub(crate) fn of_layer(self, layer: &str) -> Option<ChaCha8Rng> {
        match self {
            Self::Off => None,
            Self::Seeded { seed, step } => Some(stream(seed, &format!("dropout/{layer}/{step}"))),
        }
    }
}
