//! Maps made of the gradient of a class score with respect to the input.

use candle_core::Tensor;
use cepstrum_dataset::rng::stream;
use ndarray::{Array3, ArrayRef2, ArrayRef3, Axis};
use rand::Rng;

use super::{array, check, gradient, in_batches};
use crate::{Classifier, Error, Result};

/// The gradient of each segment's class score before the softmax with respect to the network's input,
/// `d logit[class] / d input`, with its sign; take the absolute value for a map of mere importance.
///
/// The input is what the network sees: behind a standardiser the unit is logits per standard deviation.
///
/// # Shapes
/// `features` `[n_segments, n_frames, n_coefficients]` and one class index a segment; the map has the shape of the
/// features.
///
/// # Errors
/// [`Error::ExplainedClasses`], [`Error::LabelOutOfRange`], [`Error::NonFiniteFeature`], [`Error::FeatureShape`].
///
/// ```
/// use cepstrum_models::{explain, zoo};
/// use ndarray::Array3;
///
/// let model = zoo::ffnn(1, [20, 13], 4, 7)?;
/// let segments = Array3::from_shape_fn((2, 20, 13), |(i, j, k)| (i + 2 * j + 3 * k) as f32 / 20.0);
/// let maps = explain::saliency(&model, &segments, &[3, 0])?;
/// assert_eq!(maps.dim(), (2, 20, 13));
/// # Ok::<(), cepstrum_models::Error>(())
/// ```
///
/// # References
/// Simonyan, Vedaldi and Zisserman (2014), *Deep inside convolutional networks*, arXiv 1312.6034.
pub fn saliency(model: &Classifier, features: &ArrayRef3<f32>, classes: &[usize]) -> Result<Array3<f32>> {
    check(model, features, classes)?;
    in_batches(features, classes, |features, classes| {
        array(&gradient(model, &model.input(features)?, 0, classes)?, features.dim())
    })
}

/// What of a gradient is averaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Its absolute value: importance.
    Absolute,
    /// Itself: positive where more of the input raises the score.
    Signed,
}

/// [`saliency`] averaged over noisy copies of the input, which takes the speckle out of it.
///
/// # References
/// Smilkov et al. (2017), *`SmoothGrad`: removing noise by adding noise*, arXiv 1706.03825; `tf-keras-vis`'
/// `Saliency(smooth_samples, smooth_noise)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SmoothGrad {
    /// Noisy copies, at least 1; 20 by default. The time grows with it, the speckle falls with its square root.
    pub samples: usize,
    /// Standard deviation of the noise as a share of the range (largest minus smallest value) of the segment's input;
    /// 0.2 by default.
    pub noise: f64,
    /// What is averaged; [`Sign::Absolute`] by default.
    pub sign: Sign,
    /// Governs the noise.
    pub seed: u64,
}

impl Default for SmoothGrad {
    fn default() -> Self {
        Self { samples: 20, noise: 0.2, sign: Sign::Absolute, seed: 0 }
    }
}

impl SmoothGrad {
    /// The averaged maps. Sample `i` of segment `j` has its noise from a stream of its own, so that a segment's map does
    /// not depend on the segments beside it.
    ///
    /// # Shapes
    /// As [`saliency`].
    ///
    /// # Errors
    /// As [`saliency`], and [`Error::Setting`] for no sample, or noise that is negative or not finite.
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
                *value += (deviation * normal(&mut rng)) as f32;
            }
        }
        Ok(Tensor::from_vec(values, x.shape(), x.device())?)
    }
}

/// A standard normal number, by Box and Muller's transform.
fn normal(rng: &mut impl Rng) -> f64 {
    let (radius, angle): (f64, f64) = (1.0 - rng.random::<f64>(), rng.random());
    (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
}

/// `(input - baseline)` times the gradient averaged along the straight path from the baseline to the input, in `steps`
/// steps of the midpoint rule: what each cell contributes to the score.
///
/// A segment's map sums to the score of its class less the baseline's score, but for the error of the rule.
///
/// # Shapes
/// As [`saliency`]; `baseline` `[n_frames, n_coefficients]` in the unit of the features, for instance silence or the
/// mean of the training part.
///
/// # Errors
/// As [`saliency`], [`Error::FeatureShape`] for the baseline too, and [`Error::Setting`] for no step.
///
/// # References
/// Sundararajan, Taly and Yan (2017), *Axiomatic attribution for deep networks*, arXiv 1703.01365.
pub fn integrated_gradients(
    model: &Classifier,
    features: &ArrayRef3<f32>,
    classes: &[usize],
    baseline: &ArrayRef2<f32>,
    steps: usize,
) -> Result<Array3<f32>> {
    if steps == 0 {
        return Err(Error::Setting { setting: "steps", bound: "at least 1", value: 0.0 });
    }
    check(model, features, classes)?;
    let baseline = baseline.to_owned().insert_axis(Axis(0));
    check(model, &baseline, &[0])?;
    let from = model.input(&baseline)?;
    in_batches(features, classes, |features, classes| {
        let way = model.input(features)?.broadcast_sub(&from)?;
        let mut sum = way.zeros_like()?;
        for step in 0..steps {
            let share = (step as f64 + 0.5) / steps as f64;
            let at = (&way * share)?.broadcast_add(&from)?;
            sum = (sum + gradient(model, &at, 0, classes)?)?;
        }
        array(&((way * sum)? / steps as f64)?, features.dim())
    })
}
