//! `MusiCnn` with weights drawn from a seed: the fast way is the module's; features, models and errors around it.

use std::io::{Cursor, Write};
use std::sync::{Arc, OnceLock};

use candle_core as candle;
use candle_core::{Device, Tensor};
use candle_nn::Module;
use cepstrum_dataset::rng::stream;
use cepstrum_dataset::{
    Error as DatasetError, ExtractConfig, FeatureConfig, FeatureSet, Front, Segment, segment_features,
    segment_features_with,
};
use cepstrum_models::explain::{IntegratedGradients, by_tag};
use cepstrum_models::pretrained::{MusiCnn, MusiCnnFront, MusiCnnOutput, TAGS, WheelProblem};
use cepstrum_models::{
    Classifier, Dense, Error, Flatten, GenreClassifier, ModelMetadata, SeededInit, Sequential,
};
use ndarray::{Array2, Array3, Axis};
use rand::Rng;
use zip::write::SimpleFileOptions;

/// Greatest difference of the two ways: rounding of sums of up to 3,927 terms.
const ROUNDING: f32 = 2e-4;

/// A network whose weights and statistics are random, gammas of both signs included.
pub(crate) fn random_musicnn(seed: u64) -> Arc<MusiCnn> {
    let drawn = MusiCnn::from_var_builder(&SeededInit::builder(seed, &Device::Cpu)).unwrap();
    let mut rng = stream(seed, "test/musicnn");
    let mut changed = std::collections::HashMap::new();
    for (name, tensor) in drawn.weights() {
        let values: Vec<f32> = tensor.flatten_all().unwrap().to_vec1().unwrap();
        let mut draw = |low: f32, high: f32| values.iter().map(|_| rng.random_range(low..high)).collect();
        let values = match name.rsplit('/').next().unwrap() {
            "gamma" => draw(-1.0, 1.5),
            "moving_variance" => draw(0.3, 2.0),
            "beta" | "moving_mean" | "bias" => draw(-0.3, 0.3),
            _ => values,
        };
        changed.insert(name.to_owned(), Tensor::from_vec(values, tensor.dims(), &Device::Cpu).unwrap());
    }
    let builder = candle_nn::VarBuilder::from_tensors(changed, candle::DType::F32, &Device::Cpu);
    Arc::new(MusiCnn::from_var_builder(&builder).unwrap())
}

fn shared() -> Arc<MusiCnn> {
    static NETWORK: OnceLock<Arc<MusiCnn>> = OnceLock::new();
    Arc::clone(NETWORK.get_or_init(|| random_musicnn(5)))
}

fn noise(seconds: f32, seed: u64) -> Vec<f32> {
    let mut rng = stream(seed, "test/musicnn/noise");
    let n = (seconds * 16_000.0) as usize;
    (0..n).map(|i| (i as f32 * 0.02).sin() * 0.3 + 0.2 * (rng.random::<f32>() - 0.5)).collect()
}

fn greatest_difference(left: &Array2<f32>, right: &Array2<f32>) -> f32 {
    assert_eq!(left.dim(), right.dim());
    left.iter().zip(right).map(|(left, right)| (left - right).abs()).fold(0.0, f32::max)
}

#[test]
fn the_windows_of_a_song_are_those_of_the_module() {
    let musicnn = shared();
    let mut rng = stream(1, "test/musicnn/mel");
    let mel = Array2::from_shape_fn((187 + 70, 96), |_| 4.0 * rng.random::<f32>());
    for hop in [1, 23, 61, 187] {
        // Of the many windows of a short hop, some.
        let last = if hop == 1 { 187 + 2 } else { 187 + 70 };
        let mel = mel.slice(ndarray::s![..last, ..]);
        let found = musicnn.mel_windows(&mel, hop).unwrap();
        let starts: Vec<usize> = (0..=mel.nrows() - 187).step_by(hop).collect();
        assert_eq!(found.tags.nrows(), starts.len());
        let windows: Vec<f32> = (starts.iter())
            .flat_map(|&start| mel.slice(ndarray::s![start..start + 187, ..]).into_iter().copied())
            .collect();
        let x = Tensor::from_vec(windows, (starts.len(), 187, 96), &Device::Cpu).unwrap();
        let logits = musicnn.forward(&x).unwrap();
        let tags: Vec<f32> =
            candle_nn::ops::sigmoid(&logits).unwrap().flatten_all().unwrap().to_vec1().unwrap();
        let tags = Array2::from_shape_vec((starts.len(), 50), tags).unwrap();
        let difference = greatest_difference(&found.tags, &tags);
        assert!(difference < ROUNDING, "hop {hop}: {difference:e}");
        let spread = tags.iter().fold(0.0_f32, |most, tag| most.max((tag - tags[[0, 0]]).abs()));
        assert!(spread > 0.05, "the tags differ enough for the comparison to mean something: {spread}");
    }
}

#[test]
fn the_number_of_threads_does_not_change_a_bit() {
    let (musicnn, samples) = (shared(), noise(6.0, 2));
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| musicnn.windows(&samples, 61)).unwrap()
    };
    assert_eq!(on(1), on(3));
}

#[test]
fn the_module_has_a_gradient() {
    let x = candle::Var::from_tensor(&Tensor::ones((1, 187, 96), candle::DType::F32, &Device::Cpu).unwrap())
        .unwrap();
    let gradients = shared().forward(&x).unwrap().sum_all().unwrap().backward().unwrap();
    let gradient: Vec<f32> = gradients.get(&x).unwrap().flatten_all().unwrap().to_vec1().unwrap();
    assert!(gradient.iter().all(|value| value.is_finite()) && gradient.iter().any(|value| *value != 0.0));
}

#[test]
fn short_audio_and_wrong_spectrograms_are_refused() {
    let musicnn = shared();
    let error = musicnn.windows(&noise(2.0, 1), 61).unwrap_err();
    assert_eq!(error.to_string(), "too short: 2.000 s of audio, one segment needs 2.976 s");
    let mut samples = noise(3.0, 1);
    assert_eq!(musicnn.windows(&samples, 61).unwrap().tags.dim(), (1, 50));
    assert!(matches!(musicnn.windows(&samples, 0), Err(Error::Setting { setting: "hop", .. })));
    samples[7] = f32::NAN;
    assert!(musicnn.windows(&samples, 61).is_err());
    for shape in [(186, 96), (200, 95)] {
        let error = musicnn.mel_windows(&Array2::zeros(shape), 61).unwrap_err();
        assert!(matches!(error, Error::InputShape { .. }), "{error}");
    }
}

fn config(front: &MusiCnnFront, seconds: f64) -> ExtractConfig {
    ExtractConfig { features: FeatureConfig::Front(front.config()), segment: Segment::Seconds(seconds) }
}

#[test]
fn segments_have_the_values_of_their_windows() {
    let samples = noise(7.0, 3);
    for output in MusiCnnOutput::ALL {
        assert_eq!(output.to_string().parse::<MusiCnnOutput>().unwrap(), output);
        let front = MusiCnnFront::new(shared(), output);
        let features =
            segment_features_with(&samples, &config(&front, 3.0), &(Arc::new(front.clone()) as _)).unwrap();
        assert_eq!(features.dim(), (2, 1, output.n_coefficients()));
        let alone = front.features(&samples[48_000..96_000]).unwrap();
        assert_eq!(features.index_axis(Axis(0), 1), alone);
    }
    let front = MusiCnnFront::new(shared(), MusiCnnOutput::Tags).hop(61);
    let features =
        segment_features_with(&samples, &config(&front, 7.0), &(Arc::new(front.clone()) as _)).unwrap();
    assert_eq!(features.dim(), (1, 5, 50));
    assert_eq!(features.index_axis(Axis(0), 0), shared().windows(&samples, 61).unwrap().tags);
}

#[test]
fn a_network_that_is_missing_or_another_one_is_named() {
    let (samples, front) = (noise(3.0, 3), MusiCnnFront::new(shared(), MusiCnnOutput::Tags));
    let config = config(&front, 3.0);
    let error = segment_features(&samples, &config).unwrap_err();
    assert!(matches!(error, DatasetError::FrontMissing { .. }));
    let text = error.to_string();
    assert!(text.contains("musicnn-msd") && text.contains("pip download musicnn==0.1.0 --no-deps"), "{text}");
    assert!(text.contains(shared().weights_hash()));
    for other in [front.clone().hop(61), MusiCnnFront::new(random_musicnn(6), MusiCnnOutput::Tags)] {
        let error = segment_features_with(&samples, &config, &(Arc::new(other) as _)).unwrap_err();
        assert!(matches!(error, DatasetError::OtherFront { .. }), "{error}");
    }
    let short = ExtractConfig { segment: Segment::Seconds(2.0), ..config };
    let error = segment_features_with(&samples, &short, &(Arc::new(front) as _)).unwrap_err();
    assert!(matches!(error, DatasetError::InvalidParameter { parameter: "segment seconds", .. }), "{error}");
}

/// A head on tags, with a weight that is not zero.
fn head(front: &MusiCnnFront) -> Classifier {
    let network =
        Sequential::builder([1, 50]).layer(Flatten::new()).layer(Dense::new(2)).seed(4).build().unwrap();
    let classes = vec!["jazz".to_owned(), "rock".to_owned()];
    let metadata = ModelMetadata { classes, config: Some(config(front, 3.0)), standardizer: None };
    Classifier::new(network).unwrap().with_metadata(metadata).unwrap()
}

#[test]
fn a_saved_model_names_its_network_or_holds_it() {
    let front = MusiCnnFront::new(shared(), MusiCnnOutput::Tags);
    let folder = tempfile::tempdir().unwrap();
    let (named, whole) = (folder.path().join("named.safetensors"), folder.path().join("whole.safetensors"));
    head(&front).save(&named).unwrap();
    head(&front).with_embedded_front(shared()).save(&whole).unwrap();

    let error = GenreClassifier::load(&named).unwrap_err().to_string();
    assert!(
        error.starts_with(named.to_str().unwrap()) && error.contains("pip download musicnn==0.1.0"),
        "{error}"
    );
    let other = MusiCnnFront::new(random_musicnn(6), MusiCnnOutput::Tags);
    assert!(GenreClassifier::load_with_front(&named, Arc::new(other)).is_err());

    let samples = noise(6.5, 4);
    let given = GenreClassifier::load_with_front(&named, Arc::new(front.clone())).unwrap();
    let alone = GenreClassifier::load(&whole).unwrap();
    let song = given.classify_samples(&samples).unwrap();
    assert_eq!(song, alone.classify_samples(&samples).unwrap());
    assert_eq!(song.segments().nrows(), 2);
    let tags = alone.tags(&samples).unwrap();
    assert!(tags.len() == TAGS.len() && tags.windows(2).all(|pair| pair[0].1 >= pair[1].1));
    let bytes = [std::fs::read(&whole).unwrap(), {
        let mut bytes = Vec::new();
        Classifier::load(&whole).unwrap().write_to(&mut bytes).unwrap();
        bytes
    }];
    assert!(bytes[0] == bytes[1], "a model that holds the network is written as it was read");
}

#[test]
fn a_head_is_explained_by_tags() {
    let front = MusiCnnFront::new(shared(), MusiCnnOutput::Tags);
    let (model, samples) = (head(&front), noise(3.0, 4));
    let features: Array3<f32> =
        segment_features_with(&samples, &config(&front, 3.0), &(Arc::new(front) as _)).unwrap();
    let maps = IntegratedGradients::new(Array2::zeros((1, 50))).maps(&model, &features, &[1]).unwrap();
    let tags = by_tag(&maps.index_axis(Axis(0), 0)).unwrap();
    let kernel = model.network().weights().next().unwrap().var().to_vec2::<f32>().unwrap();
    for (tag, contribution) in &tags {
        let at = TAGS.iter().position(|name| name == tag).unwrap();
        assert!((contribution - kernel[at][1] * features[[0, 0, at]]).abs() < 1e-5, "{tag}");
    }
    assert!(tags.windows(2).all(|pair| pair[0].1.abs() >= pair[1].1.abs()));
    assert!(by_tag(&Array2::<f32>::zeros((1, 49))).is_err());
}

#[test]
fn copies_are_found_and_other_segments_are_not() {
    let mut rng = stream(8, "test/musicnn/leakage");
    let mut set = |names: [&str; 4], copied: Option<&FeatureSet>| {
        let mut features = Array3::from_shape_fn((4, 1, 50), |_| rng.random::<f32>());
        if let Some(copied) = copied {
            features.index_axis_mut(Axis(0), 2).assign(&copied.features().index_axis(Axis(0), 1));
        }
        let tracks = names.map(str::to_owned).to_vec();
        FeatureSet::new(features, vec![0, 0, 1, 1], vec!["a".into(), "b".into()], tracks, None).unwrap()
    };
    let train = set(["a/1", "a/2", "b/1", "b/2"], None);
    let test = set(["a/3", "a/4", "b/3", "b/4"], Some(&train));
    let found = cepstrum_dataset::leakage(&train, &test);
    let pairs: Vec<_> =
        found.near_duplicates.iter().map(|pair| (pair.train.as_str(), pair.test.as_str())).collect();
    assert_eq!(pairs, [("a/2", "b/3")]);
}

/// A wheel of some files.
fn wheel(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, contents) in files {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(contents).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn problem(bytes: &[u8]) -> WheelProblem {
    match MusiCnn::from_wheel_bytes(bytes).unwrap_err() {
        Error::Wheel { problem } => problem,
        other => panic!("{other}"),
    }
}

const METADATA: (&str, &[u8]) =
    ("musicnn-0.1.0.dist-info/METADATA", b"Metadata-Version: 2.1\nName: musicnn\nVersion: 0.1.0\n\nText");
const LICENSE: (&str, &[u8]) = ("musicnn-0.1.0.dist-info/LICENSE.md", b"ISC");
const INDEX: (&str, &[u8]) = ("musicnn/MSD_musicnn/.index", include_bytes!("../golden/checkpoint.index"));
const DATA: (&str, &[u8]) =
    ("musicnn/MSD_musicnn/.data-00000-of-00001", include_bytes!("../golden/checkpoint.data"));

#[test]
fn files_that_are_not_the_wheel_are_named() {
    assert!(matches!(problem(b"no archive"), WheelProblem::NotAnArchive { .. }));
    assert!(matches!(problem(&wheel(&[INDEX, DATA])), WheelProblem::NoMetadata));
    let nameless = ("x-1.dist-info/METADATA", b"Version: 1\n".as_slice());
    assert!(matches!(problem(&wheel(&[nameless])), WheelProblem::NoMetadata));
    for (name, version) in [("numpy", "2.0.0"), ("musicnn", "0.2.0")] {
        let metadata = format!("Name: {name}\nVersion: {version}\n");
        let text = problem(&wheel(&[("x-1.dist-info/METADATA", metadata.as_bytes())])).to_string();
        assert!(text.contains(&format!("{name} {version}")) && text.contains("pip download"), "{text}");
    }
    let error = problem(&wheel(&[METADATA, LICENSE, INDEX])).to_string();
    assert_eq!(error, "the wheel has no `musicnn/MSD_musicnn/.data-00000-of-00001`");
    let truncated = (DATA.0, &DATA.1[..10]);
    let error = MusiCnn::from_wheel_bytes(&wheel(&[METADATA, LICENSE, INDEX, truncated])).unwrap_err();
    // The tensors of another network: the first one that is missing.
    assert!(matches!(error, Error::MissingWeight { weight } if weight == "batch_normalization/beta"));

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.whl");
    std::fs::write(&path, b"no archive").unwrap();
    let error = MusiCnn::from_wheel(&path).unwrap_err().to_string();
    assert!(error.starts_with(path.to_str().unwrap()) && error.contains("not a wheel"), "{error}");
}

#[test]
fn no_damage_of_a_wheel_panics() {
    let whole = wheel(&[METADATA, LICENSE, INDEX, DATA]);
    for length in (0..whole.len()).step_by(3) {
        assert!(MusiCnn::from_wheel_bytes(&whole[..length]).is_err());
    }
    for at in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[at] ^= 1 << (at % 8);
        assert!(MusiCnn::from_wheel_bytes(&flipped).is_err());
    }
}
