//! Attribution maps (saliency, `SmoothGrad`, Integrated Gradients, Grad-CAM) and their deletion/insertion evaluation.
//!
//! A map has the shape of the features and assigns each cell a share in the score of a class. [`DeletionInsertion`]
//! measures how well the order of a map's cells predicts what the network responds to.
//!
//! | map | computes | needs | choose it for |
//! |---|---|---|---|
//! | [`saliency`] | the gradient of the class score | one pass back | a quick look; it is speckled |
//! | [`SmoothGrad`] | saliency averaged over noisy copies | `samples` passes | the same map without the speckle |
//! | [`IntegratedGradients`] | the contribution of each cell to the change of the score from a baseline | `steps` passes, a baseline | maps that add up to the score |
//! | [`grad_cam`] | the region where a convolution's channels support the class | one pass from that layer | coarse regions in time and frequency |
//!
//! [`SpectralPath`] carries gradients and contributions back to the spectrum: by mel bands and by the bins of the short-time
//! transform.
//!
//! [`by_tag`] names the cells of a map over the tags of [`MusiCnn`](crate::pretrained::MusiCnn).

pub mod audible;
mod by_tag;
mod deletion_insertion;
mod grad_cam;
mod integrated_gradients;
mod saliency;
mod smooth_grad;
mod spectral;

pub use by_tag::by_tag;
pub use deletion_insertion::{DeletionInsertion, DeletionInsertionConfig, random_maps};
pub use grad_cam::grad_cam;
pub use integrated_gradients::IntegratedGradients;
pub use saliency::saliency;
pub use smooth_grad::{Sign, SmoothGrad};
pub use spectral::{IntegratedSpectrum, SpectralContributions, SpectralPath};

use candle_core::{Tensor, Var};
use ndarray::{Array3, ArrayRef3, Axis};

use crate::{Classifier, Error, Result};

/// Segments per forward pass, as in prediction.
const BATCH: usize = 32;

/// Checks that the segments fit the model and that there is one valid class per segment.
fn check(model: &Classifier, features: &ArrayRef3<f32>, classes: &[usize]) -> Result<()> {
    const PART: &str = "explanation";
    let n_classes = model.n_classes();
    if classes.len() != features.dim().0 {
        let (expected, actual) = (features.dim().0, classes.len());
        return Err(Error::ExplainedClasses { expected, actual });
    }
    if let Some((segment, &label)) = classes.iter().enumerate().find(|(_, class)| **class >= n_classes) {
        return Err(Error::LabelOutOfRange { part: PART, segment, label: label as u32, n_classes });
    }
    finite(PART, features)
}

/// Fails on a value that is NaN or infinite.
fn finite(part: &'static str, values: &ArrayRef3<f32>) -> Result<()> {
    match values.indexed_iter().find(|(_, value)| !value.is_finite()) {
        Some(((segment, frame, coefficient), &value)) => {
            Err(Error::NonFiniteFeature { part, segment, frame, coefficient, value })
        }
        None => Ok(()),
    }
}

/// Scores of each segment's class before the softmax, `[n]`.
fn scores(logits: &Tensor, classes: &[usize]) -> Result<Tensor> {
    let (n, n_classes) = logits.dims2()?;
    let mut chosen = vec![0.0_f32; n * n_classes];
    for (row, class) in chosen.chunks_exact_mut(n_classes).zip(classes) {
        row[*class] = 1.0;
    }
    let chosen = Tensor::from_vec(chosen, (n, n_classes), logits.device())?;
    Ok((logits * chosen)?.sum(1)?)
}

/// The gradient of the class scores with respect to `x`, the input of layer `first`.
fn gradient(model: &Classifier, x: &Tensor, first: usize, classes: &[usize]) -> Result<Tensor> {
    let network = model.network();
    let x = Var::from_tensor(x)?;
    let logits = network.forward_layers(x.as_tensor(), first..network.layers().len())?;
    let gradients = scores(&logits, classes)?.sum_all()?.backward()?;
    // A score that does not depend on the input has no entry.
    gradients.get(x.as_tensor()).map_or_else(|| Ok(x.zeros_like()?), |gradient| Ok(gradient.clone()))
}

/// The values of a tensor as an array of the given shape.
fn array(tensor: &Tensor, shape: (usize, usize, usize)) -> Result<Array3<f32>> {
    let values = tensor.flatten_all()?.to_vec1::<f32>()?;
    Array3::from_shape_vec(shape, values).map_err(|_| Error::NotClassifier { shape: tensor.dims().to_vec() })
}

/// Applies `f` to batches of segments with their classes and joins the results.
fn in_batches(
    features: &ArrayRef3<f32>,
    classes: &[usize],
    mut f: impl FnMut(&ArrayRef3<f32>, &[usize]) -> Result<Array3<f32>>,
) -> Result<Array3<f32>> {
    let mut maps = Array3::zeros(features.dim());
    for begin in (0..classes.len()).step_by(BATCH) {
        let end = (begin + BATCH).min(classes.len());
        let map = f(&features.slice_axis(Axis(0), (begin..end).into()), &classes[begin..end])?;
        maps.slice_axis_mut(Axis(0), (begin..end).into()).assign(&map);
    }
    Ok(maps)
}
