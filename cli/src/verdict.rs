//! What is told of a song: the same for `classify` and for the page of `serve`.

use anyhow::Result;
use cepstrum::dataset::Loaded;
use cepstrum::models::{Classification, GenreClassifier};
use serde_json::{Value, json};

use crate::neighbors::{Neighbor, Neighbors};

/// Number of tags that are told.
const N_TAGS: usize = 5;

/// A model with all that it tells of a song.
#[derive(Debug)]
pub(crate) struct Judge {
    pub(crate) classifier: GenreClassifier,
    /// The tracks among which the nearest are looked for.
    pub(crate) neighbors: Option<Neighbors>,
    pub(crate) tells_tags: bool,
}

/// The classification of a song, and what belongs to it.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) song: Classification,
    /// Length of what was classified.
    pub(crate) seconds: f64,
    /// The most probable tags, on request.
    pub(crate) tags: Option<Vec<(String, f32)>>,
    /// The nearest tracks of a store, on request.
    pub(crate) nearest: Option<Vec<Neighbor>>,
    /// The damage that ends what was classified.
    pub(crate) damage: Option<String>,
    /// What the verdict would be without parts of the song, on request.
    pub(crate) without: Vec<String>,
}

impl Judge {
    /// Classifies decoded audio at the model's rate.
    pub(crate) fn verdict(&self, loaded: &Loaded) -> Result<Verdict> {
        let samples = loaded.samples.as_slice();
        let song = self.classifier.classify_samples(samples)?;
        let tags = self.tells_tags.then(|| self.classifier.tags(samples)).transpose()?;
        Ok(Verdict {
            song,
            seconds: samples.len() as f64 / f64::from(self.classifier.sample_rate()),
            tags: tags.map(|tags| tags.into_iter().take(N_TAGS).collect()),
            nearest: self.neighbors.as_ref().map(|neighbors| neighbors.nearest(samples)).transpose()?,
            damage: loaded.damage.as_ref().map(|damage| damage.cause().to_string()),
            without: Vec::new(),
        })
    }
}

impl Verdict {
    /// The verdict for programs; `file` is the song's name.
    pub(crate) fn to_json(&self, file: &str) -> Result<Value> {
        let mut object = serde_json::to_value(&self.song)?;
        object["file"] = json!(file);
        object["seconds"] = json!(self.seconds);
        if let Some(tags) = &self.tags {
            object["tags"] =
                tags.iter().map(|(tag, share)| json!({ "tag": tag, "probability": share })).collect();
        }
        if let Some(nearest) = &self.nearest {
            object["nearest"] = json!(nearest);
        }
        if let Some(damage) = &self.damage {
            object["damage"] = json!(damage);
        }
        if !self.without.is_empty() {
            object["without"] = json!(self.without);
        }
        Ok(object)
    }
}
