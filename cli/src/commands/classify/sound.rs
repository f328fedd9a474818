//! A song's explanation as sound.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use cepstrum::dataset::{WavFile, write_wav};
use cepstrum::features::inverse::GriffinLimConfig;
use cepstrum::models::explain::audible::{Audible, AudibleConfig, Unit};
use cepstrum::models::{Classification, GenreClassifier, argmax};

use crate::console::Console;

/// Seconds of a song of which what the features keep is written, which takes memory in proportion.
const KEPT_SECONDS: usize = 30;
/// Number of spans that are taken out of a song in turn.
const N_SPANS: usize = 4;

/// Writes into a folder what of a song spoke for its verdict, what against it, what is left without the former, and what the
/// features keep of its beginning. Returns what the verdict would be without parts of the song.
pub(super) fn write(
    classifier: &GenreClassifier,
    samples: &[f32],
    song: &Classification,
    folder: &Path,
    console: Console,
) -> Result<Vec<String>> {
    let (rate, class) = (classifier.sample_rate(), argmax(&song.song().to_vec()));
    let mut audible = Audible::new(classifier.model(), AudibleConfig::default())?;
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let file = |name: &str| WavFile::create(folder.join(name), rate);
    let (mut spoke_for, mut against, mut without) =
        (file("for.wav")?, file("against.wav")?, file("without.wav")?);
    audible.song(samples, class, |parts| {
        spoke_for.push(&parts.spoke_for)?;
        against.push(&parts.spoke_against)?;
        Ok(without.push(&parts.without)?)
    })?;
    let start = &samples[..samples.len().min(KEPT_SECONDS * rate as usize)];
    let kept = audible.kept_by_features(start, &GriffinLimConfig::default())?;
    let factors = [
        ("kept.wav", write_wav(folder.join("kept.wav"), &kept, rate)?),
        ("for.wav", spoke_for.finish()?),
        ("against.wav", against.finish()?),
        ("without.wav", without.finish()?),
    ];
    for (name, factor) in factors.into_iter().filter(|(_, factor)| *factor < 1.0) {
        console.note(format_args!("{}: scaled by {factor:.2}", folder.join(name).display()));
    }
    let units = Unit::of_song_in_bars(samples, rate, N_SPANS)?;
    let effects = classifier.classify_without(samples, &units)?;
    Ok(effects.iter().map(|effect| effect.in_words(song)).collect())
}
