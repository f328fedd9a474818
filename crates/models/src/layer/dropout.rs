//! Random zeros in training.

use candle_core::Tensor;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::flatten::Reshaped;
use super::{ForwardRecord, LayerOps, LayerProblem, TrainOutput};
use crate::ops::{self, Memory};

/// Random zeros in training; Keras's `Dropout`.
///
/// Every value becomes 0 with probability `rate`, and is divided by `1 - rate` otherwise. At inference values pass
/// unchanged.
///
/// # Shapes
/// Any shape to the same; no weights.
///
/// # References
/// Srivastava et al. (2014), *Dropout: a simple way to prevent neural networks from overfitting*, JMLR 15.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dropout {
    /// Share of values set to 0, in `0.0..1.0`. 0.2 to 0.5 are usual; raise it when the network overfits.
    pub rate: f64,
}

impl Dropout {
    /// A layer that drops this share of the values.
    pub fn new(rate: f64) -> Self {
        Self { rate }
    }
}

impl LayerOps for Dropout {
    fn base_name(&self) -> &'static str {
        "dropout"
    }

    fn class_name(&self) -> &'static str {
        "Dropout"
    }

    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, LayerProblem> {
        if !(0.0..1.0).contains(&self.rate) {
            let (range, value) = ("at least 0 and below 1", self.rate);
            return Err(LayerProblem::OutOfRange { field: "rate", range, value });
        }
        Ok(input.to_vec())
    }

    fn infer(&self, x: &Tensor, _weights: &[Tensor], _memory: &Memory) -> ops::Result<Tensor> {
        Ok(x.clone())
    }

    fn train(
        &self,
        x: &Tensor,
        _weights: &[Tensor],
        dropout: Option<ChaCha8Rng>,
        memory: &Memory,
    ) -> ops::Result<TrainOutput> {
        let y = match dropout {
            Some(mut rng) => ops::dropout_with(x, self.rate, &mut rng, memory)?,
            None => x.clone(),
        };
        Ok(TrainOutput { y, moving: Vec::new() })
    }

    fn record(
        &self,
        x: &Tensor,
        _weights: &[Tensor],
        dropout: Option<ChaCha8Rng>,
        memory: &Memory,
    ) -> ops::Result<ForwardRecord> {
        match dropout {
            Some(mut rng) => ops::record_dropout(x, self.rate, &mut rng, memory).map(ForwardRecord::from),
            None => Ok(ForwardRecord { y: x.clone(), moving: Vec::new(), back: Box::new(Reshaped::of(x)) }),
        }
    }
}
