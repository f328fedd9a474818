//! This crate's own networks.

use crate::{
    Adam, Augmentation, AverageWeights, BatchNorm, Clipping, Conv2d, Dense, Dropout, EarlyStopping, Flatten,
    GlobalAveragePool, Gru, LayerSpec, LearningRateSchedule, Masks, MaxPool2d, Standardization, TrainConfig,
    Trainer,
};

/// A network that the [reference experiment](super#the-reference-experiment) does not have, with fewer parameters than that
/// experiment's best one.
///
/// ```
/// use cepstrum_models::zoo::{Architecture, Own};
///
/// let model = Architecture::Own(Own::Compact).build([130, 13], 10, 7)?;
/// assert!(model.n_parameters() < 351_530); // CNN [256,128,64,32]
/// // MFCCs of a segment, mel bands of a whole clip: `deep` takes both.
/// let deep = Architecture::Own(Own::Deep);
/// assert!(deep.build([130, 13], 10, 7).is_ok() && deep.build([431, 128], 10, 7).is_ok());
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
    /// Five convolutions with 24 to 128 filters, then the mean over time and frequency (`deep`): for log-mel input, whole
    /// clips among it, and for small sets.
    ///
    /// Kernels and pooling windows fit themselves to the input: an axis that has become short is no longer halved. Trained
    /// for a fixed number of epochs on strongly augmented segments; the weights of the last epochs are averaged. So it needs
    /// no validation data.
    Deep,
    /// One hidden layer of 64 units between two dropouts (`head`): for segments of few frames whose values a trained network
    /// computed, such as those of [`MusiCnn`](crate::pretrained::MusiCnn). The weights of the epoch with the lowest
    /// validation loss are kept.
    Head,
}

/// Filters of the convolutions of [`Own::Deep`], and whether a pooling follows.
const DEEP: [(usize, Pooling); 5] = [
    (24, Pooling::Halves),
    (48, Pooling::Halves),
    (64, Pooling::Keeps),
    (96, Pooling::Halves),
    (128, Pooling::Keeps),
];

/// Cells that an axis must have to be halved: three are left, enough for the next kernel.
const HALVED_FROM: usize = 6;

/// The pooling behind a convolution.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pooling {
    /// There is none.
    Keeps,
    /// Every axis that is long enough has half as many cells behind it.
    Halves,
}

impl Own {
    /// All own networks.
    pub const ALL: [Self; 4] = [Self::Crnn, Self::Compact, Self::Deep, Self::Head];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Crnn => "crnn",
            Self::Compact => "compact",
            Self::Deep => "deep",
            Self::Head => "head",
        }
    }

    pub(super) fn layers(self, shape: [usize; 2], n_classes: usize) -> Vec<LayerSpec> {
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
            Self::Deep => {
                deep(&mut layers, shape);
                layers.push(GlobalAveragePool::new().into());
            }
            Self::Head => {
                layers.push(Flatten::new().into());
                layers.push(Dropout::new(0.3).into());
                layers.push(Dense::new(64).relu().into());
            }
        }
        layers.push(Dropout::new(0.3).into());
        layers.push(Dense::new(n_classes).into());
        layers
    }

    /// Returns whether the recommended training depends on validation data.
    pub(super) fn needs_validation(self) -> bool {
        self != Self::Deep
    }

    /// The number of epochs that suits the network.
    pub(super) fn epochs(self) -> usize {
        if self == Self::Deep { 100 } else { 60 }
    }

    /// Training settings for segments of this shape. Segments are shifted circularly by up to half their length either way;
    /// a time mask covers at most an eighth of the frames. [`Deep`](Self::Deep) trains faster and better without masks.
    pub(super) fn config(
        self,
        [n_frames, n_coefficients]: [usize; 2],
        epochs: usize,
        seed: u64,
    ) -> TrainConfig {
        let (batch_size, time_masks, coefficient_masks) = match self {
            Self::Deep => (16, Masks::default(), Masks::default()),
            Self::Head => (32, Masks::default(), Masks::default()),
            _ => (
                32,
                Masks { count: 2, longest: n_frames / 8 },
                Masks { count: 1, longest: n_coefficients / 6 },
            ),
        };
        TrainConfig {
            epochs,
            seed,
            batch_size,
            standardize: Standardization::PerCoefficient,
            label_smoothing: 0.1,
            clipping: Clipping::GlobalNorm(5.0),
            augmentation: Augmentation { shift: n_frames / 2, time_masks, coefficient_masks, mixup: 0.2 },
            ..TrainConfig::default()
        }
    }

    /// A trainer with `AdamW` and a cosine learning-rate schedule that does not stop early. It keeps the weights of the best
    /// epoch, or for [`Deep`](Self::Deep) the mean of those of the last fifth.
    pub(super) fn trainer(self, config: TrainConfig) -> Trainer<'static> {
        let epochs = config.epochs;
        let warmup = if self == Self::Deep { 5 } else { 3 };
        let schedule =
            LearningRateSchedule::Cosine { warmup: epochs.min(warmup), epochs, highest: 2e-3, lowest: 1e-5 };
        let trainer = Trainer::new(config).optimizer(Adam::new(2e-3).weight_decay(1e-2)).callback(schedule);
        match self {
            Self::Deep => trainer.callback(AverageWeights::last(epochs.div_ceil(5))),
            _ => trainer.callback(EarlyStopping::on_validation_loss(epochs).restore_best()),
        }
    }
}

/// Appends convolution, pooling with a stride equal to its window, batch normalization and dropout.
fn block(layers: &mut Vec<LayerSpec>, filters: usize, kernel: [usize; 2], window: [usize; 2], dropout: f64) {
    layers.push(Conv2d::new(filters, kernel).relu().into());
    layers.push(MaxPool2d::new(window).stride(window).into());
    layers.push(BatchNorm::new().into());
    layers.push(Dropout::new(dropout).into());
}

/// Appends the blocks of [`Own::Deep`] for segments of this shape.
fn deep(layers: &mut Vec<LayerSpec>, shape: [usize; 2]) {
    let mut sides = shape;
    for (filters, pooling) in DEEP {
        let kernel = sides.map(|side| side.min(3));
        layers.push(Conv2d::new(filters, kernel).relu().into());
        sides = [0, 1].map(|axis| sides[axis] - kernel[axis] + 1);
        let window = sides.map(|side| if pooling == Pooling::Halves && side >= HALVED_FROM { 2 } else { 1 });
        if window != [1, 1] {
            layers.push(MaxPool2d::new(window).stride(window).into());
            sides = [0, 1].map(|axis| sides[axis].div_ceil(window[axis]));
        }
        layers.push(BatchNorm { momentum: 0.9, ..BatchNorm::new() }.into());
    }
}
