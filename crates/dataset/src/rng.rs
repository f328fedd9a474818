//! Every random number of a run comes from one seed, through named streams.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// The generator for one purpose (`"split/track"`, `"init/dense_2"`, `"shuffle"`) of a run with this seed.
///
/// Streams of one seed are independent and random-access (`ChaCha`, RFC 8439, with 8 rounds): a new consumer with a
/// name of its own does not shift the numbers of another.
///
/// ```
/// use cepstrum_dataset::rng::stream;
/// use rand::Rng;
///
/// let a: u64 = stream(7, "split").random();
/// assert_eq!(a, stream(7, "split").random::<u64>());
/// assert_ne!(a, stream(7, "shuffle").random::<u64>());
/// ```
pub fn stream(seed: u64, name: &str) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(fnv1a(name.as_bytes()));
    rng
}

/// The 64-bit FNV-1a hash of Fowler, Noll and Vo: stable across versions and machines, unlike `std`'s.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::fnv1a;

    #[test]
    fn the_hash_is_the_published_one() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
