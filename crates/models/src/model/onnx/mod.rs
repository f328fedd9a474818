//! Models as ONNX files, for other runtimes.

mod front;
mod graph;
mod layers;
mod proto;

use std::io::Write;
use std::path::Path;

use super::Classifier;
use crate::{Error, Result};
use graph::Graph;
use proto::{Attribute, Message};

/// The version of the operators.
const OPSET: i64 = 17;

/// The version of the file format that came with it.
const IR_VERSION: i64 = 8;

/// The input of a model in ONNX's format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnnxInput {
    /// `features`, `[batch, n_frames, n_coefficients]`, as [`Classifier::predict_proba`] takes them. The default.
    #[default]
    Features,
    /// `samples`, `[batch, n_samples]`: segments of mono sound at the sample rate of the features, from -1 to 1. The features,
    /// MFCCs or log-mel bands, are computed in the graph (`STFT`, mel matrix, logarithm, cosine transform), so that the file is
    /// all that another program needs. Silence and levels near `top_db` may round differently there.
    Samples,
}

impl Classifier {
    /// Writes the model as an ONNX file of opset 17; see [`write_onnx`](Self::write_onnx).
    ///
    /// # Errors
    /// As [`write_onnx`](Self::write_onnx); [`Error::Io`] with the path when the file cannot be written.
    pub fn save_onnx(&self, path: impl AsRef<Path>, input: OnnxInput) -> Result<()> {
        let path = path.as_ref();
        let bytes = self.to_onnx(input)?;
        let written = cepstrum_dataset::write_atomically(path, |file| -> cepstrum_dataset::Result<()> {
            Ok(file.write_all(&bytes)?)
        });
        Ok(written?)
    }

    /// Writes the model in ONNX's format: standardizer, network and softmax, before them the features where the input is
    /// [`OnnxInput::Samples`].
    ///
    /// Outputs are `probabilities` and `logits`, `[batch, n_classes]`. The names of the classes and the settings of the features are
    /// in the file's metadata (`classes`, `config`, as JSON), with the temperatures of segments and songs.
    ///
    /// # Errors
    /// [`Error::NotInOnnx`] for a layer that has no operators: nearest neighbors and candle modules; for samples also the
    /// features of a published network. [`Error::NoExtractConfig`] for samples when the model does not record how its
    /// features are computed. [`Error::Io`] when the writer fails.
    pub fn write_onnx(&self, mut writer: impl Write, input: OnnxInput) -> Result<()> {
        Ok(writer.write_all(&self.to_onnx(input)?)?)
    }

    fn to_onnx(&self, input: OnnxInput) -> Result<Vec<u8>> {
        let name = match input {
            OnnxInput::Features => "features",
            OnnxInput::Samples => "samples",
        };
        let (mut graph, input_shape) = (Graph::new(name), self.network().input_shape());
        let n_values: usize = input_shape.iter().product();
        let n_coefficients = match self.standardizer() {
            Some(standardizer) => standardizer.n_coefficients().max(1),
            None => n_values / input_shape.first().copied().unwrap_or(1).max(1),
        };
        let segment = match input {
            OnnxInput::Features => vec![n_values / n_coefficients.max(1), n_coefficients],
            OnnxInput::Samples => {
                vec![front::append(&mut graph, self.config().ok_or(Error::NoExtractConfig)?)?]
            }
        };
        if let Some(standardizer) = self.standardizer() {
            let mean = graph.floats(&[n_coefficients], standardizer.mean());
            let deviation = graph.floats(&[n_coefficients], standardizer.deviation());
            graph.push("Sub", &[&mean], &[]);
            graph.push("Div", &[&deviation], &[]);
        }
        let sides = input_shape.iter().map(|&side| side as i64);
        let shape = graph.integers(&std::iter::once(-1).chain(sides).collect::<Vec<_>>());
        graph.push("Reshape", &[&shape], &[]);
        for layer in self.network().layers() {
            layers::append(&mut graph, layer)?;
        }
        graph.expose("logits");
        graph.push("Softmax", &[], &[("axis", Attribute::Int(1))]);
        graph.expose("probabilities");
        let outputs = ["probabilities", "logits"].map(|name| proto::value(name, &[self.n_classes()]));
        let graph = graph.finish("cepstrum", &proto::value(name, &segment), &outputs);
        let model = Message::default()
            .int(1, IR_VERSION)
            .text(2, "cepstrum")
            .text(3, env!("CARGO_PKG_VERSION"))
            .message(7, &graph)
            .message(8, &Message::default().text(1, "").int(2, OPSET));
        let entries = self.onnx_metadata()?;
        let entries = entries.iter().map(|(key, value)| Message::default().text(1, key).text(2, value));
        Ok(model.messages(14, &entries.collect::<Vec<_>>()).into_bytes())
    }

    /// What a user of the file must know beside the graph.
    fn onnx_metadata(&self) -> Result<Vec<(&'static str, String)>> {
        let json = |error: serde_json::Error| Error::from(std::io::Error::other(error));
        let temperatures = self.temperatures();
        let mut entries = vec![
            ("classes", serde_json::to_string(self.classes()).map_err(json)?),
            ("segment_temperature", temperatures.segment().to_string()),
            ("song_temperature", temperatures.song().to_string()),
        ];
        if let Some(config) = self.config() {
            entries.push(("config", serde_json::to_string(config).map_err(json)?));
        }
        Ok(entries)
    }
}
