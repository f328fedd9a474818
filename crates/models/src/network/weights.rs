//! Copies of a network's weights.

use candle_core::Tensor;

use super::Sequential;
use crate::{Error, Result};

/// A copy of all weights of a network, by name.
#[derive(Clone, Debug)]
pub struct Weights {
    tensors: Vec<(String, Tensor)>,
}

impl Weights {
    /// A set of named tensors; [`Sequential::set_weights`] checks them against a network.
    pub fn new(tensors: impl IntoIterator<Item = (String, Tensor)>) -> Self {
        Self { tensors: tensors.into_iter().collect() }
    }

    /// Names and values, in the network's order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.tensors.iter().map(|(name, tensor)| (name.as_str(), tensor))
    }

    /// The tensor of this name.
    pub(crate) fn get(&self, name: &str) -> Option<&Tensor> {
        self.tensors.iter().find(|(candidate, _)| candidate == name).map(|(_, tensor)| tensor)
    }
}

impl Sequential {
    /// Copies all weights as they are now.
    ///
    /// # Errors
    /// [`Error::Candle`] when the device cannot copy.
    pub fn snapshot(&self) -> Result<Weights> {
        let copies =
            self.weights().map(|weight| Ok((weight.name.clone(), weight.var.as_detached_tensor().copy()?)));
        Ok(Weights { tensors: copies.collect::<Result<_>>()? })
    }

    /// Replaces all weights, from whatever device the new ones are on. On an error nothing has changed.
    ///
    /// # Errors
    /// [`Error::MissingWeight`] for a weight of the network that is not among them, [`Error::UnknownWeight`] for one
    /// that the network does not have, [`Error::WeightShape`] for one of another shape.
    pub fn set_weights(&mut self, weights: &Weights) -> Result<()> {
        let mut pairs = Vec::new();
        for weight in self.weights() {
            let Some(value) = weights.get(&weight.name) else {
                return Err(Error::MissingWeight { weight: weight.name.clone() });
            };
            if value.dims() != weight.var.dims() {
                let (expected, actual) = (weight.var.dims().to_vec(), value.dims().to_vec());
                return Err(Error::WeightShape { weight: weight.name.clone(), expected, actual });
            }
            pairs.push((&weight.var, value));
        }
        self.check_names(weights)?;
        for (var, value) in pairs {
            var.set(&value.to_device(var.device())?)?;
        }
        Ok(())
    }

    /// Fails on a weight that the network does not have.
    pub(crate) fn check_names(&self, weights: &Weights) -> Result<()> {
        let unknown = weights.iter().find(|(name, _)| !self.weights().any(|weight| weight.name == *name));
        unknown.map_or(Ok(()), |(name, _)| Err(Error::UnknownWeight { weight: name.to_owned() }))
    }
}
