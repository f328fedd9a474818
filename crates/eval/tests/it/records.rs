//! Histories and records of runs: their derived values and their storage.

use cepstrum_eval::metrics::ConfusionMatrix;
use cepstrum_eval::{
    EpochReport, Error, History, ModelRun, Run, Section, SplitBy, rank_models, report, results_table,
};

fn epoch(epoch: usize, train_loss: f64, validation_loss: Option<f64>) -> EpochReport {
    let validation_accuracy = validation_loss.map(|_| 0.4);
    EpochReport {
        epoch,
        epochs: 60,
        train_loss,
        train_accuracy: 0.5,
        validation_loss,
        validation_accuracy,
        learning_rate: 1e-3,
        seconds: 2.0,
    }
}

#[test]
fn the_best_epoch_is_the_first_lowest_validation_loss() {
    let losses = [Some(0.9), Some(0.4), Some(f64::NAN), Some(0.4), Some(0.7)];
    let history: History =
        losses.into_iter().enumerate().map(|(i, loss)| epoch(i + 1, 1.0 / (i + 1) as f64, loss)).collect();
    assert_eq!(history.best().unwrap().epoch, 2);
    assert!((history.seconds() - 10.0).abs() < 1e-12);
    let unvalidated: History =
        [0.9, 0.3, 0.5].into_iter().enumerate().map(|(i, loss)| epoch(i + 1, loss, None)).collect();
    assert_eq!(unvalidated.best().unwrap().epoch, 2);
    assert!(History::default().best().is_none());
}

#[test]
fn a_run_with_a_diverged_model_is_saved_and_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.json");
    let history: History = [epoch(1, 2.0, Some(f64::NAN))].into_iter().collect();
    let diverged = ModelRun {
        test_loss: f64::NAN,
        history: Some(history),
        ..ModelRun::new("ffnn1", SplitBy::Segment, 3)
    };
    let run = Run { command: "notebook".into(), seed: 3, models: vec![diverged], ..Run::default() };
    run.save(&path).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("\"split\": \"segment\""), "{text}");
    let read = Run::load(&path).unwrap();
    assert!(read.models[0].test_loss.is_nan());
    assert_eq!(read.models[0].history.as_ref().unwrap().epochs()[0].validation_loss, None);
    assert_eq!(read.command, run.command);
}

#[test]
fn an_error_names_the_record_that_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.json");
    let missing = Run::load(&path).unwrap_err().to_string();
    assert!(missing.contains("run.json"), "{missing}");
    std::fs::write(&path, "{\"models\": [{}").unwrap();
    let broken = Run::load(&path).unwrap_err();
    assert!(matches!(broken, Error::Json { .. }));
    assert!(broken.to_string().contains("run.json"), "{broken}");
    let nowhere = Run::default().save(folder.path().join("none/run.json")).unwrap_err().to_string();
    assert!(nowhere.contains("none/run.json"), "{nowhere}");
}

#[test]
fn a_record_of_the_first_version_still_loads() {
    let json = include_str!("../golden/run_1.json");
    let run = Run::from_bytes(json.as_bytes()).unwrap();
    assert_eq!((run.seed, run.data.shape, run.skipped.len(), run.songs.len()), (7, [130, 13], 1, 1));
    let splits: Vec<SplitBy> = run.models.iter().map(|model| model.split).collect();
    assert_eq!(splits, [SplitBy::Track, SplitBy::Track, SplitBy::Segment]);
    let model = &run.models[0];
    assert_eq!((model.parameters, model.validation_accuracy), (1_049_522, None));
    assert_eq!(model.history.as_ref().unwrap().eval_name(), "test");
    assert_eq!(model.history.as_ref().unwrap().majority_baseline(), Some(0.25));
    assert_eq!(model.calibration.as_ref().unwrap().before.bins.len(), 10);
    assert_eq!(model.confusion.as_ref().unwrap().total(), 16);
    assert!(run.models[2].test_loss.is_nan());
    assert_eq!(run.folds[0].accuracy.count, 2);
    assert_eq!(run.leakage[0].shared_tracks, 3);
    assert_eq!(run.figures[0].section, Section::Explanations);
    assert_eq!(run.deletion_insertion[0].maps[0].curves.deletion, [0.75, 0.25]);
    let comparison = &run.comparisons[0];
    assert_eq!((comparison.unit.as_str(), comparison.chosen_by.as_str()), ("tracks", ""));
    assert!(report::html(&run).unwrap().contains("A remark."));
    // Nothing of it is lost when it is saved again.
    let mut again = Vec::new();
    run.save_to(&mut again).unwrap();
    let text = String::from_utf8(again).unwrap();
    assert_eq!(text, json.trim_end());
}

/// A reader and writer that always fails.
struct Broken;

impl std::io::Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        Err(std::io::Error::other("no cable"))
    }
}

impl std::io::Write for Broken {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(std::io::Error::other("no cable"))
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_run_is_read_from_memory_and_from_a_reader() {
    let run = Run { command: "notebook".into(), seed: 3, ..Run::default() };
    let mut json = Vec::new();
    run.save_to(&mut json).unwrap();
    assert_eq!(Run::from_bytes(&json).unwrap(), run);
    assert_eq!(Run::load_from(json.as_slice()).unwrap(), run);
    let error = Run::from_bytes(b"3").unwrap_err();
    assert!(matches!(error, Error::Json { path: None, .. }));
    assert!(error.to_string().starts_with("not a run record"), "{error}");
    let error = Run::load_from(Broken).unwrap_err();
    assert!(matches!(error, Error::Read(_)) && error.to_string() == "cannot read: no cable", "{error}");
    let error = run.save_to(Broken).unwrap_err();
    assert!(matches!(error, Error::Write(_)) && error.to_string() == "cannot write: no cable", "{error}");
}

#[test]
fn models_are_not_ranked_by_the_test_part() {
    let model = |validation_accuracy, test_accuracy| ModelRun {
        validation_accuracy,
        test_accuracy,
        ..ModelRun::new("cnn", SplitBy::Track, 0)
    };
    // By test accuracy the order would be 4, 3, 2, 1, 0.
    let models = [
        model(Some(0.6), 0.1),
        model(None, 0.2),
        model(Some(0.8), 0.3),
        model(None, 0.4),
        model(Some(0.6), 0.5),
    ];
    assert_eq!(rank_models(&models), [2, 0, 4, 1, 3]);
    assert_eq!(rank_models(&models[1..2]), [0]);
    assert_eq!(rank_models(&[]), [0_usize; 0]);

    // The headline of a report follows the same order.
    let named = |(i, model): (usize, ModelRun)| ModelRun { name: format!("cnn{i}"), ..model };
    let models: Vec<ModelRun> = models.into_iter().enumerate().map(named).collect();
    let page = report::html(&Run { models, ..Run::default() }).unwrap();
    assert!(
        page.contains("cnn2 classifies 30.0 % of the segments correctly. Of 5 models it has the highest")
    );
}

#[test]
fn the_columns_of_the_results_table_are_aligned() {
    let runs = [
        ModelRun {
            parameters: 1_040_682,
            test_accuracy: 0.641,
            ..ModelRun::new("ffnn1", SplitBy::Segment, 7)
        },
        ModelRun {
            parameters: 362,
            test_accuracy: 1.0,
            ..ModelRun::new("a much longer name", SplitBy::Track, 7)
        },
    ];
    let table = results_table(&runs);
    let ends: Vec<usize> = ["1,040,682", "362"].iter().map(|part| end_of(&table, part)).collect();
    assert_eq!(ends[0], ends[1], "{table}");
    assert!(table.lines().all(|line| line.trim_end() == line), "{table}");
}

/// The column after the part, in characters.
fn end_of(table: &str, part: &str) -> usize {
    let line = table.lines().find(|line| line.contains(part)).unwrap();
    line.split_once(part).unwrap().0.chars().count() + part.len()
}

#[test]
fn every_network_stands_beside_the_logistic_regression() {
    let classes = ["jazz".to_owned(), "rock".to_owned()];
    let confusion = |counts: [[u64; 2]; 2]| {
        ConfusionMatrix::from_counts(counts.map(Vec::from).to_vec(), &classes).unwrap()
    };
    let model = |name: &str, split, seed, tracks, segments| ModelRun {
        track_accuracy: Some(tracks),
        test_accuracy: segments,
        ..ModelRun::new(name, split, seed)
    };
    let models = vec![
        ModelRun {
            confusion: Some(confusion([[9, 1], [8, 2]])),
            ..model("cnn", SplitBy::Track, 0, 0.4, 0.55)
        },
        ModelRun {
            confusion: Some(confusion([[5, 5], [1, 9]])),
            ..model("logistic", SplitBy::Track, 0, 0.5, 0.7)
        },
        model("knn", SplitBy::Track, 0, 0.2, 0.2),
        model("cnn", SplitBy::Segment, 0, 0.1, 0.8),
        model("logistic", SplitBy::Segment, 0, 0.9, 0.6),
        model("cnn", SplitBy::Track, 1, 0.9, 0.9),
    ];
    let mut run = Run { models, ..Run::default() };
    let verdicts = run.against_logistic();
    let said: Vec<String> = verdicts.iter().map(ToString::to_string).collect();
    // The third CNN has another seed than the regression; k nearest neighbors is a simple model itself.
    assert_eq!(
        said,
        [
            "split by track: cnn does not beat the logistic regression (40.0 % of the tracks against 50.0 %); it is ahead most \
             in jazz (90.0 against 50.0 % of its segments); it is behind most in rock (20.0 against 90.0 % of its segments)",
            "split by segment: cnn beats the logistic regression (80.0 % of the segments against 60.0 %)",
        ]
    );
    assert!(!verdicts[0].is_ahead() && verdicts[1].is_ahead());
    let page = report::html(&run).unwrap();
    assert!(page.contains("cnn does not beat a logistic regression."), "{page}");
    run.models.retain(|model| model.name != "logistic");
    assert!(run.against_logistic().is_empty());
}

#[test]
fn models_are_ranked_by_validation_tracks_first() {
    let model = |tracks, segments| ModelRun {
        validation_track_accuracy: tracks,
        validation_accuracy: segments,
        ..ModelRun::new("cnn", SplitBy::Track, 0)
    };
    let models = [
        model(Some(0.5), Some(0.9)),
        model(Some(0.6), Some(0.4)),
        model(Some(0.6), Some(0.5)),
        model(None, Some(0.9)),
    ];
    assert_eq!(rank_models(&models), [2, 1, 0, 3]);
}
