//! Checks and statistics of the data before the first step.

use super::loss::Loss;
use crate::model::ModelMetadata;
use crate::model::standardizer::Moments;
use crate::train::checkpoint::{Fingerprint, Run};
use crate::train::data::{check_config, check_shape, validate_all};
use crate::{Classifier, DataSource, Error, Result, Standardization, TrainConfig};

/// The outcome of one walk over all data.
pub(super) struct Prepared {
    pub(super) metadata: ModelMetadata,
    pub(super) loss: Loss,
    pub(super) run: Run,
}

/// Reads all data once: checks it, fits the standardizer, counts the classes.
pub(super) fn prepare<T, V>(
    config: &TrainConfig,
    model: &Classifier,
    training: &T,
    validation: Option<&V>,
) -> Result<Prepared>
where
    T: DataSource + ?Sized,
    V: DataSource + ?Sized,
{
    check_settings(config)?;
    let n_classes = model.n_classes();
    let validation = match validation {
        Some(validation) => Some(check_validation(training, validation, n_classes)?),
        None => None,
    };
    check_training(model, training)?;
    config.augmentation.check(training.segment_shape())?;
    let [_, n_coefficients] = training.segment_shape();
    let mut moments = Moments::new(n_coefficients);
    let mut counts = vec![0; n_classes];
    let mut fingerprint = Fingerprint::new();
    validate_all("training", training, n_classes, |labels, features| {
        fingerprint.add(labels, features);
        for label in labels {
            counts[*label as usize] += 1;
        }
        if config.standardize == Standardization::PerCoefficient {
            for frame in features.chunks_exact(n_coefficients) {
                moments.add_frame(frame.iter().copied());
            }
        }
    })?;
    let loss = Loss::new(config, &counts)?;
    check_two_classes(training.classes(), &counts)?;
    let standardizer = match config.standardize {
        Standardization::Off => None,
        Standardization::PerCoefficient => Some(moments.finish()),
    };
    let (classes, features) = (training.classes().to_vec(), training.config().cloned());
    let run = Run {
        input_shape: model.network().input_shape().to_vec(),
        layers: model.network().layers().iter().map(|layer| layer.spec().clone()).collect(),
        classes: classes.clone(),
        features: features.clone(),
        train: config.clone(),
        training: fingerprint,
        validation,
    };
    let metadata = ModelMetadata { classes, config: features, standardizer };
    Ok(Prepared { metadata, loss, run })
}

fn check_settings(config: &TrainConfig) -> Result<()> {
    for (setting, value) in [("epochs", config.epochs), ("batch_size", config.batch_size)] {
        if value == 0 {
            return Err(Error::Setting { setting, bound: "at least 1", value: 0.0 });
        }
    }
    config.clipping.check()
}

pub(super) fn check_learning_rate(value: f64) -> Result<()> {
    if value > 0.0 && value.is_finite() {
        return Ok(());
    }
    Err(Error::Setting { setting: "learning_rate", bound: "above 0 and finite", value })
}

fn check_training<T: DataSource + ?Sized>(model: &Classifier, data: &T) -> Result<()> {
    check_shape(data, model.network().input_shape())?;
    let n_classes = model.n_classes();
    if data.classes().len() == n_classes {
        return Ok(());
    }
    let (expected, actual) = (format!("{n_classes} names"), data.classes().to_vec());
    Err(Error::Classes { part: "training", expected, actual })
}

/// Fails when all segments are of one class.
pub(crate) fn check_two_classes(classes: &[String], counts: &[usize]) -> Result<()> {
    let mut present = classes.iter().zip(counts).filter(|(_, count)| **count > 0);
    match (present.next(), present.next()) {
        (Some((class, &n_segments)), None) => Err(Error::OneClass { class: class.clone(), n_segments }),
        _ => Ok(()),
    }
}

/// Checks validation data by itself and against the training data.
pub(crate) fn check_validation<T, V>(training: &T, validation: &V, n_classes: usize) -> Result<Fingerprint>
where
    T: DataSource + ?Sized,
    V: DataSource + ?Sized,
{
    const PART: &str = "validation";
    let [n_frames, n_coefficients] = validation.segment_shape();
    if training.segment_shape() != validation.segment_shape() {
        return Err(Error::FeatureShape {
            expected: training.segment_shape().to_vec(),
            n_frames,
            n_coefficients,
        });
    }
    if training.classes() != validation.classes() {
        let (expected, actual) = (format!("{:?}", training.classes()), validation.classes().to_vec());
        return Err(Error::Classes { part: PART, expected, actual });
    }
    check_config(PART, training.config(), validation.config())?;
    let mut fingerprint = Fingerprint::new();
    validate_all(PART, validation, n_classes, |labels, features| fingerprint.add(labels, features))?;
    Ok(fingerprint)
}
