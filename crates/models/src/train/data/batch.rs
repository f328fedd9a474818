//! Batches gathered on the way, standardised as they are copied.

use candle_core::{Device, Tensor};

use super::DataSource;
use crate::train::augment::{MixupDraw, vary};
use crate::{Augmentation, Result, Standardizer};

/// Some segments as the network takes them.
#[derive(Debug)]
pub(crate) struct Batch {
    /// `[n, ..input_shape]`.
    pub(crate) x: Tensor,
    pub(crate) labels: Vec<u32>,
    /// How segments were mixed with each other, if they were.
    pub(crate) mixing: Option<MixupDraw>,
}

/// What varies the batches of an epoch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AugmentDraw<'a> {
    pub(crate) augmentation: &'a Augmentation,
    pub(crate) seed: u64,
    /// Number of the first batch's step, counted over the whole training.
    pub(crate) first_step: u64,
}

/// Cuts an order of segments in batches; the last one may be short.
pub(crate) struct Batches<'a, D: DataSource + ?Sized> {
    pub(crate) data: &'a D,
    pub(crate) standardizer: Option<&'a Standardizer>,
    pub(crate) input_shape: &'a [usize],
    pub(crate) batch_size: usize,
    pub(crate) device: &'a Device,
    /// `None` for segments as they are.
    pub(crate) variation: Option<AugmentDraw<'a>>,
}

impl<D: DataSource + ?Sized> Batches<'_, D> {
    pub(crate) fn of<'o>(&self, order: &'o [usize]) -> impl Iterator<Item = Result<Batch>> + use<'_, 'o, D> {
        order.chunks(self.batch_size).enumerate().map(|(at, segments)| self.gather(at as u64, segments))
    }

    fn gather(&self, at: u64, segments: &[usize]) -> Result<Batch> {
        let mut features = vec![0.0; segments.len() * self.input_shape.iter().product::<usize>()];
        let mut labels = vec![0; segments.len()];
        self.data.read(segments, &mut features, &mut labels)?;
        if let Some(standardizer) = self.standardizer {
            standardizer.apply(&mut features);
        }
        let mut mixing = None;
        if let Some(AugmentDraw { augmentation, seed, first_step }) = self.variation {
            let step = first_step + at;
            vary(augmentation, self.data.segment_shape(), seed, step, &mut features);
            if augmentation.mixup > 0.0 {
                let drawn = MixupDraw::draw(augmentation.mixup, segments.len(), seed, step);
                drawn.apply(features.len() / segments.len(), &mut features);
                mixing = Some(drawn);
            }
        }
        let shape: Vec<usize> =
            std::iter::once(segments.len()).chain(self.input_shape.iter().copied()).collect();
        Ok(Batch { x: Tensor::from_vec(features, shape, self.device)?, labels, mixing })
    }
}
