//! The callbacks of a training run (the history, the `TensorBoard` log) and the evaluation of the trained model.

use std::path::{Path, PathBuf};
use std::process::Command;

use cepstrum_dataset::FeatureSet;
use cepstrum_eval::tensorboard::{EventWriter, TensorBoard};
use cepstrum_eval::{Error, Evaluation, History, plot};
use cepstrum_models::{Adam, Classifier, TrainConfig, Trainer, zoo};
use ndarray::Array3;
use serde::Deserialize;

const EPOCHS: usize = 3;

/// Two classes that differ by the sign of their features, two segments per track.
fn set(n_segments: usize) -> FeatureSet {
    let label = |segment: usize| segment / 2 % 2;
    let features = Array3::from_shape_fn((n_segments, 4, 3), |(i, t, c)| {
        (label(i) as f32 * 2.0 - 1.0) * (1.0 + 0.1 * (i * 5 + t * 3 + c) as f32).sin().abs()
    });
    let classes = vec!["jazz".to_owned(), "rock".to_owned()];
    let track = |segment: usize| format!("{}/{}.wav", classes[label(segment)], segment / 2);
    let tracks = (0..n_segments).map(track).collect();
    FeatureSet::new(features, (0..n_segments).map(label).collect(), classes, tracks, None).unwrap()
}

fn train(
    history: &mut History,
    log: TensorBoard<'_>,
    training: &FeatureSet,
    validation: &FeatureSet,
) -> Classifier {
    let mut model = zoo::ffnn(5, [4, 3], 2, 7).unwrap();
    Trainer::new(TrainConfig { epochs: EPOCHS, seed: 7, ..TrainConfig::default() })
        .optimizer(Adam::new(1e-2))
        .callback(history)
        .callback(log)
        .fit(&mut model, training, validation)
        .unwrap();
    model
}

#[test]
fn a_training_run_is_recorded_and_its_model_evaluated() {
    let folder = tempfile::tempdir().unwrap();
    let (training, validation) = (set(32), set(12));
    let mut history = History::default();
    let model = train(&mut history, TensorBoard::create(folder.path()).unwrap(), &training, &validation);
    let epochs: Vec<usize> = history.epochs().iter().map(|epoch| epoch.epoch).collect();
    assert_eq!(epochs, [1, 2, 3]);
    assert!(history.best().unwrap().validation_loss.is_some());

    let evaluation = Evaluation::from_model(&model, &validation).unwrap();
    let metrics = model.evaluate(&validation).unwrap();
    assert!((evaluation.accuracy() - metrics.accuracy).abs() < 1e-12);
    // Network 5 has no penalties, so the two losses are equal.
    assert!((evaluation.loss() - metrics.loss).abs() < 1e-6, "{} {}", evaluation.loss(), metrics.loss);
    assert_eq!(evaluation.track_ids(), validation.track_ids());
    assert_eq!(
        evaluation.by_track(cepstrum_eval::metrics::Vote::Majority).unwrap().truth(),
        [0, 1, 0, 1, 0, 1]
    );

    // A second training run clears the history.
    train(&mut history, TensorBoard::create(folder.path()).unwrap(), &training, &validation);
    assert_eq!(history.epochs().len(), EPOCHS);
}

#[test]
fn a_model_with_other_classes_is_an_error() {
    let model = zoo::ffnn(1, [4, 3], 2, 7).unwrap();
    assert!(matches!(Evaluation::from_model(&model, &set(4)), Err(Error::ClassMismatch { .. })));
}

#[test]
fn two_logs_in_one_folder_are_two_files_and_a_file_is_not_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let [first, second] = [(), ()].map(|()| EventWriter::create(folder.path()).unwrap());
    assert_ne!(first.path(), second.path());
    let error = EventWriter::create(first.path()).unwrap_err().to_string();
    assert!(error.contains("tfevents"), "{error}");
}

#[derive(Debug, Deserialize)]
struct Histogram {
    step: u64,
    min: f64,
    max: f64,
    num: f64,
    limits: Vec<f64>,
    counts: Vec<f64>,
}

/// The output of `read_events.py`.
#[derive(Debug, Deserialize)]
struct Read {
    scalars: std::collections::BTreeMap<String, Vec<(u64, f32)>>,
    histograms: std::collections::BTreeMap<String, Vec<Histogram>>,
    images: std::collections::BTreeMap<String, Vec<(u64, u32, u32)>>,
    texts: std::collections::BTreeMap<String, Vec<(u64, String)>>,
}

#[test]
fn tensorboard_reads_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let (training, validation) = (set(32), set(12));
    let mut history = History::default();
    let log = TensorBoard::create(folder.path()).unwrap().with_histograms(&validation, 2);
    let model = train(&mut history, log, &training, &validation);
    let mut own = EventWriter::create(folder.path()).unwrap();
    own.histogram("own", 5, &[1.0, 2.0, 2.0, 4.0, f32::NAN]).unwrap();
    own.histogram("constant", 5, &[3.0; 4]).unwrap();
    own.histogram("empty", 5, &[]).unwrap();
    own.flush().unwrap();
    let Some(read) = read_events(folder.path()) else { return };

    let losses: Vec<(u64, f32)> =
        history.epochs().iter().map(|epoch| (epoch.epoch as u64, epoch.train_loss as f32)).collect();
    assert_eq!(read.scalars["loss/train"], losses);
    for tag in ["accuracy/train", "loss/validation", "accuracy/validation", "learning_rate"] {
        assert_eq!(read.scalars[tag].len(), EPOCHS, "{tag}");
    }
    for weight in model.network().weights() {
        let histogram = &read.histograms[&format!("weights/{}", weight.name())];
        // Every second epoch and the last.
        assert_eq!(histogram.iter().map(|histogram| histogram.step).collect::<Vec<_>>(), [2, 3]);
        assert_eq!(histogram[0].num as usize, weight.var().elem_count(), "{}", weight.name());
        let gradient = read.histograms.get(&format!("gradients/{}", weight.name()));
        assert_eq!(gradient.is_some(), weight.is_trainable(), "{}", weight.name());
    }
    let own = &read.histograms["own"][0];
    assert_eq!((own.step, [own.min, own.max, own.num]), (5, [1.0, 4.0, 4.0]));
    assert_eq!((own.limits.len(), own.counts.iter().sum::<f64>()), (30, 4.0));
    let filled: Vec<usize> = (0..30).filter(|&bucket| own.counts[bucket] > 0.0).collect();
    assert_eq!(filled, [0, 10, 29]);
    assert_eq!(read.histograms["constant"][0].counts, [4.0]);

    let picture = plot::confusion(
        Evaluation::from_model(&model, &validation).unwrap().confusion(),
        &plot::Style { scale: 1.0, ..plot::Style::default() },
    );
    let [width, height] = picture.pixels();
    assert_eq!(read.images["confusion"], [(2, width, height), (3, width, height)]);
    assert!(read.texts["model"][0].1.contains("(Dense)"), "{:?}", read.texts);
}

/// Reads a folder with `TensorBoard`'s own code; `None` where Python does not have it and it is not required.
fn read_events(folder: &Path) -> Option<Read> {
    let python = std::env::var("CEPSTRUM_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/read_events.py");
    let output = Command::new(&python).arg(script).arg(folder).output();
    match output {
        Ok(output) if output.status.success() => Some(serde_json::from_slice(&output.stdout).unwrap()),
        failed => {
            let why = match &failed {
                Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
                Err(error) => error.to_string(),
            };
            let absent = failed.is_err() || why.contains("No module named");
            assert!(absent && std::env::var_os("CEPSTRUM_REQUIRE_TENSORBOARD").is_none(), "{python}: {why}");
            println!("skipped: no TensorBoard for {python} (set CEPSTRUM_PYTHON)");
            None
        }
    }
}
