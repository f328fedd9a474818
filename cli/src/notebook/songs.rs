use std::path::{Path, PathBuf};

use anyhow::Result;
use cepstrum::dataset::{FeatureSet, load_audio};
use cepstrum::eval::{ColorMode, SkippedFile, SongRun, timeline};
use cepstrum::models::explain::audible::Unit;
use cepstrum::models::{self, Classifier, GenreClassifier};

use super::arguments::Arguments;
use super::compose;
use super::output::Output;
use crate::listening;

/// The number of songs that are classified where none are given.
pub(super) const SHOWN: usize = 3;

/// Number of spans that are taken out of a song in turn.
const N_SPANS: usize = 3;

/// A song to classify.
pub(super) struct Song {
    pub(super) path: PathBuf,
    /// The true class, where it is known.
    pub(super) truth: Option<String>,
    /// Embeds the audio in the report.
    pub(super) embed: bool,
}

/// The songs that were classified, and those that could not be, with their causes.
#[derive(Default)]
pub(super) struct Classified {
    pub(super) runs: Vec<SongRun>,
    pub(super) skipped: Vec<SkippedFile>,
}

/// Classifies the songs of the command line, or else tracks of the test part, or new synthetic songs and a tone.
pub(super) fn classify(
    model: Classifier,
    test: &FeatureSet,
    arguments: &Arguments,
    output: &Output,
) -> Result<Classified> {
    let Some(config) = model.config() else { return Ok(Classified::default()) };
    let given = |path: &PathBuf| Song { path: path.clone(), truth: None, embed: arguments.embed_audio };
    let songs = match (&arguments.data, &arguments.features) {
        _ if !arguments.songs.is_empty() => arguments.songs.iter().map(given).collect(),
        (Some(folder), _) => of_the_test_part(test, folder, arguments.embed_audio),
        (None, Some(_)) => Vec::new(),
        (None, None) => compose::songs(
            arguments.settings.seed,
            3.0 * config.segment.seconds(),
            config.sample_rate(),
            output,
        )?,
    };
    let classifier = GenreClassifier::new(model)?;
    let mut classified = Classified::default();
    for song in songs {
        match classify_one(&classifier, &song, arguments) {
            Ok(run) => classified.runs.push(run),
            Err(error) => {
                arguments.settings.console.warn(format_args!("skipped {error:#}"));
                classified.skipped.push(SkippedFile { path: song.path, cause: cause(&error) });
            }
        }
    }
    Ok(classified)
}

fn classify_one(classifier: &GenreClassifier, song: &Song, arguments: &Arguments) -> Result<SongRun> {
    let classification = classifier.classify(&song.path)?;
    let over_time = timeline(&classification, ColorMode::Plain);
    arguments.say(format_args!("{}: {classification}\n{over_time}", song.path.display()))?;
    let name = song.path.file_name().unwrap_or_default().to_string_lossy();
    let run = SongRun { truth: song.truth.clone(), ..SongRun::new(name, &classification) };
    let samples = load_audio(&song.path, classifier.sample_rate())?;
    let units = Unit::of_song_in_bars(&samples, classifier.sample_rate(), N_SPANS)?;
    let effects = classifier.classify_without(&samples, &units)?;
    let without = effects.iter().map(|effect| effect.in_words(&classification)).collect();
    let run = SongRun { without, ..run };
    if !song.embed {
        return Ok(run);
    }
    let listening = Some(listening::explain(classifier, &samples, &classification, None)?);
    Ok(SongRun { listening, ..run }.with_audio(&song.path)?)
}

/// The cause of an error without the file, which the record names beside it.
fn cause(error: &anyhow::Error) -> String {
    match error.downcast_ref() {
        Some(models::Error::Dataset(error)) => error.cause().to_string(),
        _ => error.to_string(),
    }
}

/// The first track of each of [`SHOWN`] classes of the test part.
fn of_the_test_part(test: &FeatureSet, folder: &Path, embed: bool) -> Vec<Song> {
    let mut songs: Vec<Song> = Vec::new();
    for (&track, &label) in test.track_ids().iter().zip(test.labels()) {
        let class = &test.classes()[label];
        if songs.len() < SHOWN && songs.iter().all(|song| song.truth.as_ref() != Some(class)) {
            let path = folder.join(&test.track_names()[track]);
            songs.push(Song { path, truth: Some(class.clone()), embed });
        }
    }
    songs
}
