//! Networks that the reference experiment does not have.

use crate::{
    Adam, Augmentation, BatchNorm, Clipping, Conv2d, Dense, Dropout, EarlyStopping, GlobalAveragePool, Gru,
    LayerSpec, LearningRateSchedule, Masks, MaxPool2d, Standardization, TrainConfig, Trainer,
};

/// This crate's own networks, each with less than a third of the parameters of the reference experiment's best one.
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
    /// Convolutions, then a gated recurrent unit over time (`crnn`).
    Crnn,
    /// Convolutions until one coefficient is left, and the mean over time in place of a dense layer (`compact`).
    Compact,
}

impl Own {
    /// Every network of this kind.
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

    /// Segments are shifted circularly by up to their length; masks cover at most an eighth of their frames each.
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

    /// `AdamW`, a learning rate along half a cosine, and the weights of the best epoch at the end, without early stopping.
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

/// Convolution, pooling with a stride equal to its window, batch normalization and dropout.
fn block(layers: &mut Vec<LayerSpec>, filters: usize, kernel: [usize; 2], window: [usize; 2], dropout: f64) {
    layers.push(Conv2d::new(filters, kernel).relu().into());
    layers.push(MaxPool2d::new(window).stride(window).into());
    layers.push(BatchNorm::new().into());
    layers.push(Dropout::new(dropout).into());
}
