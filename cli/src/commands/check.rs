//! `cepstrum check`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use cepstrum::dataset::decode::AudioReader;
use cepstrum::dataset::progress::Progress;
use cepstrum::dataset::{AudioFolder, Collection, gtzan};
use rayon::prelude::*;
use serde_json::json;

use crate::console::Console;
use crate::settings::Settings;

/// The arguments of `cepstrum check`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cepstrum check genres_original")]
pub(crate) struct Check {
    /// Folder with one folder of audio files per class
    dir: PathBuf,
}

/// The findings from decoding one file.
struct Decoded {
    class: usize,
    name: String,
    /// The extension, in lowercase.
    format: String,
    rate: u32,
    channels: usize,
    seconds: f64,
    /// A hash of the samples, equal for copies of the same audio.
    hash: blake3::Hash,
    /// The error that ended it early.
    damage: Option<String>,
}

impl Check {
    pub(crate) fn run(self, settings: &Settings) -> Result<ExitCode> {
        let (console, interrupt) = (settings.console, &settings.interrupt);
        let folder = AudioFolder::scan(&self.dir)?;
        interrupt.wait_for_command();
        let progress = console.progress();
        progress.start(folder.n_tracks() as u64, "tracks");
        let files: Vec<Decoded> = (0..folder.n_tracks())
            .into_par_iter()
            .filter(|_| !interrupt.is_asked())
            .map(|index| {
                let decoded = decoded(&folder, index);
                progress.advance(1);
                decoded
            })
            .collect();
        progress.finish();
        if interrupt.is_asked() {
            console.note(format_args!("{} of {} tracks were checked", files.len(), folder.n_tracks()));
        }
        let damaged = files.iter().filter(|file| file.damage.is_some()).count();
        let copies = copies(&files);
        let is_gtzan =
            folder.classes().iter().filter(|class| gtzan::GENRES.contains(&class.as_str())).count() > 5;
        let gtzan = (is_gtzan && !interrupt.is_asked()).then(|| gtzan::check(&folder).to_string());
        if console.is_json() {
            console.object(&as_json(&folder, &files, &copies, gtzan.as_deref()))?;
        } else {
            print(console, &folder, &files)?;
            for skipped in folder.skipped() {
                console.line(format_args!("left aside: {skipped}"))?;
            }
            for file in files.iter().filter(|file| file.damage.is_some()) {
                console.line(format_args!(
                    "damaged: {}: {}",
                    file.name,
                    file.damage.as_deref().unwrap_or("")
                ))?;
            }
            for names in &copies {
                console.line(format_args!("the same audio: {}", names.join(", ")))?;
            }
            if let Some(gtzan) = gtzan {
                console.line(gtzan)?;
            }
        }
        Ok(settings.exit_code(damaged))
    }
}

/// Decodes a track to its end or its damage.
fn decoded(folder: &AudioFolder, index: usize) -> Decoded {
    let track = folder.track(index);
    let path = folder.file(index).unwrap_or(Path::new(""));
    let format = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    let mut file = Decoded {
        class: track.class,
        name: track.name,
        format,
        rate: 0,
        channels: 0,
        seconds: 0.0,
        hash: blake3::hash(b""),
        damage: None,
    };
    let mut hasher = blake3::Hasher::new();
    let outcome = AudioReader::open(path).and_then(|mut reader| {
        (file.rate, file.channels) = (reader.sample_rate(), reader.channels());
        let mut samples = 0_u64;
        let outcome = loop {
            match reader.next_block() {
                Ok(Some(block)) => {
                    samples += block.len() as u64;
                    for sample in block {
                        hasher.update(&sample.to_le_bytes());
                    }
                }
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        file.seconds = samples as f64 / f64::from(file.rate.max(1));
        outcome
    });
    file.hash = hasher.finalize();
    file.damage = outcome.err().map(|error| error.cause().to_string());
    file
}

/// The names of tracks with the same samples.
fn copies(files: &[Decoded]) -> Vec<Vec<&str>> {
    let mut by_hash: BTreeMap<[u8; 32], Vec<&str>> = BTreeMap::new();
    for file in files.iter().filter(|file| file.seconds > 0.0) {
        by_hash.entry(*file.hash.as_bytes()).or_default().push(&file.name);
    }
    let mut copies: Vec<_> = by_hash.into_values().filter(|names| names.len() > 1).collect();
    copies.sort_unstable();
    copies
}

/// A line per class and one of all.
fn print(console: Console, folder: &AudioFolder, files: &[Decoded]) -> Result<()> {
    for (class, name) in folder.classes().iter().enumerate() {
        let of_class: Vec<_> = files.iter().filter(|file| file.class == class).collect();
        console.line(format_args!("{name:<20} {}", summary(&of_class)))?;
    }
    console.line(format_args!("{:<20} {}", "all", summary(&files.iter().collect::<Vec<_>>())))?;
    Ok(())
}

/// `100 tracks, 50.0 min: 100 wav, 22050 Hz mono`
fn summary(files: &[&Decoded]) -> String {
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for file in files.iter().filter(|file| file.rate > 0) {
        let channels = match file.channels {
            1 => "mono".to_owned(),
            2 => "stereo".to_owned(),
            n => format!("{n} channels"),
        };
        *kinds.entry(format!("{} {} Hz {channels}", file.format, file.rate)).or_default() += 1;
    }
    let kinds: Vec<String> = kinds.into_iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    let minutes = files.iter().map(|file| file.seconds).sum::<f64>() / 60.0;
    format!("{} tracks, {minutes:.1} min: {}", files.len(), kinds.join(", "))
}

fn as_json(
    folder: &AudioFolder,
    files: &[Decoded],
    copies: &[Vec<&str>],
    gtzan: Option<&str>,
) -> serde_json::Value {
    let tracks: Vec<_> = files
        .iter()
        .map(|file| {
            json!({
                "track": file.name,
                "class": folder.classes()[file.class],
                "format": file.format,
                "sample_rate": file.rate,
                "channels": file.channels,
                "seconds": file.seconds,
                "damage": file.damage,
            })
        })
        .collect();
    let skipped: Vec<_> = folder.skipped().iter().map(ToString::to_string).collect();
    json!({ "classes": folder.classes(), "tracks": tracks, "left_aside": skipped, "copies": copies, "gtzan": gtzan })
}
