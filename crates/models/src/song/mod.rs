//! Classification of whole songs: segments, the vote over them, calibrated confidences and out-of-distribution detection.

mod classification;
mod ood;
mod report;
mod song_segments;
mod temperatures;
mod vote;

use std::path::Path;
use std::sync::Arc;

use candle_core::Device;
use cepstrum_dataset::{
    ExtractConfig, FeatureConfig, Front, Segment, load_audio, segment_features, segment_features_with,
};
use ndarray::Array3;

use classification::Aggregation;
pub use classification::Classification;
pub use ood::{OodDetector, OodScore};
use song_segments::SongSegments;
pub use temperatures::CalibratedTemperatures;
pub use vote::Vote;

use crate::pretrained::MusiCnnFront;
use crate::{Classifier, Error, Result};

/// A trained model that classifies whole songs, from audio files or from samples in memory.
///
/// It cuts a song into segments as the training data were cut, but to the song's end, and combines the segments by a
/// [`Vote`].
///
/// ```no_run
/// use cepstrum_models::GenreClassifier;
///
/// let genre = GenreClassifier::load("genre.safetensors")?;
/// println!("{}", genre.classify("song.mp3")?); // reggae 71 % (58 of 71 segments), rock 20 % (9), pop 6 % (4)
/// # Ok::<(), cepstrum_models::Error>(())
/// ```
#[derive(Debug)]
pub struct GenreClassifier {
    model: Classifier,
    /// The feature configuration of the training data, for all segments of a song.
    config: ExtractConfig,
    vote: Vote,
    /// The network that computes the features, where one does.
    front: Option<Arc<dyn Front>>,
}

impl GenreClassifier {
    /// Reads a model that [`Classifier::save`] wrote.
    ///
    /// # Errors
    /// Those of [`Classifier::load`] and of [`new`](Self::new).
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        Self::new(Classifier::load(path)?).map_err(|error| error.in_file(path))
    }

    /// Reads a model for a device, as [`load`](Self::load) does for the CPU. A network that computes its features and that
    /// the model holds is on that device, too.
    ///
    /// # Errors
    /// As [`load`](Self::load), and [`Error::Candle`] when the device fails.
    pub fn load_on(device: &Device, path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        Self::new(Classifier::load_on(device, path)?).map_err(|error| error.in_file(path))
    }

    /// Reads a model whose features a network computes, which [`load`](Self::load) does alone for a model that
    /// [holds](Classifier::with_embedded_front) the network.
    ///
    /// # Errors
    /// Those of [`Classifier::load`] and of [`with_front`](Self::with_front).
    pub fn load_with_front(path: impl AsRef<Path>, front: Arc<dyn Front>) -> Result<Self> {
        let path = path.as_ref();
        Self::with_front(Classifier::load(path)?, front).map_err(|error| error.in_file(path))
    }

    /// Wraps a model that is in memory.
    ///
    /// # Errors
    /// [`Error::NoExtractConfig`] when the model does not record how its features are computed. [`Error::Dataset`] around
    /// [`FrontMissing`](cepstrum_dataset::Error::FrontMissing), which says how to get it, when a network computes them
    /// that the model does not hold; around [`OtherFront`](cepstrum_dataset::Error::OtherFront) when it holds another.
    pub fn new(model: Classifier) -> Result<Self> {
        let features = model.config().map(|config| &config.features);
        let front = match (model.embedded_front(), features) {
            (Some(network), Some(FeatureConfig::Front(config))) => {
                Some(Arc::new(MusiCnnFront::from_config(Arc::clone(network), config)?) as Arc<dyn Front>)
            }
            _ => None,
        };
        Self::assemble(model, front)
    }

    /// Wraps a model that is in memory, and the network that computes its features.
    ///
    /// # Errors
    /// [`Error::NoExtractConfig`] as [`new`](Self::new), [`Error::Dataset`] around
    /// [`OtherFront`](cepstrum_dataset::Error::OtherFront) for another network than the model was trained with.
    pub fn with_front(model: Classifier, front: Arc<dyn Front>) -> Result<Self> {
        Self::assemble(model, Some(front))
    }

    fn assemble(model: Classifier, front: Option<Arc<dyn Front>>) -> Result<Self> {
        let trained_on = model.config().ok_or(Error::NoExtractConfig)?;
        let segment = Segment::Seconds(trained_on.segment.seconds());
        let config = ExtractConfig { segment, ..trained_on.clone() };
        if let FeatureConfig::Front(expected) = &config.features {
            expected.check(front.as_ref())?;
        }
        Ok(Self { model, config, vote: Vote::default(), front })
    }

    /// Sets the rule by which the segments of a song agree; [`Vote::MeanLogProbability`] by default.
    #[must_use]
    pub fn vote(self, vote: Vote) -> Self {
        Self { vote, ..self }
    }

    /// The model.
    pub fn model(&self) -> &Classifier {
        &self.model
    }

    /// Sample rate of the features that the model takes, in Hz.
    pub fn sample_rate(&self) -> u32 {
        self.config.sample_rate()
    }

    /// Classifies every whole segment of an audio file, and the song.
    ///
    /// Confidences are those of the model's [`CalibratedTemperatures`]. A model with an [`OodDetector`] also reports
    /// whether the song resembles its training data.
    ///
    /// # Errors
    /// An error that names the file when it cannot be decoded or is shorter than one segment.
    pub fn classify(&self, path: impl AsRef<Path>) -> Result<Classification> {
        let path = path.as_ref();
        let features = load_audio(path, self.sample_rate())
            .and_then(|samples| self.features(&samples))
            .map_err(|error| Error::from(error).in_file(path))?;
        self.classify_features(features)
    }

    /// Classifies every whole segment of a song in memory, and the song, as [`classify`](Self::classify) does.
    ///
    /// `samples` is mono at [`sample_rate`](Self::sample_rate), from -1 to 1.
    ///
    /// # Errors
    /// [`Error::Dataset`] when there are fewer samples than one segment needs or one of them is NaN or infinite.
    pub fn classify_samples(&self, samples: &[f32]) -> Result<Classification> {
        self.classify_features(self.features(samples)?)
    }

    /// Words that describe a song with their probabilities, in descending order; empty for a model whose features no
    /// network with words computes. `samples` is mono at [`sample_rate`](Self::sample_rate).
    ///
    /// # Errors
    /// As [`classify_samples`](Self::classify_samples).
    pub fn tags(&self, samples: &[f32]) -> Result<Vec<(String, f32)>> {
        self.front.as_ref().map_or_else(|| Ok(Vec::new()), |front| Ok(front.tags(samples)?))
    }

    fn features(&self, samples: &[f32]) -> cepstrum_dataset::Result<Array3<f32>> {
        match &self.front {
            Some(front) => segment_features_with(samples, &self.config, front),
            None => segment_features(samples, &self.config),
        }
    }

    fn classify_features(&self, features: Array3<f32>) -> Result<Classification> {
        let song = SongSegments { features, config: self.model.config() };
        let log_probabilities = self.model.predict_log_proba(&song)?;
        let detector = self.model.ood_detector();
        let ood_score = detector.map(|detector| OodScore::measure(detector, &song)).transpose()?;
        let aggregation = Aggregation { vote: self.vote, temperatures: self.model.temperatures() };
        Ok(Classification::new(self.model.classes().to_vec(), &log_probabilities, aggregation)
            .with_segment_seconds(self.config.segment.seconds())
            .with_ood_score(ood_score))
    }
}
