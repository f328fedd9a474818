//! Networks and layers as candle modules.
//!
//! candle implements `ModuleT` for every `Module`, with the `train` argument ignored. A type that behaves differently in
//! training can therefore only implement `ModuleT`, as candle's own batch normalization does; [`Inference`] is the
//! `Module`.

use std::sync::atomic::{AtomicU64, Ordering};

use candle_core::{Module, ModuleT, Tensor};
use candle_nn::{VarBuilder, VarMap};

use super::forward::check_shape;
use super::tape::MovingStatistics;
use super::{Layer, Sequential, builder};
use crate::ops::Form;
use crate::{DropoutRng, Error, LayerSpec, Result};

/// A network at inference, as a candle [`Module`].
#[derive(Clone, Copy, Debug)]
pub struct Inference<'a>(&'a Sequential);

impl Module for Inference<'_> {
    fn forward(&self, x: &Tensor) -> candle_core::Result<Tensor> {
        self.0.forward(x).map_err(Error::into_candle)
    }
}

/// With `train`, the pass is on candle's tape, batch normalization moves its statistics, and dropout draws its next
/// values from the network's seed. Without, it is [`Sequential::forward`].
impl ModuleT for Sequential {
    fn forward_t(&self, x: &Tensor, train: bool) -> candle_core::Result<Tensor> {
        if !train {
            return self.inference().forward(x);
        }
        check_shape(x, &self.input_shape).map_err(Error::into_candle)?;
        self.layers.iter().try_fold(x.clone(), |x, layer| layer.forward_t(&x, true))
    }
}

/// As for [`Sequential`].
impl ModuleT for Layer {
    fn forward_t(&self, x: &Tensor, train: bool) -> candle_core::Result<Tensor> {
        check_shape(x, &self.input_shape).map_err(Error::into_candle)?;
        if !train {
            return Ok(self.spec.ops().infer(x, &self.constants(), &self.memory())?);
        }
        let (seed, step) = (self.dropout.0, self.dropout.1.fetch_add(1, Ordering::Relaxed));
        let rng = DropoutRng::Seeded { seed, step }.of_layer(&self.name);
        let output = self.spec.ops().train(x, &self.in_graph(), rng, &self.memory())?;
        let fixed = self.weights.iter().filter(|weight| !weight.trainable);
        fixed.zip(&output.moving).try_for_each(|(weight, value)| weight.var.set(value))?;
        Ok(output.y)
    }
}

impl Sequential {
    /// The network at inference, as a candle module.
    pub fn inference(&self) -> Inference<'_> {
        Inference(self)
    }

    /// The network's weights as a candle variable map, by their [names](super::Weight::name). The map shares the
    /// variables: an optimizer over it trains the network, and [`VarMap::load`] fills the network.
    pub fn var_map(&self) -> VarMap {
        let map = VarMap::new();
        let mut data = map.data().lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        data.extend(self.weights().map(|weight| (weight.name.clone(), weight.var.clone())));
        drop(data);
        map
    }

    /// Restarts the dropout of candle's passes ([`ModuleT::forward_t`]) from a seed; a new network uses the seed of its
    /// initial weights.
    pub fn seed_dropout(&mut self, seed: u64) {
        self.layers.iter_mut().for_each(|layer| layer.dropout = (seed, AtomicU64::new(0)));
    }

    /// A training pass on candle's tape, one layer at a time: the way of [`forward_train`](Self::forward_train) on every
    /// device but the CPU, and the reference for its way there.
    pub(super) fn forward_on_tape(
        &self,
        x: &Tensor,
        dropout: DropoutRng,
    ) -> Result<(Tensor, MovingStatistics)> {
        let (mut x, mut moving) = (x.clone(), MovingStatistics::default());
        for (at, layer) in self.layers.iter().enumerate() {
            let output = layer.spec.ops().train(
                &x,
                &layer.in_graph(),
                dropout.of_layer(&layer.name),
                &layer.memory(),
            )?;
            moving.extend(at, layer, output.moving);
            x = output.y;
        }
        Ok((x, moving))
    }
}

impl Layer {
    /// Builds one layer for inputs of this shape (the batch axis left out) in a candle network of the caller's.
    ///
    /// Its weights come from the builder under the names of the [layout](crate::weights_layout): `kernel`, `bias`, `gamma` and so
    /// on. With a builder over a [`VarMap`] they are the map's variables. [`SeededInit`](super::SeededInit) gives initial
    /// values that repeat.
    ///
    /// # Errors
    /// [`Error::Layer`] when the layer does not take inputs of this shape, [`Error::MissingWeight`] and
    /// [`Error::WeightShape`] when the builder's weights do not fit it.
    ///
    /// ```
    /// use candle_core::{Device, Tensor};
    /// use candle_nn::ModuleT;
    /// use cepstrum_models::{Conv2d, Layer, SeededInit};
    ///
    /// let builder = SeededInit::builder(7, &Device::Cpu);
    /// let conv = Layer::new("conv", Conv2d::new(8, [3, 3]).relu(), [20, 13, 1], &builder)?;
    /// let x = Tensor::zeros((2, 20, 13, 1), candle_core::DType::F32, &Device::Cpu)?;
    /// assert_eq!(conv.forward_t(&x, false)?.dims(), [2, 18, 11, 8]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(
        name: &str,
        spec: impl Into<LayerSpec>,
        input_shape: impl Into<Vec<usize>>,
        builder: &VarBuilder<'_>,
    ) -> Result<Self> {
        let form = Form::Own.on(builder.device());
        builder::place(name.to_owned(), spec.into(), input_shape.into(), (0, form), builder)
    }

    /// The same layer with another seed for the dropout of its training passes; 0 unless given.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { dropout: (seed, AtomicU64::new(0)), ..self }
    }
}
