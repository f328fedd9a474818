//! The gradient of a class score with respect to the input.

use ndarray::{Array3, ArrayRef3};

use super::{array, check, gradient, in_batches};
use crate::{Classifier, Result};

/// Returns the gradient of each segment's class score before the softmax with respect to the network's input,
/// `d logit[class] / d input`, with its sign. Its absolute value is a map of importance alone.
///
/// A standardizer comes before the network's input: with one, the unit is logits per standard deviation.
///
/// # Shapes
/// `features` `[n_segments, n_frames, n_coefficients]` and one class index per segment; the map has the shape of the
/// features.
///
/// # Errors
/// [`Error::ExplainedClasses`](crate::Error::ExplainedClasses) unless there is one class per segment,
/// [`Error::LabelOutOfRange`](crate::Error::LabelOutOfRange) for a class that the model does not have,
/// [`Error::NonFiniteFeature`](crate::Error::NonFiniteFeature) for a value that is NaN or infinite, and
/// [`Error::FeatureShape`](crate::Error::FeatureShape) for segments of another shape than the network's input.
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
