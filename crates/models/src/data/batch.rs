//! Batches gathered on the way, standardised as they are copied.

use candle_core::{Device, Tensor};

use super::DataSource;
use crate::{Result, Standardizer};

/// Some segments as the network takes them.
#[derive(Debug)]
pub(crate) struct Batch {
    /// `[n, ..input_shape]`.
    pub(crate) x: Tensor,
    pub(crate) labels: Vec<u32>,
}

/// Cuts an order of segments in batches; the last one may be short.
pub(crate) struct Batches<'a, D: DataSource + ?Sized> {
    pub(crate) data: &'a D,
    pub(crate) standardizer: Option<&'a Standardizer>,
    pub(crate) input_shape: &'a [usize],
    pub(crate) batch_size: usize,
    pub(crate) device: &'a Device,
}

impl<D: DataSource + ?Sized> Batches<'_, D> {
    pub(crate) fn of<'o>(&self, order: &'o [usize]) -> impl Iterator<Item = Result<Batch>> + use<'_, 'o, D> {
        order.chunks(self.batch_size).map(|segments| self.gather(segments))
    }

    fn gather(&self, segments: &[usize]) -> Result<Batch> {
        let mut features = vec![0.0; segments.len() * self.input_shape.iter().product::<usize>()];
        let mut labels = vec![0; segments.len()];
        self.data.read(segments, &mut features, &mut labels)?;
        if let Some(standardizer) = self.standardizer {
            standardizer.apply(&mut features);
        }
        let shape: Vec<usize> =
            std::iter::once(segments.len()).chain(self.input_shape.iter().copied()).collect();
        Ok(Batch { x: Tensor::from_vec(features, shape, self.device)?, labels })
    }
}
