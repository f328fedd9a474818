//! This crate's own networks.

use crate::{
    Adam, Augmentation, BatchNorm, Clipping, Conv2d, Dense, Dropout, EarlyStopping, GlobalAveragePool, Gru,
    LayerSpec, LearningRateSchedule, Masks, MaxPool2d, Standardization, TrainConfig, Trainer,
};

/// A network that the [reference experiment](super#the-reference-experiment) does not have, with less than a third of the
/// parameters of that experiment's best one.
///
/// ```
/// use cepstrum_models::zoo::{Architecture, Own};
///
/// let model = Architecture::Own(Own::Compact).build([130, 13], 10, 7)?;
/// assert!(model.n_parameters() < 351_530); // CNN [256,128,64,32]
/// # Ok::<(), cepstrum_models::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Own {
    /// Two convolutional blocks, then a gated recurrent unit over time (`crnn`).
    Crnn,
    /// Three convolutional blocks that reduce 13 coefficients to one column, then the mean over time in place of a hidden
    /// dense layer (`compact`).
    Compact,
}

impl Own {
    /// All own networks.
    pub const ALL: [Self; 2] = [Self::Crnn, Self::Compact];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Crnn => "crnn",
            Self::Compact => "compact",
        }
    }

    pub(super) fn layers(self, n_classes: usize) -> Vec<LayerSpec> {
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

    /// Training settings for segments of this shape. Segments are shifted circularly by up to half their length either way;
    /// a time mask covers at most an eighth of the frames.
    pub(super) fn config([n_frames, n_coefficients]: [usize; 2], epochs: usize, seed: u64) -> TrainConfig {
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

    /// A trainer with `AdamW` and a cosine learning-rate schedule that keeps the weights of the best epoch but does not stop
    /// early.
    pub(super) fn trainer(config: TrainConfig) -> Trainer<'static> {
        let epochs = config.epochs;
        let schedule =
            LearningRateSchedule::Cosine { warmup: epochs.min(3), epochs, highest: 2e-3, lowest: 1e-5 };
        Trainer::new(config)
            .optimizer(Adam::new(2e-3).weight_decay(1e-2))
            .callback(schedule)
            .callback(EarlyStopping::on_validation_loss(epochs).restore_best())
    }
}

/// Appends convolution, pooling with a stride equal to its window, batch normalization and dropout.
fn block(layers: &mut Vec<LayerSpec>, filters: usize, kernel: [usize; 2], window: [usize; 2], dropout: f64) {
    layers.push(Conv2d::new(filters, kernel).relu().into());
    layers.push(MaxPool2d::new(window).stride(window).into());
    layers.push(BatchNorm::new().into());
    layers.push(Dropout::new(dropout).into());
}
