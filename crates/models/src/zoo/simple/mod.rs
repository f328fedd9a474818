//! Simple models, to stand beside every network: a network that does not beat them has learned nothing worth its time.
//!
//! They are ordinary [`Classifier`]s, whose networks have few layers and weights that are computed instead of trained by
//! steps. So they predict, save, load, classify songs and are calibrated as every other model. All but the majority class
//! see a segment as the [mean and standard deviation](crate::TimeStatistics) of its coefficients over time, standardized
//! on the training data; a segment of one frame is used as it is.

mod lbfgs;
mod logistic;
mod majority;
mod neighbors;

use std::fmt;
use std::str::FromStr;
use std::time::Instant;

use candle_core::{Device, Tensor};
use cepstrum_dataset::FeatureSet;
use ndarray::{Array2, Axis};
use serde::{Deserialize, Serialize};

pub use logistic::LogisticRegression;
pub use majority::MajorityClass;
pub use neighbors::KNeighbors;

use super::Architecture;
use crate::model::standardizer::Moments;
use crate::train::data::validate_all;
use crate::train::{check_two_classes, check_validation};
use crate::{
    BatchNorm, Classifier, EpochReport, Error, Flatten, LayerSpec, Metrics, ModelMetadata, Result,
    Sequential, StopReason, Summarized, TimeStatistics, TrainReport, Weights,
};

/// A simple model by its name, with the settings of its default: `majority`, `knn` or `logistic`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SimpleModel {
    /// [`MajorityClass`].
    Majority,
    /// [`KNeighbors`].
    Knn,
    /// [`LogisticRegression`].
    Logistic,
}

impl SimpleModel {
    /// All of them, from the simplest on.
    pub const ALL: [Self; 3] = [Self::Majority, Self::Knn, Self::Logistic];

    /// Fits the model, with its strength chosen on validation data where it has one and where there are any.
    ///
    /// # Errors
    /// Those of the model's own `fit`.
    pub fn fit(self, training: &FeatureSet, validation: Option<&FeatureSet>) -> Result<FittedModel> {
        match self {
            Self::Majority => MajorityClass::default().fit(training, validation),
            Self::Knn => KNeighbors::default().fit(training, validation),
            Self::Logistic => LogisticRegression::default().fit(training, validation),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Majority => "majority",
            Self::Knn => "knn",
            Self::Logistic => "logistic",
        }
    }
}

/// A fitted simple model and the report of its fit, in the form of a training run.
#[derive(Debug)]
pub struct FittedModel {
    /// The model.
    pub model: Classifier,
    /// Iterations as epochs, loss and accuracy on the training and the validation data, and time. There is no learning rate:
    /// it is 0.
    pub report: TrainReport,
    /// The strength of the regression's penalty, or the number of neighbors, that was chosen or given; `None` for the
    /// majority class.
    pub chosen: Option<f64>,
}

/// The name of any model: a network of the zoo or a simple model.
///
/// ```
/// use cepstrum_models::zoo::{Architecture, ModelName, Own, SimpleModel};
///
/// assert_eq!("logistic".parse::<ModelName>()?, ModelName::Simple(SimpleModel::Logistic));
/// assert_eq!("crnn".parse::<ModelName>()?, ModelName::Network(Architecture::Own(Own::Crnn)));
/// # Ok::<(), cepstrum_models::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum ModelName {
    /// A network, which is trained by steps.
    Network(Architecture),
    /// A simple model.
    Simple(SimpleModel),
}

impl ModelName {
    /// All simple models, then all networks.
    pub fn all() -> Vec<Self> {
        let simple = SimpleModel::ALL.into_iter().map(Self::Simple);
        simple.chain(Architecture::all().into_iter().map(Self::Network)).collect()
    }

    /// Returns whether the recommended training depends on validation data: to stop early, to choose an epoch or the
    /// strength of a penalty.
    pub fn needs_validation(self) -> bool {
        match self {
            Self::Network(network) => network.needs_validation(),
            Self::Simple(simple) => simple != SimpleModel::Majority,
        }
    }
}

impl fmt::Display for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(network) => network.fmt(f),
            Self::Simple(simple) => f.write_str(simple.name()),
        }
    }
}

impl FromStr for ModelName {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match SimpleModel::ALL.into_iter().find(|simple| simple.name() == name) {
            Some(simple) => Ok(Self::Simple(simple)),
            None => name.parse().map(Self::Network),
        }
    }
}

impl From<ModelName> for String {
    fn from(name: ModelName) -> Self {
        name.to_string()
    }
}

impl TryFrom<String> for ModelName {
    type Error = Error;

    fn try_from(name: String) -> Result<Self> {
        name.parse()
    }
}

/// Checked training data as a simple model sees it.
struct Summaries<'a> {
    set: &'a FeatureSet,
    /// The layers from a segment to its standardized summary, and their weights.
    layers: Vec<LayerSpec>,
    weights: Vec<(String, Tensor)>,
    /// `[n_segments, n_values]`, standardized.
    values: Array2<f64>,
    begun: Instant,
}

/// The epsilon of the normalization of summaries, too small to show in the variance of a value that is not a constant.
const EPSILON: f64 = 1e-15;

impl<'a> Summaries<'a> {
    /// Checks the data, summarizes every training segment and standardizes the summaries.
    fn compute(
        training: &'a FeatureSet,
        validation: Option<&FeatureSet>,
        summarized: Summarized,
    ) -> Result<Self> {
        let begun = Instant::now();
        check(training, validation)?;
        let [n_frames, n_coefficients] = training.segment_shape();
        let summary: LayerSpec = match n_frames {
            1 => Flatten::new().into(),
            _ => TimeStatistics::new().of(summarized).into(),
        };
        let network = Sequential::builder([n_frames, n_coefficients]).layer(summary.clone()).build()?;
        let features = training.features();
        let mut values = Array2::zeros((features.len_of(Axis(0)), network.output_shape()[0]));
        let mut moments = Moments::new(values.ncols());
        for (segments, mut rows) in
            features.axis_chunks_iter(Axis(0), 256).zip(values.axis_chunks_iter_mut(Axis(0), 256))
        {
            let x: Vec<f32> = segments.iter().copied().collect();
            let x = Tensor::from_vec(x, segments.dim(), &Device::Cpu)?;
            let summaries = network.forward(&x)?.to_vec2::<f32>()?;
            for (mut row, summary) in rows.rows_mut().into_iter().zip(summaries) {
                row.iter_mut().zip(&summary).for_each(|(to, from)| *to = f64::from(*from));
                moments.add_frame(summary);
            }
        }
        let (mean, variance) = moments.mean_and_variance();
        for mut row in values.rows_mut() {
            for ((value, mean), variance) in row.iter_mut().zip(&mean).zip(&variance) {
                *value = (*value - mean) / (variance + EPSILON).sqrt();
            }
        }
        let n = mean.len();
        let vector = |values: &[f64]| {
            Tensor::from_vec(values.iter().map(|value| *value as f32).collect::<Vec<_>>(), n, &Device::Cpu)
        };
        let ones = vec![1.0; n];
        let zeros = vec![0.0; n];
        let named =
            [("gamma", &ones), ("beta", &zeros), ("moving_mean", &mean), ("moving_variance", &variance)];
        let weights = named
            .into_iter()
            .map(|(name, values)| Ok((format!("batch_normalization/{name}"), vector(values)?)))
            .collect::<Result<_>>()?;
        let layers = vec![summary, BatchNorm { epsilon: EPSILON, ..BatchNorm::new() }.into()];
        Ok(Self { set: training, layers, weights, values, begun })
    }

    /// The model with these layers after the summary, and their weights.
    fn model(&self, layers: Vec<LayerSpec>, weights: Vec<(String, Tensor)>) -> Result<Classifier> {
        let layers = self.layers.iter().cloned().chain(layers);
        let weights = self.weights.iter().cloned().chain(weights);
        model(self.set, layers, weights)
    }
}

/// A model of a training set's classes and settings, from layers and their weights.
fn model(
    training: &FeatureSet,
    layers: impl IntoIterator<Item = LayerSpec>,
    weights: impl IntoIterator<Item = (String, Tensor)>,
) -> Result<Classifier> {
    let mut network = Sequential::builder(training.segment_shape()).layers(layers).build()?;
    network.set_weights(&Weights::new(weights))?;
    Classifier::new(network)?.with_metadata(ModelMetadata {
        classes: training.classes().to_vec(),
        config: training.config().cloned(),
        standardizer: None,
    })
}

/// The report of a fit, with loss and accuracy as a network's training has them at inference.
fn fitted(
    model: Classifier,
    [training, validation]: [Option<&FeatureSet>; 2],
    iterations: usize,
    begun: Instant,
    chosen: Option<f64>,
) -> Result<FittedModel> {
    let measure = |set: Option<&FeatureSet>| set.map(|set| model.evaluate(set)).transpose();
    let (train, validation) = (measure(training)?, measure(validation)?);
    let Metrics { loss, accuracy } = train.unwrap_or(Metrics { loss: 0.0, accuracy: 0.0 });
    let seconds = begun.elapsed().as_secs_f64();
    let last = EpochReport {
        epoch: iterations,
        epochs: iterations,
        train_loss: loss,
        train_accuracy: accuracy,
        validation_loss: validation.map(|metrics| metrics.loss),
        validation_accuracy: validation.map(|metrics| metrics.accuracy),
        learning_rate: 0.0,
        seconds,
    };
    let report = TrainReport { epochs: iterations, stop_reason: StopReason::Completed, last, seconds };
    Ok(FittedModel { model, report, chosen })
}

fn check(training: &FeatureSet, validation: Option<&FeatureSet>) -> Result<()> {
    validate_all("training", training, training.n_classes(), |_, _| ())?;
    check_two_classes(training.classes(), &training.class_counts())?;
    match validation {
        Some(validation) => check_validation(training, validation, training.n_classes()).map(|_| ()),
        None => Ok(()),
    }
}

/// The mean cross-entropy and the share of right classes over tracks, or over segments where tracks are unknown.
fn by_track(model: &Classifier, set: &FeatureSet) -> Result<Metrics> {
    let logs = model.predict_log_proba(set)?;
    let mut songs: Vec<(usize, Vec<usize>)> = Vec::new();
    let mut place = vec![None; set.track_names().len()];
    for (segment, &label) in set.labels().iter().enumerate() {
        let track = set.track_ids().get(segment).copied();
        let known = track.and_then(|track| place[track]);
        let at: usize = known.unwrap_or_else(|| {
            songs.push((label, Vec::new()));
            songs.len() - 1
        });
        if let Some(track) = track {
            place[track] = Some(at);
        }
        songs[at].1.push(segment);
    }
    let (mut loss, mut right) = (0.0, 0);
    for (label, segments) in &songs {
        let song = crate::Vote::default().combine(&logs.select(Axis(0), segments), 1.0);
        loss -= f64::from(song[*label].max(f32::MIN_POSITIVE)).ln();
        right += usize::from(crate::argmax(&song.to_vec()) == *label);
    }
    let n = songs.len() as f64;
    Ok(Metrics { loss: loss / n, accuracy: right as f64 / n })
}
