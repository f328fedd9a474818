//! Batches, read, standardized and augmented one at a time.

use candle_core::{Device, Tensor};

use super::DataSource;
use crate::train::augment::{MixupDraw, augment};
use crate::{Augmentation, Result, Standardizer};

/// A batch of segments in the network's input shape and scale.
#[derive(Debug)]
pub(crate) struct Batch {
    /// `[n, ..input_shape]`.
    pub(crate) x: Tensor,
    pub(crate) labels: Vec<u32>,
    /// The draw by which segments were mixed with each other, if they were.
    pub(crate) mixup: Option<MixupDraw>,
}

/// The augmentation of an epoch's batches and the seeds of its draws.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AugmentDraw<'a> {
    pub(crate) augmentation: &'a Augmentation,
    pub(crate) seed: u64,
    /// Number of the first batch's step, counted over the whole run.
    pub(crate) first_step: u64,
}

/// Reads an order of segments in batches; the last one may be shorter.
pub(crate) struct Batches<'a, D: DataSource + ?Sized> {
    pub(crate) data: &'a D,
    pub(crate) standardizer: Option<&'a Standardizer>,
    pub(crate) input_shape: &'a [usize],
    pub(crate) batch_size: usize,
    pub(crate) device: &'a Device,
    /// `None` at inference.
    pub(crate) augmentation: Option<AugmentDraw<'a>>,
}

impl<D: DataSource + ?Sized> Batches<'_, D> {
    /// The batches of all segments in this order.
    pub(crate) fn of<'o>(&self, order: &'o [usize]) -> impl Iterator<Item = Result<Batch>> + use<'_, 'o, D> {
        order.chunks(self.batch_size).enumerate().map(|(at, segments)| self.gather(at as u64, segments))
    }

    /// Reads the batch of step `at` within the epoch.
    fn gather(&self, at: u64, segments: &[usize]) -> Result<Batch> {
        let mut features = vec![0.0; segments.len() * self.input_shape.iter().product::<usize>()];
        let mut labels = vec![0; segments.len()];
        self.data.read(segments, &mut features, &mut labels)?;
        if let Some(standardizer) = self.standardizer {
            standardizer.apply(&mut features);
        }
        let mut mixup = None;
        if let Some(AugmentDraw { augmentation, seed, first_step }) = self.augmentation {
            let step = first_step + at;
            augment(augmentation, self.data.segment_shape(), seed, step, &mut features);
            if augmentation.mixup > 0.0 {
                let drawn = MixupDraw::draw(augmentation.mixup, segments.len(), seed, step);
                drawn.apply(features.len() / segments.len(), &mut features);
                mixup = Some(drawn);
            }
        }
        let shape: Vec<usize> =
            std::iter::once(segments.len()).chain(self.input_shape.iter().copied()).collect();
        Ok(Batch { x: Tensor::from_vec(features, shape, self.device)?, labels, mixup })
    }
}
