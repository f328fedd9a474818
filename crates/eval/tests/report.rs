//! The page about a run.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use cepstrum_eval::metrics::Bootstrap;
use cepstrum_eval::{
    ClassCount, DataSummary, Evaluation, Figure, ModelRun, Protocol, Run, SkippedFile, SongRun, report,
};
use ndarray::array;

fn run() -> Run {
    let classes = ["R&B".to_owned(), "<rock>".to_owned()];
    let probabilities = array![[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.7, 0.3]];
    let test = Evaluation::from_probabilities(&[0, 0, 1, 1], probabilities, &classes).unwrap();
    let test = test.with_tracks(&[0, 0, 1, 1]).unwrap();
    let bootstrap = Bootstrap { resamples: 200, ..Bootstrap::default() };
    let model = |split, seed| {
        let model = ModelRun::new("ffnn5", split, seed).measured(&test, &bootstrap).unwrap();
        model.calibrated(&test, &test).unwrap()
    };
    let [mut flattering, honest] = [model(Protocol::Segment, 7), model(Protocol::Track, 7)];
    flattering.test_accuracy = 0.9;
    let count = |name: &String| ClassCount { name: name.clone(), tracks: 1, segments: 2 };
    Run {
        command: "notebook --data 'my <music>'".into(),
        seed: 7,
        data: DataSummary {
            source: "a test".into(),
            classes: classes.iter().map(count).collect(),
            ..DataSummary::default()
        },
        skipped: vec![SkippedFile { path: "jazz/54.wav".into(), cause: "not audio".into() }],
        models: vec![flattering, honest],
        songs: vec![SongRun {
            name: "song.mp3".into(),
            classes: classes.to_vec(),
            verdict: vec![0.3, 0.7],
            segments: vec![vec![0.4, 0.6], vec![0.2, 0.8]],
            segment_seconds: 3.0,
            ..SongRun::default()
        }],
        ..Run::default()
    }
}

#[test]
fn an_evaluation_fills_in_the_record() {
    let model = &run().models[1];
    assert!((model.test_accuracy - 0.75).abs() < 1e-12);
    // Track 1: geometric means sqrt(0.2 * 0.7) against sqrt(0.8 * 0.3): rock.
    assert_eq!(model.track_accuracy, Some(1.0));
    assert_eq!(model.top_3, None);
    let interval = model.interval.unwrap();
    assert!(interval.low <= model.test_accuracy && model.test_accuracy <= interval.high);
    assert_eq!(model.calibration.as_ref().unwrap().before.bins.len(), 10);
}

#[test]
fn the_gap_between_the_splits_is_said_in_words() {
    let gaps = run().gaps();
    assert_eq!(gaps.len(), 1);
    assert_eq!(
        gaps[0].to_string(),
        "ffnn5 is right 90.0 % of the time when the data are split by segment, 75.0 % when they are split by track: \
         15.0 points of the first figure come from having heard other segments of the same tracks"
    );
}

#[test]
fn the_page_is_whole_and_fetches_nothing() {
    let page = report::html(&run(), ".".as_ref()).unwrap();
    for title in [
        "Data",
        "Split and leakage",
        "Results",
        "Confusion matrices",
        "Calibration",
        "Classified songs",
        "How it was made",
    ] {
        let id: String = title.to_lowercase().replace(' ', "-");
        assert!(page.contains(&format!("<h2 id=\"{id}\">{title}</h2>")), "{title}");
        assert!(page.contains(&format!("href=\"#{id}\"")), "{title}");
    }
    for address in page.split("src=\"").skip(1).chain(page.split("srcset=\"").skip(1)) {
        assert!(address.starts_with("data:image/"), "{}", &address[..60]);
    }
    for tag in ["<script", "<link rel=\"stylesheet", "http://", "https://", "<rock>", "my <music>"] {
        assert!(!page.contains(tag), "{tag}");
    }
    // A light and a dark form of every picture.
    assert_eq!(page.matches("<img ").count(), page.matches("<source ").count());
}

#[test]
fn a_run_without_anything_gives_a_page_too() {
    let page = report::html(&Run::default(), ".".as_ref()).unwrap();
    assert!(page.contains("No model was trained.") && !page.contains("NaN"));
}

#[test]
fn figures_are_embedded_and_missing_ones_are_named() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.png"), b"png").unwrap();
    let figure = |file: &str| Figure { caption: "A caption.".into(), file: file.into(), ..Figure::default() };
    let page = |file: &str| {
        Run { figures: vec![figure(file)], ..Run::default() }.save(folder.path().join("run.json")).unwrap();
        report::write(folder.path().join("run.json"), folder.path().join("index.html"))
    };
    page("a.png").unwrap();
    let text = std::fs::read_to_string(folder.path().join("index.html")).unwrap();
    assert!(text.contains("data:image/png;base64,cG5n") && text.contains("A caption."));
    for name in ["b.png", "run.json"] {
        let error = page(name).unwrap_err().to_string();
        assert!(error.contains(name), "{error}");
    }
    assert_eq!(std::fs::read_to_string(folder.path().join("index.html")).unwrap(), text);
}
