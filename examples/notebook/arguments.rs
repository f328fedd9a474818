use std::path::PathBuf;

use cepstrum::models::zoo::Architecture;
use clap::Parser;

/// Reproduces the reference experiment: audio (or the synthetic set) to trained and measured models.
#[derive(Parser)]
pub(crate) struct Arguments {
    /// Audio, one folder a class; without it and without --features the synthetic set is rendered
    #[arg(long, value_name = "DIR", conflicts_with = "features")]
    pub(crate) data: Option<PathBuf>,
    /// Features stored by an earlier run: .safetensors, or the notebook's .json
    #[arg(long, value_name = "FILE")]
    pub(crate) features: Option<PathBuf>,
    /// Networks, separated by commas: ffnn1 to ffnn6, cnn:F-F-F-F with four filter counts, or `all` thirteen of the reference
    #[arg(long, default_value = "ffnn5,cnn:32-32-32-32", value_parser = parse_models)]
    models: Models,
    /// Epochs at most for every network [default: 60, with --quick 20, or the reference's number where it is lower]
    #[arg(long)]
    epochs: Option<usize>,
    /// The reference's full settings: all thirteen networks, each for its number of epochs
    #[arg(long, conflicts_with_all = ["quick", "models"])]
    full: bool,
    /// Governs everything random: synthetic audio, splits, initial weights, shuffling, dropout
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    /// Folder for features, models, pictures and run.json; files of an earlier run are replaced
    #[arg(long, default_value = "cepstrum-out")]
    pub(crate) out: PathBuf,
    /// Cut tracks in segments of this length, dropping the remainder [default: 10 segments of 3 s]
    #[arg(long, value_name = "S", conflicts_with = "features")]
    pub(crate) segment_seconds: Option<f64>,
    /// Cross-validate every network by track in this many folds as well
    #[arg(long, value_name = "K")]
    pub(crate) folds: Option<usize>,
    /// Songs to classify with the best model [default: a few new ones, or some of the test part]
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(crate) songs: Vec<PathBuf>,
    /// Put the audio of the songs into the report, where you may pass it on; the synthetic ones always are
    #[arg(long)]
    pub(crate) embed_audio: bool,
    /// A small synthetic set and few epochs: a look at everything in under 20 s
    #[arg(long)]
    pub(crate) quick: bool,
}

impl Arguments {
    pub(crate) fn models(&self) -> Vec<Architecture> {
        if self.full { Architecture::reference() } else { self.models.to_vec() }
    }

    /// Epochs at most for a network that the reference trains for so many.
    pub(crate) fn epochs(&self, reference: usize) -> usize {
        let most = match (self.full, self.quick) {
            (true, _) => reference,
            (false, true) => 20,
            (false, false) => 60,
        };
        self.epochs.unwrap_or(most.min(reference))
    }
}

/// What `--models` names; shared, so that the argument parser takes it for one value.
type Models = std::sync::Arc<[Architecture]>;

fn parse_models(names: &str) -> Result<Models, cepstrum::models::Error> {
    if names == "all" {
        return Ok(Architecture::reference().into());
    }
    names.split(',').map(str::parse).collect()
}
