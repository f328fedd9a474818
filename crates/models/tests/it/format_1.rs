//! Files of the first format, written by commit a0b0c46 (`golden/format_1/make_format_1.rs.txt`), load to the same bits.

use crate::common::{CLASSES, rewritten};
use cepstrum_dataset::{FeatureSet, StoreFormat};
use cepstrum_models::ops::Momentum;
use cepstrum_models::{
    Adam, Augmentation, BatchNorm, Checkpoint, ClassWeights, Classifier, Clipping, Conv2d, Dense, Dropout,
    EarlyStopping, Flatten, LearningRateSchedule, Masks, MaxPool2d, ModelCheckpoint, PlateauConfig,
    ReduceOnPlateau, Sequential, Sgd, TrainConfig, Trainer,
};
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use serde_json::Value;

macro_rules! golden {
    ($name:literal) => {
        include_bytes!(concat!("../golden/format_1/", $name)).as_slice()
    };
}

/// Tolerance on other machines than x86-64 with fused multiply-adds, where the files were made: rounding differs there.
const OTHER_MACHINE: f32 = 1e-4;

fn expected() -> Value {
    serde_json::from_slice(golden!("expected.json")).unwrap()
}

fn features() -> FeatureSet {
    FeatureSet::read_from(golden!("features.safetensors"), StoreFormat::SafeTensors).unwrap()
}

fn same_machine() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("fma");
    #[cfg(not(target_arch = "x86_64"))]
    false
}

/// Compares values with the bits in a JSON array.
fn check(what: &str, actual: &[f32], expected: &Value) {
    let expected: Vec<f32> = expected
        .as_array()
        .unwrap()
        .iter()
        .map(|bits| f32::from_bits(u32::try_from(bits.as_u64().unwrap()).unwrap()))
        .collect();
    assert_eq!(actual.len(), expected.len(), "{what}");
    for (at, (actual, expected)) in actual.iter().zip(&expected).enumerate() {
        let is_close = (actual - expected).abs() <= OTHER_MACHINE * expected.abs().max(1.0);
        let is_same = actual.to_bits() == expected.to_bits();
        assert!(is_same || !same_machine() && is_close, "{what}, value {at}: {actual}, expected {expected}");
    }
}

#[test]
fn feature_stores_load_and_are_written_as_before() {
    let set = features();
    assert_eq!(
        (set.len(), set.segment_shape(), set.classes()),
        (24, [10, 4], &CLASSES.map(str::to_owned)[..])
    );
    assert_eq!(set.track_names()[4], "metal/4.wav");
    assert_eq!(set.track_ids()[16..20], [4; 4]);
    let json = FeatureSet::read_from(golden!("features.json"), StoreFormat::Json).unwrap();
    assert_eq!(json, set);
    for (format, golden) in [
        (StoreFormat::SafeTensors, golden!("features.safetensors")),
        (StoreFormat::Json, golden!("features.json")),
    ] {
        let mut bytes = Vec::new();
        set.write_to(&mut bytes, format).unwrap();
        assert!(bytes == golden, "{format:?}");
    }
}

const MODELS: [(&str, &[u8]); 3] = [
    ("conv", golden!("conv.safetensors")),
    ("recurrent", golden!("recurrent.safetensors")),
    ("pooled", golden!("pooled.safetensors")),
];

#[test]
fn models_compute_the_same_logits() {
    let (expected, set) = (expected(), features());
    for (name, bytes) in MODELS {
        let model = Classifier::from_bytes(bytes).unwrap();
        assert_eq!(model.classes(), CLASSES);
        let logits = model.forward(&model.input(set.features()).unwrap()).unwrap().to_vec2::<f32>().unwrap();
        assert_eq!(logits.len(), set.len());
        for (segment, row) in logits.iter().enumerate() {
            check(&format!("{name}, segment {segment}"), row, &expected[name]["logits"][segment]);
        }
    }
}

#[test]
fn models_are_written_as_before() {
    for (name, golden) in MODELS {
        let mut bytes = Vec::new();
        Classifier::from_bytes(golden).unwrap().write_to(&mut bytes).unwrap();
        assert!(bytes == golden, "{name}");
    }
}

#[test]
fn a_model_file_keeps_what_stood_beside_the_network() {
    let set = features();
    let conv = Classifier::from_bytes(golden!("conv.safetensors")).unwrap();
    assert_eq!(conv.config(), set.config());
    assert_eq!(conv.standardizer().unwrap().n_coefficients(), 4);
    assert_eq!((conv.temperatures().segment(), conv.temperatures().song()), (1.25, 0.75));
    let distances = conv.ood_detector().unwrap().segment_distances(&set).unwrap();
    let expected = expected();
    let expected = expected["distances"].as_array().unwrap();
    assert_eq!(distances.len(), expected.len());
    for (distance, expected) in distances.iter().zip(expected) {
        assert!(
            (distance / expected.as_f64().unwrap() - 1.0).abs() < 1e-5,
            "{distance}, expected {expected}"
        );
    }
    let recurrent = Classifier::from_bytes(golden!("recurrent.safetensors")).unwrap();
    assert!(recurrent.config().is_none() && recurrent.standardizer().is_none());
    assert!(recurrent.ood_detector().is_none());
    assert_eq!((recurrent.temperatures().segment(), recurrent.temperatures().song()), (1.0, 1.0));
}

#[test]
fn a_detector_fitted_on_identical_segments_loads() {
    const NAN: [u8; 4] = f32::NAN.to_le_bytes();
    let degenerate = golden!("degenerate.safetensors");
    let limit = Classifier::from_bytes(degenerate).unwrap().ood_detector().unwrap().limit();
    assert!(limit > 0.0 && limit < 1e-3, "{limit}");
    // When all distances were exactly 0, the saved limit was NaN: the model loads, without a detector.
    let bytes = rewritten(degenerate, |_, tensors| {
        let at = tensors.iter().position(|(name, _)| name == "familiarity/limit").unwrap();
        tensors[at].1 = TensorView::new(Dtype::F32, vec![1], &NAN).unwrap();
    });
    assert!(Classifier::from_bytes(&bytes).unwrap().ood_detector().is_none());
}

fn untrained() -> Classifier {
    let network = Sequential::builder([10, 4, 1])
        .layer(Conv2d::new(4, [3, 2]).relu().l2(1e-3))
        .layer(MaxPool2d::new([2, 2]).stride([2, 1]))
        .layer(BatchNorm::new())
        .layer(Dropout::new(0.2))
        .layer(Flatten::new())
        .layer(Dense::new(8).relu().l2(1e-2))
        .layer(Dense::new(3))
        .seed(7) // not that of the script: the weights come from the checkpoint
        .build()
        .unwrap();
    Classifier::new(network).unwrap()
}

fn config(epochs: usize) -> TrainConfig {
    let masks = Masks { count: 1, longest: 2 };
    TrainConfig {
        epochs,
        batch_size: 8,
        seed: 11,
        class_weights: ClassWeights::Given(vec![1.0, 0.5, 2.0]),
        label_smoothing: 0.1,
        clipping: Clipping::GlobalNorm(2.0),
        augmentation: Augmentation { shift: 3, time_masks: masks, coefficient_masks: masks, mixup: 0.3 },
        ..TrainConfig::default()
    }
}

/// Resumes from a checkpoint of two epochs and compares the weights after five.
fn resume(name: &str, bytes: &[u8], trainer: Trainer<'_>) {
    let checkpoint = Checkpoint::from_bytes(bytes).unwrap();
    assert_eq!((checkpoint.epoch(), checkpoint.config()), (2, &config(2)));
    let mut written = Vec::new();
    checkpoint.write_to(&mut written).unwrap();
    assert!(written == bytes, "{name} is written in another way");

    let (expected, set) = (&expected()[name], features());
    let validation = set.select(&[1, 6, 11, 13, 18, 23]);
    let mut model = untrained();
    let report = trainer.resume_from(checkpoint).fit(&mut model, &set, &validation).unwrap();
    let loss = expected["train_loss"].as_f64().unwrap();
    assert!((report.last.train_loss / loss - 1.0).abs() < f64::from(OTHER_MACHINE));
    for weight in model.network().weights() {
        let values = weight.var().flatten_all().unwrap().to_vec1::<f32>().unwrap();
        check(weight.name(), &values, &expected["weights"][weight.name()]);
    }
}

#[test]
fn a_checkpoint_of_adam_resumes_to_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let plateau = PlateauConfig { factor: 0.5, patience: 1, ..PlateauConfig::default() };
    let trainer = Trainer::new(config(5))
        .optimizer(Adam::new(1e-2).weight_decay(1e-3))
        .callback(LearningRateSchedule::ExponentialAfter { after: 1, decay: 0.05 })
        .callback(ReduceOnPlateau::new(plateau))
        .callback(ModelCheckpoint::best(folder.path().join("best.safetensors")))
        .callback(EarlyStopping::on_validation_loss(50).restore_best());
    resume("adam", golden!("adam.checkpoint"), trainer);
}

#[test]
fn a_checkpoint_of_sgd_resumes_to_the_same_bits() {
    let optimizer = Sgd::new(1e-2).momentum(Momentum::Nesterov(0.9));
    resume("sgd", golden!("sgd.checkpoint"), Trainer::new(config(5)).optimizer(optimizer));
}

#[test]
fn settings_read_the_names_of_the_first_format() {
    let schedule: LearningRateSchedule =
        serde_json::from_str(r#"{"exponential_after": {"after": 10, "rate": 0.1}}"#).unwrap();
    assert_eq!(schedule, LearningRateSchedule::ExponentialAfter { after: 10, decay: 0.1 });
}
