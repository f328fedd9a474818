use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use cepstrum::dataset::synth::{SyntheticConfig, SyntheticSet};
use cepstrum::dataset::{Collection, FeatureSet};
use cepstrum::eval::{Ink, SongRun, timeline};
use cepstrum::models::{Classifier, GenreClassifier};

use crate::arguments::Arguments;
use crate::output::Output;
use crate::wav;

/// Songs of the test part, or new synthetic ones, that are classified where none are named.
const SHOWN: usize = 3;

/// A song, its true class where that is known, and whether its audio may go into the report.
struct Song {
    path: PathBuf,
    truth: Option<String>,
    embed: bool,
}

/// Classifies the songs of the command line, or some of the test part, or new synthetic ones and a burst of noise.
pub(crate) fn classify(
    model: &Classifier,
    test: &FeatureSet,
    arguments: &Arguments,
    output: &Output,
) -> Result<Vec<SongRun>> {
    let Some(config) = model.config() else { return Ok(Vec::new()) };
    let embed = arguments.embed_audio;
    let songs = if !arguments.songs.is_empty() {
        arguments.songs.iter().map(|path| Song { path: path.clone(), truth: None, embed }).collect()
    } else if let Some(folder) = &arguments.data {
        of_the_test_part(test, folder, embed)
    } else if arguments.features.is_some() {
        Vec::new()
    } else {
        let seconds = 3.0 * config.segment.seconds();
        new_ones(arguments.seed, seconds, config.sample_rate(), output)?
    };
    let genre = GenreClassifier::new(model.try_clone()?)?;
    let mut runs = Vec::new();
    for Song { path, truth, embed } in songs {
        let song = genre.classify(&path)?;
        println!("{}: {song}\n{}", path.display(), timeline(&song, Ink::Plain));
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let run = SongRun { truth, ..SongRun::new(name, &song) };
        runs.push(match media_type(&path).filter(|_| embed) {
            Some(media_type) => run.with_audio(media_type, &fs::read(&path)?),
            None => run,
        });
    }
    Ok(runs)
}

/// The first track of some classes of the test part.
fn of_the_test_part(test: &FeatureSet, folder: &Path, embed: bool) -> Vec<Song> {
    let mut songs: Vec<Song> = Vec::new();
    for (&track, &label) in test.track_of().iter().zip(test.labels()) {
        let class = &test.classes()[label];
        if songs.len() < SHOWN && songs.iter().all(|song| song.truth.as_ref() != Some(class)) {
            let path = folder.join(&test.track_names()[track]);
            songs.push(Song { path, truth: Some(class.clone()), embed });
        }
    }
    songs
}

/// Songs of styles that the model knows, from a seed that it does not, and noise, which is no music.
fn new_ones(seed: u64, seconds: f64, sample_rate: u32, output: &Output) -> Result<Vec<Song>> {
    let config = SyntheticConfig { tracks_per_class: 1, seconds, seed: seed.wrapping_add(1), sample_rate };
    let set = SyntheticSet::new(config)?;
    let mut songs = Vec::new();
    let mut write = |name: String, truth: Option<String>, samples: &[f32]| -> Result<()> {
        let path = output.song(&name);
        wav::write(&path, sample_rate, samples)
            .with_context(|| format!("cannot write {}", path.display()))?;
        songs.push(Song { path, truth, embed: true });
        Ok(())
    };
    for index in (0..set.n_tracks()).step_by(set.n_tracks().div_ceil(SHOWN)) {
        let class = &set.classes()[set.track(index).class];
        write(format!("{class}.wav"), Some(class.clone()), &set.load(index, sample_rate)?)?;
    }
    let noise: Vec<f32> = (0..(seconds * f64::from(sample_rate)) as u32).map(white).collect();
    write("noise.wav".to_owned(), None, &noise)?;
    Ok(songs)
}

/// A number between -0.5 and 0.5 that looks random, by Steele and Vigna's mixing of the index.
fn white(index: u32) -> f32 {
    let mixed = (u64::from(index) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed >> 40) as f32 / (1_u64 << 24) as f32 - 0.5
}

/// What a browser must know to play a file, where it can.
fn media_type(path: &Path) -> Option<&'static str> {
    Some(match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "wav" => "audio/wav",
        "mp3" => "audio/mpeg",
        "ogg" | "oga" => "audio/ogg",
        "flac" => "audio/flac",
        "m4a" | "mp4" => "audio/mp4",
        _ => return None,
    })
}
