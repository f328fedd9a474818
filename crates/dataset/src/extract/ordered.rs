//! The results of an extraction, assembled in the order of the tracks.

use std::collections::BTreeMap;

use super::extracted::{Extracted, Skipped, StageTimes};
use super::segmenter::stack;
use crate::{Collection, Error, ExtractConfig, FeatureSet, Result};

/// The outcome of one track.
pub(super) enum Outcome {
    /// The features of the track, whole or up to its damage.
    Used { values: Vec<f32>, damage: Option<Error>, cached: bool },
    /// The reason why the track is not usable.
    Skipped(Error),
    /// An error that ends the whole extraction.
    Fatal(Error),
}

/// The results so far, in the order of the tracks.
///
/// Tracks arrive in any order. Only those that arrive before an earlier one are held apart, so that the features of a
/// whole extraction are in memory once.
pub(super) struct OrderedResults<'a, C> {
    collection: &'a C,
    segment_len: usize,
    /// The first track that has not arrived yet.
    next: usize,
    /// The tracks that arrived before an earlier one.
    pending: BTreeMap<usize, Outcome>,
    values: Vec<f32>,
    labels: Vec<usize>,
    tracks: Vec<String>,
    /// The skipped tracks with their classes.
    skipped: Vec<(usize, Skipped)>,
    damaged: Vec<Skipped>,
    cached: usize,
    spent: StageTimes,
}

impl<'a, C: Collection> OrderedResults<'a, C> {
    pub(super) fn new(collection: &'a C, segment_len: usize) -> Self {
        Self {
            collection,
            segment_len,
            next: 0,
            pending: BTreeMap::new(),
            values: Vec::new(),
            labels: Vec::new(),
            tracks: Vec::new(),
            skipped: Vec::new(),
            damaged: Vec::new(),
            cached: 0,
            spent: StageTimes::default(),
        }
    }

    /// Takes the outcome of a track, and appends all outcomes that now follow each other.
    ///
    /// # Errors
    /// The fatal error of the first track that has one, once all tracks before it have arrived.
    pub(super) fn take(&mut self, index: usize, outcome: Outcome, spent: StageTimes) -> Result<()> {
        self.spent += spent;
        self.pending.insert(index, outcome);
        while let Some(outcome) = self.pending.remove(&self.next) {
            self.append(self.next, outcome)?;
            self.next += 1;
        }
        Ok(())
    }

    fn append(&mut self, index: usize, outcome: Outcome) -> Result<()> {
        let track = self.collection.track(index);
        let listed = |error: Error| Skipped { path: track.name.clone().into(), cause: error.into_cause() };
        match outcome {
            Outcome::Used { values, damage, cached } => {
                let n_segments = values.len() / self.segment_len;
                self.values.extend(values);
                self.labels.extend(std::iter::repeat_n(track.class, n_segments));
                self.damaged.extend(damage.map(listed));
                self.tracks.extend(std::iter::repeat_n(track.name, n_segments));
                self.cached += usize::from(cached);
            }
            Outcome::Skipped(error) => self.skipped.push((track.class, listed(error))),
            Outcome::Fatal(error) => return Err(error.in_file(track.name)),
        }
        Ok(())
    }

    /// Turns the results into a feature set and lists, once all tracks have arrived.
    ///
    /// # Errors
    /// [`Error::NothingUsable`] and [`Error::EmptyClass`].
    pub(super) fn into_extracted(self, shape: [usize; 2], config: &ExtractConfig) -> Result<Extracted> {
        let classes = self.collection.classes();
        self.check_classes(classes)?;
        Ok(Extracted {
            features: FeatureSet::new(
                stack(self.values, shape)?,
                self.labels,
                classes.to_vec(),
                self.tracks,
                Some(config.clone()),
            )?,
            skipped: self.skipped.into_iter().map(|(_, skipped)| skipped).collect(),
            damaged: self.damaged,
            cached: self.cached,
            spent: self.spent,
        })
    }

    /// Fails unless every class has a segment.
    fn check_classes(&self, classes: &[String]) -> Result<()> {
        if self.labels.is_empty() {
            let first = self.skipped.first().map(|(_, skipped)| skipped.to_string());
            return Err(Error::NothingUsable { skipped: self.skipped.len(), first });
        }
        let mut n_segments = vec![0; classes.len()];
        for &label in &self.labels {
            n_segments[label] += 1;
        }
        let Some(class) = n_segments.iter().position(|&n| n == 0) else { return Ok(()) };
        let of_class: Vec<_> = self.skipped.iter().filter(|(of, _)| *of == class).collect();
        let first = of_class.first().map(|(_, skipped)| skipped.to_string());
        Err(Error::EmptyClass { class: classes[class].clone(), skipped: of_class.len(), first })
    }
}
