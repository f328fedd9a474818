//! `cepstrum extract`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, ensure};
use cepstrum::dataset::{AudioFolder, Collection, DamagePolicy, ExtractConfig, Extraction, Segment};
use serde_json::json;

use super::{Settings, exit_code};
use crate::Console;

/// The arguments of `cepstrum extract`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cepstrum extract genres_original gtzan.safetensors --cache cache")]
pub(crate) struct Extract {
    /// Folder with one folder of audio files per class
    data: PathBuf,
    /// Output store: .safetensors, .npz (NumPy), .csv or .json
    out: PathBuf,
    /// Settings of the features and the segments in a JSON file; what is absent has its default [default: 13 MFCCs]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Length of a segment in seconds [default: ten segments of 3 s per track]
    #[arg(long, value_name = "S")]
    segment_seconds: Option<f64>,
    /// Folder for the features of every track, so that the next run only reads files that changed
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
    /// Files that are truncated or damaged: skip them, use their segments before the damage, or stop
    #[arg(long, default_value = "skip", value_name = "skip|use|stop")]
    damaged: DamagePolicy,
}

impl Extract {
    pub(crate) fn run(self, console: Console, settings: Settings) -> Result<ExitCode> {
        let Self { data, out, config, segment_seconds, cache, damaged } = self;
        ensure!(
            out.parent().is_none_or(|parent| parent.join(".").is_dir()),
            "{}: no such folder",
            out.display()
        );
        let folder = AudioFolder::scan(&data)?;
        let mut config = config.map_or_else(|| Ok(ExtractConfig::default()), ExtractConfig::load)?;
        if let Some(seconds) = segment_seconds {
            config.segment = Segment::Seconds(seconds);
        }
        let extraction = Extraction::new(config).threads(settings.threads).damaged(damaged);
        let mut extraction = extraction.progress(console.progress());
        if let Some(cache) = cache {
            extraction = extraction.cache(cache);
        }
        let extracted = extraction.run(&folder)?;
        let features = &extracted.features;
        features.save(&out)?;
        let skipped: Vec<_> = folder.skipped().iter().chain(&extracted.skipped).collect();
        for skipped in &skipped {
            console.warn(format_args!("skipped {skipped}"));
        }
        for damaged in &extracted.damaged {
            console.warn(format_args!("used the segments before the damage: {damaged}"));
        }
        let ([n_frames, n_coefficients], n) = (features.segment_shape(), features.len());
        console.text(format_args!(
            "{n} segments of {n_frames} x {n_coefficients} from {} tracks in {}",
            folder.n_tracks() - extracted.skipped.len(),
            out.display()
        ))?;
        console.object(&json!({
            "store": out,
            "segments": n,
            "shape": [n_frames, n_coefficients],
            "skipped": skipped.iter().map(ToString::to_string).collect::<Vec<_>>(),
        }))?;
        Ok(exit_code(skipped.len()))
    }
}
