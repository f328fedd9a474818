//! The segments of one song as a data source.

use cepstrum_dataset::ExtractConfig;
use ndarray::{Array3, Axis};

use crate::{DataSource, Result};

/// Features of a song without labels.
pub(super) struct SongSegments<'a> {
    /// `[n_segments, n_frames, n_coefficients]`.
    pub(super) features: Array3<f32>,
    /// The configuration of the training data: a song is cut to its end, even if training tracks were not.
    pub(super) config: Option<&'a ExtractConfig>,
}

impl DataSource for SongSegments<'_> {
    fn len(&self) -> usize {
        self.features.dim().0
    }

    fn segment_shape(&self) -> [usize; 2] {
        let (_, n_frames, n_coefficients) = self.features.dim();
        [n_frames, n_coefficients]
    }

    fn classes(&self) -> &[String] {
        &[]
    }

    fn config(&self) -> Option<&ExtractConfig> {
        self.config
    }

    fn read(&self, segments: &[usize], features: &mut [f32], labels: &mut [u32]) -> Result<()> {
        let [n_frames, n_coefficients] = self.segment_shape();
        labels.fill(0);
        for (row, &segment) in features.chunks_exact_mut((n_frames * n_coefficients).max(1)).zip(segments) {
            row.iter_mut().zip(self.features.index_axis(Axis(0), segment)).for_each(|(to, from)| *to = *from);
        }
        Ok(())
    }
}
