//! The model while it is trained, and its state before.

use std::ops::{Deref, DerefMut};

use crate::model::Annotations;
use crate::{Classifier, ModelMetadata, Result, Weights};

/// A model in training.
///
/// If it is dropped before the first step is complete, on an error or a panic, it restores the model: class names, feature
/// settings, standardizer, temperatures, out-of-distribution detector and weights.
pub(super) struct Trainee<'a> {
    model: &'a mut Classifier,
    /// `None` once the first step is complete.
    before: Option<Before>,
}

struct Before {
    annotations: Annotations,
    weights: Weights,
}

impl<'a> Trainee<'a> {
    /// Sets the metadata of the new data, and removes the temperatures and the detector of the old data.
    pub(super) fn new(model: &'a mut Classifier, metadata: ModelMetadata) -> Result<Self> {
        let weights = model.network().snapshot()?;
        let annotations = model.replace_annotations(metadata.into());
        Ok(Self { model, before: Some(Before { annotations, weights }) })
    }

    /// Keeps the model as it is, whatever fails later.
    pub(super) fn keep(&mut self) {
        self.before = None;
    }
}

impl Drop for Trainee<'_> {
    fn drop(&mut self) {
        if let Some(Before { annotations, weights }) = self.before.take() {
            self.model.replace_annotations(annotations);
            // The weights were copied from this very network, so they fit; a drop could not report an error.
            let _ = self.model.network_mut().set_weights(&weights);
        }
    }
}

impl Deref for Trainee<'_> {
    type Target = Classifier;

    fn deref(&self) -> &Classifier {
        self.model
    }
}

impl DerefMut for Trainee<'_> {
    fn deref_mut(&mut self) -> &mut Classifier {
        self.model
    }
}
