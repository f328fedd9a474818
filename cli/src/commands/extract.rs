//! `cepstrum extract`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use cepstrum::dataset::{AudioFolder, Collection, DamagePolicy, ExtractConfig, Extraction, Segment, gtzan};
use serde_json::json;

use super::check_folder_of;
use crate::settings::Settings;

/// The arguments of `cepstrum extract`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cepstrum extract genres_original gtzan.safetensors --cache cache")]
pub(crate) struct Extract {
    /// Folder with one folder of audio files per class
    data: PathBuf,
    /// Output store: .safetensors, .npz (NumPy), .csv or .json (the layout of the reference experiment)
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
    /// First decode every file and print the differences from GTZAN
    #[arg(long)]
    gtzan: bool,
}

impl Extract {
    pub(crate) fn run(self, settings: &Settings) -> Result<ExitCode> {
        let console = settings.console;
        let Self { data, out, config, segment_seconds, cache, damaged, gtzan } = self;
        check_folder_of(&out)?;
        let (folder, start) = (AudioFolder::scan(&data)?, Instant::now());
        let gtzan = gtzan.then(|| gtzan::check(&folder).to_string());
        if let Some(differences) = &gtzan {
            console.text(differences.trim_end())?;
        }
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
        let (n_files, seconds) = (folder.n_tracks(), start.elapsed().as_secs_f64());
        console.note(format_args!(
            "{n_files} files in {seconds:.2} s, {:.1} files per second; {} from the cache\ntime over all threads: {}",
            n_files as f64 / seconds,
            extracted.cached,
            extracted.spent
        ));
        console.text(format_args!(
            "{n} segments of {n_frames} x {n_coefficients} from {} tracks in {}",
            folder.n_tracks() - extracted.skipped.len(),
            out.display()
        ))?;
        let longest = features.class_counts().into_iter().max().unwrap_or(1).max(1);
        for (class, count) in features.classes().iter().zip(features.class_counts()) {
            console.text(format_args!(
                "{class:<16} {:<20} {count}",
                "█".repeat((20 * count).div_ceil(longest))
            ))?;
        }
        console.object(&json!({
            "store": out,
            "segments": n,
            "shape": [n_frames, n_coefficients],
            "classes": features.classes(),
            "segments_of_class": features.class_counts(),
            "gtzan": gtzan,
            "seconds": seconds,
            "skipped": skipped.iter().map(ToString::to_string).collect::<Vec<_>>(),
        }))?;
        Ok(settings.exit_code(skipped.len()))
    }
}
