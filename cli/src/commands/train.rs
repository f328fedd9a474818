//! `cepstrum train`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result};
use cepstrum::dataset::{
    AudioFolder, Collection, DamagePolicy, ExtractConfig, Extraction, FeatureConfig, FeatureSet, Front,
    Segment, Split, SplitConfig, SplitUnit,
};
use cepstrum::eval::{ModelRun, rank_models, results_table};
use cepstrum::models::ShowProgress;
use cepstrum::models::pretrained::{MusiCnn, MusiCnnFront, MusiCnnOutput};
use cepstrum::models::zoo::{Architecture, ModelName, Own, SimpleModel};
use serde_json::json;

use super::check_folder_of;
use crate::console::Console;
use crate::settings::{DeviceOption, Settings};
use crate::training::{self, Fit, Trained};

/// The name under which `pip download` leaves the weights of the published network.
const WHEEL: &str = "musicnn-0.1.0-py3-none-any.whl";

/// The arguments of `cepstrum train`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  cepstrum train genres_original\n  cepstrum classify genre.safetensors song.mp3"
)]
pub(crate) struct Train {
    /// Folder with one folder of audio files per class
    data: PathBuf,
    /// Output file: the model that is best on validation tracks
    #[arg(long, default_value = "genre.safetensors", value_name = "FILE")]
    out: PathBuf,
    /// Models, separated by commas: majority, knn, logistic, ffnn1 to ffnn6, cnn:F-F-F-F, compact, crnn, deep
    #[arg(long, value_delimiter = ',', default_value = "logistic,crnn")]
    models: Vec<ModelName>,
    /// Wheel of the PyPI package musicnn 0.1.0: models on what this published network hears join, which is best on small sets
    /// [default: the wheel in this folder, if there is one]
    #[arg(long, value_name = "WHEEL")]
    pretrained: Option<PathBuf>,
    /// Maximum number of epochs [default: the network's own]
    #[arg(long)]
    epochs: Option<usize>,
    /// Folder for the features of every track, so that the next run only reads files that changed
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
    /// Files that are truncated or damaged: skip them, use their segments before the damage, or stop
    #[arg(long, default_value = "skip", value_name = "skip|use|stop")]
    damaged: DamagePolicy,
    #[command(flatten)]
    device: DeviceOption,
}

impl Train {
    pub(crate) fn run(self, settings: &Settings) -> Result<ExitCode> {
        let (console, interrupt) = (settings.console, &settings.interrupt);
        check_folder_of(&self.out)?;
        let folder = AudioFolder::scan(&self.data)?;
        let wheel = self.pretrained.clone().or_else(|| {
            let wheel = Path::new(WHEEL);
            let is_there = wheel.is_file();
            if is_there {
                console.note(format_args!("{WHEEL} is at hand: models on what this network hears join"));
            }
            is_there.then(|| wheel.to_owned())
        });
        let network = wheel.map(MusiCnn::from_wheel).transpose()?.map(Arc::new);
        let features = self.extract(&folder, None, settings)?;
        let mut trained = Vec::new();
        let split = self.split(&features, settings.seed)?;
        interrupt.wait_for_command();
        for &name in self.models.iter().take_while(|_| !interrupt.is_asked()) {
            console.note(format_args!("training {name}"));
            trained.push(self.train(name, &name.to_string(), &split, settings)?);
        }
        if let Some(network) = network.filter(|_| !interrupt.is_asked()) {
            let front: Arc<dyn Front> =
                Arc::new(MusiCnnFront::new(Arc::clone(&network), MusiCnnOutput::Pooled));
            let split = self.split(&self.extract(&folder, Some(front), settings)?, settings.seed)?;
            for name in
                [ModelName::Simple(SimpleModel::Logistic), ModelName::Network(Architecture::Own(Own::Head))]
            {
                let label = format!("musicnn-{name}");
                console.note(format_args!("training {label}"));
                let found = self.train(name, &label, &split, settings)?;
                let model = found.model.with_embedded_front(Arc::clone(&network));
                trained.push(Trained { model, ..found });
            }
        }
        let best = rank_models(trained.iter().map(|trained| &trained.run));
        let best = best.first().map(|&best| &trained[best]).context("no model was trained")?;
        best.model.save(&self.out)?;
        self.print(&trained, &best.run, console)?;
        Ok(settings.exit_code(0))
    }

    /// Computes the features of all tracks: MFCCs, or those of a published network.
    fn extract(
        &self,
        folder: &AudioFolder,
        front: Option<Arc<dyn Front>>,
        settings: &Settings,
    ) -> Result<FeatureSet> {
        let console = settings.console;
        let config = match &front {
            None => ExtractConfig::default(),
            Some(front) => {
                ExtractConfig { features: FeatureConfig::Front(front.config()), segment: Segment::default() }
            }
        };
        let is_first = front.is_none();
        let mut extraction = Extraction::new(config).threads(settings.threads).damaged(self.damaged);
        if let Some(front) = front {
            extraction = extraction.front(front);
        }
        if let Some(cache) = &self.cache {
            extraction = extraction.cache(cache);
        }
        let extracted = extraction.progress(console.progress()).run(folder)?;
        if is_first {
            for skipped in folder.skipped().iter().chain(&extracted.skipped) {
                console.warn(format_args!("skipped {skipped}"));
            }
            let (features, classes) = (&extracted.features, folder.classes().len());
            console.note(format_args!(
                "{} segments from {} tracks in {classes} classes",
                features.len(),
                folder.n_tracks() - extracted.skipped.len(),
            ));
        }
        Ok(extracted.features)
    }

    /// Splits by track: 70 % for training, of these a fifth for validation, the rest for testing.
    fn split(&self, features: &FeatureSet, seed: u64) -> Result<Split> {
        let config = SplitConfig { unit: SplitUnit::Track, train_share: 0.7, validation_share: 0.2, seed };
        config.split(features).with_context(|| {
            format!(
                "{}: training, choosing and testing take some tracks of every class each",
                self.data.display()
            )
        })
    }

    /// Trains, measures and calibrates one model.
    fn train(&self, name: ModelName, label: &str, split: &Split, settings: &Settings) -> Result<Trained> {
        let fit = Fit { epochs: self.epochs, ..Fit::new(name, split, &self.device.device, settings) };
        let progress = ShowProgress(settings.console.progress());
        let fitted = fit.run_with(|_, trainer| Ok(trainer.callback(progress)))?;
        training::measure(fitted, label, split, SplitUnit::Track, settings.seed)
    }

    fn print(&self, trained: &[Trained], best: &ModelRun, console: Console) -> Result<()> {
        let runs: Vec<ModelRun> = trained.iter().map(|trained| trained.run.clone()).collect();
        console.text(results_table(&runs))?;
        let right = best.track_interval.map_or_else(String::new, |interval| {
            format!(": {interval} of {} test tracks right", best.test_tracks)
        });
        console.text(format_args!("\n{} is best on validation tracks{right}", best.name))?;
        console.text(format_args!("saved as {}; next:\n", self.out.display()))?;
        console.text(format_args!("  cepstrum classify {} SONG-OR-FOLDER", quoted(&self.out)))?;
        console.object(&json!({ "best": best.name, "model": self.out, "models": runs }))?;
        Ok(())
    }
}

/// The path as a shell takes it.
fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/._-".contains(c);
    if path.chars().all(plain) { path } else { format!("'{}'", path.replace('\'', r"'\''")) }
}
