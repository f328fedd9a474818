//! The sections of the page, in the order of the reference notebook.

use ndarray::Array2;

use super::parts::{Html, joined};
use crate::plot::{self, escaped};
use crate::table::{grouped, percent};
use crate::{DeletionInsertionRun, MapScores, ModelRun, Result, Run, Section, SongRun, SplitBy};

/// Histories drawn into one picture; of more, the page shows each on its own only.
const MOST_CURVES: usize = 14;

/// What a reader should know who reads one sentence.
pub(super) fn headline(run: &Run) -> String {
    let best = |split: SplitBy| {
        let runs = run.models.iter().filter(|model| model.split == split && model.test_accuracy.is_finite());
        runs.max_by(|a, b| a.test_accuracy.total_cmp(&b.test_accuracy))
    };
    let accuracy = |model: &ModelRun| match &model.interval {
        Some(interval) => interval.to_string(),
        None => format!("{} %", percent(model.test_accuracy)),
    };
    let mut sentences = Vec::new();
    if let Some(model) = best(SplitBy::Track) {
        sentences.push(format!(
            "On tracks it had not heard, {} is right {} of the time.",
            model.name,
            accuracy(model)
        ));
    }
    if let Some(model) = best(SplitBy::Segment) {
        sentences.push(format!(
            "Split by segment, as the reference notebook does it, {} reaches {}.",
            model.name,
            accuracy(model)
        ));
    }
    if let Some(trivial) = run.data.majority_baseline() {
        sentences.push(format!("Always guessing the commonest class would reach {} %.", percent(trivial)));
    }
    let words = if sentences.is_empty() { "No model was trained.".to_owned() } else { sentences.join(" ") };
    format!("<p class=\"headline\">{}</p>", escaped(&words))
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

pub(super) fn tracks(page: &mut Html, run: &Run) {
    figures(page, run, Section::Tracks, "What a track looks like");
}

pub(super) fn explanations(page: &mut Html, run: &Run) -> Result<()> {
    figures(page, run, Section::Explanations, "What a model looks at");
    for measured in &run.deletion_insertion {
        let DeletionInsertionRun { model, split, n_segments, maps } = measured;
        let curves: Vec<_> = maps.iter().map(|MapScores { map, curves }| (map.as_str(), curves)).collect();
        let caption = format!(
            "Cells of {n_segments} rightly classified test segments are replaced by the training part's mean (left) or shown \
             (right) in the order of each map: a map that knows what matters to {model}, split by {split}, beats the random one."
        );
        page.picture(&caption, |style| plot::deletion_insertion(&curves, style))?;
    }
    Ok(())
}

fn figures(page: &mut Html, run: &Run, section: Section, title: &str) {
    let mut figures = run.figures.iter().filter(|figure| figure.section == section).peekable();
    if figures.peek().is_some() {
        page.section(title);
    }
    for figure in figures {
        page.figure(figure);
    }
}

pub(super) fn split(page: &mut Html, run: &Run) {
    page.section("Split and leakage");
    page.paragraph(
        "Every model is tested on data that were kept apart from its training. Kept apart by segment, some three seconds of \
         a track are in training and others in the test: the model may know the recording instead of the genre, and the \
         figure flatters. Kept apart by track, all of a track is on one side; this is the figure to believe.",
    );
    if !run.leakage.is_empty() {
        page.raw(&list(&run.leakage));
        for pairs in run.leakage.iter().filter(|found| !found.near_duplicates.is_empty()) {
            page.heading(&format!("Nearly the same audio on both sides, split by {}", pairs.split));
            page.table(
                "words",
                &["in training", "in the test"],
                pairs.near_duplicates.iter().map(|pair| pair.to_vec()),
            );
        }
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

pub(super) fn songs(page: &mut Html, run: &Run) -> Result<()> {
    if run.songs.is_empty() {
        return Ok(());
    }
    page.section("Classified songs");
    for song in &run.songs {
        page.heading(&song.name);
        page.paragraph(&verdict(song));
        if let Some(audio) = song.audio.as_ref().filter(|audio| audio.starts_with("data:audio/")) {
            let (name, audio) = (escaped(&song.name), escaped(audio));
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
    if run.seconds > 0.0 {
        rows.push(vec!["duration".to_owned(), format!("{:.1} s", run.seconds)]);
    }
    for (name, value) in run.machine.iter().chain(&run.versions) {
        rows.push(vec![name.clone(), value.clone()]);
    }
    page.table("words", &[], rows);
    page.soft("Everything on this page comes from the run.json of the run.");
}

/// Sentences as a list.
pub(super) fn list(sentences: &[impl ToString]) -> String {
    let items = joined(sentences, |sentence| format!("<li>{}.</li>", escaped(&sentence.to_string())));
    format!("<ul>{items}</ul>")
}

/// How a model is called where it stands among others.
pub(super) fn title(model: &ModelRun) -> String {
    format!("{}, split by {}, seed {}", model.name, model.split, model.seed)
}
