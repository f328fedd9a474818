//! The model file: a classifier as bytes.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use cepstrum_dataset::ExtractConfig;
use serde::{Deserialize, Serialize};

use super::container::{Container, Values, load, read_all};
use crate::model::ModelMetadata;
use crate::pretrained::MusiCnn;
use crate::{
    CalibratedTemperatures, Classifier, Error, LayerSpec, OodDetector, Result, Sequential, Standardizer,
    Weights,
};

/// Key of the metadata entry and name of the format.
const KIND: &str = "cepstrum-model";
const VERSION: u32 = 1;

const MEAN: &str = "standardizer/mean";
const DEVIATION: &str = "standardizer/deviation";
/// The prefix of the out-of-distribution detector's tensors, by its name in the first release.
const DETECTOR: &str = "familiarity";
const CLASS_MEANS: &str = "familiarity/means";
const WHITENING: &str = "familiarity/whitening";
const LIMIT: &str = "familiarity/limit";
/// The prefix of the weights of the network that computes the features.
const FRONT: &str = "front/";

/// The JSON description of a model file.
#[derive(Serialize, Deserialize)]
struct Description {
    version: u32,
    input_shape: Vec<usize>,
    layers: Vec<LayerSpec>,
    classes: Vec<String>,
    config: Option<ExtractConfig>,
    #[serde(default)]
    temperatures: CalibratedTemperatures,
    /// Only in a file that holds the network that computes the features.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    front: Option<EmbeddedFront>,
}

/// The description of the network that computes the features; its weights are among the file's tensors.
#[derive(Serialize, Deserialize)]
struct EmbeddedFront {
    license: Option<String>,
}

impl Classifier {
    /// Writes the model to a file, as [`write_to`](Self::write_to) lays it out.
    ///
    /// The file appears whole or not at all; an earlier one stays until then.
    ///
    /// # Errors
    /// [`Error::Dataset`] with the path when the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        self.container()?.save(path.as_ref(), KIND)
    }

    /// Reads a model that [`save`](Self::save) wrote, for the CPU.
    ///
    /// # Errors
    /// [`Error::InFile`] naming the file and the cause: it is truncated, of another format, or its weights do not fit
    /// the layers it describes.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        Self::load_on(&Device::Cpu, path)
    }

    /// Reads a model for a device, as [`load`](Self::load) does for the CPU.
    ///
    /// # Errors
    /// As [`load`](Self::load), and [`Error::Candle`] when the device fails.
    pub fn load_on(device: &Device, path: impl AsRef<Path>) -> Result<Self> {
        load(path.as_ref(), |bytes| rebuild(Container::from_bytes(bytes, KIND)?, device))
    }

    /// Writes everything that is needed to use the model elsewhere, in the safetensors format: the weights by name
    /// (`dense_1/kernel`), and the layers, class names and feature configuration as JSON in the metadata entry
    /// `cepstrum-model`. The same model always makes the same bytes.
    ///
    /// ```
    /// use cepstrum_models::{Classifier, zoo};
    ///
    /// let model = zoo::ffnn(4, [4, 2], 2, 7)?;
    /// let mut bytes = Vec::new();
    /// model.write_to(&mut bytes)?;
    /// assert_eq!(Classifier::from_bytes(&bytes)?.n_parameters(), model.n_parameters());
    /// # Ok::<(), cepstrum_models::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Io`] when the writer fails.
    pub fn write_to(&self, writer: impl Write) -> Result<()> {
        self.container()?.write_to(writer, KIND)
    }

    /// Reads a model that [`write_to`](Self::write_to) wrote, to the end of the reader, for the CPU.
    ///
    /// # Errors
    /// As [`from_bytes`](Self::from_bytes), and [`Error::Io`] when the reader fails.
    pub fn read_from(reader: impl Read) -> Result<Self> {
        Self::from_bytes(&read_all(reader)?)
    }

    /// Reads a model from the bytes of a model file (`include_bytes!`, the body of an HTTP response), for the CPU.
    ///
    /// # Errors
    /// [`Error::SafeTensors`], [`Error::Format`], [`Error::Version`] or [`Error::Description`] for bytes that are not a
    /// whole model file; [`Error::MissingWeight`], [`Error::UnknownWeight`], [`Error::WeightShape`],
    /// [`Error::TensorType`], [`Error::Standardizer`] or [`Error::UnsoundTensors`] for tensors that do not fit the layers.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        rebuild(Container::from_bytes(bytes, KIND)?, &Device::Cpu)
    }

    fn container(&self) -> Result<Container> {
        self.network().check_describable()?;
        let description = Description {
            version: VERSION,
            input_shape: self.network().input_shape().to_vec(),
            layers: self.network().layers().iter().map(|layer| layer.spec().clone()).collect(),
            classes: self.classes().to_vec(),
            config: self.config().cloned(),
            temperatures: self.temperatures(),
            front: self.embedded_front().map(|it| EmbeddedFront { license: it.license().map(str::to_owned) }),
        };
        let mut tensors = weight_values(&self.network().snapshot()?)?;
        if let Some(standardizer) = self.standardizer() {
            put_standardizer(&mut tensors, standardizer);
        }
        if let Some(detector) = self.ood_detector() {
            let (means, whitening, limit) = detector.parts();
            tensors.insert(CLASS_MEANS.to_owned(), Values::matrix(means));
            tensors.insert(WHITENING.to_owned(), Values::matrix(whitening));
            tensors.insert(LIMIT.to_owned(), Values::vector(&[limit]));
        }
        if let Some(front) = self.embedded_front() {
            for (name, tensor) in front.weights() {
                tensors.insert(format!("{FRONT}{name}"), values(tensor)?);
            }
        }
        Ok(Container { description: serde_json::to_string(&description)?, tensors })
    }
}

fn rebuild(container: Container, device: &Device) -> Result<Classifier> {
    let Container { description, mut tensors } = container;
    check_version(&description, VERSION)?;
    let description: Description = serde_json::from_str(&description)?;
    let builder = Sequential::builder(description.input_shape).layers(description.layers);
    let standardizer = take_standardizer(&mut tensors)?;
    let detector = take_ood_detector(&mut tensors)?;
    let front =
        description.front.map(|EmbeddedFront { license }| take_front(&mut tensors, license)).transpose()?;
    let weights = into_weights(tensors, device)?;
    let named = weights.iter().map(|(name, tensor)| (name.to_owned(), tensor.clone())).collect();
    let network = builder.device(device).build_from(&VarBuilder::from_tensors(named, DType::F32, device))?;
    network.check_names(&weights)?;
    let metadata = ModelMetadata { classes: description.classes, config: description.config, standardizer };
    let temperatures = description.temperatures;
    let temperatures = CalibratedTemperatures::new(temperatures.segment(), temperatures.song())?;
    let model = Classifier::new(network)?.with_metadata(metadata)?.with_temperatures(temperatures);
    let model = match detector {
        Some(detector) => model.with_ood_detector(detector),
        None => model,
    };
    Ok(match front {
        Some(front) => model.with_embedded_front(Arc::new(front.to_device(device)?)),
        None => model,
    })
}

/// Takes the network that computes the features out of a file's tensors.
fn take_front(tensors: &mut BTreeMap<String, Values>, license: Option<String>) -> Result<MusiCnn> {
    let (front, rest) = std::mem::take(tensors).into_iter().partition(|(name, _)| name.starts_with(FRONT));
    *tensors = rest;
    let front: BTreeMap<_, _> = front;
    let bare =
        |(name, values): (String, Values)| (name.strip_prefix(FRONT).unwrap_or(&name).to_owned(), values);
    MusiCnn::from_values(front.into_iter().map(bare).collect(), license)
}

/// Fails for a file of a newer version. The version is parsed alone, before anything that a newer version may have changed.
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

/// Takes the out-of-distribution detector out of a file's tensors.
///
/// A limit of NaN is what the first release saved of a detector that was fitted on identical segments: no limit was ever
/// found, so that the model loads without a detector.
fn take_ood_detector(tensors: &mut BTreeMap<String, Values>) -> Result<Option<OodDetector>> {
    let names = [CLASS_MEANS, WHITENING, LIMIT];
    if !names.iter().any(|name| tensors.contains_key(*name)) {
        return Ok(None);
    }
    let mut take = |weight: &str| {
        tensors.remove(weight).ok_or_else(|| Error::MissingWeight { weight: weight.to_owned() })
    };
    let [means, whitening, limit] = [take(CLASS_MEANS)?, take(WHITENING)?, take(LIMIT)?];
    let unsound = || Error::UnsoundTensors { prefix: DETECTOR };
    let (means, whitening) =
        (means.into_matrix().ok_or_else(unsound)?, whitening.into_matrix().ok_or_else(unsound)?);
    let &[limit] = limit.values.as_slice() else { return Err(unsound()) };
    if limit.is_nan() {
        return Ok(None);
    }
    OodDetector::from_parts(means, whitening, limit).map(Some).ok_or_else(unsound)
}

/// Copies of weights, in the form a file holds them.
pub(crate) fn weight_values(weights: &Weights) -> Result<BTreeMap<String, Values>> {
    weights.iter().map(|(name, tensor)| Ok((name.to_owned(), values(tensor)?))).collect()
}

/// A copy of a tensor, in the form a file holds it.
fn values(tensor: &Tensor) -> Result<Values> {
    Ok(Values { shape: tensor.dims().to_vec(), values: tensor.flatten_all()?.to_vec1()? })
}

/// Weights from the tensors of a file; the inverse of [`weight_values`].
pub(crate) fn into_weights(tensors: BTreeMap<String, Values>, device: &Device) -> Result<Weights> {
    let named = tensors
        .into_iter()
        .map(|(name, Values { shape, values })| Ok((name, Tensor::from_vec(values, shape, device)?)));
    Ok(Weights::new(named.collect::<Result<Vec<_>>>()?))
}
