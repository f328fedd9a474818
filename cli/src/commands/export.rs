//! `cepstrum export`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use cepstrum::models::Classifier;
use serde_json::json;

use crate::Console;

/// The arguments of `cepstrum export`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cepstrum export genre.safetensors --onnx genre.onnx")]
pub(crate) struct Export {
    /// Model file
    model: PathBuf,
    /// Output file in ONNX's format (opset 17): standardizer, network and softmax, from features to probabilities
    #[arg(long, value_name = "FILE")]
    onnx: PathBuf,
}

impl Export {
    pub(crate) fn run(self, console: Console) -> Result<ExitCode> {
        let model = Classifier::load(&self.model)?;
        model.save_onnx(&self.onnx).with_context(|| self.model.display().to_string())?;
        console.text(self.onnx.display())?;
        console.object(&json!({ "onnx": self.onnx, "classes": model.classes() }))?;
        Ok(ExitCode::SUCCESS)
    }
}
