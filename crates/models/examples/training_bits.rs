//! Trains every kind of network for three epochs and prints a hash of its weights, to compare machines, numbers of threads
//! and vector units. The lines are the same on every machine that has fused multiply-adds and the same `exp` and `ln`.
//!
//! `cargo run --release -p cepstrum-models --features measure --example training_bits`

use std::error::Error;

use cepstrum_dataset::FeatureSet;
use cepstrum_models::zoo::Architecture;
use cepstrum_models::{Classifier, Layer};

const SHAPE: [usize; 2] = [130, 13];
const N_CLASSES: usize = 10;
const EPOCHS: usize = 3;
const SEED: u64 = 3;

fn main() -> Result<(), Box<dyn Error>> {
    let set = segments()?;
    let reference = ["ffnn1", "ffnn4", "ffnn5", "cnn:32-32-32-32", "cnn:37-37-37-37", "cnn:256-128-64-32"];
    for name in reference.into_iter().chain(["crnn", "compact"]) {
        let network: Architecture = name.parse()?;
        let mut model = network.build(SHAPE, N_CLASSES, SEED)?;
        network.trainer(network.config(SHAPE, EPOCHS, SEED)).fit(&mut model, &set, &set)?;
        println!("{network} {:016x}", hash(&model)?);
    }
    Ok(())
}

/// Tones that distinguish the classes, over a pseudorandom pattern.
fn segments() -> cepstrum_dataset::Result<FeatureSet> {
    let features =
        ndarray::Array3::from_shape_fn((200, SHAPE[0], SHAPE[1]), |(segment, frame, coefficient)| {
            let class = (segment % N_CLASSES) as f32;
            let noise = ((segment * 7919 + frame * 31 + coefficient * 17) % 1000) as f32 / 50.0 - 10.0;
            let slope = class * (coefficient as f32 - 6.0) * 0.3;
            noise + slope + (frame as f32 * 0.05 * (1.0 + class)).sin() * 5.0
        });
    let labels = (0..200).map(|segment| segment % N_CLASSES).collect();
    let classes = (0..N_CLASSES).map(|class| class.to_string()).collect();
    FeatureSet::new(features, labels, classes, Vec::new(), None)
}

/// FNV-1a hash of the bits of all weights, including those that are not trained.
fn hash(model: &Classifier) -> candle_core::Result<u64> {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for weight in model.network().layers().iter().flat_map(Layer::weights) {
        for value in weight.var().flatten_all()?.to_vec1::<f32>()? {
            for byte in value.to_le_bytes() {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
    }
    Ok(hash)
}
