//! Predictions that are averaged over shifts of a segment.

use cepstrum_dataset::ExtractConfig;
use ndarray::Array2;

use super::Classifier;
use crate::{DataSource, Error, Result};

impl Classifier {
    /// Computes the probability of every class for every segment, averaged over `n_shifts` circular shifts of the segment
    /// along time, evenly spaced from none on: test-time augmentation.
    ///
    /// A network whose layers pool sees a sound differently at every position. One that was trained with
    /// [shifts](crate::Augmentation::shift) gains most from it. It takes `n_shifts` times as long as
    /// [`predict_proba`](Self::predict_proba), which it equals for one shift.
    ///
    /// # Shapes
    /// `[n_segments, n_classes]`; every row sums to 1.
    ///
    /// # Errors
    /// [`Error::Setting`] for no shift or more shifts than a segment has frames, and those of
    /// [`predict_proba`](Self::predict_proba).
    pub fn predict_proba_shifted(
        &self,
        data: &(impl DataSource + ?Sized),
        n_shifts: usize,
    ) -> Result<Array2<f32>> {
        let [n_frames, _] = data.segment_shape();
        if !(1..=n_frames).contains(&n_shifts) {
            let bound = "at least 1 and at most the frames of a segment";
            return Err(Error::Setting { setting: "n_shifts", bound, value: n_shifts as f64 });
        }
        let mut sum = Array2::zeros((data.len(), self.n_classes()));
        for shift in 0..n_shifts {
            sum += &self.predict_proba(&Shifted { data, frames: shift * n_frames / n_shifts })?;
        }
        Ok(sum / n_shifts as f32)
    }
}

/// Segments that begin some frames later; the frames before follow at the end.
struct Shifted<'a, D: ?Sized> {
    data: &'a D,
    frames: usize,
}

impl<D: DataSource + ?Sized> DataSource for Shifted<'_, D> {
    fn len(&self) -> usize {
        self.data.len()
    }

    fn segment_shape(&self) -> [usize; 2] {
        self.data.segment_shape()
    }

    fn classes(&self) -> &[String] {
        self.data.classes()
    }

    fn config(&self) -> Option<&ExtractConfig> {
        self.data.config()
    }

    fn read(&self, segments: &[usize], features: &mut [f32], labels: &mut [u32]) -> Result<()> {
        self.data.read(segments, features, labels)?;
        let [n_frames, n_coefficients] = self.segment_shape();
        for segment in features.chunks_exact_mut((n_frames * n_coefficients).max(1)) {
            segment.rotate_left(self.frames * n_coefficients);
        }
        Ok(())
    }
}
