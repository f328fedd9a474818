//! Every operation and its gradient, written from the definition with plain loops in `f64`.

use cepstrum_models::ops::{Activation, Pool2d};

pub(crate) fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&x| f64::from(x)).collect()
}

/// The output of a layer and the gradients of its arguments.
pub(crate) struct Layer {
    pub(crate) y: Vec<f64>,
    pub(crate) gradients: Vec<Vec<f64>>,
}

/// The convolution of shape `[n, h, w, c, kh, kw, o]`; with all sides 1 it is a dense layer.
pub(crate) fn conv2d(
    x: &[f64],
    kernel: &[f64],
    bias: &[f64],
    [n, h, w, c, kh, kw, o]: [usize; 7],
    activation: Activation,
    grad: impl Fn(&[f64]) -> Vec<f64>,
) -> Layer {
    let relu = activation == Activation::Relu;
    let (oh, ow) = (h - kh + 1, w - kw + 1);
    let terms = |mut f: Box<dyn FnMut(usize, usize, usize) + '_>| {
        for image in 0..n {
            for (i, j) in (0..oh).flat_map(|i| (0..ow).map(move |j| (i, j))) {
                for (u, v) in (0..kh).flat_map(|u| (0..kw).map(move |v| (u, v))) {
                    for (ci, co) in (0..c).flat_map(|ci| (0..o).map(move |co| (ci, co))) {
                        let place_x = ((image * h + i + u) * w + j + v) * c + ci;
                        f(place_x, ((u * kw + v) * c + ci) * o + co, ((image * oh + i) * ow + j) * o + co);
                    }
                }
            }
        }
    };
    let mut y: Vec<f64> = (0..n * oh * ow).flat_map(|_| bias.iter().copied()).collect();
    terms(Box::new(|px, pk, py| y[py] += x[px] * kernel[pk]));
    if relu {
        for y in &mut y {
            *y = y.max(0.0);
        }
    }
    let mut d_sums = grad(&y);
    if relu {
        d_sums.iter_mut().zip(&y).for_each(|(d, &y)| *d *= f64::from(y > 0.0));
    }
    let (mut d_x, mut d_kernel, mut d_bias) = (vec![0.0; x.len()], vec![0.0; kernel.len()], vec![0.0; o]);
    terms(Box::new(|px, pk, py| {
        d_x[px] += d_sums[py] * kernel[pk];
        d_kernel[pk] += d_sums[py] * x[px];
    }));
    d_sums.iter().enumerate().for_each(|(place, d)| d_bias[place % o] += d);
    Layer { y, gradients: vec![d_x, d_kernel, d_bias] }
}

/// The max pooling of `[n, h, w, c]`, and the position that every cell of the result took its value from.
pub(crate) fn max_pool2d(
    x: &[f64],
    [n, h, w, c]: [usize; 4],
    Pool2d { window, stride }: Pool2d,
) -> (Vec<f64>, Vec<usize>) {
    let axis = |side: usize, window: usize, stride: usize| {
        let cells = side.div_ceil(stride) as isize;
        let padding = ((cells - 1) * stride as isize + window as isize - side as isize).max(0);
        (0..cells)
            .map(|cell| {
                let start = cell * stride as isize - padding / 2;
                (start..start + window as isize)
                    .filter(|&at| at >= 0 && at < side as isize)
                    .map(|at| at as usize)
                    .collect()
            })
            .collect::<Vec<Vec<usize>>>()
    };
    let (mut y, mut places) = (Vec::new(), Vec::new());
    for image in 0..n {
        for rows in axis(h, window[0], stride[0]) {
            for columns in axis(w, window[1], stride[1]) {
                for channel in 0..c {
                    let inside = rows.iter().flat_map(|i| columns.iter().map(move |j| (i, j)));
                    let place = inside
                        .map(|(i, j)| ((image * h + i) * w + j) * c + channel)
                        .reduce(|best, next| if x[next] > x[best] { next } else { best })
                        .unwrap();
                    y.push(x[place]);
                    places.push(place);
                }
            }
        }
    }
    (y, places)
}

/// The batch normalization of `[rows, c]` by its own statistics, with the gradients of x, gamma and beta; then the mean
/// and the variance.
pub(crate) fn batch_norm(
    x: &[f64],
    gamma: &[f64],
    beta: &[f64],
    epsilon: f64,
    grad: impl Fn(&[f64]) -> Vec<f64>,
) -> (Layer, [Vec<f64>; 2]) {
    let c = gamma.len();
    let m = (x.len() / c) as f64;
    let sum = |f: &dyn Fn(usize) -> f64| {
        let mut sums = vec![0.0; c];
        (0..x.len()).for_each(|place| sums[place % c] += f(place));
        sums
    };
    let mean: Vec<f64> = sum(&|p| x[p]).iter().map(|s| s / m).collect();
    let variance: Vec<f64> = sum(&|p| (x[p] - mean[p % c]).powi(2)).iter().map(|s| s / m).collect();
    let root: Vec<f64> = variance.iter().map(|v| (v + epsilon).sqrt()).collect();
    let normal: Vec<f64> = (0..x.len()).map(|p| (x[p] - mean[p % c]) / root[p % c]).collect();
    let y: Vec<f64> = (0..x.len()).map(|p| gamma[p % c] * normal[p] + beta[p % c]).collect();
    let d = grad(&y);
    let (d_beta, d_gamma) = (sum(&|p| d[p]), sum(&|p| d[p] * normal[p]));
    let d_x = (0..x.len())
        .map(|p| gamma[p % c] / root[p % c] * (d[p] - d_beta[p % c] / m - normal[p] * d_gamma[p % c] / m))
        .collect();
    (Layer { y, gradients: vec![d_x, d_gamma, d_beta] }, [mean, variance])
}
