//! One name for all networks of the experiment.

use std::fmt;
use std::str::FromStr;

use candle_core::Device;
use serde::{Deserialize, Serialize};

use super::{Ffnn, Recipe, cnn};
use crate::{Classifier, Error, LayerSpec, Result, Sequential, Standardization, TrainConfig, Trainer};

/// A network of the experiment.
///
/// ```
/// use cepstrum_models::zoo::Experiment;
///
/// let cnn: Experiment = "cnn:256-128-64-32".parse()?;
/// assert_eq!(cnn, Experiment::Cnn([256, 128, 64, 32]));
/// assert_eq!(cnn.to_string(), "cnn:256-128-64-32");
/// assert_eq!(Experiment::all().len(), 13);
/// # Ok::<(), cepstrum_models::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Experiment {
    /// Feed-forward (`ffnn1` to `ffnn6`).
    Ffnn(Ffnn),
    /// Convolutional, with the filters of its four blocks (`cnn:256-128-64-32`).
    Cnn([usize; 4]),
}

impl Experiment {
    /// The six feed-forward and seven convolutional networks, in the experiment's order.
    pub fn all() -> Vec<Self> {
        let ffnns = Ffnn::ALL.into_iter().map(Self::Ffnn);
        ffnns.chain(cnn::FILTERS.into_iter().map(Self::Cnn)).collect()
    }

    /// Makes the network for segments of shape `[n_frames, n_coefficients]`, on the CPU.
    ///
    /// # Errors
    /// [`Error::Layer`] when segments are too small for its layers, [`Error::NotClassifier`] for less than two classes.
    pub fn build(self, shape: [usize; 2], n_classes: usize, seed: u64) -> Result<Classifier> {
        self.build_on(&Device::Cpu, shape, n_classes, seed)
    }

    /// [`build`](Self::build) on a device.
    ///
    /// # Errors
    /// As [`build`](Self::build), and [`Error::Device`].
    pub fn build_on(
        self,
        device: &Device,
        shape: [usize; 2],
        n_classes: usize,
        seed: u64,
    ) -> Result<Classifier> {
        let input = match self {
            Self::Ffnn(_) => shape.to_vec(),
            Self::Cnn(_) => vec![shape[0], shape[1], 1],
        };
        let builder = Sequential::builder(input).layers(self.layers(n_classes));
        Classifier::new(builder.seed(seed).device(device).build()?)
    }

    /// Its layers.
    pub fn layers(self, n_classes: usize) -> Vec<LayerSpec> {
        match self {
            Self::Ffnn(ffnn) => ffnn.layers(n_classes),
            Self::Cnn(filters) => cnn::layers(filters, n_classes),
        }
    }

    /// What is best done to its inputs; the experiment left them raw.
    ///
    /// Feed-forward networks often die on raw MFCCs at their learning rate of 0.01. The convolutional ones normalise behind
    /// their first layer anyway and, at 1e-4, learn faster from raw ones.
    pub fn standardization(self) -> Standardization {
        match self {
            Self::Ffnn(_) => Standardization::PerCoefficient,
            Self::Cnn(_) => Standardization::Off,
        }
    }

    /// How the experiment trained it.
    pub fn recipe(self) -> Recipe {
        match self {
            Self::Ffnn(ffnn) => ffnn.recipe(),
            Self::Cnn(_) => cnn::recipe(),
        }
    }

    /// A trainer by its recipe for at most so many epochs, which does to the inputs what is
    /// [best](Self::standardization).
    pub fn trainer(self, epochs: usize, seed: u64) -> Trainer<'static> {
        let recipe = self.recipe();
        recipe.trainer(TrainConfig { epochs, standardize: self.standardization(), ..recipe.config(seed) })
    }
}

impl fmt::Display for Experiment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ffnn(ffnn) => write!(f, "ffnn{}", ffnn.number()),
            Self::Cnn([a, b, c, d]) => write!(f, "cnn:{a}-{b}-{c}-{d}"),
        }
    }
}

impl FromStr for Experiment {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let ffnn = || Some(Self::Ffnn(Ffnn::numbered(name.strip_prefix("ffnn")?.parse().ok()?)?));
        let cnn = || {
            let counts: Option<Vec<usize>> =
                name.strip_prefix("cnn:")?.split('-').map(|count| count.parse().ok()).collect();
            let filters = <[usize; 4]>::try_from(counts?).ok()?;
            (!filters.contains(&0)).then_some(Self::Cnn(filters))
        };
        ffnn().or_else(cnn).ok_or_else(|| Error::UnknownModel { name: name.to_owned() })
    }
}

impl From<Experiment> for String {
    fn from(experiment: Experiment) -> Self {
        experiment.to_string()
    }
}

impl TryFrom<String> for Experiment {
    type Error = Error;

    fn try_from(name: String) -> Result<Self> {
        name.parse()
    }
}
