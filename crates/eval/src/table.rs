//! Text tables.

use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};

use crate::run::ModelRun;

/// One rule, under the header: rows close together are what the eye compares.
const UNDERLINED_HEADER: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// A table with the first column at the left and numbers at the right; no line ends in blanks.
pub(crate) fn aligned<'a>(
    header: impl IntoIterator<Item = &'a str>,
    rows: impl IntoIterator<Item = Vec<String>>,
) -> String {
    let mut table = Table::new();
    table.load_style(UNDERLINED_HEADER).set_header(header.into_iter().collect::<Vec<_>>());
    table.add_rows(rows);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.trim_fmt()
}

/// A table of training runs: model, split, parameters, epochs, accuracies, loss and time, in the order given.
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

/// What [`result_cells`] are.
pub(crate) const RESULT_HEADER: [&str; 9] = [
    "model",
    "split",
    "seed",
    "parameters",
    "epochs",
    "train acc. (%)",
    "test acc. (%)",
    "test loss",
    "time (s)",
];

/// A training run as a row of a table.
pub(crate) fn result_cells(run: &ModelRun) -> Vec<String> {
    vec![
        run.name.clone(),
        run.split.to_string(),
        run.seed.to_string(),
        grouped(run.parameters as u64),
        run.epochs.to_string(),
        percent(run.train_accuracy),
        percent(run.test_accuracy),
        format!("{:.3}", run.test_loss),
        format!("{:.1}", run.seconds),
    ]
}

/// A share in per cent with one digit, without the sign.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.1}", 100.0 * share)
}

/// A count with a comma every three digits.
pub(crate) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn counts_are_grouped_by_thousands() {
        assert_eq!([0, 999, 1000, 1_040_682].map(grouped), ["0", "999", "1,000", "1,040,682"]);
    }
}
