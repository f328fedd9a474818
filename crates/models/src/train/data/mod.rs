//! What a network is trained and measured on.

mod batch;
mod validate;

use cepstrum_dataset::{ExtractConfig, FeatureSet};

pub(crate) use batch::{AugmentDraw, Batch, Batches};
pub(crate) use validate::{check_config, check_labels, check_shape, first_difference, validate_all};

use crate::Result;

/// Labelled segments that need not lie in memory: a [`FeatureSet`], or a reader over a store on disk.
///
/// Segments are numbered `0..len()`. A source is read from one thread, in batches, in a seeded random order; what it
/// gives for a segment must not change while a network is trained.
pub trait DataSource {
    /// Number of segments.
    fn len(&self) -> usize;

    /// Whether there is no segment.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Shape of one segment, `[n_frames, n_coefficients]`.
    fn segment_shape(&self) -> [usize; 2];

    /// Class names in the order of their labels.
    fn classes(&self) -> &[String];

    /// How the features were computed, if that is known.
    fn config(&self) -> Option<&ExtractConfig>;

    /// Reads segments: `features` takes them one after the other, frame by frame; `labels` one label each.
    ///
    /// Both have the length that `segments` asks for, and every index is below [`len`](Self::len).
    ///
    /// # Errors
    /// When a segment cannot be read.
    fn read(&self, segments: &[usize], features: &mut [f32], labels: &mut [u32]) -> Result<()>;
}

impl DataSource for FeatureSet {
    fn len(&self) -> usize {
        self.labels().len()
    }

    fn segment_shape(&self) -> [usize; 2] {
        self.segment_shape()
    }

    fn classes(&self) -> &[String] {
        self.classes()
    }

    fn config(&self) -> Option<&ExtractConfig> {
        self.config()
    }

    fn read(&self, segments: &[usize], features: &mut [f32], labels: &mut [u32]) -> Result<()> {
        let [n_frames, n_coefficients] = self.segment_shape();
        let rows = features.chunks_exact_mut((n_frames * n_coefficients).max(1));
        for ((row, label), &segment) in rows.zip(labels).zip(segments) {
            for (to, from) in row.iter_mut().zip(self.features().index_axis(ndarray::Axis(0), segment)) {
                *to = *from;
            }
            *label = self.labels()[segment] as u32;
        }
        Ok(())
    }
}
