//! Models as ONNX files, run by ONNX Runtime where Python has it.

use std::fs;
use std::path::Path;
use std::process::Command;

use cepstrum_dataset::cepstrum_features::dsp::{
    DecibelConfig, MelConfig, MelNorm, MelScale, Padding, Reference, StftConfig, Window,
};
use cepstrum_dataset::cepstrum_features::{LogMelConfig, MfccConfig, Spectrum};
use cepstrum_dataset::synth::{SyntheticConfig, SyntheticSet};
use cepstrum_dataset::{Collection, ExtractConfig, FeatureConfig, FeatureSet, Segment, segment_features};
use cepstrum_models::zoo::{Architecture, KNeighbors, LogisticRegression};
use cepstrum_models::{Classifier, Error, Gru, OnnxInput, Sequential, Standardizer, Summarized};
use cepstrum_models::{Dense, ModelMetadata};
use ndarray::{Array3, Axis};
use serde_json::json;

use crate::ops_support::hashed_values;

/// The difference that ONNX Runtime's order of additions may make.
const TOLERANCE: f64 = 1e-4;

fn set(shape: [usize; 2]) -> FeatureSet {
    let values = hashed_values(6 * shape[0] * shape[1], 3, 2.0, None);
    let values = Array3::from_shape_vec((6, shape[0], shape[1]), values).unwrap();
    let classes = ["jazz", "rock", "Ærø"].map(str::to_owned).to_vec();
    FeatureSet::new(values, (0..6).map(|segment| segment % 3).collect(), classes, vec![], None).unwrap()
}

/// Moves every weight away from its initial value: zeros and ones hide mistakes.
fn stirred(network: Sequential) -> Sequential {
    for (weight, salt) in network.weights().zip(200..) {
        let values = weight.var().flatten_all().unwrap().to_vec1::<f32>().unwrap();
        // Moving variances stay positive.
        let moved = values.iter().zip(hashed_values(values.len(), salt, 0.3, None)).map(|(a, b)| a + b);
        let moved = candle_core::Tensor::from_iter(moved, weight.var().device()).unwrap();
        weight.var().set(&moved.reshape(weight.var().dims()).unwrap()).unwrap();
    }
    network
}

/// Every kind of layer in models of all kinds, on segments of 46 x 13 values.
fn models() -> Vec<(String, FeatureSet, Classifier)> {
    const SHAPE: [usize; 2] = [46, 13];
    let set = set(SHAPE);
    let standardizer = Standardizer::fit(set.features());
    let metadata =
        ModelMetadata { classes: set.classes().to_vec(), config: None, standardizer: Some(standardizer) };
    let mut models = Vec::new();
    for architecture in Architecture::all().into_iter().filter(|it| it.to_string() != "head") {
        let network =
            Sequential::builder(architecture.input_shape(SHAPE)).layers(architecture.layers(SHAPE, 3));
        let model = Classifier::new(stirred(network.seed(1).build().unwrap())).unwrap();
        let name = architecture.to_string().replace(':', "-");
        models.push((name, set.clone(), model.with_metadata(metadata.clone()).unwrap()));
    }
    let sequence =
        Sequential::builder(SHAPE).layer(Gru::new(7).sequence()).layer(Gru::new(5)).layer(Dense::new(3));
    let model = Classifier::new(stirred(sequence.build().unwrap())).unwrap();
    let plain = ModelMetadata { standardizer: None, ..metadata };
    models.push(("sequence".into(), set.clone(), model.with_metadata(plain).unwrap()));
    for summarized in [Summarized::Values, Summarized::ValuesAndDeltas] {
        let regression = LogisticRegression { summarized, ..LogisticRegression::with_strength(1.0) };
        models.push((format!("{summarized:?}"), set.clone(), regression.fit(&set, None).unwrap().model));
    }
    models
}

/// The name of a Python that has ONNX Runtime.
fn python() -> Option<String> {
    let python = std::env::var("CEPSTRUM_PYTHON").unwrap_or_else(|_| "python3".into());
    let has_runtime = Command::new(&python).args(["-c", "import onnxruntime"]).output();
    if has_runtime.is_ok_and(|output| output.status.success()) {
        return Some(python);
    }
    assert!(std::env::var_os("CEPSTRUM_REQUIRE_ONNXRUNTIME").is_none(), "{python} has no onnxruntime");
    eprintln!("skipped: {python} has no onnxruntime");
    None
}

/// Runs every model of a folder with ONNX Runtime, and asserts that its logits are those of the file beside it.
fn assert_logits(python: &str, dir: &Path, n_models: usize) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/run_onnx.py");
    let output = Command::new(python).arg(script).arg(dir).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).unwrap();
    let differences: serde_json::Value = serde_json::from_str(printed.lines().last().unwrap()).unwrap();
    println!("{differences:#}");
    assert_eq!(differences.as_object().unwrap().len(), n_models);
    for (name, difference) in differences.as_object().unwrap() {
        assert!(difference.as_f64().unwrap() < TOLERANCE, "{name}: {difference}");
    }
}

#[test]
fn onnx_runtime_has_our_logits() {
    let Some(python) = python() else { return };
    let dir = tempfile::tempdir().unwrap();
    let models = models();
    for (name, set, model) in &models {
        model.save_onnx(dir.path().join(format!("{name}.onnx")), OnnxInput::Features).unwrap();
        let rows = |values: &Array3<f32>| -> Vec<Vec<Vec<f32>>> {
            values.outer_iter().map(|it| it.outer_iter().map(|row| row.to_vec()).collect()).collect()
        };
        let logits = model.forward(&model.input(set.features()).unwrap()).unwrap().to_vec2::<f32>().unwrap();
        let case = json!({ "features": rows(set.features()), "logits": logits, "classes": model.classes() });
        fs::write(dir.path().join(format!("{name}.json")), case.to_string()).unwrap();
    }
    assert_logits(&python, dir.path(), models.len());
}

/// Settings that take every way through the graph of the features.
fn fronts() -> Vec<(&'static str, FeatureConfig)> {
    let mfcc = MfccConfig::default();
    let with = |log_mel: LogMelConfig| MfccConfig { log_mel, ..MfccConfig::default() };
    let stft = StftConfig {
        n_fft: 1024,
        hop_length: 400,
        win_length: Some(800),
        window: Window::Hamming,
        padding: Padding::Reflect,
    };
    let relative = DecibelConfig { reference: Reference::Maximum, top_db: None, ..DecibelConfig::default() };
    let open = StftConfig { padding: Padding::None, ..StftConfig::default() };
    let htk = MelConfig { n_mels: 40, scale: MelScale::Htk, norm: MelNorm::None, ..MelConfig::default() };
    vec![
        ("default", FeatureConfig::Mfcc(mfcc.clone())),
        ("lifted", FeatureConfig::Mfcc(MfccConfig { lifter: 22.0, n_mfcc: 20, ..mfcc })),
        ("short", FeatureConfig::Mfcc(with(LogMelConfig { stft, ..LogMelConfig::default() }))),
        (
            "log-mel",
            FeatureConfig::LogMel(LogMelConfig { decibel: relative, mel: htk, ..LogMelConfig::default() }),
        ),
        (
            "magnitudes",
            FeatureConfig::LogMel(LogMelConfig {
                spectrum: Spectrum::Magnitude,
                stft: open,
                ..LogMelConfig::default()
            }),
        ),
        ("musicnn", FeatureConfig::LogMel(LogMelConfig::musicnn())),
    ]
}

#[test]
fn onnx_runtime_has_our_logits_of_samples() {
    let Some(python) = python() else { return };
    let dir = tempfile::tempdir().unwrap();
    let fronts = fronts();
    for (name, features) in &fronts {
        let config = ExtractConfig { features: features.clone(), segment: Segment::Seconds(1.0) };
        let set =
            SyntheticConfig { tracks_per_class: 1, seconds: 1.0, sample_rate: config.sample_rate(), seed: 3 };
        let set = SyntheticSet::new(set).unwrap();
        let sounds: Vec<Vec<f32>> =
            (0..4).map(|track| set.load(3 * track, config.sample_rate()).unwrap()).collect();
        let values: Vec<_> = sounds.iter().map(|sound| segment_features(sound, &config).unwrap()).collect();
        let values =
            ndarray::concatenate(Axis(0), &values.iter().map(|it| it.view()).collect::<Vec<_>>()).unwrap();
        let classes = ["jazz", "rock"].map(str::to_owned).to_vec();
        let labels = vec![0, 1, 0, 1];
        let training = FeatureSet::new(values.clone(), labels, classes, vec![], Some(config)).unwrap();
        let model = LogisticRegression::with_strength(1.0).fit(&training, None).unwrap().model;
        model.save_onnx(dir.path().join(format!("{name}.onnx")), OnnxInput::Samples).unwrap();
        let logits = model.forward(&model.input(&values).unwrap()).unwrap().to_vec2::<f32>().unwrap();
        let case = json!({ "samples": sounds, "logits": logits, "classes": model.classes() });
        fs::write(dir.path().join(format!("{name}.json")), case.to_string()).unwrap();
    }
    assert_logits(&python, dir.path(), fronts.len());
}

#[test]
fn what_has_no_operators_is_refused_by_name() {
    let set = set([46, 13]);
    let neighbors = KNeighbors::default().fit(&set, None).unwrap().model;
    let error = neighbors.write_onnx(Vec::new(), OnnxInput::Features).unwrap_err();
    assert!(matches!(&error, Error::NotInOnnx { layer } if layer == "nearest_neighbors"), "{error}");
}

#[test]
fn a_file_that_cannot_be_written_is_named() {
    let (_, _, model) = models().swap_remove(0);
    let error = model.save_onnx("no/such/folder/model.onnx", OnnxInput::Features).unwrap_err();
    assert!(error.to_string().contains("no/such/folder/model.onnx"), "{error}");
}

#[test]
fn samples_need_a_model_that_knows_its_features() {
    let (_, _, model) = models().swap_remove(0);
    assert!(matches!(model.write_onnx(Vec::new(), OnnxInput::Samples), Err(Error::NoExtractConfig)));
}
