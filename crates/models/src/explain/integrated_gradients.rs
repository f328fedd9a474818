//! Gradients averaged along the path from a baseline to the input.

use ndarray::{Array2, Array3, ArrayRef3, Axis};

use super::{array, check, gradient, in_batches};
use crate::{Classifier, Error, Result};

/// Integrated Gradients: `(input - baseline)` times the gradient averaged along the straight path from the baseline to the
/// input, by the midpoint rule.
///
/// ```text
/// map = (x - b) / steps * sum over k = 0 .. steps - 1 of  d logit[class] / d x  at  b + (x - b) (k + 1/2) / steps
/// ```
///
/// Each cell of the map is that cell's contribution to the score: the map of a segment sums to the difference between its
/// class score and the baseline's, up to the error of the midpoint rule.
///
/// ```
/// use cepstrum_models::{explain::IntegratedGradients, zoo};
/// use ndarray::{Array2, Array3};
///
/// let model = zoo::ffnn(1, [20, 13], 4, 7)?;
/// let segments = Array3::from_shape_fn((2, 20, 13), |(i, j, k)| (i + 2 * j + 3 * k) as f32 / 20.0);
/// let silence = Array2::zeros((20, 13));
/// let maps = IntegratedGradients::new(silence).maps(&model, &segments, &[3, 0])?;
/// assert_eq!(maps.dim(), (2, 20, 13));
/// # Ok::<(), cepstrum_models::Error>(())
/// ```
///
/// # References
/// Sundararajan, Taly and Yan (2017), *Axiomatic attribution for deep networks*, arXiv 1703.01365.
#[derive(Clone, Debug, PartialEq)]
pub struct IntegratedGradients {
    /// Start of the path, `[n_frames, n_coefficients]` in the unit of the features: an input without evidence, for instance
    /// silence or the mean of the training part.
    pub baseline: Array2<f32>,
    /// Steps of the midpoint rule, at least 1. The time grows in proportion; raise it while a map's sum differs from the
    /// change of the score. 50 by default.
    pub steps: usize,
}

impl IntegratedGradients {
    /// Integrated Gradients from this baseline in 50 steps.
    pub fn new(baseline: Array2<f32>) -> Self {
        Self { baseline, steps: 50 }
    }

    /// Returns the contribution of every cell to the score of its segment's class.
    ///
    /// # Shapes
    /// As [`saliency`](super::saliency).
    ///
    /// # Errors
    /// As [`saliency`](super::saliency), also for the baseline, and [`Error::Setting`] for no step.
    pub fn maps(
        &self,
        model: &Classifier,
        features: &ArrayRef3<f32>,
        classes: &[usize],
    ) -> Result<Array3<f32>> {
        if self.steps == 0 {
            return Err(Error::Setting { setting: "steps", bound: "at least 1", value: 0.0 });
        }
        check(model, features, classes)?;
        let baseline = self.baseline.view().insert_axis(Axis(0));
        check(model, &baseline, &[0])?;
        let from = model.input(&baseline)?;
        in_batches(features, classes, |features, classes| {
            let change = model.input(features)?.broadcast_sub(&from)?;
            let mut sum = change.zeros_like()?;
            for step in 0..self.steps {
                let share = (step as f64 + 0.5) / self.steps as f64;
                let at = (&change * share)?.broadcast_add(&from)?;
                sum = (sum + gradient(model, &at, 0, classes)?)?;
            }
            array(&((change * sum)? / self.steps as f64)?, features.dim())
        })
    }
}
