//! The data that networks are trained and evaluated on.

mod batch;
mod validate;

use cepstrum_dataset::{ExtractConfig, FeatureSet};

pub(crate) use batch::{AugmentDraw, Batch, Batches};
pub(crate) use validate::{check_config, check_labels, check_shape, first_difference, validate_all};

use crate::Result;

/// A source of labeled segments, which need not fit in memory: a [`FeatureSet`], or a reader of a store on disk.
///
/// Segments are numbered `0..len()`. A source is read from one thread, in batches, in a seeded random order; the values of
/// a segment must not change while a network is trained.
pub trait DataSource {
    /// Number of segments.
    fn len(&self) -> usize;

    /// Returns whether there is no segment.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Shape of one segment, `[n_frames, n_coefficients]`.
    fn segment_shape(&self) -> [usize; 2];

    /// Class names in the order of their labels.
    fn classes(&self) -> &[String];

    /// The settings that the features were extracted with, if they are known.
    fn config(&self) -> Option<&ExtractConfig>;

    /// Reads segments into `features`, one after the other, frame by frame, and their labels into `labels`.
    ///
    /// Both buffers have exactly the length for `segments`, and every index is below [`len`](Self::len).
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
