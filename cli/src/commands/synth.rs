//! `cepstrum synth`.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use cepstrum::dataset::progress::Progress;
use cepstrum::dataset::synth::{SyntheticConfig, SyntheticSet};
use cepstrum::dataset::{Collection, write_wav};
use serde_json::json;

use crate::settings::Settings;

/// The arguments of `cepstrum synth`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cepstrum synth music --tracks 8 --seconds 12\n  cepstrum train music")]
pub(crate) struct Synth {
    /// Output folder; each style has a folder in it
    out: PathBuf,
    /// Number of tracks per style
    #[arg(long, default_value_t = 10)]
    tracks: usize,
    /// Length of a track in seconds
    #[arg(long, default_value_t = 30.0)]
    seconds: f64,
    /// Sample rate in Hz
    #[arg(long, default_value_t = 22_050)]
    rate: u32,
}

impl Synth {
    pub(crate) fn run(self, settings: &Settings) -> Result<ExitCode> {
        let console = settings.console;
        let Self { out, tracks, seconds, rate } = self;
        let set = SyntheticSet::new(SyntheticConfig {
            tracks_per_class: tracks,
            seconds,
            sample_rate: rate,
            seed: settings.seed,
        })?;
        let progress = console.progress();
        progress.start(set.n_tracks() as u64, "tracks");
        let written = (0..set.n_tracks()).try_for_each(|index| {
            let path = out.join(set.track(index).name);
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
            }
            write_wav(&path, &set.load(index, rate)?, rate)?;
            progress.advance(1);
            anyhow::Ok(())
        });
        progress.finish();
        written?;
        console.text(format_args!("{} tracks of {seconds} s in {}", set.n_tracks(), out.display()))?;
        console.object(&json!({ "tracks": set.n_tracks(), "seconds": seconds, "folder": out }))?;
        Ok(ExitCode::SUCCESS)
    }
}
