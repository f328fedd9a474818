//! Devices: their names, errors where one is missing, and memory that is exhausted.

use candle_core::Device;
use candle_nn::VarBuilder;
use cepstrum_dataset::{ExtractConfig, FeatureSet};
use cepstrum_models::{
    Adam, Checkpoint, Classifier, DataSource, Dense, DeviceProblem, Error, Flatten, Result, SeededInit,
    Sequential, TrainConfig, Trainer, device,
};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::common::{SHAPE, set, weight_bits};

#[test]
fn a_device_has_a_name() {
    assert!(device("cpu").unwrap().is_cpu());
    for unknown in ["", "gpu", "cpu:0", "cpu:1", "cuda:", "cuda:x", "cuda:-1", "CUDA", "cuda:1:2", " cpu"] {
        let error = device(unknown).unwrap_err();
        assert!(matches!(&error, Error::NoDevice { problem: DeviceProblem::Unknown, .. }), "{error}");
        assert!(error.to_string().starts_with(&format!("device `{unknown}`: not a name")), "{error}");
    }
}

#[test]
fn what_was_not_compiled_in_names_its_feature() {
    for (name, feature, is_built) in [
        ("cuda", "cuda", cfg!(feature = "cuda")),
        ("cuda:1", "cuda", cfg!(feature = "cuda")),
        ("metal", "metal", cfg!(feature = "metal")),
    ] {
        let outcome = device(name);
        if is_built {
            let is_missing = |error: &Error| {
                matches!(error, Error::NoDevice { problem: DeviceProblem::Unavailable { .. }, .. })
            };
            assert!(outcome.as_ref().err().is_none_or(is_missing), "{outcome:?}");
            continue;
        }
        let expected = format!(
            "device `{name}`: built without the feature `{feature}`: build with `--features {feature}`"
        );
        assert_eq!(outcome.unwrap_err().to_string(), expected);
    }
}

#[test]
fn a_network_is_where_its_weights_are() {
    let weights: VarBuilder = SeededInit::builder(3, &Device::Cpu);
    let network = Sequential::builder([4]).layer(Dense::new(3)).build_from(&weights).unwrap();
    assert!(network.device().is_cpu());
}

/// Segments that can be read a number of times, until the device has no memory for another batch.
struct Exhausting {
    set: FeatureSet,
    reads: AtomicUsize,
    last: usize,
}

impl DataSource for Exhausting {
    fn len(&self) -> usize {
        DataSource::len(&self.set)
    }

    fn segment_shape(&self) -> [usize; 2] {
        SHAPE
    }

    fn classes(&self) -> &[String] {
        self.set.classes()
    }

    fn config(&self) -> Option<&ExtractConfig> {
        self.set.config()
    }

    fn read(&self, segments: &[usize], features: &mut [f32], labels: &mut [u32]) -> Result<()> {
        if self.reads.fetch_add(1, Ordering::Relaxed) >= self.last {
            let error = "DriverError(CUDA_ERROR_OUT_OF_MEMORY, \"out of memory\")";
            return Err(candle_core::Error::Cuda(error.into()).into());
        }
        self.set.read(segments, features, labels)
    }
}

#[test]
fn exhausted_memory_names_the_batch_size_and_leaves_the_last_checkpoint() {
    let network = Sequential::builder(SHAPE).layer(Flatten::new()).layer(Dense::new(3)).build().unwrap();
    let mut model = Classifier::new(network).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.checkpoint");
    let set = set(24, 1);
    // One read checks all data; then three steps per epoch.
    let data = Exhausting { set, reads: AtomicUsize::new(0), last: 1 + 3 + 1 };
    let config = TrainConfig { epochs: 4, batch_size: 8, ..TrainConfig::default() };
    let trainer = Trainer::new(config).optimizer(Adam::new(0.01)).checkpoint(&path);
    let error = trainer.fit_unvalidated(&mut model, &data).unwrap_err();
    assert!(matches!(error, Error::OutOfMemory { epoch: 2, step: 2, batch_size: 8, .. }), "{error}");
    let message = error.to_string();
    assert!(message.contains("batch size of 8") && message.contains("out of memory"), "{message}");
    let saved = Checkpoint::load(&path).unwrap();
    assert_eq!(saved.epoch(), 1);
    // The model has the weights of the last step that succeeded: the fourth.
    assert_ne!(weight_bits(&saved.into_model().unwrap()), weight_bits(&model));
}
