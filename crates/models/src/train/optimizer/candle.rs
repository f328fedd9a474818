//! The optimizers of this crate behind candle's trait.

use candle_core::Var;
use candle_core::backprop::GradStore;

use super::Optimizer;
use crate::{Error, Result};

/// An [`Optimizer`] bound to the variables that it updates, as candle-nn's trait wants it: `CandleOptimizer<Adam>`,
/// `CandleOptimizer<AdamW>`, `CandleOptimizer<Sgd>`.
///
/// The configuration of `candle_nn::Optimizer` is the optimizer itself. Unlike candle's own optimizers, this one returns an
/// error for a variable that the loss does not depend on; pass only those that are trained.
///
/// ```
/// use candle_core::{DType, Device, Tensor};
/// use candle_nn::{Module, Optimizer, VarBuilder, VarMap, linear};
/// use cepstrum_models::{Adam, CandleOptimizer};
///
/// let variables = VarMap::new();
/// let layer = linear(2, 1, VarBuilder::from_varmap(&variables, DType::F32, &Device::Cpu))?;
/// let x = Tensor::new(&[[1_f32, 2.0], [3.0, 4.0]], &Device::Cpu)?;
///
/// let mut optimizer = CandleOptimizer::new(variables.all_vars(), Adam::new(0.01))?;
/// let loss = || layer.forward(&x)?.sqr()?.sum_all();
/// let before = loss()?.to_scalar::<f32>()?;
/// for _ in 0..20 {
///     optimizer.backward_step(&loss()?)?;
/// }
/// assert!(loss()?.to_scalar::<f32>()? < before);
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct CandleOptimizer<O> {
    variables: Vec<Var>,
    optimizer: O,
}

impl<O: Optimizer> CandleOptimizer<O> {
    /// The optimizer, for its [`state`](Optimizer::state).
    pub fn optimizer(&self) -> &O {
        &self.optimizer
    }

    /// The optimizer, to [`restore`](Optimizer::restore) a state.
    pub fn optimizer_mut(&mut self) -> &mut O {
        &mut self.optimizer
    }

    /// The optimizer without the variables.
    pub fn into_inner(self) -> O {
        self.optimizer
    }

    fn take_step(&mut self, gradients: &GradStore) -> Result<()> {
        let weights: Vec<&Var> = self.variables.iter().collect();
        let mut ordered = Vec::with_capacity(weights.len());
        for (at, weight) in weights.iter().enumerate() {
            let gradient = gradients.get(weight.as_tensor());
            ordered.push(gradient.cloned().ok_or_else(|| Error::NoGradient { weight: at.to_string() })?);
        }
        self.optimizer.step(&weights, &ordered)
    }
}

impl<O: Optimizer> candle_nn::Optimizer for CandleOptimizer<O> {
    type Config = O;

    fn new(variables: Vec<Var>, optimizer: O) -> candle_core::Result<Self> {
        Ok(Self { variables, optimizer })
    }

    fn step(&mut self, gradients: &GradStore) -> candle_core::Result<()> {
        self.take_step(gradients).map_err(|error| match error {
            Error::Candle(error) => error,
            other => candle_core::Error::wrap(other),
        })
    }

    fn learning_rate(&self) -> f64 {
        self.optimizer.learning_rate()
    }

    fn set_learning_rate(&mut self, learning_rate: f64) {
        self.optimizer.set_learning_rate(learning_rate);
    }
}
