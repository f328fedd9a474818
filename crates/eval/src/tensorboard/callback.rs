//! Logging as a callback of the training.

use std::path::Path;

use candle_core::{Device, Tensor, Var};
use cepstrum_dataset::FeatureSet;
use cepstrum_models::{
    Callback, Classifier, Control, DropoutRng, EpochReport, Result as ModelResult, TrainPlan, TrainReport,
    ops,
};
use ndarray::{Axis, Slice};

use super::EventWriter;
use crate::plot::{self, Style};
use crate::{Evaluation, Result};

/// Segments that gradients are taken from.
const MOST_SEGMENTS: usize = 32;

/// Writes a training's curves, and on request its distributions and confusion matrices, for `TensorBoard`.
///
/// After every epoch: `loss/train`, `accuracy/train`, the same for `validation`, and `learning_rate`; at the beginning the
/// table of layers. With [`watching`](Self::watching) also histograms of weights and gradients and the confusion matrix.
///
/// ```
/// # use cepstrum_dataset::FeatureSet;
/// # use cepstrum_models::{Adam, Standardization, TrainConfig, Trainer, zoo};
/// use cepstrum_eval::tensorboard::TensorBoard;
///
/// # let folder = tempfile::tempdir()?;
/// # let features = ndarray::Array3::from_shape_fn((8, 4, 3), |(i, t, c)| ((i * 7 + t * 3 + c) as f32).sin());
/// # let classes = vec!["jazz".to_owned(), "rock".to_owned()];
/// # let set = FeatureSet::new(features, vec![0, 1, 0, 1, 0, 1, 0, 1], classes, vec![], None)?;
/// # let (training, validation) = (&set, &set);
/// # let mut model = zoo::ffnn(4, [4, 3], 2, 7)?;
/// let log = TensorBoard::create(folder.path().join("ffnn4"))?.watching(validation, 10);
/// Trainer::new(TrainConfig { epochs: 2, ..TrainConfig::default() })
///     .optimizer(Adam::new(1e-3))
///     .callback(log)
///     .fit(&mut model, training, validation)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct TensorBoard<'a> {
    writer: EventWriter,
    watched: Option<Watched<'a>>,
}

#[derive(Debug)]
struct Watched<'a> {
    set: &'a FeatureSet,
    every: usize,
}

impl<'a> TensorBoard<'a> {
    /// Begins an event file in the folder of a run.
    ///
    /// # Errors
    /// As [`EventWriter::create`].
    pub fn create(folder: impl AsRef<Path>) -> Result<Self> {
        Ok(Self { writer: EventWriter::create(folder)?, watched: None })
    }

    /// Also writes, every so many epochs and after the last, histograms of all weights, of the gradients of the loss on the
    /// first 32 segments of `set`, and the confusion matrix on `set`.
    pub fn watching(self, set: &'a FeatureSet, every: usize) -> Self {
        Self { watched: Some(Watched { set, every: every.max(1) }), ..self }
    }

    fn scalars(&mut self, report: &EpochReport) -> Result<()> {
        let step = report.epoch as u64;
        let scalars = [
            ("loss/train", Some(report.train_loss)),
            ("accuracy/train", Some(report.train_accuracy)),
            ("loss/validation", report.validation_loss),
            ("accuracy/validation", report.validation_accuracy),
            ("learning_rate", Some(report.learning_rate)),
        ];
        for (tag, value) in scalars {
            if let Some(value) = value {
                self.writer.scalar(tag, step, value as f32)?;
            }
        }
        self.writer.flush()
    }

    fn watch(&mut self, epoch: usize, model: &Classifier) -> Result<()> {
        let Some(Watched { set, .. }) = self.watched else { return Ok(()) };
        let step = epoch as u64;
        for weight in model.network().weights() {
            self.writer.histogram(&format!("weights/{}", weight.name()), step, &values(weight.var())?)?;
        }
        for (name, gradient) in gradients(model, set)? {
            self.writer.histogram(&format!("gradients/{name}"), step, &values(&gradient)?)?;
        }
        let confusion = Evaluation::of(model, set)?.confusion;
        let style = Style { scale: 1.0, ..Style::default() };
        self.writer.image("confusion", step, &plot::confusion(&confusion, &style))?;
        self.writer.flush()
    }
}

impl Callback for TensorBoard<'_> {
    fn on_train_begin(&mut self, _plan: &TrainPlan, model: &Classifier) -> ModelResult<()> {
        let summary = format!("```\n{}\n```", model.network().summary());
        self.writer.text("model", 0, &summary).map_err(cepstrum_models::Error::callback)
    }

    fn on_epoch_end(&mut self, report: &EpochReport, model: &Classifier) -> ModelResult<Control> {
        self.scalars(report).map_err(cepstrum_models::Error::callback)?;
        if self.watched.as_ref().is_some_and(|watched| report.epoch.is_multiple_of(watched.every)) {
            self.watch(report.epoch, model).map_err(cepstrum_models::Error::callback)?;
        }
        Ok(Control::Continue)
    }

    fn on_train_end(&mut self, report: &TrainReport, model: &mut Classifier) -> ModelResult<()> {
        if self.watched.as_ref().is_some_and(|watched| !report.epochs.is_multiple_of(watched.every)) {
            self.watch(report.epochs, model).map_err(cepstrum_models::Error::callback)?;
        }
        Ok(())
    }
}

fn values(tensor: &Tensor) -> Result<Vec<f32>> {
    Ok(tensor.flatten_all().and_then(|flat| flat.to_vec1()).map_err(cepstrum_models::Error::from)?)
}

/// The gradients of the training loss, L2 penalties included and without dropout, on the first segments of a set.
fn gradients(model: &Classifier, set: &FeatureSet) -> Result<Vec<(String, Tensor)>> {
    let n = set.len().min(MOST_SEGMENTS);
    let x = model.input(&set.features().slice_axis(Axis(0), Slice::from(..n)))?;
    let labels: Vec<u32> = set.labels()[..n].iter().map(|&label| label as u32).collect();
    let network = model.network();
    let tape = network.forward_train(&x, DropoutRng::Off)?;
    let d_logits = gradient_of_logits(&tape.logits, labels).map_err(cepstrum_models::Error::from)?;
    let gradients = network.backward(tape, d_logits)?;
    let names = network.trainable_weights().map(|weight| weight.name().to_owned());
    Ok(names.zip(gradients).collect())
}

fn gradient_of_logits(logits: &Tensor, labels: Vec<u32>) -> candle_core::Result<Tensor> {
    let n = labels.len();
    let logits = Var::from_tensor(logits)?;
    let labels = Tensor::from_vec(labels, n, &Device::Cpu)?;
    let gradient = ops::softmax_cross_entropy(&logits, &labels)?.backward()?.remove(&logits);
    gradient.map_or_else(|| logits.zeros_like(), Ok)
}
