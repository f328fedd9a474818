//! `cepstrum evaluate`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use cepstrum::dataset::FeatureSet;
use cepstrum::eval::Evaluation;
use cepstrum::eval::metrics::{Bootstrap, Vote};
use cepstrum::models::Classifier;
use serde_json::json;

use crate::settings::{DeviceOption, Settings};

/// The arguments of `cepstrum evaluate`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  cepstrum extract unheard-music unheard.safetensors\n  cepstrum evaluate genre.safetensors unheard.safetensors"
)]
pub(crate) struct Evaluate {
    /// Model file
    model: PathBuf,
    /// Store of features of tracks that the model was not trained on, with the model's classes
    store: PathBuf,
    #[command(flatten)]
    device: DeviceOption,
}

impl Evaluate {
    pub(crate) fn run(self, settings: &Settings) -> Result<ExitCode> {
        let console = settings.console;
        let model = Classifier::load_on(&self.device.device, &self.model)?;
        let set = FeatureSet::load(&self.store)?;
        let of_set = || format!("{} on {}", self.model.display(), self.store.display());
        let segments = Evaluation::from_model(&model, &set).with_context(of_set)?;
        let bootstrap = Bootstrap { seed: settings.seed, ..Bootstrap::default() };
        let segments_right = bootstrap.accuracy(&segments)?;
        if set.has_tracks() {
            let tracks = segments.by_track(Vote::default()).with_context(of_set)?;
            let right = bootstrap.accuracy(&tracks)?;
            console
                .text(format_args!("tracks right: {right}\nsegments right: {segments_right}\n\n{tracks}"))?;
            console.object(&json!({ "tracks_right": right, "segments_right": segments_right }))?;
        } else {
            console.text(format_args!("segments right: {segments_right}\n\n{segments}"))?;
            console.object(&json!({ "segments_right": segments_right }))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
