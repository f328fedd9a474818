//! Classified songs in the record of a run.

use std::path::Path;

use cepstrum_models::{Classification, OodScore};
use serde::{Deserialize, Serialize};

use super::ListeningRun;
use super::data_uri::data_uri;
use crate::Result;

/// A song that was classified segment by segment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SongRun {
    /// Name of the song.
    pub name: String,
    /// Class names in the order of the probabilities.
    pub classes: Vec<String>,
    /// The probability of every class for the whole song.
    pub verdict: Vec<f64>,
    /// The probability of every class for each segment.
    pub segments: Vec<Vec<f32>>,
    /// Length of a segment, in seconds.
    pub segment_seconds: f64,
    /// The true class, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub truth: Option<String>,
    /// Further sentences, such as that the song is unlike the training data.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub remark: String,
    /// The audio as a `data:` URI, where it may be redistributed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio: Option<String>,
    /// A segment of the song to listen to, where it may be redistributed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listening: Option<ListeningRun>,
    /// What the verdict would be without parts of the song, in sentences without their full stops.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<String>,
}

impl SongRun {
    /// Records the classification of a song.
    pub fn new(name: impl Into<String>, song: &Classification) -> Self {
        Self {
            name: name.into(),
            classes: song.classes().to_vec(),
            verdict: song.song().iter().map(|&p| f64::from(p)).collect(),
            segments: song.segments().outer_iter().map(|row| row.to_vec()).collect(),
            segment_seconds: song.segment_seconds(),
            remark: song.ood_score().map_or_else(String::new, remark),
            ..Self::default()
        }
    }

    /// Embeds the audio of a file unchanged; formats that browsers do not play are left out.
    ///
    /// # Errors
    /// [`Error::Dataset`](crate::Error::Dataset), which names the file, when it cannot be read.
    pub fn with_audio(self, file: impl AsRef<Path>) -> Result<Self> {
        let file = file.as_ref();
        let extension = file.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        let media_type = match extension.to_ascii_lowercase().as_str() {
            "wav" => "audio/wav",
            "mp3" => "audio/mpeg",
            "ogg" | "oga" => "audio/ogg",
            "flac" => "audio/flac",
            "m4a" | "mp4" => "audio/mp4",
            _ => return Ok(self),
        };
        let bytes =
            std::fs::read(file).map_err(|error| cepstrum_dataset::Error::from(error).in_file(file))?;
        Ok(Self { audio: Some(data_uri(media_type, &bytes)), ..self })
    }
}

/// A sentence about the distance of a song from the training data.
fn remark(score: OodScore) -> String {
    let OodScore { distance, limit } = score;
    if score.is_out_of_distribution() {
        format!(
            "It is unlike the training data: its distance of {distance:.2} exceeds the limit of {limit:.2}."
        )
    } else {
        format!(
            "It resembles the training data: its distance of {distance:.2} is within the limit of {limit:.2}."
        )
    }
}
