//! The convolutional network of the reference experiment, for any numbers of filters.

use super::{Recipe, ValidationUse};
use crate::{BatchNorm, Conv2d, Dense, Dropout, Flatten, LayerSpec, LearningRateSchedule, MaxPool2d};

/// Side lengths of the square kernel and of the pooling window of each of the four blocks.
const BLOCKS: [(usize, usize); 4] = [(3, 2), (3, 3), (2, 3), (1, 2)];

/// The numbers of filters that the reference experiment tried, in its order.
pub(super) const FILTERS: [[usize; 4]; 7] = [
    [32, 32, 32, 32],
    [64, 32, 32, 32],
    [128, 64, 64, 32],
    [256, 128, 64, 64],
    [256, 128, 64, 32],
    [32, 64, 128, 256],
    [64, 128, 256, 256],
];

pub(super) fn layers(filters: [usize; 4], n_classes: usize) -> Vec<LayerSpec> {
    let mut layers = Vec::new();
    for (filters, (kernel, window)) in filters.into_iter().zip(BLOCKS) {
        layers.push(Conv2d::new(filters, [kernel, kernel]).relu().l2(1e-4).into());
        layers.push(MaxPool2d::new([window, window]).into());
        layers.push(BatchNorm::new().into());
        layers.push(Dropout::new(0.2).into());
    }
    layers.push(Flatten::new().into());
    layers.push(Dense::new(64).relu().into());
    layers.push(Dropout::new(0.3).into());
    layers.push(Dense::new(n_classes).into());
    layers
}

pub(super) fn recipe() -> Recipe {
    Recipe {
        epochs: 200,
        learning_rate: 1e-4,
        schedule: Some(LearningRateSchedule::cnn()),
        patience: Some(20),
        validation: ValidationUse::TrainingTail { share: 0.2 },
    }
}
