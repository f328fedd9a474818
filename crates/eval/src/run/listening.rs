//! Sounds of an explanation in the record of a run.

use cepstrum_dataset::write_wav_to;
use cepstrum_models::explain::audible::{KeepRemove, SoundTruth};
use serde::{Deserialize, Serialize};

use super::data_uri::data_uri;
use super::figure::{Figure, Section};
use crate::views::Listening;
use crate::{Error, Result};

/// A segment to listen to: its sounds, and its spectrogram with the mask over it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListeningRun {
    /// Title of the segment.
    pub title: String,
    /// The explained class.
    pub class: String,
    /// Second of the song at which the segment begins.
    pub start: f64,
    /// Length of the segment, in seconds.
    pub seconds: f64,
    /// The spectrogram with the mask over it.
    pub figure: Figure,
    /// The sounds.
    pub sounds: Vec<SoundRun>,
    /// Whether the explanation is what the model responds to.
    pub truth: Option<TruthRun>,
}

/// The probability of the explained class for a share of the segment's energy and for the rest: of the most relevant bins, the
/// loudest, and bins chosen by chance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TruthRun {
    /// Share of the energy.
    pub share: f64,
    /// Kept and removed by relevance.
    pub relevance: [f32; 2],
    /// Kept and removed by loudness.
    pub loudness: [f32; 2],
    /// Kept and removed by chance.
    pub chance: [f32; 2],
    /// Whether the most relevant part keeps most of the probability and its removal leaves least.
    pub holds: bool,
}

impl From<SoundTruth> for TruthRun {
    fn from(truth: SoundTruth) -> Self {
        let pair = |parts: KeepRemove| [parts.kept, parts.removed];
        Self {
            share: truth.share,
            relevance: pair(truth.relevance),
            loudness: pair(truth.loudness),
            chance: pair(truth.chance),
            holds: truth.holds(),
        }
    }
}

/// A sound as a mono 16-bit WAV file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SoundRun {
    /// A name in words.
    pub name: String,
    /// The file as a `data:` URI.
    pub audio: String,
    /// Size of the file, in bytes.
    pub bytes: usize,
    /// Factor by which all samples were multiplied; 1 unless the sound was too loud for the file.
    pub factor: f32,
    /// The probability of the explained class for this sound alone.
    pub probability: f32,
}

impl ListeningRun {
    /// Records a segment that begins at `start` seconds of its song.
    ///
    /// # Errors
    /// As [`Picture::to_svg`](crate::plot::Picture::to_svg), and [`Error::Dataset`] for a sound that is not finite.
    pub fn new(listening: &Listening, start: f64) -> Result<Self> {
        let class = &listening.class;
        let caption = format!(
            "Spectrogram of the segment; colored where the mask of what spoke for {class} is open. The line follows the sound."
        );
        let sounds = listening.sounds.iter().map(|sound| {
            let mut bytes = Vec::new();
            let factor = write_wav_to(&mut bytes, &sound.samples, listening.rate.sample_rate)?;
            Ok::<_, Error>(SoundRun {
                name: sound.name.clone(),
                audio: data_uri("audio/wav", &bytes),
                bytes: bytes.len(),
                factor,
                probability: sound.probability,
            })
        });
        let n_samples = listening.sounds.first().map_or(0, |sound| sound.samples.len());
        Ok(Self {
            title: listening.title.clone(),
            class: class.clone(),
            start,
            seconds: n_samples as f64 / f64::from(listening.rate.sample_rate),
            figure: Figure::draw(Section::Explanations, &caption, |style| listening.draw(style))?,
            sounds: sounds.collect::<Result<_>>()?,
            truth: Some(listening.truth.into()),
        })
    }

    /// Size of all sounds, in bytes.
    pub fn bytes(&self) -> usize {
        self.sounds.iter().map(|sound| sound.bytes).sum()
    }
}
