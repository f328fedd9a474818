//! The sections of the page, in the order of the reference notebook.

use std::path::Path;

use ndarray::Array2;

use super::parts::{Html, embedded, joined};
use crate::plot::{self, escaped};
use crate::table::{grouped, percent};
use crate::{Error, ModelRun, Protocol, Result, Run, Section, SongRun};

/// Histories drawn into one picture; of more, the page shows each on its own only.
const MOST_CURVES: usize = 14;

/// What a reader should know who reads one sentence.
pub(super) fn headline(run: &Run) -> String {
    let best = |split: Protocol| {
        let runs = run.models.iter().filter(|model| model.split == split && model.test_accuracy.is_finite());
        runs.max_by(|a, b| a.test_accuracy.total_cmp(&b.test_accuracy))
    };
    let accuracy = |model: &ModelRun| match &model.interval {
        Some(interval) => interval.to_string(),
        None => format!("{} %", percent(model.test_accuracy)),
    };
    let mut sentences = Vec::new();
    if let Some(model) = best(Protocol::Track) {
        sentences.push(format!(
            "On tracks it had not heard, {} is right {} of the time.",
            model.name,
            accuracy(model)
        ));
    }
    if let Some(model) = best(Protocol::Segment) {
        sentences.push(format!(
            "Split by segment, as the reference notebook does it, {} reaches {}.",
            model.name,
            accuracy(model)
        ));
    }
    if let Some(trivial) = trivial_accuracy(run) {
        sentences.push(format!("Always guessing the commonest class would reach {} %.", percent(trivial)));
    }
    let words = if sentences.is_empty() { "No model was trained.".to_owned() } else { sentences.join(" ") };
    format!("<p class=\"headline\">{}</p>", escaped(&words))
}

fn trivial_accuracy(run: &Run) -> Option<f64> {
    let most = run.data.classes.iter().map(|class| class.segments).max()?;
    (run.data.segments > 0).then(|| most as f64 / run.data.segments as f64)
}

pub(super) fn data(page: &mut Html, run: &Run) -> Result<()> {
    let data = &run.data;
    page.section("Data");
    let [frames, coefficients] = data.shape;
    page.paragraph(&format!(
        "{}: {} tracks of {} classes, cut into {} segments of {frames} frames with {coefficients} coefficients{}.",
        data.source,
        grouped(data.tracks as u64),
        data.classes.len(),
        grouped(data.segments as u64),
        if data.segment_seconds > 0.0 { format!(" ({} s each)", data.segment_seconds) } else { String::new() },
    ));
    if !data.classes.is_empty() {
        page.picture("", |style| plot::class_counts(&data.classes, style))?;
    }
    if run.skipped.is_empty() {
        page.soft("Every file could be used.");
    } else {
        page.heading(&format!("Skipped files ({})", run.skipped.len()));
        let rows = run.skipped.iter().map(|file| vec![file.path.display().to_string(), file.cause.clone()]);
        page.table("words", &["file", "cause"], rows);
    }
    Ok(())
}

pub(super) fn tracks(page: &mut Html, run: &Run, folder: &Path) -> Result<()> {
    figures(page, run, folder, Section::Tracks, "What a track looks like")
}

pub(super) fn explanations(page: &mut Html, run: &Run, folder: &Path) -> Result<()> {
    figures(page, run, folder, Section::Explanations, "What a model looks at")
}

fn figures(page: &mut Html, run: &Run, folder: &Path, section: Section, title: &str) -> Result<()> {
    let mut figures = run.figures.iter().filter(|figure| figure.section == section).peekable();
    if figures.peek().is_some() {
        page.section(title);
    }
    for figure in figures {
        let read = |file: &Path| -> Result<String> {
            let path = folder.join(file);
            embedded(&path)?.ok_or(Error::PictureFormat { path })
        };
        let dark = figure.dark.as_deref().map(read).transpose()?;
        page.figure(&read(&figure.file)?, dark.as_deref(), None, &figure.caption, &figure.caption);
    }
    Ok(())
}

pub(super) fn split(page: &mut Html, run: &Run) {
    page.section("Split and leakage");
    page.paragraph(
        "Every model is tested on data that were kept apart from its training. Kept apart by segment, some three seconds of \
         a track are in training and others in the test: the model may know the recording instead of the genre, and the \
         figure flatters. Kept apart by track, all of a track is on one side; this is the figure to believe.",
    );
    let gaps = run.gaps();
    if gaps.is_empty() {
        page.soft("No model was run with both splits.");
    } else {
        let items = joined(&gaps, |gap| format!("<li>{}.</li>", escaped(&gap.to_string())));
        page.raw(&format!("<ul>{items}</ul>"));
    }
}

pub(super) fn models(page: &mut Html, run: &Run) -> Result<()> {
    let told = run.models.iter().filter(|model| model.history.is_some() || !model.layers.is_empty());
    let trained: Vec<(String, &ModelRun)> = told.map(|model| (title(model), model)).collect();
    if trained.is_empty() {
        return Ok(());
    }
    page.section("Models");
    let histories: Vec<_> =
        trained.iter().filter_map(|(title, model)| Some((title.as_str(), model.history.as_ref()?))).collect();
    if (2..=MOST_CURVES).contains(&histories.len()) {
        page.picture("All models together.", |style| plot::histories(&histories, style))?;
    }
    for (title, model) in &trained {
        page.heading(title);
        page.soft(&format!(
            "{} parameters, {} epochs, {:.1} s.",
            grouped(model.parameters as u64),
            model.epochs,
            model.seconds
        ));
        if let Some(history) = &model.history {
            page.picture("", |style| plot::history(history, style))?;
        }
        if !model.layers.is_empty() {
            page.raw(&format!(
                "<details><summary>Layers</summary><pre tabindex=\"0\">{}</pre></details>",
                escaped(&model.layers)
            ));
        }
    }
    Ok(())
}

pub(super) fn results(page: &mut Html, run: &Run) -> Result<()> {
    if run.models.is_empty() {
        return Ok(());
    }
    page.section("Results");
    page.picture("Mean over the seeds; whiskers are one standard deviation to either side.", |style| {
        plot::results(&run.models, style)
    })?;
    let header = [
        "model",
        "split",
        "seed",
        "parameters",
        "epochs",
        "train (%)",
        "test (%)",
        "interval (%)",
        "tracks (%)",
        "top 3 (%)",
        "AUC",
        "test loss",
        "time (s)",
    ];
    let optional = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), percent);
    let rows = run.models.iter().map(|model| {
        let interval = model.interval.map(|i| format!("{} to {}", percent(i.low), percent(i.high)));
        vec![
            model.name.clone(),
            model.split.to_string(),
            model.seed.to_string(),
            grouped(model.parameters as u64),
            model.epochs.to_string(),
            percent(model.train_accuracy),
            percent(model.test_accuracy),
            interval.unwrap_or_else(|| "–".to_owned()),
            optional(model.track_accuracy),
            optional(model.top_3),
            model.roc_auc.map_or_else(|| "–".to_owned(), |area| format!("{area:.3}")),
            format!("{:.3}", model.test_loss),
            format!("{:.1}", model.seconds),
        ]
    });
    page.table("", &header, rows);
    page.soft(
        "test: share of segments classified right. interval: 95 % bootstrap interval over tracks. tracks: share of whole \
         tracks classified right by the vote of their segments. AUC: mean area under the ROC curves, one class against the \
         rest. test loss: mean cross-entropy.",
    );
    Ok(())
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
    for (model, matrix) in matrices {
        let caption =
            format!("{}: {} % of {} segments.", title(model), percent(matrix.accuracy()), matrix.total());
        page.picture(&caption, |style| plot::confusion(matrix, &style.clone().titled(title(model))))?;
    }
    page.raw("</div>");
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
        "A calibrated model that says 70 % is right in 70 of 100 cases. The temperature is fitted on the validation part; \
         above 1 it lowers the confidences, below 1 it raises them, and the predicted classes stay.",
    );
    page.raw("<div class=\"pair\">");
    for (model, run) in calibrated {
        let caption = format!("{}: temperature {:.2}.", title(model), run.temperature.value());
        let both = [("as trained", &run.before), ("with temperature", &run.after)];
        page.picture(&caption, |style| plot::reliability(&both, &style.clone().titled(title(model))))?;
    }
    page.raw("</div>");
    Ok(())
}

pub(super) fn songs(page: &mut Html, run: &Run, folder: &Path) -> Result<()> {
    if run.songs.is_empty() {
        return Ok(());
    }
    page.section("Classified songs");
    for song in &run.songs {
        page.heading(&song.name);
        page.paragraph(&verdict(song));
        if let Some(audio) =
            song.audio.as_ref().map(|audio| embedded(&folder.join(audio))).transpose()?.flatten()
        {
            let name = escaped(&song.name);
            page.raw(&format!(
                "<audio controls preload=\"metadata\" aria-label=\"{name}\" src=\"{audio}\"></audio>"
            ));
        }
        let n_classes = song.classes.len();
        let values: Vec<f32> = song.segments.iter().flatten().copied().collect();
        if let Ok(probabilities) = Array2::from_shape_vec((song.segments.len(), n_classes), values)
            && !probabilities.is_empty()
        {
            page.picture("", |style| {
                plot::timeline(&probabilities, &song.classes, song.segment_seconds, style)
            })?;
        }
    }
    Ok(())
}

/// The three most probable classes, and whether they are right.
fn verdict(song: &SongRun) -> String {
    let mut ranked: Vec<(&String, f64)> = song.classes.iter().zip(song.verdict.iter().copied()).collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
    let named: Vec<String> =
        ranked.iter().take(3).map(|(class, p)| format!("{class} {} %", percent(*p))).collect();
    let truth = song.truth.as_ref().map_or_else(String::new, |truth| format!(" It is {truth}."));
    let remark = if song.remark.is_empty() { String::new() } else { format!(" {}", song.remark) };
    format!("{}.{truth}{remark}", named.join(", "))
}

pub(super) fn circumstances(page: &mut Html, run: &Run) {
    page.section("How it was made");
    page.raw(&format!("<pre tabindex=\"0\">{}</pre>", escaped(&run.command)));
    let mut rows = vec![vec!["seed".to_owned(), run.seed.to_string()]];
    if !run.started.is_empty() {
        rows.push(vec!["started".to_owned(), run.started.clone()]);
    }
    if run.seconds > 0.0 {
        rows.push(vec!["duration".to_owned(), format!("{:.1} s", run.seconds)]);
    }
    for (name, value) in run.machine.iter().chain(&run.versions) {
        rows.push(vec![name.clone(), value.clone()]);
    }
    page.table("words", &[], rows);
    page.soft("Everything on this page comes from the run.json of the run.");
}

/// How a model is called where it stands among others.
fn title(model: &ModelRun) -> String {
    format!("{}, split by {}, seed {}", model.name, model.split, model.seed)
}
