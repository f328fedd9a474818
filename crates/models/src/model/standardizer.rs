//! Inputs brought to mean 0 and deviation 1, coefficient by coefficient.

use ndarray::ArrayRef3;
use serde::{Deserialize, Serialize};

/// What is done to features before they enter a network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standardization {
    /// Nothing, as in the reference experiment: with Adam at 0.01 one plain network in three then ends at chance.
    Off,
    /// A [`Standardizer`] is fitted on the training part alone and kept with the model. The default.
    #[default]
    PerCoefficient,
}

/// `(x - mean) / deviation` with one mean and one deviation a coefficient, over all frames of all segments.
///
/// ```
/// use cepstrum_models::Standardizer;
/// use ndarray::array;
///
/// let standardizer = Standardizer::fit(&array![[[1.0, 5.0], [3.0, 5.0]]]);
/// let mut frame = [3.0, 6.0];
/// standardizer.apply(&mut frame);
/// assert_eq!(frame, [1.0, 1.0]); // the second coefficient never varied: only its mean is taken off
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Standardizer {
    mean: Vec<f32>,
    deviation: Vec<f32>,
}

impl Standardizer {
    /// Measures features `[n_segments, n_frames, n_coefficients]`.
    pub fn fit(features: &ArrayRef3<f32>) -> Self {
        let mut moments = Moments::new(features.len_of(ndarray::Axis(2)));
        for frame in features.rows() {
            moments.add_frame(frame.iter().copied());
        }
        moments.finish()
    }

    /// Puts means and deviations together; `None` unless they are as many, finite, and the deviations positive.
    pub fn new(mean: Vec<f32>, deviation: Vec<f32>) -> Option<Self> {
        let sound = mean.len() == deviation.len()
            && mean.iter().all(|value| value.is_finite())
            && deviation.iter().all(|value| value.is_finite() && *value > 0.0);
        sound.then_some(Self { mean, deviation })
    }

    /// Mean of every coefficient.
    pub fn mean(&self) -> &[f32] {
        &self.mean
    }

    /// Standard deviation of every coefficient, 1 where it never varied.
    pub fn deviation(&self) -> &[f32] {
        &self.deviation
    }

    /// Number of coefficients.
    pub fn n_coefficients(&self) -> usize {
        self.mean.len()
    }

    /// Standardises whole frames in place; values beyond the last whole frame stay as they are.
    pub fn apply(&self, frames: &mut [f32]) {
        for frame in frames.chunks_exact_mut(self.mean.len().max(1)) {
            for ((value, mean), deviation) in frame.iter_mut().zip(&self.mean).zip(&self.deviation) {
                *value = (*value - mean) / deviation;
            }
        }
    }
}

/// Running mean and squared deviation of every coefficient, in `f64`.
///
/// Welford (1962), <https://doi.org/10.1080/00401706.1962.10490022>.
#[derive(Debug)]
pub(crate) struct Moments {
    count: f64,
    mean: Vec<f64>,
    squares: Vec<f64>,
}

impl Moments {
    pub(crate) fn new(n_coefficients: usize) -> Self {
        Self { count: 0.0, mean: vec![0.0; n_coefficients], squares: vec![0.0; n_coefficients] }
    }

    pub(crate) fn add_frame(&mut self, frame: impl IntoIterator<Item = f32>) {
        self.count += 1.0;
        for ((value, mean), squares) in frame.into_iter().zip(&mut self.mean).zip(&mut self.squares) {
            let difference = f64::from(value) - *mean;
            *mean += difference / self.count;
            *squares += difference * (f64::from(value) - *mean);
        }
    }

    pub(crate) fn finish(self) -> Standardizer {
        let deviation = |squares: &f64| {
            let deviation = (squares / self.count.max(1.0)).sqrt() as f32;
            // Below this a coefficient is constant but for rounding, and dividing would only enlarge the noise.
            if deviation > 1e-6 { deviation } else { 1.0 }
        };
        let mean = self.mean.iter().map(|mean| *mean as f32).collect();
        Standardizer { mean, deviation: self.squares.iter().map(deviation).collect() }
    }
}
