//! The reader of `TensorFlow` checkpoints on one that `golden/make_checkpoint.py` wrote, and on what is left of it.

use cepstrum_models::pretrained::{Checkpoint, CheckpointProblem as Problem};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

const INDEX: &[u8] = include_bytes!("../golden/checkpoint.index");
const DATA: &[u8] = include_bytes!("../golden/checkpoint.data");

/// Name, shape and values of a tensor.
type Named = (String, Vec<usize>, Vec<f32>);

/// Reads every tensor.
fn read_all(index: &[u8], data: &[u8]) -> Result<Vec<Named>, Problem> {
    let checkpoint = Checkpoint::new(index, data)?;
    let names: Vec<String> = checkpoint.names().filter(|name| *name != "step").map(str::to_owned).collect();
    let read = |name: String| {
        let (shape, values) = checkpoint.tensor(&name)?.unwrap();
        Ok((name, shape, values))
    };
    names.into_iter().map(read).collect()
}

#[test]
fn tensors_have_their_shapes_and_values() {
    let values = |range: std::ops::Range<u16>| range.map(|k| f32::from(k) / 8.0).collect::<Vec<_>>();
    let expected = [
        ("empty", vec![0, 3], Vec::new()),
        ("layer/bias", vec![4], values(24..28)),
        ("layer/kernel", vec![3, 2, 1, 4], values(0..24)),
        ("layer_1/kernel", vec![4, 5], values(28..48)),
        ("scale", vec![], values(48..49)),
    ];
    let expected = expected.map(|(name, shape, values)| (name.to_owned(), shape, values));
    assert_eq!(read_all(INDEX, DATA).unwrap(), expected);

    let checkpoint = Checkpoint::new(INDEX, DATA).unwrap();
    assert_eq!(checkpoint.tensor("layer").unwrap(), None);
    assert_eq!(checkpoint.tensor("step"), Err(Problem::Type { tensor: "step".to_owned(), actual: 9 }));
}

#[test]
fn damage_is_named() {
    assert_eq!(Checkpoint::new(&[], DATA).unwrap_err(), Problem::NotATable);
    assert_eq!(Checkpoint::new(&INDEX[..INDEX.len() - 1], DATA).unwrap_err(), Problem::NotATable);
    let mut flipped = INDEX.to_vec();
    flipped[20] ^= 1;
    let checksum = |part: &str| Problem::Checksum { part: part.to_owned() };
    assert_eq!(Checkpoint::new(&flipped, DATA).unwrap_err(), checksum("the index"));

    let mut flipped = DATA.to_vec();
    let last = flipped.len() - 12;
    flipped[last] ^= 0x10;
    assert!(
        matches!(read_all(INDEX, &flipped), Err(Problem::Checksum { part }) if part.starts_with("tensor"))
    );
    let error = read_all(INDEX, &DATA[..100]).unwrap_err();
    assert!(matches!(error, Problem::DataBeyondEnd { length: 100, .. }), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2000, failure_persistence: None, rng_seed: RngSeed::Fixed(3), ..ProptestConfig::default()
    })]

    /// Whatever is left of the files, nothing panics, and no damage of the index goes unnoticed: it has a checksum.
    #[test]
    fn no_damage_panics_or_passes(
        flips in prop::collection::vec((0..INDEX.len(), 0_u8..8), 0..4),
        index_len in 0..=INDEX.len(),
        data_len in 0..=DATA.len(),
    ) {
        let mut index = INDEX.to_vec();
        for (at, bit) in flips {
            index[at] ^= 1 << bit;
        }
        if let Ok(tensors) = read_all(&index[..index_len], &DATA[..data_len]) {
            prop_assert_eq!(tensors, read_all(INDEX, DATA).unwrap());
        }
    }

    /// Bytes that begin as a table but hold anything do not panic either.
    #[test]
    fn no_bytes_panic(mut bytes in prop::collection::vec(any::<u8>(), 48..400)) {
        let end = bytes.len();
        bytes[end - 8..].copy_from_slice(&INDEX[INDEX.len() - 8..]);
        prop_assert!(read_all(&bytes, DATA).is_err());
    }
}
