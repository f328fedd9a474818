//! The other sections of a report: data, tracks, split, models, explanations, songs, provenance.

use ndarray::Array2;

use super::super::{
    DeletionInsertionRun, Figure, MapScores, ModelRun, Run, Section, SongRun, SplitBy, rank_models,
};
use super::html::{Html, list};
use super::listening;
use crate::Result;
use crate::plot::{self, escaped};
use crate::table::{grouped, percent};

/// The most histories in one picture; of more, the page only shows each on its own.
const MAX_CURVES: usize = 14;

/// The outcome of the run in a few sentences.
///
/// Of several models, one stands for all: the first by validation accuracy on the first split. None is chosen by its test
/// accuracy.
pub(super) fn headline(run: &Run) -> String {
    let by = |split: SplitBy| run.models.iter().filter(move |model| model.split == split);
    let models: Vec<&ModelRun> = match by(SplitBy::Track).next() {
        Some(_) => by(SplitBy::Track).collect(),
        None => by(SplitBy::Segment).collect(),
    };
    let chosen = rank_models(models.iter().copied()).first().map(|&model| models[model]);
    let on = |split: SplitBy| by(split).find(|model| chosen.is_some_and(|chosen| chosen.name == model.name));
    let mut sentences = Vec::new();
    if let Some(model) = on(SplitBy::Track) {
        sentences.push(format!(
            "On tracks that were not in training, {} classifies {} correctly.",
            model.name,
            of_tracks(model)
        ));
    }
    if let Some(model) = on(SplitBy::Segment) {
        sentences.push(format!(
            "Split by segment, as in the reference experiment, {} reaches {} of the segments.",
            model.name,
            of_segments(model)
        ));
    }
    if models.len() > 1 && chosen.is_some_and(|model| model.validation_accuracy.is_some()) {
        sentences.push(format!("Of {} models it has the highest validation accuracy.", models.len()));
    }
    let verdicts = run.against_logistic();
    let beaten = verdicts.iter().filter(|it| !it.is_ahead() && Some(it.split) == chosen.map(|it| it.split));
    let beaten: Vec<&str> = beaten.map(|verdict| verdict.model.as_str()).collect();
    if !beaten.is_empty() {
        let verb = if beaten.len() == 1 { "does" } else { "do" };
        sentences.push(format!("{} {verb} not beat a logistic regression.", beaten.join(", ")));
    }
    if let Some(baseline) = run.data.majority_baseline() {
        sentences
            .push(format!("Always predicting the most common class would reach {} %.", percent(baseline)));
    }
    let words = if sentences.is_empty() { "No model was trained.".to_owned() } else { sentences.join(" ") };
    format!("<p class=\"headline\">{}</p>", escaped(&words))
}

/// The share of test tracks that a model classifies correctly and that of their segments, where both are known.
fn of_tracks(model: &ModelRun) -> String {
    match (&model.track_interval, model.test_tracks) {
        (Some(interval), n_tracks) if n_tracks > 0 => {
            format!("{interval} of {n_tracks} tracks and {} of their segments", of_segments(model))
        }
        _ => format!("{} of the segments", of_segments(model)),
    }
}

/// The share of test segments that a model classifies correctly, with its interval where the record has it.
fn of_segments(model: &ModelRun) -> String {
    match &model.interval {
        Some(interval) => interval.to_string(),
        None => format!("{} %", percent(model.test_accuracy)),
    }
}

/// The amount of data and the files that could not be used.
pub(super) fn data(page: &mut Html, run: &Run) -> Result<()> {
    let data = &run.data;
    page.section("Data");
    let [frames, coefficients] = data.shape;
    page.paragraph(&format!(
        "{}: {} tracks of {} classes, cut into {} segments of {frames} frames with {coefficients} coefficients{}.",
        data.source,
        grouped(data.tracks),
        data.classes.len(),
        grouped(data.segments),
        if data.segment_seconds > 0.0 { format!(" ({} s each)", data.segment_seconds) } else { String::new() },
    ));
    if !data.classes.is_empty() {
        let counts: Vec<_> = data.classes.iter().map(|it| (it.name.as_str(), it.tracks)).collect();
        page.picture("", |style| plot::class_counts(&counts, style))?;
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

/// The pictures of tracks.
pub(super) fn tracks(page: &mut Html, run: &Run) {
    figures(page, run, Section::Tracks, "Views of a track");
}

/// The attribution maps and their deletion and insertion curves.
pub(super) fn explanations(page: &mut Html, run: &Run) -> Result<()> {
    figures(page, run, Section::Explanations, "Attribution maps");
    for measured in &run.deletion_insertion {
        let DeletionInsertionRun { model, split, n_segments, maps } = measured;
        let curves: Vec<_> = maps.iter().map(|MapScores { map, curves }| (map.as_str(), curves)).collect();
        let caption = format!(
            "Cells of {n_segments} correctly classified test segments are replaced by the training part's mean (left) or shown \
             (right) in the order of each map. A map that marks what matters to {model}, split by {split}, beats the random one."
        );
        page.picture(&caption, |style| plot::deletion_insertion(&curves, style))?;
    }
    listening::segments(page, &run.listening)
}

/// The pictures of one section of the record.
fn figures(page: &mut Html, run: &Run, section: Section, title: &str) {
    let mut figures = run.figures.iter().filter(|figure| figure.section == section).peekable();
    if figures.peek().is_some() {
        page.section(title);
    }
    for figure in figures {
        page.figure(figure);
    }
}

/// The two splits and the overlap between their parts.
pub(super) fn split(page: &mut Html, run: &Run) {
    page.section("Split and leakage");
    page.paragraph(
        "Every model is tested on data that it was not trained on. Split by segment, some segments of a track are in the \
         training part and others in the test part: the model may recognize the recording instead of the genre, and the \
         accuracy is inflated. Split by track, each track is on one side only; this is the accuracy to rely on.",
    );
    if !run.leakage.is_empty() {
        page.raw(&list(&run.leakage));
        for pairs in run.leakage.iter().filter(|found| !found.near_duplicates.is_empty()) {
            page.heading(&format!("Near-duplicates on both sides, split by {}", pairs.split));
            page.table(
                "words",
                &["in training", "in the test"],
                pairs.near_duplicates.iter().map(|pair| pair.to_vec()),
            );
        }
    }
}

/// The history and the layers of every model.
pub(super) fn models(page: &mut Html, run: &Run) -> Result<()> {
    let documented = run.models.iter().filter(|model| model.history.is_some() || !model.layers.is_empty());
    let trained: Vec<(String, &ModelRun)> = documented.map(|model| (model.title(), model)).collect();
    if trained.is_empty() {
        return Ok(());
    }
    page.section("Models");
    let histories: Vec<_> =
        trained.iter().filter_map(|(title, model)| Some((title.as_str(), model.history.as_ref()?))).collect();
    if (2..=MAX_CURVES).contains(&histories.len()) {
        page.picture("All models together.", |style| plot::histories(&histories, style))?;
    }
    for (title, model) in &trained {
        page.heading(title);
        page.soft(&format!(
            "{} parameters, {} epochs, {:.1} s.",
            grouped(model.parameters),
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

/// The classified songs: verdict, audio, genre over time, and a segment to listen to.
pub(super) fn songs(page: &mut Html, run: &Run) -> Result<()> {
    if run.songs.is_empty() {
        return Ok(());
    }
    page.section("Classified songs");
    for song in &run.songs {
        page.heading(&song.name);
        page.paragraph(&verdict(song));
        page.listen(|page| {
            if let Some(audio) = song.audio.as_ref().filter(|audio| audio.starts_with("data:audio/")) {
                page.player(&song.name, audio, 0.0);
            }
            let n_classes = song.classes.len();
            let values: Vec<f32> = song.segments.iter().flatten().copied().collect();
            if let Ok(probabilities) = Array2::from_shape_vec((song.segments.len(), n_classes), values)
                && !probabilities.is_empty()
            {
                let timeline = Figure::draw(Section::Tracks, "", |style| {
                    plot::timeline(&probabilities, &song.classes, song.segment_seconds, style)
                })?;
                let description = format!("Genre over time of {}", song.name);
                page.scene(&timeline, &description, 0.0, song.segment_seconds * song.segments.len() as f64);
            }
            listening::of_song(page, song);
            Ok(())
        })?;
    }
    Ok(())
}

/// The three most probable classes, the true one and the remark.
fn verdict(song: &SongRun) -> String {
    let mut ranked: Vec<(&String, f64)> = song.classes.iter().zip(song.verdict.iter().copied()).collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
    let named: Vec<String> =
        ranked.iter().take(3).map(|(class, p)| format!("{class} {} %", percent(*p))).collect();
    let truth = song.truth.as_ref().map_or_else(String::new, |truth| format!(" It is {truth}."));
    let remark = if song.remark.is_empty() { String::new() } else { format!(" {}", song.remark) };
    format!("{}.{truth}{remark}", named.join(", "))
}

/// The command line, the seed, the machine and the versions.
pub(super) fn provenance(page: &mut Html, run: &Run) {
    page.section("Provenance");
    page.raw(&format!("<pre tabindex=\"0\">{}</pre>", escaped(&run.command)));
    let mut rows = vec![vec!["seed".to_owned(), run.seed.to_string()]];
    if run.seconds > 0.0 {
        rows.push(vec!["duration".to_owned(), format!("{:.1} s", run.seconds)]);
    }
    for (name, value) in run.machine.iter().chain(&run.versions) {
        rows.push(vec![name.clone(), value.clone()]);
    }
    page.table("words", &[], rows);
    page.soft("Everything on this page comes from the run's run.json.");
}
