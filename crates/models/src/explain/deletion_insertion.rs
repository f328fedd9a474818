//! Whether a map points at what matters: the class's probability while the input goes, or comes, in the map's order.

use cepstrum_dataset::rng::stream;
use ndarray::{Array3, ArrayRef2, ArrayRef3, Axis, s};
use rand::Rng;
use serde::{Deserialize, Serialize};

use super::{BATCH, check, finite};
use crate::{Classifier, Error, Result, ops};

/// The mean probability of the segments' classes while cells are replaced in the order of a map, most important first.
///
/// Both curves have `steps + 1` values, the first at 0 % of the cells, the last at 100 %, with equal steps between.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeletionInsertion {
    /// From the input to the baseline: falls early where the map is good.
    pub deletion: Vec<f32>,
    /// From the baseline to the input: rises early where the map is good.
    pub insertion: Vec<f32>,
}

impl DeletionInsertion {
    /// The area under the deletion curve by the trapezoidal rule, 0 to 1: the lower, the better the map.
    pub fn deletion_area(&self) -> f64 {
        area(&self.deletion)
    }

    /// The area under the insertion curve by the trapezoidal rule, 0 to 1: the higher, the better the map.
    pub fn insertion_area(&self) -> f64 {
        area(&self.insertion)
    }
}

/// Replaces the cells of every segment by the baseline's in the order of its map, the largest value first, in `steps`
/// steps, and follows the probability of the segment's class; and the other way round, from the baseline to the segment.
///
/// The order is that of the signed values: take a map's absolute value where cells against the class should count as
/// well. Cells of equal value go in the order of the frames. Scattered cells upset a network sooner than whole regions do:
/// a coarse map such as Grad-CAM's can win on insertion and still lose to [`random_maps`] on deletion.
///
/// # Shapes
/// `features` and `maps` `[n_segments, n_frames, n_coefficients]`, one class index a segment; `baseline`
/// `[n_frames, n_coefficients]` in the unit of the features, for instance the mean of the training part.
///
/// # Errors
/// As [`saliency`](super::saliency); [`Error::NoData`] for no segment, [`Error::ExplainedMaps`] for maps of another shape
/// than the features, [`Error::FeatureShape`] for a baseline of another shape, [`Error::NonFiniteFeature`] for a value in
/// a map or the baseline that is not finite, and [`Error::Setting`] for no step or more steps than cells.
///
/// ```
/// use cepstrum_models::{explain, zoo};
/// use ndarray::{Array2, Array3};
///
/// let model = zoo::ffnn(1, [20, 13], 4, 7)?;
/// let segments = Array3::from_shape_fn((2, 20, 13), |(i, j, k)| (i + 2 * j + 3 * k) as f32 / 20.0);
/// let maps = explain::saliency(&model, &segments, &[3, 0])?;
/// let curves = explain::deletion_insertion(&model, &segments, &[3, 0], &maps, &Array2::zeros((20, 13)), 10)?;
/// assert_eq!(curves.deletion.len(), 11);
/// assert_eq!(curves.deletion[0], curves.insertion[10]);
/// # Ok::<(), cepstrum_models::Error>(())
/// ```
///
/// # References
/// Petsiuk, Das and Saenko (2018), *RISE: randomized input sampling for explanation of black-box models*,
/// arXiv 1806.07421, section 4.3.
pub fn deletion_insertion(
    model: &Classifier,
    features: &ArrayRef3<f32>,
    classes: &[usize],
    maps: &ArrayRef3<f32>,
    baseline: &ArrayRef2<f32>,
    steps: usize,
) -> Result<DeletionInsertion> {
    check(model, features, classes)?;
    check_maps(features, maps)?;
    check_baseline(features, baseline)?;
    let (_, n_frames, n_coefficients) = features.dim();
    let n_cells = n_frames * n_coefficients;
    if !(1..=n_cells).contains(&steps) {
        let bound = "at least 1 and at most the number of cells of a segment";
        return Err(Error::Setting { setting: "steps", bound, value: steps as f64 });
    }
    let orders: Vec<Vec<[usize; 2]>> = maps.outer_iter().map(|map| falling(&map)).collect();
    let mut deleted = features.to_owned();
    let mut inserted = Array3::zeros(features.dim());
    inserted.assign(baseline);
    let mut curves = DeletionInsertion { deletion: Vec::new(), insertion: Vec::new() };
    let mut done = 0;
    for step in 0..=steps {
        let until = step * n_cells / steps;
        for (segment, order) in orders.iter().enumerate() {
            for &[frame, coefficient] in &order[done..until] {
                deleted[[segment, frame, coefficient]] = baseline[[frame, coefficient]];
                inserted[[segment, frame, coefficient]] = features[[segment, frame, coefficient]];
            }
        }
        done = until;
        curves.deletion.push(mean_probability(model, &deleted, classes)?);
        curves.insertion.push(mean_probability(model, &inserted, classes)?);
    }
    Ok(curves)
}

/// Maps that know nothing, of independent numbers from 0 to 1: what a map has to beat.
///
/// Segment `j` has its numbers from a stream of its own, so that they do not depend on the segments beside it.
pub fn random_maps(shape: (usize, usize, usize), seed: u64) -> Array3<f32> {
    let mut maps = Array3::zeros(shape);
    for (segment, mut map) in maps.outer_iter_mut().enumerate() {
        let mut rng = stream(seed, &format!("random_maps/{segment}"));
        map.mapv_inplace(|_: f32| rng.random());
    }
    maps
}

/// The trapezoidal rule over equal steps of a way of length 1.
fn area(curve: &[f32]) -> f64 {
    let steps = curve.windows(2).map(|pair| f64::from(pair[0]) + f64::from(pair[1]));
    steps.sum::<f64>() / 2.0 / (curve.len() as f64 - 1.0)
}

/// The cells of a map by falling value.
fn falling(map: &ArrayRef2<f32>) -> Vec<[usize; 2]> {
    let mut cells: Vec<([usize; 2], f32)> =
        map.indexed_iter().map(|((j, k), value)| ([j, k], *value)).collect();
    cells.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    cells.into_iter().map(|(cell, _)| cell).collect()
}

fn mean_probability(model: &Classifier, features: &Array3<f32>, classes: &[usize]) -> Result<f32> {
    let mut sum = 0.0;
    for (segments, classes) in features.axis_chunks_iter(Axis(0), BATCH).zip(classes.chunks(BATCH)) {
        let probabilities = ops::softmax(&model.forward(&model.input(&segments)?)?)?.to_vec2::<f32>()?;
        sum += probabilities.iter().zip(classes).map(|(row, class)| f64::from(row[*class])).sum::<f64>();
    }
    Ok((sum / classes.len() as f64) as f32)
}

fn check_maps(features: &ArrayRef3<f32>, maps: &ArrayRef3<f32>) -> Result<()> {
    if features.is_empty() {
        return Err(Error::NoData { part: "explanation" });
    }
    if maps.dim() != features.dim() {
        return Err(Error::ExplainedMaps { expected: features.dim().into(), actual: maps.dim().into() });
    }
    finite("map", maps)
}

fn check_baseline(features: &ArrayRef3<f32>, baseline: &ArrayRef2<f32>) -> Result<()> {
    let (_, n_frames, n_coefficients) = features.dim();
    if baseline.dim() != (n_frames, n_coefficients) {
        let (frames, coefficients) = baseline.dim();
        let expected = vec![n_frames, n_coefficients];
        return Err(Error::FeatureShape { expected, n_frames: frames, n_coefficients: coefficients });
    }
    finite("baseline", &baseline.slice(s![.., ..]).insert_axis(Axis(0)))
}
