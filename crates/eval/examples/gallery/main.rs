//! Draws every picture of this crate, and a report, from synthetic data.
//!
//! `cargo run -p cepstrum-eval --example gallery -- FOLDER`

mod data;
mod pictures;

use std::path::Path;

use cepstrum_eval::metrics::Bootstrap;
use cepstrum_eval::plot::{Picture, Style, Theme};
use cepstrum_eval::{
    CalibrationRun, ClassCount, DataSummary, DeletionInsertionRun, Error, Figure, MapScores, ModelRun, Run,
    Section, SkippedFile, SongRun, SplitBy, report,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "gallery".to_owned());
    std::fs::create_dir_all(&folder)?;
    let folder = Path::new(&folder);
    let themes = [(Theme::Light, "light"), (Theme::Dark, "dark")];
    for (theme, suffix) in themes {
        let style = Style { theme, ..Style::default() };
        for n_classes in [5, 10, 50] {
            for (name, picture) in pictures::all(n_classes, &style)? {
                for extension in ["png", "svg"] {
                    picture.save(folder.join(format!("{name}-{n_classes}-{suffix}.{extension}")))?;
                }
            }
        }
    }
    record()?.save(folder.join("run.json"))?;
    report::write(folder.join("run.json"), folder.join("index.html"))?;
    println!("pictures and index.html in {}", folder.display());
    Ok(())
}

/// A run with every section of a report and the gallery's pictures.
fn record() -> Result<Run, Error> {
    let evaluation =
        data::evaluation(10)?.with_tracks(&(0..400).map(|i| i / 10 * 10 + i * 7 % 10).collect::<Vec<_>>())?;
    let count = |(name, tracks)| ClassCount { name, tracks, segments: 1000 };
    let mut run = Run {
        command: "gallery FOLDER".to_owned(),
        seed: 7,
        data: DataSummary {
            source: "synthetic data".to_owned(),
            tracks: 800,
            segments: 8000,
            segment_seconds: 3.0,
            shape: [130, 13],
            classes: data::counts(10).into_iter().map(count).collect(),
        },
        models: data::results(4),
        ..Run::default()
    };
    run.skipped.push(SkippedFile {
        path: "jazz/jazz.00054.wav".into(),
        cause: "not audio: no known format".to_owned(),
    });
    let mut first = run.models.remove(0).with_evaluation(&evaluation, &Bootstrap::default())?;
    first.calibration = Some(CalibrationRun::fit(&evaluation, &evaluation)?);
    let layers = "dense (Dense)   [256]   432,896\n".repeat(3);
    run.models.insert(0, ModelRun { history: Some(data::history(60)), layers, ..first });
    run.models[1].history = Some(data::history(45));
    for (section, caption, draw) in [
        (
            Section::Tracks,
            "Waveform, spectrum, spectrogram and MFCCs of one track of every class.",
            (|style| pictures::overview(10, style)) as fn(&Style) -> Picture,
        ),
        (
            Section::Explanations,
            "A segment that was classified correctly, and one that was not.",
            pictures::explanation,
        ),
    ] {
        run.figures.push(Figure::draw(section, caption, draw)?);
    }
    let maps = data::deletion_insertion().map(|(map, curves)| MapScores { map: map.to_owned(), curves });
    let model = "cnn:32-32-32-32".to_owned();
    run.deletion_insertion.push(DeletionInsertionRun {
        model,
        split: SplitBy::Track,
        n_segments: 60,
        maps: maps.to_vec(),
    });
    let rows = evaluation.probabilities().outer_iter().take(40).map(|row| row.to_vec());
    run.songs.push(SongRun {
        name: "a song <of mine> & yours.mp3".to_owned(),
        classes: evaluation.classes().to_vec(),
        verdict: vec![0.61, 0.2, 0.1, 0.09, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        segments: rows.collect(),
        segment_seconds: 3.0,
        truth: Some("jazz".to_owned()),
        ..SongRun::default()
    });
    Ok(run)
}
