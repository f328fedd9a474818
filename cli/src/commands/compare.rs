//! `cepstrum compare`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result};
use cepstrum::dataset::{FeatureSet, Split};
use cepstrum::eval::metrics::{Spread, Vote};
use cepstrum::eval::{Evaluation, SplitBy};
use cepstrum::models::zoo::ModelName;
use serde_json::json;

use crate::settings::{DeviceOption, Settings};
use crate::training::Fit;

/// The arguments of `cepstrum compare`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  cepstrum extract music music.safetensors\n  cepstrum compare music.safetensors --models logistic,crnn"
)]
pub(crate) struct Compare {
    /// Store of features
    features: PathBuf,
    /// Models, separated by commas: majority, knn, logistic, ffnn1 to ffnn6, cnn:F-F-F-F with the filters of its four
    /// blocks, compact, crnn, deep, head
    #[arg(long, default_value = "logistic,cnn:256-128-64-32,compact,crnn", value_delimiter = ',')]
    models: Vec<ModelName>,
    /// Maximum number of epochs
    #[arg(long, default_value_t = 60)]
    epochs: usize,
    /// Number of seeds of the splits, the initial weights and all other random numbers; the first is --seed
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    seeds: u64,
    #[command(flatten)]
    device: DeviceOption,
}

/// The outcome of several seeds of a model on one kind of split.
#[derive(Default)]
struct Outcome {
    tracks: Vec<f64>,
    segments: Vec<f64>,
    n_parameters: usize,
}

impl Compare {
    pub(crate) fn run(self, settings: &Settings) -> Result<ExitCode> {
        let (console, interrupt) = (settings.console, &settings.interrupt);
        let features = FeatureSet::load(&self.features)?;
        let splits: &[SplitBy] =
            if features.has_tracks() { &[SplitBy::Track, SplitBy::Segment] } else { &[SplitBy::Segment] };
        console.text(
            "| model | split | test tracks | test segments | parameters | training time, s |\n|---|---|---|---|---|---|",
        )?;
        interrupt.wait_for_command();
        for (name, &by) in self.models.iter().flat_map(|name| splits.iter().map(move |by| (name, by))) {
            let start = Instant::now();
            let outcome = self.outcome(*name, by, &features, settings)?;
            if interrupt.is_asked() {
                break;
            }
            let seconds = start.elapsed().as_secs_f64() / self.seeds as f64;
            let segments = Spread::from_values(&outcome.segments)?;
            let tracks = Spread::from_values(&outcome.tracks).ok();
            let words = tracks.as_ref().map_or_else(|| "–".to_owned(), ToString::to_string);
            let n = outcome.n_parameters;
            console.text(format_args!("| {name} | {by} | {words} | {segments} | {n} | {seconds:.0} |"))?;
            console.object(&json!({
                "model": name.to_string(),
                "split": by,
                "test_tracks": tracks,
                "test_segments": segments,
                "parameters": n,
                "seconds": seconds,
            }))?;
        }
        Ok(settings.exit_code(0))
    }

    /// Trains and measures a model on one kind of split, once per seed.
    fn outcome(
        &self,
        name: ModelName,
        by: SplitBy,
        features: &FeatureSet,
        settings: &Settings,
    ) -> Result<Outcome> {
        let mut outcome = Outcome::default();
        let seeds = (0..self.seeds).map(|seed| settings.seed.wrapping_add(seed));
        for seed in seeds.take_while(|_| !settings.interrupt.is_asked()) {
            let split = match by {
                SplitBy::Track => Split::by_track(features, 0.7, seed)?,
                SplitBy::Segment => Split::by_segment(features, 0.7, seed)?,
            };
            let device = &self.device.device;
            let fit = Fit { epochs: Some(self.epochs), seed, ..Fit::new(name, &split, device, settings) };
            let (model, _) = fit.run().with_context(|| format!("{name}, split by {by}, seed {seed}"))?;
            let evaluation = Evaluation::from_model(&model, &split.test)?;
            if by == SplitBy::Track {
                outcome.tracks.push(evaluation.by_track(Vote::default())?.accuracy());
            }
            outcome.segments.push(evaluation.accuracy());
            outcome.n_parameters = model.n_parameters();
            let share = evaluation.accuracy();
            settings
                .console
                .note(format_args!("{name}, split by {by}, seed {seed}: {share:.3} of the segments"));
        }
        Ok(outcome)
    }
}
