//! Shifts along time and masks, segment by segment.

use cepstrum_dataset::rng::stream;
use rand::Rng;

use super::{Augmentation, Masks};

/// Shifts and masks the segments of a batch, `[n_frames, n_coefficients]` each, with the draws of one step.
pub(crate) fn augment(
    augmentation: &Augmentation,
    [n_frames, n_coefficients]: [usize; 2],
    seed: u64,
    step: u64,
    features: &mut [f32],
) {
    let stream_of = |kind: &str| stream(seed, &format!("augment/{kind}/{step}"));
    let Augmentation { shift, time_masks, coefficient_masks, .. } = *augmentation;
    let size = n_frames * n_coefficients;
    if shift > 0 {
        let mut rng = stream_of("shift");
        for segment in features.chunks_exact_mut(size) {
            segment.rotate_left(rng.random_range(0..=2 * shift) % n_frames * n_coefficients);
        }
    }
    if time_masks.masks_anything() {
        let mut rng = stream_of("time-mask");
        for segment in features.chunks_exact_mut(size) {
            let means = means(segment, n_coefficients);
            for _ in 0..time_masks.count {
                let frames = time_masks.draw(n_frames, &mut rng);
                let masked = &mut segment[frames.start * n_coefficients..frames.end * n_coefficients];
                masked.chunks_exact_mut(n_coefficients).for_each(|frame| frame.copy_from_slice(&means));
            }
        }
    }
    if coefficient_masks.masks_anything() {
        let mut rng = stream_of("coefficient-mask");
        for segment in features.chunks_exact_mut(size) {
            let means = means(segment, n_coefficients);
            for _ in 0..coefficient_masks.count {
                let band = coefficient_masks.draw(n_coefficients, &mut rng);
                for frame in segment.chunks_exact_mut(n_coefficients) {
                    frame[band.clone()].copy_from_slice(&means[band.clone()]);
                }
            }
        }
    }
}

impl Masks {
    fn masks_anything(self) -> bool {
        self.count > 0 && self.longest > 0
    }

    /// Draws the range of a mask along an axis of this length.
    fn draw(self, length: usize, rng: &mut impl Rng) -> std::ops::Range<usize> {
        let masked = rng.random_range(0..=self.longest);
        let start = rng.random_range(0..=length - masked);
        start..start + masked
    }
}

/// The mean of every coefficient over the frames.
fn means(segment: &[f32], n_coefficients: usize) -> Vec<f32> {
    let mut sums = vec![0.0_f64; n_coefficients];
    for frame in segment.chunks_exact(n_coefficients) {
        sums.iter_mut().zip(frame).for_each(|(sum, value)| *sum += f64::from(*value));
    }
    let n_frames = (segment.len() / n_coefficients) as f64;
    sums.into_iter().map(|sum| (sum / n_frames) as f32).collect()
}
