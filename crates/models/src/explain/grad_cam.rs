//! Maps of what a convolution sees.

use ndarray::{Array2, Array3, ArrayRef3, ArrayViewMut2};

use super::{check, gradient, in_batches};
use crate::{Classifier, Error, Result};

/// Where a layer's channels speak for each segment's class: `relu(sum over k of w[k] A[k])`, where `A[k]` is channel `k`
/// of the layer's output and `w[k]` the mean over its cells of the class score's gradient; enlarged to the input's size by
/// linear interpolation between the middles of the cells.
///
/// # Shapes
/// `features` `[n_segments, n_frames, n_coefficients]`, one class index a segment, and the name of a layer whose output
/// is `[height, width, channels]`; the map has the shape of the features, in units of the score, and is never negative.
///
/// # Errors
/// As [`saliency`](super::saliency), and [`Error::ExplainedLayer`] when the network has no such layer or its output is no
/// picture.
///
/// # References
/// Selvaraju et al. (2017), *Grad-CAM*, arXiv 1610.02391; `tf-keras-vis`' `Gradcam`.
pub fn grad_cam(
    model: &Classifier,
    features: &ArrayRef3<f32>,
    classes: &[usize],
    layer: &str,
) -> Result<Array3<f32>> {
    check(model, features, classes)?;
    let network = model.network();
    let position = network.position(layer);
    let shape = position.map(|at| network.layers()[at].output_shape());
    let (Some(position), Some(&[height, width, channels])) = (position, shape) else {
        let output = shape.map(<[usize]>::to_vec);
        return Err(Error::ExplainedLayer { layer: layer.to_owned(), output });
    };
    in_batches(features, classes, |features, classes| {
        let seen = network.forward_layers(&model.input(features)?, 0..position + 1)?;
        let gradient = gradient(model, &seen, position + 1, classes)?;
        let (seen, gradient) = (seen.flatten_all()?.to_vec1()?, gradient.flatten_all()?.to_vec1()?);
        let mut maps = Array3::zeros(features.dim());
        let size = height * width * channels;
        for ((mut map, seen), gradient) in
            maps.outer_iter_mut().zip(seen.chunks_exact(size)).zip(gradient.chunks_exact(size))
        {
            enlarge(&weighted(seen, gradient, [height, width, channels]), &mut map);
        }
        Ok(maps)
    })
}

fn weighted(seen: &[f32], gradient: &[f32], [height, width, channels]: [usize; 3]) -> Array2<f32> {
    let mut weights = vec![0.0_f64; channels];
    for cell in gradient.chunks_exact(channels) {
        weights.iter_mut().zip(cell).for_each(|(weight, g)| *weight += f64::from(*g));
    }
    let cells = (height * width) as f64;
    Array2::from_shape_fn((height, width), |(row, column)| {
        let at = (row * width + column) * channels;
        let sum: f64 = seen[at..at + channels].iter().zip(&weights).map(|(a, w)| f64::from(*a) * w).sum();
        (sum / cells).max(0.0) as f32
    })
}

fn enlarge(small: &Array2<f32>, map: &mut ArrayViewMut2<'_, f32>) {
    let ((height, width), (rows, columns)) = (small.dim(), map.dim());
    for ((row, column), value) in map.indexed_iter_mut() {
        let (top, bottom, down) = between(row, rows, height);
        let (left, right, along) = between(column, columns, width);
        let mix = |a: f32, b: f32, share: f32| a + share * (b - a);
        let upper = mix(small[[top, left]], small[[top, right]], along);
        *value = mix(upper, mix(small[[bottom, left]], small[[bottom, right]], along), down);
    }
}

/// The cells of `n_small` around the middle of cell `at` of `n`, and how far it is from the first to the second.
fn between(at: usize, n: usize, n_small: usize) -> (usize, usize, f32) {
    let place = ((at as f32 + 0.5) * n_small as f32 / n as f32 - 0.5).clamp(0.0, (n_small - 1) as f32);
    let first = place as usize;
    (first, (first + 1).min(n_small - 1), place - first as f32)
}
