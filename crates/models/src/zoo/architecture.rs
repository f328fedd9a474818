//! The names of all networks of the zoo.

use std::fmt;
use std::str::FromStr;

use candle_core::Device;
use serde::{Deserialize, Serialize};

use super::{Ffnn, Own, Recipe, cnn};
use crate::{Classifier, Error, LayerSpec, Result, Sequential, Standardization, TrainConfig, Trainer};

/// A named network of the zoo: one of the thirteen of the [reference experiment](super#the-reference-experiment) or one
/// of this crate's [`Own`].
///
/// It parses from its name and displays as it: `ffnn1` to `ffnn6`, `cnn:256-128-64-32` with any four numbers of filters,
/// `crnn`, `compact` and `deep`.
///
/// ```
/// use cepstrum_models::zoo::{Architecture, Own};
///
/// let cnn: Architecture = "cnn:256-128-64-32".parse()?;
/// assert_eq!(cnn, Architecture::Cnn([256, 128, 64, 32]));
/// assert_eq!(cnn.to_string(), "cnn:256-128-64-32");
/// assert_eq!("crnn".parse::<Architecture>()?, Architecture::Own(Own::Crnn));
/// assert_eq!(Architecture::reference().len(), 13);
/// # Ok::<(), cepstrum_models::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
#[non_exhaustive]
pub enum Architecture {
    /// A feed-forward network of the reference experiment (`ffnn1` to `ffnn6`).
    Ffnn(Ffnn),
    /// The convolutional network of the reference experiment, with the numbers of filters of its four blocks
    /// (`cnn:256-128-64-32`).
    Cnn([usize; 4]),
    /// A network that the reference experiment does not have (`crnn`, `compact`, `deep`).
    Own(Own),
}

impl Architecture {
    /// Returns the six feed-forward and seven convolutional networks of the reference experiment, in its order.
    pub fn reference() -> Vec<Self> {
        let ffnns = Ffnn::ALL.into_iter().map(Self::Ffnn);
        ffnns.chain(cnn::FILTERS.into_iter().map(Self::Cnn)).collect()
    }

    /// Returns all networks: those of the reference experiment, then this crate's own.
    pub fn all() -> Vec<Self> {
        Self::reference().into_iter().chain(Own::ALL.into_iter().map(Self::Own)).collect()
    }

    /// Builds the network for segments of shape `[n_frames, n_coefficients]`, on the CPU.
    ///
    /// # Errors
    /// [`Error::Layer`] when segments are too small for the layers, [`Error::NotClassifier`] for fewer than two classes.
    pub fn build(self, shape: [usize; 2], n_classes: usize, seed: u64) -> Result<Classifier> {
        self.build_on(&Device::Cpu, shape, n_classes, seed)
    }

    /// Builds the network on a device, as [`build`](Self::build) does on the CPU.
    ///
    /// # Errors
    /// As [`build`](Self::build), and [`Error::Candle`] when the device fails.
    pub fn build_on(
        self,
        device: &Device,
        shape: [usize; 2],
        n_classes: usize,
        seed: u64,
    ) -> Result<Classifier> {
        let builder = Sequential::builder(self.input_shape(shape)).layers(self.layers(shape, n_classes));
        Classifier::new(builder.seed(seed).device(device).build()?)
    }

    /// The network's input shape for segments of shape `[n_frames, n_coefficients]`: convolutional networks have a channel
    /// axis as well.
    pub fn input_shape(self, [n_frames, n_coefficients]: [usize; 2]) -> Vec<usize> {
        match self {
            Self::Ffnn(_) => vec![n_frames, n_coefficients],
            Self::Cnn(_) | Self::Own(_) => vec![n_frames, n_coefficients, 1],
        }
    }

    /// The network's layers for segments of shape `[n_frames, n_coefficients]`, from the input to the logits.
    pub fn layers(self, shape: [usize; 2], n_classes: usize) -> Vec<LayerSpec> {
        match self {
            Self::Ffnn(ffnn) => ffnn.layers(n_classes),
            Self::Cnn(filters) => cnn::layers(filters, n_classes),
            Self::Own(own) => own.layers(shape, n_classes),
        }
    }

    /// The standardization that suits the network; the reference experiment left its inputs raw.
    ///
    /// Feed-forward networks often stop learning on raw MFCCs at their learning rate of 0.01. The reference experiment's
    /// convolutional networks normalize after their first layer anyway and, at 1e-4, learn faster on raw inputs.
    pub fn standardization(self) -> Standardization {
        match self {
            Self::Ffnn(_) | Self::Own(_) => Standardization::PerCoefficient,
            Self::Cnn(_) => Standardization::Off,
        }
    }

    /// The settings with which the reference experiment trained the network; `None` for a network that it does not have.
    pub fn recipe(self) -> Option<Recipe> {
        match self {
            Self::Ffnn(ffnn) => Some(ffnn.recipe()),
            Self::Cnn(_) => Some(cnn::recipe()),
            Self::Own(_) => None,
        }
    }

    /// Number of epochs that suits the network: the reference experiment's, or 60, or for `deep` 100.
    pub fn epochs(self) -> usize {
        match self {
            Self::Ffnn(ffnn) => ffnn.recipe().epochs,
            Self::Cnn(_) => cnn::recipe().epochs,
            Self::Own(own) => own.epochs(),
        }
    }

    /// Returns whether the recommended training depends on validation data: to stop early, or to choose the epoch whose
    /// weights are kept.
    pub fn needs_validation(self) -> bool {
        match self {
            Self::Ffnn(ffnn) => ffnn.recipe().patience.is_some(),
            Self::Cnn(_) => cnn::recipe().patience.is_some(),
            Self::Own(own) => own.needs_validation(),
        }
    }

    /// Returns training settings that suit the network, for segments of shape `[n_frames, n_coefficients]`.
    pub fn config(self, shape: [usize; 2], epochs: usize, seed: u64) -> TrainConfig {
        let reference = |recipe: Recipe| TrainConfig {
            epochs,
            standardize: self.standardization(),
            ..recipe.config(seed)
        };
        match self {
            Self::Ffnn(ffnn) => reference(ffnn.recipe()),
            Self::Cnn(_) => reference(cnn::recipe()),
            Self::Own(own) => own.config(shape, epochs, seed),
        }
    }

    /// Returns a trainer with the optimizer, learning-rate schedule and early stopping that suit the network.
    pub fn trainer(self, config: TrainConfig) -> Trainer<'static> {
        match self {
            Self::Ffnn(ffnn) => ffnn.recipe().trainer(config),
            Self::Cnn(_) => cnn::recipe().trainer(config),
            Self::Own(own) => own.trainer(config),
        }
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ffnn(ffnn) => write!(f, "ffnn{}", ffnn.number()),
            Self::Cnn([a, b, c, d]) => write!(f, "cnn:{a}-{b}-{c}-{d}"),
            Self::Own(own) => f.write_str(own.name()),
        }
    }
}

impl FromStr for Architecture {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let ffnn = || Some(Self::Ffnn(Ffnn::numbered(name.strip_prefix("ffnn")?.parse().ok()?)?));
        let cnn = || {
            let counts: Option<Vec<usize>> =
                name.strip_prefix("cnn:")?.split('-').map(|count| count.parse().ok()).collect();
            let filters = <[usize; 4]>::try_from(counts?).ok()?;
            (!filters.contains(&0)).then_some(Self::Cnn(filters))
        };
        let own = || Own::ALL.into_iter().find(|own| own.name() == name).map(Self::Own);
        ffnn().or_else(cnn).or_else(own).ok_or_else(|| Error::UnknownModel { name: name.to_owned() })
    }
}

impl From<Architecture> for String {
    fn from(architecture: Architecture) -> Self {
        architecture.to_string()
    }
}

impl TryFrom<String> for Architecture {
    type Error = Error;

    fn try_from(name: String) -> Result<Self> {
        name.parse()
    }
}
