//! The model: a network with its class names, feature settings and standardizer.

pub(crate) mod container;
pub(crate) mod file;
mod onnx;
mod predict;
mod shifted;
pub(crate) mod standardizer;

pub use onnx::OnnxInput;
pub use predict::argmax;
pub use standardizer::{Standardization, Standardizer};

use std::sync::Arc;

use candle_core::{Device, Tensor};
use cepstrum_dataset::ExtractConfig;

use crate::pretrained::MusiCnn;
use crate::{CalibratedTemperatures, Error, OodDetector, Result, Sequential, Summary};

/// A network with everything that is needed to use it: class names, feature settings, standardizer.
///
/// Built from a [`Sequential`] (or by [`zoo`](crate::zoo)), filled in by [`Trainer::fit`](crate::Trainer::fit), and stored
/// in one file by [`save`](Self::save).
///
/// ```
/// use cepstrum_models::{Classifier, Dense, Flatten, Sequential};
///
/// let network = Sequential::builder([130, 13]).layer(Flatten::new()).layer(Dense::new(10)).build()?;
/// let model = Classifier::new(network)?;
/// assert_eq!(model.n_classes(), 10);
/// # Ok::<(), cepstrum_models::Error>(())
/// ```
#[derive(Debug)]
pub struct Classifier {
    network: Sequential,
    annotations: Annotations,
}

/// Class names, feature settings and standardizer of a classifier.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModelMetadata {
    /// Names of the classes in the order of the network's outputs.
    pub classes: Vec<String>,
    /// The settings the features were extracted with; `None` when they are unknown.
    pub config: Option<ExtractConfig>,
    /// The scaling of features before they enter the network; `None` for none.
    pub standardizer: Option<Standardizer>,
}

/// Everything of a classifier but its network.
#[derive(Clone, Debug, Default)]
pub(crate) struct Annotations {
    metadata: ModelMetadata,
    temperatures: CalibratedTemperatures,
    ood_detector: Option<OodDetector>,
    front: Option<Arc<MusiCnn>>,
}

impl Classifier {
    /// Wraps a network; the classes are named `"0"`, `"1"`, ... until it is trained.
    ///
    /// # Errors
    /// [`Error::NotClassifier`] when the network does not end in one axis of at least two classes.
    pub fn new(network: Sequential) -> Result<Self> {
        let &[n_classes] = network.output_shape() else {
            return Err(Error::NotClassifier { shape: network.output_shape().to_vec() });
        };
        if n_classes < 2 {
            return Err(Error::NotClassifier { shape: vec![n_classes] });
        }
        let classes = (0..n_classes).map(|class| class.to_string()).collect();
        let metadata = ModelMetadata { classes, ..ModelMetadata::default() };
        Ok(Self { network, annotations: metadata.into() })
    }

    /// Replaces class names, feature settings and standardizer.
    ///
    /// # Errors
    /// [`Error::Classes`] unless there is one class name per output, [`Error::Standardizer`] when the network's inputs are
    /// not whole frames of as many coefficients as the standardizer has.
    pub fn with_metadata(mut self, metadata: ModelMetadata) -> Result<Self> {
        if metadata.classes.len() != self.n_classes() {
            let expected = format!("{} names", self.n_classes());
            return Err(Error::Classes { part: "model", expected, actual: metadata.classes });
        }
        let n_inputs: usize = self.network.input_shape().iter().product();
        let n_coefficients = metadata.standardizer.as_ref().map(|it| it.n_coefficients().max(1));
        if n_coefficients.is_some_and(|n_coefficients| !n_inputs.is_multiple_of(n_coefficients)) {
            return Err(Error::Standardizer);
        }
        self.annotations.metadata = metadata;
        Ok(self)
    }

    /// Sets the temperatures that calibrate confidences; fit them on data that the training has not seen.
    #[must_use]
    pub fn with_temperatures(mut self, temperatures: CalibratedTemperatures) -> Self {
        self.annotations.temperatures = temperatures;
        self
    }

    /// Sets the detector of audio that is unlike the training data.
    #[must_use]
    pub fn with_ood_detector(mut self, ood_detector: OodDetector) -> Self {
        self.annotations.ood_detector = Some(ood_detector);
        self
    }

    /// Puts the network that computes the features into the model, so that its file needs no other: 3.2 MB more, with the
    /// license of the weights. Training removes it.
    #[must_use]
    pub fn with_embedded_front(mut self, front: Arc<MusiCnn>) -> Self {
        self.annotations.front = Some(front);
        self
    }

    /// The network that computes the features, if the model holds it.
    pub fn embedded_front(&self) -> Option<&Arc<MusiCnn>> {
        self.annotations.front.as_ref()
    }

    /// The network.
    pub fn network(&self) -> &Sequential {
        &self.network
    }

    /// The network, to change its weights.
    pub fn network_mut(&mut self) -> &mut Sequential {
        &mut self.network
    }

    /// Class names, feature settings and standardizer together.
    pub fn metadata(&self) -> &ModelMetadata {
        &self.annotations.metadata
    }

    /// Names of the classes in the order of the network's outputs.
    pub fn classes(&self) -> &[String] {
        &self.metadata().classes
    }

    /// Number of classes.
    pub fn n_classes(&self) -> usize {
        self.network.output_shape()[0]
    }

    /// The settings that the training features were extracted with, if they are known.
    pub fn config(&self) -> Option<&ExtractConfig> {
        self.metadata().config.as_ref()
    }

    /// The scaling of features before they enter the network, if there is any.
    pub fn standardizer(&self) -> Option<&Standardizer> {
        self.metadata().standardizer.as_ref()
    }

    /// The divisors that [`GenreClassifier`](crate::GenreClassifier) applies to log-probabilities; 1 unless they were
    /// fitted. Predictions of the classifier itself are not divided.
    pub fn temperatures(&self) -> CalibratedTemperatures {
        self.annotations.temperatures
    }

    /// The detector of audio that is unlike the training data, if one was fitted.
    pub fn ood_detector(&self) -> Option<&OodDetector> {
        self.annotations.ood_detector.as_ref()
    }

    /// The device that computes.
    pub fn device(&self) -> &Device {
        self.network.device()
    }

    /// The table of layers that Keras's `summary()` prints.
    pub fn summary(&self) -> Summary {
        self.network.summary()
    }

    /// Number of values in all weights.
    pub fn n_parameters(&self) -> usize {
        self.network.n_parameters()
    }

    /// Computes the logits of inputs in the network's own shape and scale; see [`input`](Self::input).
    ///
    /// # Errors
    /// [`Error::InputShape`] when `x` is not `[n, ..input_shape]`.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.network.forward(x)
    }

    /// Copies the classifier, weights included.
    ///
    /// # Errors
    /// When the device cannot copy ([`Error::Candle`]).
    pub fn try_clone(&self) -> Result<Self> {
        Ok(Self { network: self.network.try_clone()?, annotations: self.annotations.clone() })
    }

    /// Replaces everything but the network, unchecked, and returns what was there before.
    pub(crate) fn replace_annotations(&mut self, annotations: Annotations) -> Annotations {
        std::mem::replace(&mut self.annotations, annotations)
    }
}

/// Metadata alone: confidences are not calibrated and there is no out-of-distribution detector.
impl From<ModelMetadata> for Annotations {
    fn from(metadata: ModelMetadata) -> Self {
        Self { metadata, ..Self::default() }
    }
}
