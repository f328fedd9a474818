//! Saliency averaged over noisy copies of the input.

use candle_core::Tensor;
use cepstrum_dataset::rng::stream;
use ndarray::{Array3, ArrayRef3};
use serde::{Deserialize, Serialize};

use super::{array, check, gradient, in_batches};
use crate::random::standard_normal;
use crate::{Classifier, Error, Result};

/// The quantity that [`SmoothGrad`] averages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sign {
    /// The absolute value of the gradient: importance, whatever its direction.
    Absolute,
    /// The gradient: positive where a larger value raises the score.
    Signed,
}

/// [`saliency`](super::saliency) averaged over noisy copies of the input, which removes most of its speckle.
///
/// ```
/// use cepstrum_models::{explain::SmoothGrad, zoo};
/// use ndarray::Array3;
///
/// let model = zoo::ffnn(1, [20, 13], 4, 7)?;
/// let segments = Array3::from_shape_fn((2, 20, 13), |(i, j, k)| (i + 2 * j + 3 * k) as f32 / 20.0);
/// let maps = SmoothGrad { samples: 4, seed: 7, ..SmoothGrad::default() }.maps(&model, &segments, &[3, 0])?;
/// assert!(maps.iter().all(|importance| *importance >= 0.0));
/// # Ok::<(), cepstrum_models::Error>(())
/// ```
///
/// # References
/// Smilkov et al. (2017), *`SmoothGrad`: removing noise by adding noise*, arXiv 1706.03825; `tf-keras-vis`'
/// `Saliency(smooth_samples, smooth_noise)`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SmoothGrad {
    /// Number of noisy copies, at least 1. The time grows in proportion, the speckle falls with the square root: 20 (the
    /// default) is a good start, 50 suits a figure.
    pub samples: usize,
    /// Standard deviation of the noise as a share of the range (largest minus smallest value) of the segment's input.
    /// Larger values blur the map, smaller ones leave speckle; 0.1 to 0.2 suits most networks. 0.2 by default.
    pub noise: f64,
    /// The quantity that is averaged. Choose [`Sign::Signed`] to separate cells for the class from cells against it;
    /// [`Sign::Absolute`] by default.
    pub sign: Sign,
    /// Seed of the noise: equal seeds give equal maps. 0 by default.
    pub seed: u64,
}

impl Default for SmoothGrad {
    fn default() -> Self {
        Self { samples: 20, noise: 0.2, sign: Sign::Absolute, seed: 0 }
    }
}

impl SmoothGrad {
    /// Returns the averaged maps. Sample `i` of segment `j` draws its noise from a stream of its own, so that the map of
    /// a segment does not depend on the segments beside it.
    ///
    /// # Shapes
    /// As [`saliency`](super::saliency).
    ///
    /// # Errors
    /// As [`saliency`](super::saliency), and [`Error::Setting`] for no sample, or for noise that is negative or not
    /// finite.
    pub fn maps(
        &self,
        model: &Classifier,
        features: &ArrayRef3<f32>,
        classes: &[usize],
    ) -> Result<Array3<f32>> {
        if self.samples == 0 {
            return Err(Error::Setting { setting: "samples", bound: "at least 1", value: 0.0 });
        }
        if !(self.noise >= 0.0 && self.noise.is_finite()) {
            let bound = "at least 0 and finite";
            return Err(Error::Setting { setting: "noise", bound, value: self.noise });
        }
        check(model, features, classes)?;
        let mut begin = 0;
        in_batches(features, classes, |features, classes| {
            let x = model.input(features)?;
            let mut sum = Array3::zeros(features.dim());
            for sample in 0..self.samples {
                let gradient = gradient(model, &self.noisy(&x, begin, sample)?, 0, classes)?;
                let map = array(&gradient, features.dim())?;
                sum += &match self.sign {
                    Sign::Absolute => map.abs(),
                    Sign::Signed => map,
                };
            }
            begin += classes.len();
            Ok(sum / self.samples as f32)
        })
    }

    /// A noisy copy of a batch whose first segment has index `first_segment` among all.
    fn noisy(&self, x: &Tensor, first_segment: usize, sample: usize) -> Result<Tensor> {
        let mut values = x.flatten_all()?.to_vec1::<f32>()?;
        let size = values.len() / x.dim(0)?;
        for (i, segment) in values.chunks_exact_mut(size).enumerate() {
            let mut rng = stream(self.seed, &format!("smooth_grad/{}/{sample}", first_segment + i));
            let (low, high) = segment
                .iter()
                .fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), x| (low.min(*x), high.max(*x)));
            let deviation = self.noise * f64::from(high - low);
            for value in segment {
                *value += (deviation * standard_normal(&mut rng)) as f32;
            }
        }
        Ok(Tensor::from_vec(values, x.shape(), x.device())?)
    }
}
