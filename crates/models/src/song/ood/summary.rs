//! The description of a segment that the detector compares.

use ndarray::{Array1, Array2, ArrayView2, Axis};

use crate::train::data::validate_all;
use crate::{DataSource, Result};

/// A standard deviation, in decibels, that is added to every coefficient's before its logarithm: changes below it count
/// as none.
const STD_FLOOR_DB: f64 = 0.1;

/// Mean and logarithm of the standard deviation of every coefficient over the frames, `[n_segments, 2 * n_coefficients]`.
///
/// The logarithm separates sounds that hardly change at all, such as noise, from music that changes little.
pub(super) fn summaries(part: &'static str, data: &(impl DataSource + ?Sized)) -> Result<Array2<f64>> {
    let [n_frames, n_coefficients] = data.segment_shape();
    let mut summaries = Array2::zeros((data.len(), 2 * n_coefficients));
    let mut rows = summaries.outer_iter_mut();
    validate_all(part, data, usize::MAX, |_, values| {
        for (segment, mut row) in values.chunks((n_frames * n_coefficients).max(1)).zip(rows.by_ref()) {
            let Ok(frames) = ArrayView2::from_shape((n_frames, n_coefficients), segment) else { continue };
            let frames = frames.mapv(f64::from);
            let means = frames.mean_axis(Axis(0)).unwrap_or_else(|| Array1::zeros(n_coefficients));
            let deviations =
                frames.std_axis(Axis(0), 0.0).mapv_into(|deviation| (deviation + STD_FLOOR_DB).ln());
            for (to, from) in row.iter_mut().zip(means.iter().chain(&deviations)) {
                *to = *from;
            }
        }
    })?;
    Ok(summaries)
}

/// The mean summary of every class that has a segment, one row each, and the row of every class (0 for one without).
pub(super) fn class_means(
    summaries: &Array2<f64>,
    labels: &[usize],
    n_classes: usize,
) -> (Array2<f64>, Vec<usize>) {
    let mut counts = vec![0.0_f64; n_classes];
    for &label in labels {
        counts[label] += 1.0;
    }
    let present: Vec<usize> = (0..n_classes).filter(|&class| counts[class] > 0.0).collect();
    let mut row_of = vec![0; n_classes];
    present.iter().enumerate().for_each(|(row, &class)| row_of[class] = row);

    let mut means = Array2::zeros((present.len(), summaries.ncols()));
    for (summary, &label) in summaries.outer_iter().zip(labels) {
        let mut mean = means.row_mut(row_of[label]);
        mean += &summary;
    }
    for (mut mean, class) in means.outer_iter_mut().zip(present) {
        mean /= counts[class];
    }
    (means, row_of)
}
