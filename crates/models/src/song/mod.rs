//! A song in, genres out.

mod classification;
mod one_track;
mod ood;
mod temperatures;
mod vote;

use std::path::Path;

use cepstrum_dataset::{ExtractConfig, Segment};

use classification::Aggregation;
pub use classification::Classification;
pub use ood::{OodDetector, OodScore};
pub use temperatures::CalibratedTemperatures;
pub use vote::Vote;

use crate::{Classifier, Error, Result};

/// A trained model that classifies audio files.
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
    /// How a song is cut and measured: as in training, but to its end.
    config: ExtractConfig,
    vote: Vote,
}

impl GenreClassifier {
    /// Reads a model that [`Classifier::save`] wrote.
    ///
    /// # Errors
    /// What [`Classifier::load`] gives, and [`Error::NoExtractConfig`] when the model does not know how its features
    /// are made.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        Self::new(Classifier::load(path)?).map_err(|error| error.in_file(path))
    }

    /// Takes a model that was trained a moment ago.
    ///
    /// # Errors
    /// [`Error::NoExtractConfig`] when it does not know how its features are made.
    pub fn new(model: Classifier) -> Result<Self> {
        let trained_on = model.config().ok_or(Error::NoExtractConfig)?;
        let segment = Segment::Seconds(trained_on.segment.seconds());
        let config = ExtractConfig { segment, ..trained_on.clone() };
        Ok(Self { model, config, vote: Vote::default() })
    }

    /// Lets the segments of a song agree in another way than by the mean of their log-probabilities.
    pub fn vote(self, vote: Vote) -> Self {
        Self { vote, ..self }
    }

    /// The model.
    pub fn model(&self) -> &Classifier {
        &self.model
    }

    /// Classifies every whole segment of an audio file, with the confidences that the model's [`CalibratedTemperatures`] give and,
    /// where it knows its training data, a word on whether the song resembles them.
    ///
    /// # Errors
    /// An error naming the file when it cannot be decoded or is shorter than one segment.
    pub fn classify(&self, path: impl AsRef<Path>) -> Result<Classification> {
        let path = path.as_ref();
        let song = one_track::OneTrack::open(path, self.config.sample_rate());
        let features =
            song.and_then(|song| song.features(&self.config)).map_err(|error| error.in_file(path))?;
        let unlabelled = one_track::Unlabelled { features: &features, config: self.model.config() };
        let log_probabilities = self.model.predict_log_proba(&unlabelled)?;
        let familiarity = self.model.ood_detector();
        let ood_score = familiarity.map(|known| OodScore::of(known, &unlabelled)).transpose()?;
        let aggregation = Aggregation { vote: self.vote, temperatures: self.model.temperatures() };
        Ok(Classification::new(self.model.classes().to_vec(), &log_probabilities, aggregation)
            .with_segment_seconds(self.config.segment.seconds())
            .with_ood_score(ood_score))
    }
}
