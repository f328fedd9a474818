//! Maps of the regions that a convolution responds to.

use ndarray::{Array2, Array3, ArrayRef3, ArrayViewMut2};

use super::{check, gradient, in_batches};
use crate::{Classifier, Error, Result};

/// Returns the regions where a layer's channels support each segment's class: `relu(sum over k of w[k] A[k])`, where
/// `A[k]` is channel `k` of the layer's output and `w[k]` the mean over its cells of the class score's gradient, enlarged
/// to the input's size by linear interpolation between the centers of the cells.
///
/// The last convolution is the usual choice: its channels are the most specific to classes, its regions the coarsest.
///
/// # Shapes
/// `features` `[n_segments, n_frames, n_coefficients]`, one class index per segment, and the name of a layer whose output
/// is `[height, width, channels]`; the map has the shape of the features, in units of the score, and is never negative.
///
/// # Errors
/// As [`saliency`](super::saliency), and [`Error::ExplainedLayer`] when the network has no such layer or the layer's output
/// does not have three axes.
///
/// ```
/// use cepstrum_models::{explain, zoo};
/// use ndarray::Array3;
///
/// let model = zoo::cnn([4, 4, 4, 4], [40, 13], 4, 7)?;
/// let segments = Array3::from_shape_fn((2, 40, 13), |(i, j, k)| (i + 2 * j + 3 * k) as f32 / 20.0);
/// let maps = explain::grad_cam(&model, &segments, &[3, 0], "conv2d_3")?;
/// assert_eq!(maps.dim(), (2, 40, 13));
/// # Ok::<(), cepstrum_models::Error>(())
/// ```
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
        let output = network.forward_layers(&model.input(features)?, 0..position + 1)?;
        let gradient = gradient(model, &output, position + 1, classes)?;
        let (output, gradient) = (output.flatten_all()?.to_vec1()?, gradient.flatten_all()?.to_vec1()?);
        let mut maps = Array3::zeros(features.dim());
        let size = height * width * channels;
        for ((mut map, output), gradient) in
            maps.outer_iter_mut().zip(output.chunks_exact(size)).zip(gradient.chunks_exact(size))
        {
            enlarge(&weighted(output, gradient, [height, width, channels]), &mut map);
        }
        Ok(maps)
    })
}

/// The rectified sum of one segment's channels, each weighted by the mean of its gradient.
fn weighted(output: &[f32], gradient: &[f32], [height, width, channels]: [usize; 3]) -> Array2<f32> {
    let mut weights = vec![0.0_f64; channels];
    for cell in gradient.chunks_exact(channels) {
        weights.iter_mut().zip(cell).for_each(|(weight, g)| *weight += f64::from(*g));
    }
    let cells = (height * width) as f64;
    Array2::from_shape_fn((height, width), |(row, column)| {
        let at = (row * width + column) * channels;
        let sum: f64 = output[at..at + channels].iter().zip(&weights).map(|(a, w)| f64::from(*a) * w).sum();
        (sum / cells).max(0.0) as f32
    })
}

/// Fills `map` with `small`, interpolated linearly between the centers of its cells.
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

/// The two of `n_small` cells around the center of cell `at` of `n`, and its distance from the first as a share of theirs.
fn between(at: usize, n: usize, n_small: usize) -> (usize, usize, f32) {
    let place = ((at as f32 + 0.5) * n_small as f32 / n as f32 - 0.5).clamp(0.0, (n_small - 1) as f32);
    let first = place as usize;
    (first, (first + 1).min(n_small - 1), place - first as f32)
}
