use std::fmt::Display;
use std::io;
use std::path::PathBuf;

use cepstrum::models::candle_core::Device;
use cepstrum::models::zoo::{Architecture, Ffnn, ModelName, Own, SimpleModel};

use crate::settings::Settings;

/// The settings of the reference experiment, as the command line has them.
#[derive(Clone, Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Arguments {
    /// Folder with one folder of audio files per class [default: the synthetic set]
    #[arg(long, value_name = "DIR", conflicts_with = "features")]
    pub(super) data: Option<PathBuf>,
    /// Feature store of an earlier run: .safetensors, or the .json of the reference experiment
    #[arg(long, value_name = "FILE")]
    pub(super) features: Option<PathBuf>,
    /// Models, separated by commas: majority, knn, logistic, ffnn1 to ffnn6, cnn:F-F-F-F with the filters of its four
    /// blocks, compact, crnn, deep, head; or all for the thirteen of the reference experiment
    /// [default: ffnn5, the experiment's best CNN (with --quick a small one), logistic, crnn]
    #[arg(long, value_parser = parse_models)]
    models: Option<Models>,
    /// Maximum number of epochs [default: that of the reference experiment, but at most 40 for ffnn1 to ffnn6, 12 for
    /// cnn:..., 24 for the others, which together take two minutes; with --quick at most 20]
    #[arg(long)]
    epochs: Option<usize>,
    /// Train all thirteen networks of the reference experiment, each for its number of epochs there
    #[arg(long, conflicts_with_all = ["quick", "models"])]
    full: bool,
    #[arg(skip)]
    pub(super) settings: Settings,
    /// Output folder for features, models, pictures and the report; files of an earlier run are replaced
    #[arg(long, default_value = "cepstrum-out")]
    pub(super) out: PathBuf,
    /// Length of a segment in seconds; a remainder is dropped [default: ten segments of 3 s per track]
    #[arg(long, value_name = "S", conflicts_with = "features")]
    pub(super) segment_seconds: Option<f64>,
    /// Also cross-validate every network by track with this number of folds
    #[arg(long, value_name = "K")]
    pub(super) folds: Option<usize>,
    /// Wheel of the PyPI package musicnn 0.1.0 (`pip download musicnn==0.1.0 --no-deps`): a logistic regression and a small
    /// network on what this published network makes of the audio join on the split by track
    #[arg(long, value_name = "WHEEL", conflicts_with = "features")]
    pub(super) pretrained: Option<PathBuf>,
    /// Store the published network's weights in the saved model, so that it works without the wheel
    #[arg(long, requires = "pretrained")]
    pub(super) embed: bool,
    /// Songs to classify [default: new synthetic ones, or some tracks of the test part]
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(super) songs: Vec<PathBuf>,
    /// Embed the audio of the songs in the report, if you may redistribute it; synthetic songs are always embedded
    #[arg(long)]
    pub(super) embed_audio: bool,
    /// Device that computes: cpu, cuda, cuda:1, metal (docs/training.md, "Devices")
    #[arg(long, default_value = "cpu", value_parser = cepstrum::models::device)]
    pub(super) device: Device,
    /// Use a small synthetic set and few epochs, for a run of under half a minute
    #[arg(long)]
    pub(super) quick: bool,
}

impl Arguments {
    /// Prints what a person wants to know on the way.
    pub(super) fn say(&self, text: impl Display) -> io::Result<()> {
        self.settings.console.text(text)
    }

    /// The models to train, in the order given.
    pub(super) fn models(&self) -> Vec<ModelName> {
        let cnn = if self.quick { SMALL_CNN } else { BEST_CNN };
        match &self.models {
            Some(models) => models.to_vec(),
            None if self.full => reference(),
            None => vec![
                ModelName::Network(Architecture::Ffnn(Ffnn::BatchNorm)),
                ModelName::Network(Architecture::Cnn(cnn)),
                ModelName::Simple(SimpleModel::Logistic),
                ModelName::Network(Architecture::Own(Own::Crnn)),
            ],
        }
    }

    /// The maximum number of epochs of a network.
    pub(super) fn epochs(&self, network: Architecture) -> usize {
        let affordable = match network {
            Architecture::Ffnn(_) => 40,
            Architecture::Cnn(filters) if filters != SMALL_CNN => 12,
            _ => 24,
        };
        let most = match (self.full, self.quick) {
            (true, _) => usize::MAX,
            (false, true) => affordable.min(20),
            (false, false) => affordable,
        };
        self.epochs.unwrap_or(most.min(network.epochs()))
    }
}

/// The convolutional network that did best in the reference experiment, and a small one.
const BEST_CNN: [usize; 4] = [256, 128, 64, 32];
const SMALL_CNN: [usize; 4] = [32, 32, 32, 32];

/// The value of `--models`; an `Arc`, so that the argument parser treats it as one value.
type Models = std::sync::Arc<[ModelName]>;

fn parse_models(names: &str) -> Result<Models, cepstrum::models::Error> {
    if names == "all" {
        return Ok(reference().into());
    }
    names.split(',').map(str::parse).collect()
}

/// The thirteen networks of the reference experiment.
fn reference() -> Vec<ModelName> {
    Architecture::reference().into_iter().map(ModelName::Network).collect()
}
