//! The deletion/insertion evaluation: a class's probability while cells are replaced in the order of a map.

use cepstrum_dataset::rng::stream;
use ndarray::{Array2, Array3, ArrayRef2, ArrayRef3, Axis};
use rand::Rng;
use serde::{Deserialize, Serialize};

use super::{BATCH, check, finite};
use crate::{Classifier, Error, Result, ops};

/// The mean probability of the segments' classes while cells are replaced in the order of a map, most important first;
/// see [`DeletionInsertionConfig::curves`].
///
/// Both curves have `steps + 1` values at equal distances, the first at 0 % of the cells, the last at 100 %.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeletionInsertion {
    /// From the input to the baseline; falls early for a good map.
    pub deletion: Vec<f32>,
    /// From the baseline to the input; rises early for a good map.
    pub insertion: Vec<f32>,
}

impl DeletionInsertion {
    /// Returns the area under the deletion curve by the trapezoidal rule, 0 to 1: the lower, the better the map.
    pub fn deletion_area(&self) -> f64 {
        area(&self.deletion)
    }

    /// Returns the area under the insertion curve by the trapezoidal rule, 0 to 1: the higher, the better the map.
    pub fn insertion_area(&self) -> f64 {
        area(&self.insertion)
    }
}

/// Settings of the deletion/insertion evaluation of attribution maps.
///
/// ```
/// use cepstrum_models::{explain::{self, DeletionInsertionConfig}, zoo};
/// use ndarray::{Array2, Array3};
///
/// let model = zoo::ffnn(1, [20, 13], 4, 7)?;
/// let segments = Array3::from_shape_fn((2, 20, 13), |(i, j, k)| (i + 2 * j + 3 * k) as f32 / 20.0);
/// let maps = explain::saliency(&model, &segments, &[3, 0])?;
/// let config = DeletionInsertionConfig { steps: 10, ..DeletionInsertionConfig::new(Array2::zeros((20, 13))) };
/// let curves = config.curves(&model, &segments, &[3, 0], &maps)?;
/// assert_eq!(curves.deletion.len(), 11);
/// assert_eq!(curves.deletion[0], curves.insertion[10]);
/// # Ok::<(), cepstrum_models::Error>(())
/// ```
///
/// # References
/// Petsiuk, Das and Saenko (2018), *RISE: randomized input sampling for explanation of black-box models*,
/// arXiv 1806.07421, section 4.3.
#[derive(Clone, Debug, PartialEq)]
pub struct DeletionInsertionConfig {
    /// Values that replace deleted cells, `[n_frames, n_coefficients]` in the unit of the features: an input without
    /// evidence, for instance the mean of the training part.
    pub baseline: Array2<f32>,
    /// Number of steps, from 1 to the number of cells of a segment. Each takes two forward passes over all segments; more
    /// steps resolve the curves more finely. 20 by default.
    pub steps: usize,
}

impl DeletionInsertionConfig {
    /// An evaluation against this baseline in 20 steps.
    pub fn new(baseline: Array2<f32>) -> Self {
        Self { baseline, steps: 20 }
    }

    /// Replaces the cells of every segment by the baseline's in the order of its map, the largest value first, and
    /// measures the probability of the segment's class after every step; and the reverse, from the baseline to the
    /// segment.
    ///
    /// Cells are ordered by their signed values: pass the absolute value of a map if cells against the class should count
    /// as well. Cells of equal value follow the order of the frames. Scattered cells disturb a network sooner than whole
    /// regions do: a coarse map such as Grad-CAM's can win on insertion and still lose to [`random_maps`] on deletion.
    ///
    /// # Shapes
    /// `features` and `maps` `[n_segments, n_frames, n_coefficients]`, one class index per segment.
    ///
    /// # Errors
    /// As [`saliency`](super::saliency); [`Error::NoData`] without a segment, [`Error::ExplainedMaps`] for maps of another
    /// shape than the features, [`Error::FeatureShape`] for a baseline of another shape, [`Error::NonFiniteFeature`] for a
    /// value of a map or of the baseline that is not finite, and [`Error::Setting`] for no step or more steps than cells.
    pub fn curves(
        &self,
        model: &Classifier,
        features: &ArrayRef3<f32>,
        classes: &[usize],
        maps: &ArrayRef3<f32>,
    ) -> Result<DeletionInsertion> {
        check(model, features, classes)?;
        check_maps(features, maps)?;
        check_baseline(features, &self.baseline)?;
        let (_, n_frames, n_coefficients) = features.dim();
        let n_cells = n_frames * n_coefficients;
        if !(1..=n_cells).contains(&self.steps) {
            let bound = "at least 1 and at most the number of cells of a segment";
            return Err(Error::Setting { setting: "steps", bound, value: self.steps as f64 });
        }
        let orders: Vec<Vec<[usize; 2]>> = maps.outer_iter().map(|map| falling(&map)).collect();
        let mut deleted = features.to_owned();
        let mut inserted = Array3::zeros(features.dim());
        inserted.assign(&self.baseline);
        let mut curves = DeletionInsertion { deletion: Vec::new(), insertion: Vec::new() };
        let mut done = 0;
        for step in 0..=self.steps {
            let until = step * n_cells / self.steps;
            for (segment, order) in orders.iter().enumerate() {
                for &[frame, coefficient] in &order[done..until] {
                    deleted[[segment, frame, coefficient]] = self.baseline[[frame, coefficient]];
                    inserted[[segment, frame, coefficient]] = features[[segment, frame, coefficient]];
                }
            }
            done = until;
            curves.deletion.push(mean_probability(model, &deleted, classes)?);
            curves.insertion.push(mean_probability(model, &inserted, classes)?);
        }
        Ok(curves)
    }
}

/// Returns maps of independent uniform values from 0 to 1: the chance level that an attribution map has to beat.
///
/// Segment `j` draws from a stream of its own, so that its map does not depend on the segments beside it.
pub fn random_maps(shape: (usize, usize, usize), seed: u64) -> Array3<f32> {
    let mut maps = Array3::zeros(shape);
    for (segment, mut map) in maps.outer_iter_mut().enumerate() {
        let mut rng = stream(seed, &format!("random_maps/{segment}"));
        map.mapv_inplace(|_: f32| rng.random());
    }
    maps
}

/// The area under a curve over the interval from 0 to 1, by the trapezoidal rule with equal steps.
fn area(curve: &[f32]) -> f64 {
    let steps = curve.windows(2).map(|pair| f64::from(pair[0]) + f64::from(pair[1]));
    steps.sum::<f64>() / 2.0 / (curve.len() as f64 - 1.0)
}

/// The cells of a map in descending order of their values.
fn falling(map: &ArrayRef2<f32>) -> Vec<[usize; 2]> {
    let mut cells: Vec<([usize; 2], f32)> =
        map.indexed_iter().map(|((j, k), value)| ([j, k], *value)).collect();
    cells.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    cells.into_iter().map(|(cell, _)| cell).collect()
}

/// The mean over the segments of the probability of their classes.
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

fn check_baseline(features: &ArrayRef3<f32>, baseline: &Array2<f32>) -> Result<()> {
    let (_, n_frames, n_coefficients) = features.dim();
    if baseline.dim() != (n_frames, n_coefficients) {
        let (frames, coefficients) = baseline.dim();
        let expected = vec![n_frames, n_coefficients];
        return Err(Error::FeatureShape { expected, n_frames: frames, n_coefficients: coefficients });
    }
    finite("baseline", &baseline.view().insert_axis(Axis(0)))
}
