//! `cepstrum export`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use cepstrum::models::{Classifier, OnnxInput};
use serde_json::json;

use crate::settings::Settings;

/// The arguments of `cepstrum export`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cepstrum export genre.safetensors --onnx genre.onnx")]
pub(crate) struct Export {
    /// Model file
    model: PathBuf,
    /// Output file in ONNX's format (opset 17): standardizer, network and softmax, from features to probabilities and logits
    #[arg(long, value_name = "FILE")]
    onnx: PathBuf,
    /// Take segments of samples in place of features: MFCCs or log-mel bands are computed in the graph
    #[arg(long)]
    from_samples: bool,
}

impl Export {
    pub(crate) fn run(self, settings: &Settings) -> Result<ExitCode> {
        let console = settings.console;
        let model = Classifier::load(&self.model)?;
        let input = if self.from_samples { OnnxInput::Samples } else { OnnxInput::Features };
        model.save_onnx(&self.onnx, input).with_context(|| self.model.display().to_string())?;
        console.text(self.onnx.display())?;
        console.object(
            &json!({ "onnx": self.onnx, "from_samples": self.from_samples, "classes": model.classes() }),
        )?;
        Ok(ExitCode::SUCCESS)
    }
}
