//! A classifier in one file.

use std::collections::BTreeMap;
use std::path::Path;

use candle_core::{Device, Tensor};
use cepstrum_dataset::ExtractConfig;
use serde::{Deserialize, Serialize};

pub(crate) use super::container::{Container, Values};

use crate::model::ModelMetadata;
use crate::{
    CalibratedTemperatures, Classifier, Error, LayerSpec, OodDetector, Result, Sequential, Standardizer,
    Weights,
};

/// Key of the metadata entry and name of the format.
const KIND: &str = "cepstrum-model";
const VERSION: u32 = 1;
const MEAN: &str = "standardizer/mean";
const DEVIATION: &str = "standardizer/deviation";
const CLASS_MEANS: &str = "familiarity/means";
const WHITENING: &str = "familiarity/whitening";
const LIMIT: &str = "familiarity/limit";

/// What a model file says beside its tensors.
#[derive(Serialize, Deserialize)]
struct Description {
    version: u32,
    input_shape: Vec<usize>,
    layers: Vec<LayerSpec>,
    classes: Vec<String>,
    config: Option<ExtractConfig>,
    #[serde(default)]
    temperatures: CalibratedTemperatures,
}

impl Classifier {
    /// Writes everything that is needed to use the model elsewhere into one safetensors file: weights by name
    /// (`dense_1/kernel`), and as metadata `cepstrum-model` the layers, class names and feature configuration in JSON.
    ///
    /// The file is there whole or not at all; an earlier one stays until then.
    ///
    /// # Errors
    /// [`Error::Dataset`] with the path when the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        self.network().check_describable()?;
        let description = Description {
            version: VERSION,
            input_shape: self.network().input_shape().to_vec(),
            layers: self.network().layers().iter().map(|layer| layer.spec().clone()).collect(),
            classes: self.classes().to_vec(),
            config: self.config().cloned(),
            temperatures: self.temperatures(),
        };
        let mut tensors = tensors(&self.network().snapshot()?)?;
        if let Some(standardizer) = self.standardizer() {
            put_standardizer(&mut tensors, standardizer);
        }
        if let Some(familiarity) = self.ood_detector() {
            let (means, whitening, limit) = familiarity.parts();
            tensors.insert(CLASS_MEANS.to_owned(), Values::matrix(means));
            tensors.insert(WHITENING.to_owned(), Values::matrix(whitening));
            tensors.insert(LIMIT.to_owned(), Values::vector(&[limit]));
        }
        Container { description: serde_json::to_string(&description)?, tensors }.write(path.as_ref(), KIND)
    }

    /// Reads a model that [`save`](Self::save) wrote, for the CPU.
    ///
    /// # Errors
    /// [`Error::InFile`] naming the file and the cause: it is truncated, of another format, or its weights do not fit
    /// the layers it describes.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        Self::load_on(&Device::Cpu, path)
    }

    /// [`load`](Self::load) for a device.
    ///
    /// # Errors
    /// As [`load`](Self::load), and [`Error::Device`].
    pub fn load_on(device: &Device, path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let read = || rebuild(Container::read(path, KIND)?, device);
        read().map_err(|error: Error| error.in_file(path))
    }
}

fn rebuild(container: Container, device: &Device) -> Result<Classifier> {
    let Container { description, mut tensors } = container;
    check_version(&description, VERSION)?;
    let description: Description = serde_json::from_str(&description)?;
    let builder = Sequential::builder(description.input_shape).layers(description.layers);
    let mut network = builder.device(device).build()?;
    let standardizer = take_standardizer(&mut tensors)?;
    let familiarity = take_ood_detector(&mut tensors)?;
    network.set_weights(&weights(tensors, device)?)?;
    let context = ModelMetadata { classes: description.classes, config: description.config, standardizer };
    let temperatures = description.temperatures;
    let temperatures = CalibratedTemperatures::new(temperatures.segment(), temperatures.song())?;
    let model = Classifier::new(network)?.with_metadata(context)?.with_temperatures(temperatures);
    Ok(match familiarity {
        Some(familiarity) => model.with_ood_detector(familiarity),
        None => model,
    })
}

/// The version stands on its own, so that a newer file is named as such and not as one that cannot be read.
pub(crate) fn check_version(description: &str, supported: u32) -> Result<()> {
    #[derive(Deserialize)]
    struct Versioned {
        version: u32,
    }

    let Versioned { version: actual } = serde_json::from_str(description)?;
    if actual <= supported { Ok(()) } else { Err(Error::Version { actual, supported }) }
}

pub(crate) fn put_standardizer(tensors: &mut BTreeMap<String, Values>, standardizer: &Standardizer) {
    tensors.insert(MEAN.to_owned(), Values::vector(standardizer.mean()));
    tensors.insert(DEVIATION.to_owned(), Values::vector(standardizer.deviation()));
}

pub(crate) fn take_standardizer(tensors: &mut BTreeMap<String, Values>) -> Result<Option<Standardizer>> {
    let (mean, deviation) = (tensors.remove(MEAN), tensors.remove(DEVIATION));
    let missing = |weight: &str| Error::MissingWeight { weight: weight.to_owned() };
    let (mean, deviation) = match (mean, deviation) {
        (None, None) => return Ok(None),
        (Some(mean), Some(deviation)) => (mean.values, deviation.values),
        (None, Some(_)) => return Err(missing(MEAN)),
        (Some(_), None) => return Err(missing(DEVIATION)),
    };
    Standardizer::new(mean, deviation).map(Some).ok_or(Error::Standardizer)
}

fn take_ood_detector(tensors: &mut BTreeMap<String, Values>) -> Result<Option<OodDetector>> {
    let names = [CLASS_MEANS, WHITENING, LIMIT];
    let present = names.map(|name| tensors.contains_key(name));
    if !present.contains(&true) {
        return Ok(None);
    }
    let mut take = |weight: &str| {
        tensors.remove(weight).ok_or_else(|| Error::MissingWeight { weight: weight.to_owned() })
    };
    let [means, whitening, limit] = [take(CLASS_MEANS)?, take(WHITENING)?, take(LIMIT)?];
    let unsound = || Error::UnsoundTensors { prefix: "familiarity" };
    let (means, whitening) =
        (means.into_matrix().ok_or_else(unsound)?, whitening.into_matrix().ok_or_else(unsound)?);
    let limit = limit.values.first().copied().ok_or_else(unsound)?;
    OodDetector::from_parts(means, whitening, limit).map(Some).ok_or_else(unsound)
}

/// Copies of a network's weights, as a file holds them.
pub(crate) fn tensors(weights: &Weights) -> Result<BTreeMap<String, Values>> {
    let value = |tensor: &Tensor| -> Result<Values> {
        Ok(Values { shape: tensor.dims().to_vec(), values: tensor.flatten_all()?.to_vec1()? })
    };
    weights.iter().map(|(name, tensor)| Ok((name.to_owned(), value(tensor)?))).collect()
}

/// The way back.
pub(crate) fn weights(tensors: BTreeMap<String, Values>, device: &Device) -> Result<Weights> {
    let named = tensors
        .into_iter()
        .map(|(name, Values { shape, values })| Ok((name, Tensor::from_vec(values, shape, device)?)));
    Ok(Weights::new(named.collect::<Result<Vec<_>>>()?))
}
