//! Scaling of the inputs to mean 0 and standard deviation 1, coefficient by coefficient.

use ndarray::ArrayRef3;
use serde::{Deserialize, Serialize};

/// The scaling of features before they enter a network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standardization {
    /// No scaling, as in [the reference experiment](crate::zoo): with Adam at 0.01 one plain network in three then ends at
    /// chance level.
    Off,
    /// A [`Standardizer`] is fitted on the training data alone and stored with the model. The default, and the better choice
    /// unless results are to be compared with the reference experiment's.
    #[default]
    PerCoefficient,
}

/// The scaling `(x - mean) / deviation`, with one mean and one standard deviation per coefficient over all frames of all
/// segments; scikit-learn's `StandardScaler`.
///
/// ```
/// use cepstrum_models::Standardizer;
/// use ndarray::array;
///
/// let standardizer = Standardizer::fit(&array![[[1.0, 5.0], [3.0, 5.0]]]);
/// let mut frame = [3.0, 6.0];
/// standardizer.apply(&mut frame);
/// assert_eq!(frame, [1.0, 1.0]); // the second coefficient never varied: only its mean is subtracted
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Standardizer {
    mean: Vec<f32>,
    deviation: Vec<f32>,
}

impl Standardizer {
    /// Fits means and deviations to features `[n_segments, n_frames, n_coefficients]`.
    pub fn fit(features: &ArrayRef3<f32>) -> Self {
        let mut moments = Moments::new(features.len_of(ndarray::Axis(2)));
        for frame in features.rows() {
            moments.add_frame(frame.iter().copied());
        }
        moments.finish()
    }

    /// Builds a standardizer from means and deviations; `None` unless there are equally many, all finite, and every
    /// deviation is positive.
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

    /// Standard deviation of every coefficient; 1 where it never varied.
    pub fn deviation(&self) -> &[f32] {
        &self.deviation
    }

    /// Number of coefficients.
    pub fn n_coefficients(&self) -> usize {
        self.mean.len()
    }

    /// Standardizes whole frames in place; values beyond the last whole frame stay as they are.
    pub fn apply(&self, frames: &mut [f32]) {
        for frame in frames.chunks_exact_mut(self.mean.len().max(1)) {
            for ((value, mean), deviation) in frame.iter_mut().zip(&self.mean).zip(&self.deviation) {
                *value = (*value - mean) / deviation;
            }
        }
    }
}

/// The running mean and sum of squared deviations of every coefficient, in `f64`.
///
/// # References
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

    /// Mean and population variance of every coefficient; 1 in place of the variance of a constant.
    pub(crate) fn mean_and_variance(self) -> (Vec<f64>, Vec<f64>) {
        let count = self.count.max(1.0);
        let variance = |squares: f64| {
            let variance = squares / count;
            // A smaller deviation is rounding noise of a constant coefficient, which a division would amplify.
            if variance.sqrt() as f32 > 1e-6 { variance } else { 1.0 }
        };
        (self.mean, self.squares.into_iter().map(variance).collect())
    }

    pub(crate) fn finish(self) -> Standardizer {
        let (mean, variance) = self.mean_and_variance();
        let deviation = variance.into_iter().map(|variance| variance.sqrt() as f32).collect();
        Standardizer { mean: mean.into_iter().map(|mean| mean as f32).collect(), deviation }
    }
}
