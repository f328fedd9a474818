//! `cepstrum classify`.

mod library;
mod sound;
mod tag;

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use cepstrum::dataset::{DamagePolicy, LoadConfig, Loaded, audio_files, load_audio_with};
use cepstrum::dsp::resample;
use cepstrum::eval::timeline_within;
use cepstrum::models::Vote;

use super::genre_classifier;
use crate::console::Console;
use crate::neighbors::Neighbors;
use crate::settings::{DeviceOption, Settings};
use crate::verdict::{Judge, Verdict};
use library::Library;
use tag::{Found, Tagger};

/// The arguments of `cepstrum classify`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cepstrum classify genre.safetensors song.mp3
  cepstrum classify genre.safetensors ~/Music --out genres.csv --playlists playlists
  cepstrum classify genre.safetensors ~/Music --tag genres-before.jsonl --dry-run
  ffmpeg -i song.wma -ac 1 -ar 44100 -f f32le - | cepstrum classify genre.safetensors - --rate 44100")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Classify {
    /// Model file
    model: PathBuf,
    /// Songs, folders of songs, or - for mono PCM on standard input (32-bit floats, little-endian)
    #[arg(required = true, value_name = "SONG")]
    songs: Vec<PathBuf>,
    /// Table of verdicts, one row per song: a song that it names already is skipped, so that a run can go on
    #[arg(long, value_name = "FILE.csv")]
    out: Option<PathBuf>,
    /// Folder for one M3U playlist per class, from the table of --out
    #[arg(long, value_name = "DIR", requires = "out")]
    playlists: Option<PathBuf>,
    /// Count one vote per segment instead of averaging the segments' log-probabilities
    #[arg(long)]
    majority: bool,
    /// List every segment with its most probable classes
    #[arg(long)]
    segments: bool,
    /// Wheel of the package `musicnn`, for a model whose features that network computes and that does not hold it
    #[arg(long, value_name = "WHEEL")]
    pretrained: Option<PathBuf>,
    /// Print the song's most probable tags, for a model on the features of `musicnn`
    #[arg(long)]
    tags: bool,
    /// Files that are truncated or damaged: name them as errors, or classify what is whole before the damage
    #[arg(long, default_value = "skip", value_name = "skip|use")]
    damaged: DamagePolicy,
    /// Sample rate of the samples on standard input, in Hz
    #[arg(long, value_name = "HZ")]
    rate: Option<u32>,
    /// Write the songs as WAV into a folder each: what spoke for the verdict, what spoke against it, what is left without the
    /// former, and what the features keep of the first 30 s; and print the verdict without parts of the song
    #[arg(long, value_name = "DIR")]
    sound: Option<PathBuf>,
    /// Write the genre into the tags of the songs; LOG gets a line per change with what stood there before, for `cepstrum untag LOG`
    #[arg(long, value_name = "LOG")]
    tag: Option<PathBuf>,
    /// With --tag: print what would be written into tags, and write nothing
    #[arg(long, requires = "tag")]
    dry_run: bool,
    /// With --tag: leave songs alone of whose genre the model is less sure than that; songs unlike its training data always are
    #[arg(long, default_value_t = 0.5, value_name = "SHARE", requires = "tag")]
    sure: f32,
    /// Store of features of tracks, as `cepstrum extract` writes it: the tracks nearest to the song are told
    #[arg(long, value_name = "STORE")]
    tracks: Option<PathBuf>,
    #[command(flatten)]
    device: DeviceOption,
}

impl Classify {
    pub(crate) fn run(self, settings: &Settings) -> Result<ExitCode> {
        let (console, interrupt) = (settings.console, &settings.interrupt);
        let judge = self.judge()?;
        let library = self.out.as_deref().map(|out| Library::open(out, &self.model)).transpose()?;
        let tagger = self.tag.as_deref().map(|log| Tagger::new(log, self.dry_run, self.sure));
        // Who waits for standard input is not kept waiting.
        if !self.songs.iter().any(|path| path == Path::new("-")) {
            interrupt.wait_for_command();
        }
        let mut failures = 0;
        for path in self.songs.iter().take_while(|_| !interrupt.is_asked()) {
            if path == Path::new("-") {
                let loaded = self.standard_input(judge.classifier.sample_rate())?;
                print("-", &judge.verdict(&loaded)?, self.segments, console)?;
                continue;
            }
            let files = match audio_files(path) {
                Ok(files) => files,
                Err(error) => {
                    failures += 1;
                    console.failure(path, &error.into())?;
                    continue;
                }
            };
            for file in files.iter().take_while(|_| !interrupt.is_asked()) {
                if let Some(known) = library.as_ref().and_then(|library| library.known(file)) {
                    failures += usize::from(tagger.as_ref().is_some_and(|it| !it.tag(file, known, console)));
                    continue;
                }
                match self.classify(&judge, file, console) {
                    Ok(verdict) => {
                        if let Some(library) = &library {
                            library.add(file, &verdict)?;
                        }
                        print(&file.display().to_string(), &verdict, self.segments, console)?;
                        let found = Found::from(&verdict);
                        failures +=
                            usize::from(tagger.as_ref().is_some_and(|it| !it.tag(file, &found, console)));
                    }
                    Err(error) => {
                        failures += 1;
                        if let Some(library) = &library {
                            library.add_failure(file, &error)?;
                        }
                        console.failure(file, &error)?;
                    }
                }
            }
        }
        if let (Some(library), Some(dir)) = (library, &self.playlists) {
            library.write_playlists(dir)?;
        }
        Ok(settings.exit_code(failures))
    }

    /// The model, with the network that computes its features where it is given.
    fn judge(&self) -> Result<Judge> {
        let vote = if self.majority { Vote::Majority } else { Vote::MeanLogProbability };
        let classifier = genre_classifier(&self.model, self.pretrained.as_deref(), &self.device.device)?;
        let rate = classifier.sample_rate();
        let neighbors = self.tracks.as_deref().map(|store| Neighbors::load(store, rate)).transpose()?;
        Ok(Judge { classifier: classifier.vote(vote), neighbors, tells_tags: self.tags })
    }

    fn classify(&self, judge: &Judge, path: &Path, console: Console) -> Result<Verdict> {
        let sample_rate = judge.classifier.sample_rate();
        let config = LoadConfig { sample_rate, damaged: self.damaged, ..LoadConfig::default() };
        let loaded = load_audio_with(path, &config)?;
        let name = || path.display().to_string();
        let mut verdict = judge.verdict(&loaded).with_context(name)?;
        if let Some(folder) = &self.sound {
            let folder = folder.join(path.file_stem().unwrap_or_default());
            verdict.without =
                sound::write(&judge.classifier, &loaded.samples, &verdict.song, &folder, console)
                    .with_context(name)?;
        }
        Ok(verdict)
    }

    /// The samples on standard input at the model's rate.
    fn standard_input(&self, sample_rate: u32) -> Result<Loaded> {
        let rate = self.rate.context("standard input has no header: its sample rate is --rate")?;
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes).context("cannot read standard input")?;
        let (samples, rest) = bytes.as_chunks::<4>();
        ensure!(
            rest.is_empty(),
            "standard input ends within a sample: is it 32-bit floating point (-f f32le)?"
        );
        let samples: Vec<f32> = samples.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        let samples = resample(&samples, rate, sample_rate).context("standard input")?;
        Ok(Loaded { samples, damage: None })
    }
}

fn print(name: &str, verdict: &Verdict, lists_segments: bool, console: Console) -> Result<()> {
    if console.is_json() {
        console.object(&verdict.to_json(name)?)?;
        return Ok(());
    }
    let Verdict { song, tags, nearest, damage, without, .. } = verdict;
    let summary = if lists_segments { format!("{song:#}") } else { song.to_string() };
    console.line(format_args!("{name}: {summary}"))?;
    if let Some(damage) = damage {
        console.warn(format_args!("{name}: only what is whole was classified: {damage}"));
    }
    if let Some(tags) = tags.as_ref().filter(|tags| !tags.is_empty()) {
        let tags: Vec<_> = tags.iter().map(|(tag, share)| format!("{tag} {:.0} %", 100.0 * share)).collect();
        console.line(format_args!("  {}", tags.join(", ")))?;
    }
    console.line(timeline_within(song, Console::colors(), Console::columns()))?;
    without.iter().try_for_each(|sentence| console.line(format_args!("  {sentence}")))?;
    for near in nearest.iter().flatten() {
        console
            .line(format_args!("  near {} ({}), distance {:.2}", near.track, near.class, near.distance))?;
    }
    Ok(())
}
