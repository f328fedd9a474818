//! Random zeros while training.

use candle_core::Tensor;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::flatten::Reshaped;
use super::{ForwardRecord, LayerOps, LayerProblem, TrainOutput};
use crate::ops::{self, Memory};

/// While training every value is 0 with probability `rate` and else divided by `1 - rate`; at inference nothing
/// happens. Keras's `Dropout`.
///
/// # Shapes
/// Any to the same; no weights.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dropout {
    /// Share of values set to 0, in `0.0..1.0`.
    pub rate: f64,
}

impl Dropout {
    /// Drops this share of the values.
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
        noise: Option<ChaCha8Rng>,
        memory: &Memory,
    ) -> ops::Result<TrainOutput> {
        let y = match noise {
            Some(mut rng) => ops::dropout_with(x, self.rate, &mut rng, memory)?,
            None => x.clone(),
        };
        Ok(TrainOutput { y, moving: Vec::new() })
    }

    fn record(
        &self,
        x: &Tensor,
        _weights: &[Tensor],
        noise: Option<ChaCha8Rng>,
        memory: &Memory,
    ) -> ops::Result<ForwardRecord> {
        match noise {
            Some(mut rng) => ops::record_dropout(x, self.rate, &mut rng, memory).map(ForwardRecord::from),
            None => Ok(ForwardRecord { y: x.clone(), moving: Vec::new(), back: Box::new(Reshaped::of(x)) }),
        }
    }
}
