//! Writes `run_1.json`, a record with every section, with the code of commit a0b0c46 (version 1 of the record):
//!
//! `make_run_1 run_1.json`, built as an example of `cepstrum-eval` at that commit. It is not built here.

use cepstrum_eval::metrics::{Bootstrap, Spread};
use cepstrum_eval::{
    CalibrationRun, ClassCount, Comparison, DataSummary, EpochReport, Evaluation, Faithfulness, Figure, Folds,
    History, LeakageRun, MapCurves, ModelRun, Protocol, Run, Section, SkippedFile, SongRun,
};
use cepstrum_models::explain::Curves;
use ndarray::Array2;

fn evaluation(classes: &[String], shift: usize) -> Evaluation {
    let truth: Vec<usize> = (0..16).map(|i| i / 2 % 4).collect();
    let mut probabilities = Array2::from_shape_fn((16, 4), |(i, class)| {
        let score = ((i * 131 + (class + shift) * 977) as f32 * 0.7).sin() + if class == truth[i] { 1.5 } else { 0.0 };
        score.exp()
    });
    for mut row in probabilities.outer_iter_mut() {
        let sum = row.sum();
        row.mapv_inplace(|value| value / sum);
    }
    let tracks: Vec<usize> = (0..16).map(|i| i / 2).collect();
    Evaluation::from_probabilities(&truth, probabilities, classes).unwrap().with_tracks(&tracks).unwrap()
}

fn main() {
    let classes: Vec<String> = ["blues", "jazz", "reggae", "rock"].map(String::from).to_vec();
    let [first, second] = [evaluation(&classes, 0), evaluation(&classes, 3)];
    let epoch = |epoch: usize, validated: bool| EpochReport {
        epoch,
        epochs: 60,
        train_loss: 1.5 / epoch as f64,
        train_accuracy: 0.25 * epoch as f64,
        validation_loss: validated.then_some(if epoch == 2 { f64::NAN } else { 1.25 }),
        validation_accuracy: validated.then_some(0.5),
        learning_rate: 1e-3,
        seconds: 0.5,
    };
    let model = |name: &str, split, evaluation: &Evaluation, history: Option<History>| ModelRun {
        parameters: 1_049_522,
        epochs: 2,
        train_accuracy: 0.5,
        seconds: 1.0,
        layers: "dense (Dense)  (None, 256)  432,896\n".to_owned(),
        history,
        ..ModelRun::new(name, split, 7).measured(evaluation, &Bootstrap::default()).unwrap()
    };
    let histories = [true, false].map(|validated| {
        (1..=2).map(|i| epoch(i, validated)).collect::<History>().with_trivial_accuracy(0.25).with_watched_part("test")
    });
    let [a, b] = histories;
    let mut models = vec![
        model("ffnn5", Protocol::Track, &first, Some(a)),
        model("cnn:32-32-32-32", Protocol::Track, &second, Some(b)),
        model("ffnn5", Protocol::Segment, &second, None),
    ];
    models[0].calibration = Some(CalibrationRun::of(&first, &second).unwrap());
    models[2].test_loss = f64::NAN;
    let count = |name: &String| ClassCount { name: name.clone(), tracks: 2, segments: 4 };
    let svg = |color| format!("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"10\" height=\"10\"><rect fill=\"{color}\"/></svg>");
    let run = Run {
        command: "notebook --seed 7".to_owned(),
        seed: 7,
        seconds: 42.5,
        versions: [("cepstrum".to_owned(), "0.1.0".to_owned())].into(),
        machine: [("processor".to_owned(), "a processor, 2 threads".to_owned())].into(),
        data: DataSummary {
            source: "synthetic set, seed 7".to_owned(),
            tracks: 8,
            segments: 16,
            segment_seconds: 3.0,
            shape: [130, 13],
            classes: classes.iter().map(count).collect(),
        },
        skipped: vec![SkippedFile { path: "jazz/54.wav".into(), cause: "not audio".to_owned() }],
        leakage: vec![LeakageRun {
            split: Protocol::Segment,
            test_tracks: 8,
            shared_tracks: 3,
            near_duplicates: vec![["jazz/1.wav".to_owned(), "jazz/2.wav".to_owned()]],
        }],
        models,
        folds: vec![Folds {
            name: "ffnn5".to_owned(),
            split: Protocol::Track,
            accuracy: Spread::of(&[0.5, 0.75]).unwrap(),
            track_accuracy: Some(Spread::of(&[0.5, 1.0]).unwrap()),
        }],
        comparisons: vec![
            Comparison::of(Protocol::Track, [("ffnn5", &first), ("cnn:32-32-32-32", &second)]).unwrap(),
        ],
        figures: vec![Figure {
            section: Section::Explanations,
            caption: "A caption.".to_owned(),
            size: [10.0, 10.0],
            light: svg("white"),
            dark: svg("black"),
        }],
        faithfulness: vec![Faithfulness {
            model: "cnn:32-32-32-32".to_owned(),
            split: Protocol::Track,
            n_segments: 9,
            maps: vec![MapCurves {
                map: "SmoothGrad".to_owned(),
                curves: Curves { deletion: vec![0.75, 0.25], insertion: vec![0.25, 0.75] },
            }],
        }],
        songs: vec![SongRun {
            name: "tone.wav".to_owned(),
            classes: classes.clone(),
            verdict: vec![0.5, 0.25, 0.125, 0.125],
            segments: vec![vec![0.5, 0.25, 0.125, 0.125]],
            segment_seconds: 3.0,
            truth: Some("blues".to_owned()),
            remark: "A remark.".to_owned(),
            audio: Some("data:audio/wav;base64,UklGRg==".to_owned()),
        }],
    };
    run.save(std::env::args().nth(1).unwrap()).unwrap();
}
