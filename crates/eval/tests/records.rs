//! Histories and run records: what is computed from them and how they are stored.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use cepstrum_eval::{EpochReport, Error, History, ModelRun, Run, SplitBy, results_table};

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
fn a_run_survives_the_file_and_a_diverged_model_too() {
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
fn a_run_that_cannot_be_read_is_named() {
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
fn the_results_table_lines_its_columns_up() {
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

/// The column after the part, counted in characters.
fn end_of(table: &str, part: &str) -> usize {
    let line = table.lines().find(|line| line.contains(part)).unwrap();
    line.split_once(part).unwrap().0.chars().count() + part.len()
}
