//! A network that knows what its outputs mean and how its inputs are made.

mod container;
pub(crate) mod file;
mod predict;
pub(crate) mod standardizer;

pub use predict::argmax;
pub use standardizer::{Standardization, Standardizer};

use candle_core::{Device, Tensor};
use cepstrum_dataset::ExtractConfig;

use crate::{CalibratedTemperatures, Error, OodDetector, Result, Sequential, Summary};

/// A network with everything that is needed to use it: class names, how features are computed, how they are
/// standardised.
///
/// Made of a [`Sequential`] (or by [`zoo`](crate::zoo)), filled in by [`Trainer::fit`](crate::Trainer::fit), kept in
/// one file by [`save`](Self::save).
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
    classes: Vec<String>,
    config: Option<ExtractConfig>,
    standardizer: Option<Standardizer>,
    temperatures: CalibratedTemperatures,
    ood_detector: Option<OodDetector>,
}

/// What a classifier knows beside its network.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModelMetadata {
    /// Names of the classes in the order of the network's outputs.
    pub classes: Vec<String>,
    /// How the features are computed; `None` when that is not known.
    pub config: Option<ExtractConfig>,
    /// What is done to features before they enter the network; `None` for nothing.
    pub standardizer: Option<Standardizer>,
}

impl Classifier {
    /// A classifier whose classes are not named yet (`"0"`, `"1"`, ...).
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
        Ok(Self {
            network,
            classes,
            config: None,
            standardizer: None,
            temperatures: CalibratedTemperatures::default(),
            ood_detector: None,
        })
    }

    /// The same network in a new context.
    ///
    /// # Errors
    /// [`Error::Classes`] unless there is one class name an output, [`Error::Standardizer`] when the inputs are not
    /// whole frames of as many coefficients as the standardiser has.
    pub fn with_metadata(self, context: ModelMetadata) -> Result<Self> {
        let ModelMetadata { classes, config, standardizer } = context;
        if classes.len() != self.n_classes() {
            let expected = format!("{} names", self.n_classes());
            return Err(Error::Classes { part: "model", expected, actual: classes });
        }
        let n_inputs: usize = self.network.input_shape().iter().product();
        if standardizer.as_ref().is_some_and(|it| !n_inputs.is_multiple_of(it.n_coefficients().max(1))) {
            return Err(Error::Standardizer);
        }
        Ok(Self { classes, config, standardizer, ..self })
    }

    /// The same classifier with confidences that were fitted on data it was not trained on.
    pub fn with_temperatures(self, temperatures: CalibratedTemperatures) -> Self {
        Self { temperatures, ..self }
    }

    /// The same classifier, able to tell audio that is unlike its training data.
    pub fn with_ood_detector(self, ood_detector: OodDetector) -> Self {
        Self { ood_detector: Some(ood_detector), ..self }
    }

    /// The network.
    pub fn network(&self) -> &Sequential {
        &self.network
    }

    /// The network, to change its weights.
    pub fn network_mut(&mut self) -> &mut Sequential {
        &mut self.network
    }

    /// Names of the classes in the order of the network's outputs.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// Number of classes.
    pub fn n_classes(&self) -> usize {
        self.network.output_shape()[0]
    }

    /// How the features it was trained on were computed, if that is known.
    pub fn config(&self) -> Option<&ExtractConfig> {
        self.config.as_ref()
    }

    /// What is done to features before they enter the network.
    pub fn standardizer(&self) -> Option<&Standardizer> {
        self.standardizer.as_ref()
    }

    /// What [`GenreClassifier`](crate::GenreClassifier) divides log-probabilities by; 1 unless it was fitted. Predictions of
    /// the classifier itself are as the network gives them.
    pub fn temperatures(&self) -> CalibratedTemperatures {
        self.temperatures
    }

    /// What its training data are like, if that was measured.
    pub fn ood_detector(&self) -> Option<&OodDetector> {
        self.ood_detector.as_ref()
    }

    /// Where it computes.
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

    /// Logits of inputs that are already as the network takes them; see [`input`](Self::input).
    ///
    /// # Errors
    /// [`Error::InputShape`] when `x` is not `[n, ..input_shape]`.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.network.forward(x)
    }

    /// A second classifier with weights of its own.
    ///
    /// # Errors
    /// When the device cannot copy ([`Error::Candle`]).
    pub fn try_clone(&self) -> Result<Self> {
        Ok(Self {
            network: self.network.try_clone()?,
            classes: self.classes.clone(),
            config: self.config.clone(),
            standardizer: self.standardizer.clone(),
            temperatures: self.temperatures,
            ood_detector: self.ood_detector.clone(),
        })
    }

    /// Enters a new context for a training, after which confidences have to be fitted anew; gives the one before.
    pub(crate) fn replace_metadata(&mut self, context: ModelMetadata) -> ModelMetadata {
        let ModelMetadata { classes, config, standardizer } = context;
        (self.temperatures, self.ood_detector) = (CalibratedTemperatures::default(), None);
        ModelMetadata {
            classes: std::mem::replace(&mut self.classes, classes),
            config: std::mem::replace(&mut self.config, config),
            standardizer: std::mem::replace(&mut self.standardizer, standardizer),
        }
    }
}
