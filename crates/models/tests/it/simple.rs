//! Simple models against scikit-learn, whose results are `golden/simple.json`, made by `golden/make_simple.py`, and as
//! models among others.

use std::path::PathBuf;

use cepstrum_dataset::FeatureSet;
use cepstrum_models::zoo::{
    FittedModel, KNeighbors, LogisticRegression, MajorityClass, ModelName, SimpleModel,
};
use cepstrum_models::{Classifier, Error, GenreClassifier, Summarized, explain};
use ndarray::{Array2, Array3, Axis};
use serde_json::Value;

use crate::common::{classes, set};

/// On probabilities: scikit-learn and this crate both stop at the minimum, and features are `f32` here.
const TOLERANCE: f64 = 1e-3;

fn golden() -> Value {
    serde_json::from_str(include_str!("../golden/simple.json")).unwrap()
}

fn values<T: serde::de::DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap()
}

/// Training and test part of the golden set.
fn parts(golden: &Value) -> (FeatureSet, FeatureSet) {
    let rows: Vec<Vec<Vec<f32>>> = values(&golden["features"]);
    let shape = (rows.len(), rows[0].len(), rows[0][0].len());
    let features = Array3::from_shape_vec(shape, rows.into_iter().flatten().flatten().collect()).unwrap();
    let all = FeatureSet::new(features, values(&golden["labels"]), classes(), vec![], None).unwrap();
    let n_train = golden["n_train"].as_u64().unwrap() as usize;
    let train: Vec<usize> = (0..n_train).collect();
    let test: Vec<usize> = (n_train..all.labels().len()).collect();
    (all.select(&train), all.select(&test))
}

fn largest_difference(actual: &Array2<f32>, expected: &Value) -> f64 {
    let expected: Vec<Vec<f64>> = values(expected);
    assert_eq!(actual.dim(), (expected.len(), expected[0].len()));
    let pairs = actual.iter().zip(expected.iter().flatten());
    pairs.map(|(actual, expected)| (f64::from(*actual) - expected).abs()).fold(0.0, f64::max)
}

#[test]
fn logistic_regression_equals_scikit_learn() {
    let golden = golden();
    let (train, test) = parts(&golden);
    for case in golden["logistic"].as_array().unwrap() {
        let deltas = case["deltas"].as_bool().unwrap();
        let summarized = if deltas { Summarized::ValuesAndDeltas } else { Summarized::Values };
        let strength = case["strength"].as_f64().unwrap();
        let regression = LogisticRegression { summarized, ..LogisticRegression::with_strength(strength) };
        let FittedModel { model, report, .. } = regression.fit(&train, None).unwrap();
        let difference = largest_difference(&model.predict_proba(&test).unwrap(), &case["probabilities"]);
        assert!(difference < TOLERANCE, "{summarized:?}, {strength}: {difference}");
        assert!(report.epochs < 1_000, "the regression did not converge");
    }
}

#[test]
fn neighbors_vote_as_in_scikit_learn() {
    let golden = golden();
    let (train, test) = parts(&golden);
    let neighbors = KNeighbors { ks: vec![5], ..KNeighbors::default() };
    let probabilities = neighbors.fit(&train, None).unwrap().model.predict_proba(&test).unwrap();
    let votes: Vec<Vec<f64>> = values(&golden["votes_of_5"]);
    for (row, votes) in probabilities.outer_iter().zip(votes) {
        for (p, votes) in row.iter().zip(votes) {
            assert!((f64::from(*p) - (votes + 1.0 / 3.0) / 6.0).abs() < 1e-5, "{row} {votes}");
        }
    }
}

#[test]
fn the_majority_class_has_the_shares_of_the_training_data() {
    let golden = golden();
    let (train, test) = parts(&golden);
    let model = MajorityClass::default().fit(&train, None).unwrap().model;
    let prior: Vec<f64> = values(&golden["prior"]);
    for row in model.predict_proba(&test).unwrap().outer_iter() {
        for (p, prior) in row.iter().zip(&prior) {
            assert!((f64::from(*p) - prior).abs() < 1e-6, "{row}");
        }
    }
}

#[test]
fn a_strength_is_chosen_by_validation_tracks() {
    let (train, validation) = (set(60, 1), set(30, 2));
    let mut regression = LogisticRegression { strengths: vec![1e-9, 0.1], ..LogisticRegression::default() };
    let chosen = regression.fit(&train, Some(&validation)).unwrap();
    assert_eq!(chosen.chosen, Some(0.1));
    regression.strengths = vec![0.1];
    let alone = regression.fit(&train, None).unwrap();
    // At 1e-9 all weights are 0 and a third of the tracks is right, so 0.1 must have won.
    let difference =
        &chosen.model.predict_proba(&validation).unwrap() - &alone.model.predict_proba(&validation).unwrap();
    assert!(difference.iter().all(|difference| difference.abs() < 1e-4));
    assert!(chosen.report.last.validation_accuracy.unwrap() > 0.8, "{:?}", chosen.report);
}

#[test]
fn the_bits_do_not_depend_on_the_number_of_threads() {
    let train = set(600, 3);
    let probabilities = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| SimpleModel::Logistic.fit(&train, None).unwrap().model.predict_proba(&train).unwrap())
    };
    assert_eq!(probabilities(1), probabilities(3));
}

#[test]
fn simple_models_are_saved_loaded_and_classify_songs() {
    let folder = tempfile::tempdir().unwrap();
    let config = cepstrum_dataset::ExtractConfig::default();
    let noise = |song: u64| -> Vec<f32> {
        (0..200_000u64).map(|i| ((i * (7 + song)) % 101) as f32 / 101.0 - 0.5).collect()
    };
    let songs: Vec<Array3<f32>> =
        (0..3).map(|song| cepstrum_dataset::segment_features(&noise(song), &config).unwrap()).collect();
    let labels = songs.iter().enumerate().flat_map(|(at, song)| vec![at; song.len_of(Axis(0))]).collect();
    let views: Vec<_> = songs.iter().map(|song| song.view()).collect();
    let features = ndarray::concatenate(Axis(0), &views).unwrap();
    let train = FeatureSet::new(features, labels, classes(), vec![], Some(config)).unwrap();
    for simple in SimpleModel::ALL {
        let name = ModelName::Simple(simple);
        let path: PathBuf = folder.path().join(format!("{name}.safetensors"));
        let model = simple.fit(&train, None).unwrap().model;
        model.save(&path).unwrap();
        let loaded = Classifier::load(&path).unwrap();
        assert_eq!(loaded.predict_proba(&train).unwrap(), model.predict_proba(&train).unwrap(), "{name}");
        let song = GenreClassifier::load(&path).unwrap().classify_samples(&noise(1)).unwrap();
        let expected = if simple == SimpleModel::Majority { "jazz" } else { "metal" };
        assert_eq!(song.top_class(), expected, "{name}: {song}");
        assert_eq!(name.to_string().parse::<ModelName>().unwrap(), name);
    }
}

#[test]
fn the_gradient_of_the_summary_reaches_the_coefficients() {
    let train = set(60, 4);
    let model = SimpleModel::Logistic.fit(&train, None).unwrap().model;
    let x = train.features().select(Axis(0), &[0]);
    let maps = explain::saliency(&model, &x, &[train.labels()[0]]).unwrap();
    let scores = |x: &Array3<f32>| {
        let input = model.input(x).unwrap();
        model.forward(&input).unwrap().to_vec2::<f32>().unwrap()[0][train.labels()[0]]
    };
    for (frame, coefficient) in [(0, 0), (7, 3), (19, 12)] {
        let mut moved = [x.clone(), x.clone()];
        let step = 0.5;
        moved[0][[0, frame, coefficient]] += step;
        moved[1][[0, frame, coefficient]] -= step;
        let difference = (scores(&moved[0]) - scores(&moved[1])) / (2.0 * step);
        let saliency = maps[[0, frame, coefficient]];
        assert!(
            (difference.abs() - saliency.abs()).abs()
                < 2e-3 * maps.iter().fold(0.0, |a, b| f32::max(a, b.abs())) + 1e-4,
            "{difference} {saliency}"
        );
    }
}

#[test]
fn unusable_data_and_settings_are_refused() {
    let train = set(30, 1);
    let one_class = train.select(&[0, 3, 6]);
    for simple in SimpleModel::ALL {
        assert!(
            matches!(simple.fit(&one_class, None), Err(Error::OneClass { n_segments: 3, .. })),
            "{simple:?}"
        );
        let short = FeatureSet::new(Array3::zeros((2, 3, 13)), vec![0, 1], classes(), vec![], None).unwrap();
        let error = simple.fit(&train, Some(&short)).unwrap_err();
        assert!(matches!(error, Error::FeatureShape { .. }), "{simple:?}: {error}");
    }
    for strengths in [vec![], vec![0.0], vec![1.0, f64::NAN]] {
        let regression = LogisticRegression { strengths, ..LogisticRegression::default() };
        assert!(matches!(regression.fit(&train, None), Err(Error::Setting { setting: "strengths", .. })));
    }
    let neighbors = KNeighbors { ks: vec![5, 0], ..KNeighbors::default() };
    assert!(matches!(neighbors.fit(&train, None), Err(Error::Setting { setting: "ks", .. })));
    let few_frames =
        FeatureSet::new(Array3::ones((4, 5, 2)), vec![0, 1, 0, 1], classes(), vec![], None).unwrap();
    let deltas =
        LogisticRegression { summarized: Summarized::ValuesAndDeltas, ..LogisticRegression::default() };
    let error = deltas.fit(&few_frames, None).unwrap_err().to_string();
    assert!(error.contains("number of frames must be at least 9"), "{error}");
}
