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
    let Augmentation { shift, speed, filter, time_masks, coefficient_masks, .. } = *augmentation;
    let size = n_frames * n_coefficients;
    if shift > 0 {
        let mut rng = stream_of("shift");
        for segment in features.chunks_exact_mut(size) {
            segment.rotate_left(rng.random_range(0..=2 * shift) % n_frames * n_coefficients);
        }
    }
    if speed > 0.0 {
        let mut rng = stream_of("speed");
        for segment in features.chunks_exact_mut(size) {
            let exponent = rng.random_range(-1.0..=1.0);
            stretch(segment, n_coefficients, (1.0 + speed).powf(exponent));
        }
    }
    if filter > 0.0 {
        let mut rng = stream_of("filter");
        for segment in features.chunks_exact_mut(size) {
            let [offset, slope] = [0, 1].map(|_| filter * normal(&mut rng));
            add_line(segment, n_coefficients, offset, slope);
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

/// Reads a segment `rate` times as fast, between two frames by linear interpolation; behind its end it begins anew.
fn stretch(segment: &mut [f32], n_coefficients: usize, rate: f64) {
    let (original, n_frames) = (segment.to_vec(), segment.len() / n_coefficients);
    let frame = |at: usize| &original[at % n_frames * n_coefficients..][..n_coefficients];
    for (at, target) in segment.chunks_exact_mut(n_coefficients).enumerate() {
        let position = at as f64 * rate;
        let (before, share) = (position as usize, position.fract() as f32);
        for ((value, from), to) in target.iter_mut().zip(frame(before)).zip(frame(before + 1)) {
            *value = from + share * (to - from);
        }
    }
}

/// Adds a line over the coefficients to every frame: `offset - slope` at the first one, `offset + slope` at the last.
fn add_line(segment: &mut [f32], n_coefficients: usize, offset: f64, slope: f64) {
    let step = 2.0 / n_coefficients.saturating_sub(1).max(1) as f64;
    let line: Vec<f32> =
        (0..n_coefficients).map(|k| (offset + slope * (k as f64 * step - 1.0)) as f32).collect();
    for frame in segment.chunks_exact_mut(n_coefficients) {
        frame.iter_mut().zip(&line).for_each(|(value, line)| *value += line);
    }
}

/// Draws from the standard normal distribution, by the method of Box and Muller.
fn normal(rng: &mut impl Rng) -> f64 {
    // In (0, 1], so that the logarithm is finite.
    let [x, angle] = [0, 1].map(|_| 1.0 - rng.random::<f64>());
    (-2.0 * x.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames of two coefficients whose value is the frame's number, and its negative.
    fn ramp(n_frames: usize) -> Vec<f32> {
        (0..n_frames).flat_map(|frame| [frame as f32, -(frame as f32)]).collect()
    }

    #[test]
    fn a_stretched_segment_is_read_between_its_frames_and_around_its_end() {
        let stretched = |rate| {
            let mut segment = ramp(6);
            stretch(&mut segment, 2, rate);
            assert!(segment.chunks(2).all(|frame| frame[0] == -frame[1]));
            segment.into_iter().step_by(2).collect::<Vec<f32>>()
        };
        assert_eq!(stretched(1.0), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(stretched(0.5), [0.0, 0.5, 1.0, 1.5, 2.0, 2.5]);
        assert_eq!(stretched(2.0), [0.0, 2.0, 4.0, 0.0, 2.0, 4.0]);
        // Halfway between the last frame and the first.
        assert_eq!(stretched(1.1)[5], 2.5);
    }

    #[test]
    fn a_filter_adds_the_same_line_to_every_frame() {
        let mut segment = vec![1.0; 2 * 5];
        add_line(&mut segment, 5, 0.5, 2.0);
        assert_eq!(segment, [-0.5, 0.5, 1.5, 2.5, 3.5].repeat(2));
        let mut single = vec![1.0; 3];
        add_line(&mut single, 1, 0.5, 2.0);
        assert_eq!(single, [-0.5; 3]);
    }

    #[test]
    fn normal_draws_have_mean_0_and_deviation_1() {
        let mut rng = stream(5, "test/normal");
        let draws: Vec<f64> = (0..20_000).map(|_| normal(&mut rng)).collect();
        let mean = draws.iter().sum::<f64>() / draws.len() as f64;
        let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / draws.len() as f64;
        // The standard errors are 0.007 and 0.01.
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05, "{mean} {variance}");
    }
}
