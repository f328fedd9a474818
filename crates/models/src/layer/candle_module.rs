//! A candle module of the caller's as a layer.

use std::fmt;
use std::sync::Arc;

use candle_core::{Tensor, Var};
use candle_nn::{ModuleT, VarMap};
use rand_chacha::ChaCha8Rng;

use super::{LayerOps, LayerProblem, TrainOutput};
use crate::ops::{self, Memory};

/// A candle module of the caller's as a layer of a [`Sequential`](crate::Sequential).
///
/// Its weights stay the caller's variables: the network's optimizer changes them in place. Gradients come from candle's
/// tape. A network with such a layer trains, predicts and is explained as any other. It cannot be copied or saved,
/// because a file cannot hold the module's code; [`Sequential::snapshot`](crate::Sequential::snapshot) holds its values.
///
/// # Shapes
/// The input is `[n, ..input_shape]` as the layer before returns it (images are NHWC); the module must return
/// `[n, ..output_shape]`.
///
/// ```
/// use candle_core::{DType, Device};
/// use candle_nn::{VarBuilder, VarMap};
/// use cepstrum_models::{CandleModule, Dense, Sequential};
///
/// let variables = VarMap::new();
/// let builder = VarBuilder::from_varmap(&variables, DType::F32, &Device::Cpu);
/// let linear = candle_nn::linear(13, 8, builder.pp("linear"))?;
/// let network = Sequential::builder([13])
///     .layer(CandleModule::new(linear, [8]).variables(&variables))
///     .layer(Dense::new(3))
///     .build()?;
/// assert_eq!(network.n_trainable_parameters(), 13 * 8 + 8 + 8 * 3 + 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct CandleModule {
    module: Arc<dyn ModuleT + Send + Sync>,
    output_shape: Vec<usize>,
    variables: Vec<ModuleVariable>,
}

/// A named variable of a candle module.
#[derive(Clone, Debug)]
pub(crate) struct ModuleVariable {
    pub(crate) name: String,
    pub(crate) var: Var,
    pub(crate) trainable: bool,
}

impl CandleModule {
    /// A module without weights that returns outputs of this shape, the batch axis left out.
    #[must_use]
    pub fn new(module: impl ModuleT + Send + Sync + 'static, output_shape: impl Into<Vec<usize>>) -> Self {
        Self { module: Arc::new(module), output_shape: output_shape.into(), variables: Vec::new() }
    }

    /// The same module with all variables of a map as its weights, sorted by name. `running_mean` and `running_var` are
    /// not trained: candle's batch normalization moves them itself.
    #[must_use]
    pub fn variables(mut self, variables: &VarMap) -> Self {
        let variables = variables.data().lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut named: Vec<_> = variables.iter().map(|(name, var)| (name.clone(), var.clone())).collect();
        named.sort_by(|(left, _), (right, _)| left.cmp(right));
        self.variables.extend(named.into_iter().map(|(name, var)| {
            let trainable = !name.ends_with("running_mean") && !name.ends_with("running_var");
            ModuleVariable { name, var, trainable }
        }));
        self.variables.sort_by_key(|variable| !variable.trainable);
        self
    }

    /// The variables, trainable ones first.
    pub(crate) fn weights(&self) -> &[ModuleVariable] {
        &self.variables
    }
}

impl fmt::Debug for CandleModule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CandleModule")
            .field("output_shape", &self.output_shape)
            .field("variables", &self.variables)
            .finish_non_exhaustive()
    }
}

/// Two layers are equal when they share one module.
impl PartialEq for CandleModule {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.module, &other.module) && self.output_shape == other.output_shape
    }
}

impl LayerOps for CandleModule {
    fn base_name(&self) -> &'static str {
        "candle_module"
    }

    fn class_name(&self) -> &'static str {
        "CandleModule"
    }

    fn output_shape(&self, _input: &[usize]) -> Result<Vec<usize>, LayerProblem> {
        super::problem::positive(&[("the number of outputs", self.output_shape.iter().product())])?;
        Ok(self.output_shape.clone())
    }

    fn infer(&self, x: &Tensor, _weights: &[Tensor], _memory: &Memory) -> ops::Result<Tensor> {
        Ok(self.checked(&self.module.forward_t(x, false)?, x)?)
    }

    fn train(
        &self,
        x: &Tensor,
        _weights: &[Tensor],
        _dropout: Option<ChaCha8Rng>,
        _memory: &Memory,
    ) -> ops::Result<TrainOutput> {
        Ok(TrainOutput { y: self.checked(&self.module.forward_t(x, true)?, x)?, moving: Vec::new() })
    }
}

impl CandleModule {
    /// The module's output, contiguous, when it has the shape that was promised.
    fn checked(&self, y: &Tensor, x: &Tensor) -> candle_core::Result<Tensor> {
        let promised: Vec<usize> = x.dims().iter().take(1).chain(&self.output_shape).copied().collect();
        if y.dims() != promised {
            candle_core::bail!("a candle module returned shape {:?} instead of {promised:?}", y.dims())
        }
        y.contiguous()
    }
}
