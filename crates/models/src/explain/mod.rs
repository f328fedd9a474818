//! What in a segment speaks for a class: maps of the input's shape, and what such a map is worth.

mod deletion_insertion;
mod grad_cam;
mod gradients;

pub use deletion_insertion::{DeletionInsertion, deletion_insertion, random_maps};
pub use grad_cam::grad_cam;
pub use gradients::{Sign, SmoothGrad, integrated_gradients, saliency};

use candle_core::{Tensor, Var};
use ndarray::{Array3, ArrayRef3};

use crate::{Classifier, Error, Result};

/// Segments in one pass, as in prediction.
const BATCH: usize = 32;

/// Checks that segments and the classes asked about fit each other and the model.
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

/// The gradient of the class scores at what the layers from `first` on see.
fn gradient(model: &Classifier, x: &Tensor, first: usize, classes: &[usize]) -> Result<Tensor> {
    let network = model.network();
    let x = Var::from_tensor(x)?;
    let logits = network.forward_layers(x.as_tensor(), first..network.layers().len())?;
    let gradients = scores(&logits, classes)?.sum_all()?.backward()?;
    // Where no score depends on the input, there is none.
    gradients.get(x.as_tensor()).map_or_else(|| Ok(x.zeros_like()?), |gradient| Ok(gradient.clone()))
}

/// A tensor of `shape` many numbers as an array.
fn array(tensor: &Tensor, shape: (usize, usize, usize)) -> Result<Array3<f32>> {
    let values = tensor.flatten_all()?.to_vec1::<f32>()?;
    Array3::from_shape_vec(shape, values).map_err(|_| Error::NotClassifier { shape: tensor.dims().to_vec() })
}

/// `f` over batches of segments and their classes, put together again.
fn in_batches(
    features: &ArrayRef3<f32>,
    classes: &[usize],
    mut f: impl FnMut(&ArrayRef3<f32>, &[usize]) -> Result<Array3<f32>>,
) -> Result<Array3<f32>> {
    let mut maps = Array3::zeros(features.dim());
    for begin in (0..classes.len()).step_by(BATCH) {
        let end = (begin + BATCH).min(classes.len());
        let map = f(&features.slice(ndarray::s![begin..end, .., ..]), &classes[begin..end])?;
        maps.slice_mut(ndarray::s![begin..end, .., ..]).assign(&map);
    }
    Ok(maps)
}
