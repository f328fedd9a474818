//! Networks beyond the experiment.

use std::fmt;
use std::str::FromStr;

use candle_core::Device;
use serde::{Deserialize, Serialize};

use crate::{
    Adam, Augmentation, BatchNorm, Classifier, Clipping, Conv2d, Dense, Dropout, EarlyStopping, Error,
    GlobalAveragePool, Gru, LayerSpec, LearningRateSchedule, Masks, MaxPool2d, Result, Sequential,
    Standardization, TrainConfig, Trainer,
};

/// Networks that the experiment did not have, each with less than a third of its best one's parameters.
///
/// ```
/// use cepstrum_models::zoo::Beyond;
///
/// let model = Beyond::Compact.build([130, 13], 10, 7)?;
/// assert!(model.n_parameters() < 351_530); // CNN [256,128,64,32]
/// assert_eq!("crnn".parse::<Beyond>()?, Beyond::Crnn);
/// # Ok::<(), cepstrum_models::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Beyond {
    /// Convolutions, then a gated recurrent unit over time (`crnn`).
    Crnn,
    /// Convolutions until one coefficient is left, and the mean over time in place of a dense layer (`compact`).
    Compact,
}

impl Beyond {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Crnn, Self::Compact];

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
        let builder = Sequential::builder([shape[0], shape[1], 1]).layers(self.layers(n_classes));
        Classifier::new(builder.seed(seed).device(device).build()?)
    }

    /// Its layers.
    pub fn layers(self, n_classes: usize) -> Vec<LayerSpec> {
        let mut layers = Vec::new();
        match self {
            Self::Crnn => {
                block(&mut layers, 48, [3, 3], [2, 2], 0.1);
                block(&mut layers, 64, [3, 3], [2, 2], 0.2);
                layers.push(Gru::new(64).into());
            }
            Self::Compact => {
                block(&mut layers, 48, [3, 3], [2, 2], 0.1);
                block(&mut layers, 64, [3, 3], [2, 2], 0.1);
                block(&mut layers, 96, [3, 2], [2, 1], 0.2);
                layers.push(GlobalAveragePool::new().into());
            }
        }
        layers.push(Dropout::new(0.3).into());
        layers.push(Dense::new(n_classes).into());
        layers
    }

    /// Settings that suit it, for segments of shape `[n_frames, n_coefficients]` and a training of so many epochs.
    ///
    /// Segments are turned by up to their length, and masks cover at most an eighth of their frames.
    pub fn config(self, shape: [usize; 2], epochs: usize, seed: u64) -> TrainConfig {
        let [n_frames, n_coefficients] = shape;
        TrainConfig {
            epochs,
            seed,
            batch_size: 32,
            standardize: Standardization::PerCoefficient,
            label_smoothing: 0.1,
            clipping: Clipping::GlobalNorm(5.0),
            augmentation: Augmentation {
                shift: n_frames / 2,
                time_masks: Masks { count: 2, longest: n_frames / 8 },
                coefficient_masks: Masks { count: 1, longest: n_coefficients / 6 },
                mixup: 0.2,
            },
            ..TrainConfig::default()
        }
    }

    /// A trainer with `AdamW`, a rate along half a cosine, and the weights of the best epoch at the end; it never stops
    /// early.
    pub fn trainer(self, config: TrainConfig) -> Trainer<'static> {
        let epochs = config.epochs;
        let schedule =
            LearningRateSchedule::Cosine { warmup: epochs.min(3), epochs, highest: 2e-3, lowest: 1e-5 };
        Trainer::new(config)
            .optimizer(Adam::new(2e-3).weight_decay(1e-2))
            .callback(schedule)
            .callback(EarlyStopping::on_validation_loss(epochs).restore_best())
    }
}

/// Convolution, pooling at its own pace, normalisation and dropout.
fn block(layers: &mut Vec<LayerSpec>, filters: usize, kernel: [usize; 2], window: [usize; 2], dropout: f64) {
    layers.push(Conv2d::new(filters, kernel).relu().into());
    layers.push(MaxPool2d::new(window).stride(window).into());
    layers.push(BatchNorm::new().into());
    layers.push(Dropout::new(dropout).into());
}

impl fmt::Display for Beyond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Crnn => "crnn",
            Self::Compact => "compact",
        })
    }
}

impl FromStr for Beyond {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|network| network.to_string() == name);
        found.ok_or_else(|| Error::UnknownModel { name: name.to_owned() })
    }
}
