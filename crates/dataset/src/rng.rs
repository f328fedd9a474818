//! Random numbers: one seed per run, split into named streams.

use rand::SeedableRng;
pub use rand_chacha::ChaCha8Rng;

/// Returns the generator for one purpose (`"split/track"`, `"init/dense_2"`, `"shuffle"`) of a run with this seed.
///
/// The streams of one seed are independent and random-access (`ChaCha`, RFC 8439, with 8 rounds). A new consumer with a
/// name of its own leaves the values of all others as they are.
///
/// ```
/// use cepstrum_dataset::rng::stream;
/// use rand::Rng;
///
/// let a: u64 = stream(7, "split").random();
/// assert_eq!(a, stream(7, "split").random::<u64>());
/// assert_ne!(a, stream(7, "shuffle").random::<u64>());
/// ```
#[must_use]
pub fn stream(seed: u64, name: &str) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(fnv1a(name.as_bytes()));
    rng
}

/// Computes the 64-bit FNV-1a hash (Fowler, Noll, Vo), which unlike `std`'s is stable across versions and machines.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::fnv1a;

    #[test]
    fn the_hash_equals_the_published_values() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
