//! Mean and standard deviation over time.

use candle_core::{D, Tensor};
use serde::{Deserialize, Serialize};

use super::{LayerOps, LayerProblem};
use crate::ops::{self, Memory};

/// Mean and standard deviation over time of every coefficient: the summary of a segment that the simple models of the
/// [zoo](crate::zoo) use.
///
/// ```text
/// mean[c]      = sum over t of x[t, c] / n_frames
/// deviation[c] = sqrt(sum over t of (x[t, c] - mean[c])^2 / n_frames)
/// delta[t, c]  = sum over n = 1..4 of n (x[t + n, c] - x[t - n, c]) / 60
/// ```
///
/// Deltas exist where all nine frames do; there they equal `librosa.feature.delta` of width 9.
///
/// # Shapes
/// `[n_frames, n_coefficients]` or `[n_frames, n_coefficients, 1]` to `[2 * n_coefficients]`: all means, then all
/// deviations. With deltas `[4 * n_coefficients]`: those of the deltas follow. No weights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeStatistics {
    /// Values that are summarized; [`Summarized::Values`] unless set.
    #[serde(default)]
    pub summarized: Summarized,
}

/// The values whose mean and standard deviation [`TimeStatistics`] computes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Summarized {
    /// The coefficients alone.
    #[default]
    Values,
    /// The coefficients and their deltas, which describe how fast the sound changes. They double the number of values,
    /// which pays off when there are several hundred tracks.
    ValuesAndDeltas,
}

impl TimeStatistics {
    /// Frames before and after the one whose delta is computed; with it nine, librosa's default width.
    pub(crate) const REACH: usize = 4;

    /// The smallest variance whose square root is taken: the root has no derivative at 0.
    pub(crate) const MIN_VARIANCE: f64 = 1e-12;

    /// Statistics of the values alone.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same layer with statistics of these values.
    #[must_use]
    pub fn of(self, summarized: Summarized) -> Self {
        Self { summarized }
    }
}

impl LayerOps for TimeStatistics {
    fn base_name(&self) -> &'static str {
        "time_statistics"
    }

    fn class_name(&self) -> &'static str {
        "TimeStatistics"
    }

    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, LayerProblem> {
        let ([n_frames, n_coefficients] | [n_frames, n_coefficients, 1]) = *input else {
            return Err(LayerProblem::Rank { expected: 2, shape: input.to_vec() });
        };
        match self.summarized {
            Summarized::Values => Ok(vec![2 * n_coefficients]),
            Summarized::ValuesAndDeltas if n_frames > 2 * TimeStatistics::REACH => {
                Ok(vec![4 * n_coefficients])
            }
            Summarized::ValuesAndDeltas => {
                let range = "at least 9 where deltas are summarized";
                Err(LayerProblem::OutOfRange { field: "number of frames", range, value: n_frames as f64 })
            }
        }
    }

    fn infer(&self, x: &Tensor, _weights: &[Tensor], _memory: &Memory) -> ops::Result<Tensor> {
        let x = if x.rank() == 4 { x.squeeze(D::Minus1)? } else { x.clone() };
        let mut statistics = mean_and_deviation(&x)?;
        if self.summarized == Summarized::ValuesAndDeltas {
            statistics.extend(mean_and_deviation(&deltas(&x)?)?);
        }
        Ok(Tensor::cat(&statistics, 1)?)
    }
}

/// Mean and standard deviation over the second axis.
fn mean_and_deviation(x: &Tensor) -> candle_core::Result<Vec<Tensor>> {
    let mean = x.mean_keepdim(1)?;
    let variance = x.broadcast_sub(&mean)?.sqr()?.mean(1)?;
    Ok(vec![mean.squeeze(1)?, variance.clamp(TimeStatistics::MIN_VARIANCE, f64::from(f32::MAX))?.sqrt()?])
}

/// The slope of a line through every frame and its neighbors.
fn deltas(x: &Tensor) -> candle_core::Result<Tensor> {
    let n_frames = x.dim(1)?;
    let n_deltas = n_frames - 2 * TimeStatistics::REACH;
    let scale = 2.0 * (1..=TimeStatistics::REACH).map(|n| (n * n) as f64).sum::<f64>();
    let term = |n: usize| -> candle_core::Result<Tensor> {
        let difference = (x.narrow(1, TimeStatistics::REACH + n, n_deltas)?
            - x.narrow(1, TimeStatistics::REACH - n, n_deltas)?)?;
        difference * (n as f64 / scale)
    };
    (2..=TimeStatistics::REACH).try_fold(term(1)?, |sum, n| sum + term(n)?)
}
