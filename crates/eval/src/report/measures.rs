//! The sections with figures of merit.

use super::parts::Html;
use super::sections::{list, title};
use crate::metrics::Spread;
use crate::plot::{self, escaped};
use crate::table::{self, percent};
use crate::{ConfusionMatrix, Result, Run};

pub(super) fn results(page: &mut Html, run: &Run) -> Result<()> {
    if run.models.is_empty() {
        return Ok(());
    }
    page.section("Results");
    page.picture("Mean over the seeds; whiskers are one standard deviation to either side.", |style| {
        plot::results(&run.models, style)
    })?;
    let gaps = run.gaps();
    if gaps.is_empty() {
        page.soft("No model was run with both splits.");
    } else {
        page.raw(&list(&gaps));
    }
    let rows = run.models.iter().map(|model| {
        let mut cells = table::result_cells(model);
        let interval = model.interval.map(|i| format!("{} to {}", percent(i.low), percent(i.high)));
        let area = model.roc_auc.map(|area| format!("{area:.3}"));
        let measured = [interval, model.track_accuracy.map(percent), model.top_3.map(percent), area];
        cells.extend(measured.map(|cell| cell.unwrap_or_else(|| "–".to_owned())));
        cells
    });
    let header: Vec<&str> =
        table::RESULT_HEADER.into_iter().chain(["interval (%)", "tracks (%)", "top 3 (%)", "AUC"]).collect();
    page.table("", &header, rows);
    page.soft(
        "test: share of segments classified right. interval: 95 % bootstrap interval over tracks. tracks: share of whole \
         tracks classified right by the vote of their segments. AUC: mean area under the ROC curves, one class against the \
         rest. test loss: mean cross-entropy.",
    );
    if !run.comparisons.is_empty() {
        page.heading("Do the models differ by more than chance?");
        page.raw(&list(&run.comparisons));
    }
    folds(page, run);
    Ok(())
}

/// Cross-validations: mean and spread over the folds.
fn folds(page: &mut Html, run: &Run) {
    if run.folds.is_empty() {
        return;
    }
    page.heading("Cross-validation");
    let spread = |spread: Spread| format!("{} ± {}", percent(spread.mean), percent(spread.deviation));
    let rows = run.folds.iter().map(|folds| {
        let tracks = folds.track_accuracy.map_or_else(|| "–".to_owned(), spread);
        let count = folds.accuracy.count.to_string();
        vec![folds.name.clone(), folds.split.to_string(), count, spread(folds.accuracy), tracks]
    });
    page.table("", &["model", "split", "folds", "segments (%)", "tracks (%)"], rows);
    page.soft("Mean and standard deviation over the folds, each of which is the test part once.");
}

/// Precision, recall and F1 of every class and on average.
fn by_class(page: &mut Html, matrix: &ConfusionMatrix) {
    let row = |name: &str, figures: [f64; 3], support: u64| {
        let mut cells = vec![name.to_owned()];
        cells.extend(figures.map(|figure| format!("{figure:.3}")));
        cells.push(support.to_string());
        cells
    };
    let classes = matrix.per_class();
    let mut rows: Vec<_> =
        classes.iter().map(|c| row(&c.class, [c.precision, c.recall, c.f1], c.support)).collect();
    for (name, average) in
        [("macro average", matrix.macro_average()), ("weighted average", matrix.weighted_average())]
    {
        rows.push(row(name, [average.precision, average.recall, average.f1], matrix.total()));
    }
    page.table("", &["class", "precision", "recall", "F1", "segments"], rows);
}

pub(super) fn confusion(page: &mut Html, run: &Run) -> Result<()> {
    let mut matrices =
        run.models.iter().filter_map(|model| Some((model, model.confusion.as_ref()?))).peekable();
    if matrices.peek().is_none() {
        return Ok(());
    }
    page.section("Confusion matrices");
    page.soft("Rows are truth, columns predictions; percentages are of the row.");
    page.raw("<div class=\"pair\">");
    for (model, matrix) in matrices.clone() {
        let caption =
            format!("{}: {} % of {} segments.", title(model), percent(matrix.accuracy()), matrix.total());
        page.picture(&caption, |style| plot::confusion(matrix, &style.clone().titled(title(model))))?;
    }
    page.raw("</div>");
    for (model, matrix) in matrices {
        page.raw(&format!("<details><summary>By class: {}</summary>", escaped(&title(model))));
        by_class(page, matrix);
        page.raw("</details>");
    }
    Ok(())
}

pub(super) fn calibration(page: &mut Html, run: &Run) -> Result<()> {
    let mut calibrated =
        run.models.iter().filter_map(|model| Some((model, model.calibration.as_ref()?))).peekable();
    if calibrated.peek().is_none() {
        return Ok(());
    }
    page.section("Calibration");
    page.paragraph(
        "A calibrated model that says 70 % is right in 70 of 100 cases. The temperature is fitted on data that neither the \
         training nor this measurement has seen; above 1 it lowers the confidences, below 1 it raises them, and the \
         predicted classes stay. ECE, the expected calibration error, is the mean distance of the points from the diagonal.",
    );
    page.raw("<div class=\"pair\">");
    for (model, run) in calibrated {
        let caption = format!(
            "{}: temperature {:.2}, ECE {} % before and {} % after.",
            title(model),
            run.temperature.value(),
            percent(run.before.expected_error),
            percent(run.after.expected_error),
        );
        let both = [("as trained", &run.before), ("with temperature", &run.after)];
        page.picture(&caption, |style| plot::reliability(&both, &style.clone().titled(title(model))))?;
    }
    page.raw("</div>");
    Ok(())
}
