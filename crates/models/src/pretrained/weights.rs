//! The tensors of the network: their names, shapes and values.

use std::collections::BTreeMap;
use std::path::Path;

use candle_core::{Device, Tensor};
use candle_nn::{Init, VarBuilder};

use super::wheel::Wheel;
use super::{Checkpoint, WheelProblem};
use crate::model::container::{Values, load};
use crate::{Error, Result};

/// Name and version of the package whose wheel holds the weights.
const PACKAGE: [&str; 2] = ["musicnn", "0.1.0"];
/// The folder of the checkpoint in the wheel.
const FOLDER: &str = "musicnn/MSD_musicnn";

/// Channels of every batch normalization, by its number.
const NORMS: [usize; 11] = [1, 204, 204, 51, 51, 51, 64, 64, 64, 1506, 200];
/// Kernel of every convolution, by its number: `[frames, bands, n_in, n_out]`.
const CONVOLUTIONS: [[usize; 4]; 8] = [
    [7, 38, 1, 204],
    [7, 67, 1, 204],
    [128, 1, 1, 51],
    [64, 1, 1, 51],
    [32, 1, 1, 51],
    [7, 561, 1, 64],
    [7, 64, 1, 64],
    [7, 64, 1, 64],
];
/// Kernel of both dense layers.
const DENSE: [[usize; 2]; 2] = [[1506, 200], [200, 50]];

/// Name and shape of every tensor, sorted by name. The names are the checkpoint's.
pub(super) fn layout() -> BTreeMap<String, Vec<usize>> {
    let numbered = |name: &str, index: usize| match index {
        0 => name.to_owned(),
        index => format!("{name}_{index}"),
    };
    let mut layout = BTreeMap::new();
    for (index, channels) in NORMS.into_iter().enumerate() {
        let layer = numbered("batch_normalization", index);
        for part in ["gamma", "beta", "moving_mean", "moving_variance"] {
            layout.insert(format!("{layer}/{part}"), vec![channels]);
        }
    }
    let convolutions =
        CONVOLUTIONS.iter().enumerate().map(|(i, kernel)| (numbered("conv2d", i), kernel.to_vec()));
    let dense = DENSE.iter().enumerate().map(|(i, kernel)| (numbered("dense", i), kernel.to_vec()));
    for (layer, kernel) in convolutions.chain(dense) {
        layout.insert(format!("{layer}/bias"), kernel[kernel.len() - 1..].to_vec());
        layout.insert(format!("{layer}/kernel"), kernel);
    }
    layout
}

/// All tensors of the network, and the license of those of the package.
#[derive(Clone)]
pub(super) struct MusiCnnWeights {
    tensors: BTreeMap<String, Tensor>,
    pub(super) license: Option<String>,
}

impl MusiCnnWeights {
    pub(super) fn load_wheel(path: &Path) -> Result<Self> {
        load(path, Self::from_wheel)
    }

    /// Reads the bytes of the package's wheel.
    pub(super) fn from_wheel(bytes: &[u8]) -> Result<Self> {
        let unread = |problem| Error::Wheel { problem };
        let mut wheel = Wheel::open(bytes, PACKAGE).map_err(unread)?;
        let license = wheel.text("LICENSE.md").map_err(unread)?;
        let index = wheel.file(&format!("{FOLDER}/.index")).map_err(unread)?;
        let data = wheel.file(&format!("{FOLDER}/.data-00000-of-00001")).map_err(unread)?;
        let unread = |problem| Error::Wheel { problem: WheelProblem::Checkpoint(problem) };
        let checkpoint = Checkpoint::new(&index, &data).map_err(unread)?;
        let mut tensors = BTreeMap::new();
        for name in layout().into_keys() {
            if let Some((shape, values)) = checkpoint.tensor(&name).map_err(unread)? {
                tensors.insert(name, Values { shape, values });
            }
        }
        Self::from_values(tensors, Some(license))
    }

    /// Checks tensors, each of which must be there, in its shape and finite.
    pub(super) fn from_values(mut values: BTreeMap<String, Values>, license: Option<String>) -> Result<Self> {
        let mut tensors = BTreeMap::new();
        for (weight, expected) in layout() {
            let Some(Values { shape, values }) = values.remove(&weight) else {
                return Err(Error::MissingWeight { weight });
            };
            if shape != expected {
                return Err(Error::WeightShape { weight, expected, actual: shape });
            }
            if let Some(value) = values.iter().find(|value| !value.is_finite()) {
                return Err(Error::NonFiniteWeight { weight, value: *value });
            }
            tensors.insert(weight, Tensor::from_vec(values, shape, &Device::Cpu)?);
        }
        match values.into_keys().next() {
            Some(weight) => Err(Error::UnknownWeight { weight }),
            None => Ok(Self { tensors, license }),
        }
    }

    /// Takes the tensors from a builder, which may draw them.
    pub(super) fn from_var_builder(builder: &VarBuilder<'_>) -> Result<Self> {
        let mut tensors = BTreeMap::new();
        for (name, shape) in layout() {
            let hint = match name.rsplit('/').next() {
                Some("gamma" | "moving_variance") => Init::Const(1.0),
                Some("kernel") => candle_nn::init::DEFAULT_KAIMING_UNIFORM,
                _ => Init::Const(0.0),
            };
            let tensor = builder.get_with_hints(shape, &name, hint)?;
            tensors.insert(name, tensor);
        }
        Ok(Self { tensors, license: None })
    }

    /// The same tensors on a device.
    pub(super) fn to_device(&self, device: &Device) -> Result<Self> {
        let moved = self.tensors.iter().map(|(name, tensor)| Ok((name.clone(), tensor.to_device(device)?)));
        Ok(Self { tensors: moved.collect::<Result<_>>()?, license: self.license.clone() })
    }

    /// A tensor by a name of the [`layout`].
    pub(super) fn get(&self, name: &str) -> Result<&Tensor> {
        self.tensors.get(name).ok_or_else(|| Error::MissingWeight { weight: name.to_owned() })
    }

    /// The values of a tensor.
    pub(super) fn values(&self, name: &str) -> Result<Vec<f32>> {
        Ok(self.get(name)?.flatten_all()?.to_vec1()?)
    }

    /// All tensors, sorted by name.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.tensors.iter().map(|(name, tensor)| (name.as_str(), tensor))
    }

    /// BLAKE3 over name, shape and values of every tensor, in hexadecimal digits.
    pub(super) fn hash(&self) -> Result<String> {
        let mut hasher = blake3::Hasher::new();
        for (name, tensor) in self.iter() {
            hasher.update(format!("{name} {:?}\n", tensor.dims()).as_bytes());
            let values: Vec<f32> = tensor.flatten_all()?.to_vec1()?;
            hasher.update(&values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>());
        }
        Ok(hasher.finalize().to_hex().to_string())
    }
}
