//! The networks and recipes of the reference experiment, and this crate's own networks.

use cepstrum_dataset::FeatureSet;
use cepstrum_models::zoo::{self, Architecture, Ffnn, Own, ValidationUse};
use cepstrum_models::{Error, Layer, LearningRateSchedule, Standardization};
use ndarray::Array3;

use crate::common::classes;

const SHAPE: [usize; 2] = [130, 13];

#[test]
fn parameter_counts_are_those_of_the_reference_experiment() {
    let expected = [
        ("ffnn1", 1_040_682, 0),
        ("ffnn2", 476_458, 0),
        ("ffnn3", 1_038_922, 0),
        ("ffnn4", 474_698, 0),
        ("ffnn5", 1_049_522, 5_300),
        ("ffnn6", 1_049_522, 5_300),
        ("cnn:32-32-32-32", 32_362, 256),
        ("cnn:64-32-32-32", 42_026, 320),
        ("cnn:128-64-64-32", 111_850, 576),
        ("cnn:256-128-64-64", 370_122, 1_024),
        ("cnn:256-128-64-32", 351_530, 960),
        ("cnn:32-64-128-256", 218_442, 960),
        ("cnn:64-128-256-256", 406_218, 1_408),
    ];
    let all = Architecture::reference();
    assert_eq!(all.len(), expected.len());
    for (architecture, (name, parameters, moving)) in all.into_iter().zip(expected) {
        assert_eq!(architecture.to_string(), name);
        let model = architecture.build(SHAPE, 10, 0).unwrap();
        assert_eq!(model.n_parameters(), parameters, "{name}");
        assert_eq!(model.network().n_trainable_parameters(), parameters - moving, "{name}");
    }
}

#[test]
fn shapes_of_the_cnn_are_those_of_the_reference_experiment() {
    let model = zoo::cnn([256, 128, 64, 32], SHAPE, 10, 0).unwrap();
    let shape = |name: &str| model.network().layers()[model.network().position(name).unwrap()].output_shape();
    assert_eq!(shape("conv2d"), [128, 11, 256]);
    assert_eq!(shape("max_pooling2d"), [64, 6, 256]);
    assert_eq!(shape("conv2d_1"), [62, 4, 128]);
    assert_eq!(shape("max_pooling2d_1"), [31, 2, 128]);
    assert_eq!(shape("conv2d_2"), [30, 1, 64]);
    assert_eq!(shape("max_pooling2d_2"), [15, 1, 64]);
    assert_eq!(shape("conv2d_3"), [15, 1, 32]);
    assert_eq!(shape("max_pooling2d_3"), [8, 1, 32]);
    assert_eq!(shape("flatten"), [256]);
    assert_eq!(shape("dense_1"), [10]);
}

#[test]
fn the_summary_is_the_table_of_keras() {
    let summary = zoo::cnn([32, 32, 32, 32], SHAPE, 10, 0).unwrap().summary().to_string();
    for part in [
        "conv2d_1 (Conv2D)",
        "(None, 62, 4, 32)",
        "9,248",
        "batch_normalization_3 (BatchNormalization)",
        "max_pooling2d (MaxPooling2D)",
        "dropout_4 (Dropout)",
        "Total parameters: 32,362",
        "Trainable: 32,106",
        "Not trainable: 256",
    ] {
        assert!(summary.contains(part), "{part} is not in\n{summary}");
    }
}

#[test]
fn recipes_are_those_of_the_reference_experiment() {
    let recipes = Ffnn::ALL.map(|ffnn| Architecture::Ffnn(ffnn).recipe().unwrap());
    assert_eq!(recipes.clone().map(|recipe| recipe.epochs), [50, 100, 100, 100, 100, 100]);
    assert_eq!(recipes.clone().map(|recipe| recipe.patience), [None, None, Some(10), Some(10), None, None]);
    assert!(recipes.iter().all(|recipe| recipe.learning_rate == 0.01));
    assert!(recipes.iter().all(|recipe| recipe.validation == ValidationUse::TestSet));
    let after_10 = |decay| Some(LearningRateSchedule::ExponentialAfter { after: 10, decay });
    assert_eq!(
        recipes.clone().map(|recipe| recipe.schedule),
        [None, None, after_10(0.1), after_10(0.01), None, None]
    );

    let cnn = Architecture::Cnn([32; 4]).recipe().unwrap();
    assert_eq!((cnn.epochs, cnn.patience, cnn.learning_rate), (200, Some(20), 1e-4));
    assert_eq!(cnn.validation, ValidationUse::TrainingTail { share: 0.2 });
    let config = cnn.config(3);
    assert_eq!((config.batch_size, config.seed), (32, 3));
    assert_eq!(config.standardize, Standardization::Off);
}

#[test]
fn unknown_names_are_errors() {
    for name in
        ["", "ffnn0", "ffnn7", "cnn", "cnn:1-2-3", "cnn:1-2-3-4-5", "cnn:0-1-1-1", "cnn:a-b-c-d", "gru"]
    {
        let error = name.parse::<Architecture>().unwrap_err();
        assert!(matches!(&error, Error::UnknownModel { name: named } if named == name), "{error}");
    }
    assert!(zoo::ffnn(0, SHAPE, 10, 0).is_err());
    assert!(zoo::ffnn(7, SHAPE, 10, 0).is_err());
}

#[test]
fn segments_too_small_for_a_cnn_name_the_layer() {
    let error = zoo::cnn([32; 4], [6, 5], 10, 0).unwrap_err();
    assert!(error.to_string().starts_with("layer conv2d_1: kernel [3, 3] does not fit"), "{error}");
}

#[test]
fn own_networks_are_small_and_parse_from_their_names() {
    use cepstrum_models::{TrainConfig, Trainer};

    let best = zoo::cnn([256, 128, 64, 32], [130, 13], 10, 7).unwrap().n_parameters();
    for network in Own::ALL.map(Architecture::Own) {
        assert_eq!(network.to_string().parse::<Architecture>().unwrap(), network);
        let model = network.build([130, 13], 10, 7).unwrap();
        assert!(model.n_parameters() < best, "{network}: {}", model.n_parameters());
    }
    assert_eq!(Architecture::all().len(), 17);
    assert!(matches!("gru".parse::<Architecture>(), Err(Error::UnknownModel { .. })));
    let _: Trainer<'_> = Architecture::Own(Own::Crnn).trainer(TrainConfig::default());
}

#[test]
fn own_networks_train_to_the_same_bits_for_any_number_of_threads() {
    let features = ndarray::Array3::from_shape_fn((40, 40, 13), |(segment, frame, coefficient)| {
        let sign = if segment % 2 == 0 { 1.0 } else { -1.0 };
        sign * (coefficient as f32 - 6.0) + ((segment * 7 + frame * 3) % 11) as f32
    });
    let labels = (0..40).map(|segment| segment % 2).collect();
    let classes = ["a", "b"].map(str::to_owned).to_vec();
    let set = FeatureSet::new(features, labels, classes, Vec::new(), None).unwrap();
    let trained = |network: Architecture| {
        let mut model = network.build(set.segment_shape(), 2, 3).unwrap();
        network.trainer(network.config(set.segment_shape(), 3, 3)).fit(&mut model, &set, &set).unwrap();
        model.predict_proba(&set).unwrap()
    };
    for network in Own::ALL.map(Architecture::Own) {
        let with = |threads| {
            rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| trained(network))
        };
        let alone = with(1);
        assert!(alone == with(2) && alone == with(4), "{network}");
    }
}

#[test]
fn deep_fits_itself_to_any_segment() {
    let deep = Architecture::Own(Own::Deep);
    let clip = deep.build([108, 64], 10, 0).unwrap();
    assert_eq!(clip.n_parameters(), 207_210);
    let shapes = clip.network().layers().iter().filter(|layer| layer.name().starts_with("conv2d"));
    let shapes: Vec<&[usize]> = shapes.map(Layer::output_shape).collect();
    assert_eq!(shapes, [[106, 62, 24], [51, 29, 48], [24, 13, 64], [22, 11, 96], [9, 4, 128]]);
    // MFCCs of 3 s, a short segment, one row of summaries, one value.
    for shape in [[130, 13], [20, 13], [1, 57], [1, 1]] {
        let model = deep.build(shape, 3, 0).unwrap();
        let set =
            FeatureSet::new(Array3::zeros((2, shape[0], shape[1])), vec![0, 1], classes(), Vec::new(), None);
        assert_eq!(model.predict_proba(&set.unwrap()).unwrap().dim(), (2, 3), "{shape:?}");
    }
    assert!(!deep.needs_validation() && Architecture::Own(Own::Crnn).needs_validation());
}
