//! The sections with metrics.

use super::super::Run;
use super::super::results::{RESULT_HEADER, result_cells, results_chart};
use super::html::{Html, list};
use crate::Result;
use crate::metrics::Spread;
use crate::plot::{self, escaped};
use crate::table::percent;

/// The test metrics of every model, the gap between the splits, comparisons and cross-validations.
pub(super) fn results(page: &mut Html, run: &Run) -> Result<()> {
    if run.models.is_empty() {
        return Ok(());
    }
    page.section("Results");
    page.picture("Mean over the seeds; whiskers are one standard deviation to either side.", |style| {
        results_chart(&run.models, style)
    })?;
    let gaps = run.gaps();
    if gaps.is_empty() {
        page.soft("No model was trained on both splits.");
    } else {
        page.raw(&list(&gaps));
    }
    let rows = run.models.iter().map(|model| {
        let mut cells = result_cells(model);
        let interval = model.interval.map(|i| format!("{} to {}", percent(i.low), percent(i.high)));
        let area = model.roc_auc.map(|area| format!("{area:.3}"));
        let tracks = model.track_interval.map(|i| format!("{} to {}", percent(i.low), percent(i.high)));
        let measured = [tracks, interval, model.top_3.map(percent), area];
        cells.extend(measured.map(|cell| cell.unwrap_or_else(|| "–".to_owned())));
        cells
    });
    let header: Vec<&str> = RESULT_HEADER
        .into_iter()
        .chain(["tracks, interval", "segments, interval", "top 3 (%)", "AUC"])
        .collect();
    page.table("", &header, rows);
    page.soft(
        "test tracks: share of whole tracks of the test part classified correctly by the vote of their segments; split by \
         track, this is the accuracy on unheard music. test segments: share of segments classified correctly. test loss: mean \
         cross-entropy. interval: 95 % bootstrap interval over tracks. top 3: share of segments whose class is among the three most probable. AUC: mean area under the ROC \
         curves, one class against the rest.",
    );
    let verdicts = run.against_logistic();
    if !verdicts.is_empty() {
        page.heading("Does a network beat the logistic regression?");
        page.raw(&list(&verdicts));
    }
    if !run.comparisons.is_empty() {
        page.heading("Are the differences between models significant?");
        page.raw(&list(&run.comparisons));
    }
    folds(page, run);
    Ok(())
}

/// The table of cross-validations.
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
    page.soft("Mean and standard deviation over the folds; each fold is the test part once.");
}

/// The confusion matrix of every model, and its metrics per class.
pub(super) fn confusion(page: &mut Html, run: &Run) -> Result<()> {
    let mut matrices =
        run.models.iter().filter_map(|model| Some((model, model.confusion.as_ref()?))).peekable();
    if matrices.peek().is_none() {
        return Ok(());
    }
    page.section("Confusion matrices");
    page.soft("Rows are the truth, columns the predictions; percentages are of the row.");
    page.raw("<div class=\"pair\">");
    for (model, matrix) in matrices.clone() {
        let caption =
            format!("{}: {} % of {} segments.", model.title(), percent(matrix.accuracy()), matrix.total());
        page.picture(&caption, |style| plot::confusion(matrix, &style.clone().with_title(model.title())))?;
    }
    page.raw("</div>");
    for (model, matrix) in matrices {
        page.raw(&format!("<details><summary>By class: {}</summary>", escaped(&model.title())));
        page.table("", &["class", "precision", "recall", "F1", "segments"], matrix.metric_rows());
        page.raw("</details>");
    }
    Ok(())
}

/// The reliability diagram of every calibrated model.
pub(super) fn calibration(page: &mut Html, run: &Run) -> Result<()> {
    let mut calibrated =
        run.models.iter().filter_map(|model| Some((model, model.calibration.as_ref()?))).peekable();
    if calibrated.peek().is_none() {
        return Ok(());
    }
    page.section("Calibration");
    page.paragraph(
        "Of 100 predictions that a calibrated model makes with a confidence of 70 %, 70 are correct. The temperature is fitted \
         on data used neither for training nor for this measurement. Above 1 it lowers the confidences, below 1 it raises \
         them; the predicted classes stay the same. ECE, the expected calibration error, is the mean distance of the points \
         from the diagonal, weighted by the number of segments.",
    );
    page.raw("<div class=\"pair\">");
    for (model, run) in calibrated {
        let caption = format!(
            "{}: temperature {:.2}, ECE {} % before and {} % after.",
            model.title(),
            run.temperature.value(),
            percent(run.before.expected_error),
            percent(run.after.expected_error),
        );
        let both = [("as trained", &run.before), ("with temperature", &run.after)];
        page.picture(&caption, |style| plot::reliability(&both, &style.clone().with_title(model.title())))?;
    }
    page.raw("</div>");
    Ok(())
}
