//! Estimation of the deviation from A = 440 Hz.

use cepstrum_dsp::Float;

/// Frequencies between which partials are searched for, Hz.
const RANGE: std::ops::Range<f64> = 150.0..4000.0;
/// Least power of a partial, as a share of the frame's largest power.
const THRESHOLD: f64 = 0.1;
/// Width of a bin of the histogram, semitones.
const RESOLUTION: f64 = 0.01;

/// Frequencies and strengths of a signal's partials: `librosa.piptrack`, one frame after the other.
#[derive(Debug, Clone, Default)]
pub(crate) struct Partials {
    hz: Vec<f64>,
    strengths: Vec<f64>,
}

impl Partials {
    pub(crate) fn clear(&mut self) {
        self.hz.clear();
        self.strengths.clear();
    }

    /// Adds the local maxima of a power spectrum, each moved to the vertex of the parabola through it and its neighbors.
    pub(crate) fn add<T: Float>(&mut self, power: impl Fn(usize) -> T, n_bins: usize, hz_per_bin: f64) {
        let power = |k: usize| power(k).to_f64();
        let least = THRESHOLD * (0..n_bins).map(power).fold(0.0, f64::max);
        let first = (RANGE.start / hz_per_bin).ceil() as usize;
        let audible = |k: usize| if power(k) > least { power(k) } else { 0.0 };
        for k in first.max(1)..n_bins.saturating_sub(1) {
            if k as f64 * hz_per_bin >= RANGE.end {
                break;
            }
            if !(audible(k) > audible(k - 1) && audible(k) >= audible(k + 1)) {
                continue;
            }
            let slope = (power(k + 1) - power(k - 1)) / 2.0;
            let curvature = power(k + 1) + power(k - 1) - 2.0 * power(k);
            let shift = if slope.abs() >= curvature.abs() { 0.0 } else { -slope / curvature };
            self.hz.push((k as f64 + shift) * hz_per_bin);
            self.strengths.push(power(k) + 0.5 * slope * shift);
        }
    }

    /// The deviation from equal temperament on A = 440 Hz, in semitones from -0.5 to 0.5: the mode over the stronger half
    /// of the partials, or 0 without partials. `librosa.estimate_tuning`.
    pub(crate) fn tuning(&self) -> f64 {
        let n_bins = (1.0 / RESOLUTION).ceil() as usize;
        let median = median(&self.strengths);
        let mut counts = vec![0_usize; n_bins];
        for (hz, _) in self.hz.iter().zip(&self.strengths).filter(|&(_, &strength)| strength >= median) {
            let mut residual = (12.0 * octaves(*hz, 0.0)).rem_euclid(1.0);
            if residual >= 0.5 {
                residual -= 1.0;
            }
            let bin = ((residual + 0.5) * n_bins as f64) as usize;
            counts[bin.min(n_bins - 1)] += 1;
        }
        let most = counts.iter().copied().max().unwrap_or(0);
        if most == 0 {
            return 0.0;
        }
        let bin = counts.iter().position(|&count| count == most).unwrap_or(0);
        -0.5 + bin as f64 / n_bins as f64
    }
}

/// Converts a frequency to octaves above A0, which is 27.5 Hz when `tuning`, in semitones, is 0: `librosa.hz_to_octs`.
pub(crate) fn octaves(hz: f64, tuning: f64) -> f64 {
    (hz / (27.5 * (tuning / 12.0).exp2())).log2()
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => 0.0,
        n if n % 2 == 1 => sorted[n / 2],
        n => f64::midpoint(sorted[n / 2 - 1], sorted[n / 2]),
    }
}
