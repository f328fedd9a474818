//! The six feed-forward networks of the reference experiment.

use serde::{Deserialize, Serialize};

use super::{Recipe, ValidationUse};
use crate::{BatchNorm, Dense, Dropout, Flatten, LayerSpec, LearningRateSchedule};

/// A feed-forward network of the [reference experiment](super#the-reference-experiment), in its order and with its names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ffnn {
    /// 1, `FFNN`: widths 512 to 32.
    Plain,
    /// 2, `FfnnReg`: L2 and dropout.
    Regularized,
    /// 3, `call`: early stopping and a decaying learning rate.
    Scheduled,
    /// 4, `FfnnReg_call`: L2, dropout, early stopping and a decaying learning rate.
    RegularizedScheduled,
    /// 5, `BatchNorm`: batch normalization on the input and after each dense layer.
    BatchNorm,
    /// 6: the fifth with L2.
    BatchNormL2,
}

impl Ffnn {
    /// All six, in the order of the reference experiment.
    pub const ALL: [Self; 6] = [
        Self::Plain,
        Self::Regularized,
        Self::Scheduled,
        Self::RegularizedScheduled,
        Self::BatchNorm,
        Self::BatchNormL2,
    ];

    /// Returns the network with this number, from 1 to 6.
    pub fn numbered(number: usize) -> Option<Self> {
        Self::ALL.get(number.checked_sub(1)?).copied()
    }

    /// The network's number, from 1 to 6.
    pub fn number(self) -> usize {
        self as usize + 1
    }

    pub(super) fn layers(self, n_classes: usize) -> Vec<LayerSpec> {
        let Plan { widths, l2, dropout, batch_norm } = self.plan();
        let mut layers = vec![Flatten::new().into()];
        if batch_norm {
            layers.push(BatchNorm::new().into());
        }
        for &width in widths {
            layers.push(Dense::new(width).relu().l2(l2).into());
            if dropout > 0.0 {
                layers.push(Dropout::new(dropout).into());
            }
            if batch_norm {
                layers.push(BatchNorm::new().into());
            }
        }
        layers.push(Dense::new(n_classes).into());
        layers
    }

    pub(super) fn recipe(self) -> Recipe {
        let after_10 = |decay| Some(LearningRateSchedule::ExponentialAfter { after: 10, decay });
        let (schedule, patience) = match self {
            Self::Scheduled => (after_10(0.1), Some(10)),
            Self::RegularizedScheduled => (after_10(0.01), Some(10)),
            _ => (None, None),
        };
        let epochs = if self == Self::Plain { 50 } else { 100 };
        Recipe { epochs, learning_rate: 0.01, schedule, patience, validation: ValidationUse::TestSet }
    }

    fn plan(self) -> Plan {
        let plain = Plan { widths: &[512, 256, 128, 64], l2: 0.0, dropout: 0.0, batch_norm: false };
        match self {
            Self::Plain => Plan { widths: &[512, 256, 128, 64, 32], ..plain },
            Self::Regularized => Plan { widths: &[256, 128, 64, 32], l2: 1e-3, dropout: 0.3, ..plain },
            Self::Scheduled => plain,
            Self::RegularizedScheduled => Plan { widths: &[256, 128, 64], l2: 1e-3, dropout: 0.3, ..plain },
            Self::BatchNorm => Plan { batch_norm: true, ..plain },
            Self::BatchNormL2 => Plan { batch_norm: true, l2: 1e-3, ..plain },
        }
    }
}

/// The layers of a network in short.
struct Plan {
    /// Numbers of units of the hidden dense layers.
    widths: &'static [usize],
    l2: f64,
    dropout: f64,
    /// Batch normalization on the input and after each hidden layer.
    batch_norm: bool,
}
