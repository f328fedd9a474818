//! The share of test tracks that a model gets right, over one or several draws.

use anyhow::Result;
use cepstrum::eval::Evaluation;
use cepstrum::eval::metrics::{Bootstrap, Interval, Spread};
use comfy_table::{CellAlignment, Table, presets};
use ndarray::{Array2, Axis, concatenate};
use serde::Serialize;

/// One line of the table.
#[derive(Serialize)]
pub(crate) struct Line {
    pub(crate) input: &'static str,
    pub(crate) model: String,
    pub(crate) split: &'static str,
    /// Share of test tracks that are right in each draw: a split, a seed of a network, or both.
    draws: Spread,
    /// The share over all draws, with an interval from resampled tracks.
    tracks_right: Interval,
}

/// The evaluations of one model on test parts of the same set.
pub(crate) struct Draws {
    classes: Vec<String>,
    truth: Vec<usize>,
    log_probabilities: Array2<f32>,
    /// The track of every test example, in the whole set: a track that is drawn several times stays one.
    tracks: Vec<usize>,
    shares: Vec<f64>,
}

impl Draws {
    pub(crate) fn new(classes: &[String]) -> Self {
        Self {
            classes: classes.to_vec(),
            truth: Vec::new(),
            log_probabilities: Array2::zeros((0, classes.len())),
            tracks: Vec::new(),
            shares: Vec::new(),
        }
    }

    /// Adds an evaluation with one row per track.
    pub(crate) fn add(
        &mut self,
        evaluation: &Evaluation,
        tracks: impl IntoIterator<Item = usize>,
    ) -> Result<()> {
        self.shares.push(evaluation.accuracy());
        self.truth.extend(evaluation.truth());
        self.tracks.extend(tracks);
        let parts = [self.log_probabilities.view(), evaluation.log_probabilities().view()];
        self.log_probabilities = concatenate(Axis(0), &parts)?;
        Ok(())
    }

    pub(crate) fn line(
        self,
        input: &'static str,
        model: impl Into<String>,
        split: &'static str,
    ) -> Result<Line> {
        let pooled = Evaluation::from_log_probabilities(&self.truth, self.log_probabilities, &self.classes)?;
        Ok(Line {
            input,
            model: model.into(),
            split,
            draws: Spread::from_values(&self.shares)?,
            tracks_right: Bootstrap::default().accuracy(&pooled.with_tracks(&self.tracks)?)?,
        })
    }
}

/// The lines as a table for people.
pub(crate) fn table(lines: &[Line]) -> String {
    let header = ["input", "model", "split", "draws", "tracks right, %", "deviation", "95 % interval"];
    let percent = |share: f64| format!("{:.1}", 100.0 * share);
    rows(
        header,
        lines.iter().map(|line| {
            let Line { input, model, split, draws, tracks_right } = line;
            let deviation = if draws.count > 1 { percent(draws.deviation) } else { String::new() };
            let interval = format!("{} to {}", percent(tracks_right.low), percent(tracks_right.high));
            let right = percent(tracks_right.estimate);
            let draws = draws.count.to_string();
            vec![(*input).to_owned(), model.clone(), (*split).to_owned(), draws, right, deviation, interval]
        }),
    )
}

/// A Markdown table, with numbers (all columns after the third) aligned right.
pub(crate) fn rows<const N: usize>(header: [&str; N], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN).set_header(header);
    table.add_rows(rows);
    for column in table.column_iter_mut().skip(N.saturating_sub(4)) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}
