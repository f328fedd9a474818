//! The results of several models as a table and as a chart.

use super::{ModelRun, SplitBy};
use crate::metrics::Spread;
use crate::plot::{self, Picture, ResultSeries, Style};
use crate::table::{aligned, grouped, percent};

/// Returns a table of models: split, seed, parameters, epochs, share of test tracks and of test segments that are classified
/// correctly, loss and time, in the order given.
///
/// ```
/// use cepstrum_eval::{ModelRun, SplitBy, results_table};
///
/// let run = ModelRun {
///     name: "cnn:32-32-32-32".into(),
///     parameters: 32_362,
///     epochs: 60,
///     train_accuracy: 0.8123,
///     test_accuracy: 0.7029,
///     test_loss: 0.88,
///     seconds: 61.4,
///     ..ModelRun::new("cnn:32-32-32-32", SplitBy::Segment, 7)
/// };
/// let table = results_table(&[run]);
/// assert!(table.contains("70.3"));
/// assert!(table.contains("32,362"));
/// ```
pub fn results_table(runs: &[ModelRun]) -> String {
    aligned(RESULT_HEADER, runs.iter().map(result_cells))
}

/// Draws the test accuracy of every model with [`plot::results`]: one bar per split, as the mean over its seeds with a
/// whisker of one standard deviation to either side.
pub fn results_chart(runs: &[ModelRun], style: &Style) -> Picture {
    let series = |(split, label, color)| {
        let accuracies: Vec<_> = names(runs).filter_map(|name| accuracy(runs, name, split)).collect();
        ResultSeries { label, color, accuracies }
    };
    let splits = [(SplitBy::Segment, "split by segment", 1), (SplitBy::Track, "split by track", 0)];
    let series: Vec<_> = splits.map(series).into_iter().filter(|it| !it.accuracies.is_empty()).collect();
    plot::results(&series, style)
}

/// The names of the models, each once, in the order of first appearance.
fn names(runs: &[ModelRun]) -> impl Iterator<Item = &str> {
    let first = |&(i, run): &(usize, &ModelRun)| runs[..i].iter().all(|earlier| earlier.name != run.name);
    runs.iter().enumerate().filter(first).map(|(_, run)| run.name.as_str())
}

/// The test accuracy of a model on one split over its seeds.
fn accuracy<'a>(runs: &[ModelRun], name: &'a str, split: SplitBy) -> Option<(&'a str, Spread)> {
    let runs = runs.iter().filter(|run| run.name == name && run.split == split);
    let accuracies: Vec<f64> = runs.map(|run| run.test_accuracy).collect();
    Some((name, Spread::from_values(&accuracies).ok()?))
}

/// The header of [`result_cells`].
pub(super) const RESULT_HEADER: [&str; 10] = [
    "model",
    "split",
    "seed",
    "parameters",
    "epochs",
    "train acc. (%)",
    "test tracks (%)",
    "test segments (%)",
    "test loss",
    "time (s)",
];

/// A model as a row of a table.
pub(super) fn result_cells(run: &ModelRun) -> Vec<String> {
    vec![
        run.name.clone(),
        run.split.to_string(),
        run.seed.to_string(),
        grouped(run.parameters),
        run.epochs.to_string(),
        percent(run.train_accuracy),
        run.track_accuracy.map_or_else(|| "–".to_owned(), percent),
        percent(run.test_accuracy),
        format!("{:.3}", run.test_loss),
        format!("{:.1}", run.seconds),
    ]
}
