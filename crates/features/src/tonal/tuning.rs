//! Estimation of the deviation from A = 440 Hz.

use cepstrum_dsp::block::{self, Lanes, PowerStft};
use cepstrum_dsp::{Float, StftConfig};

use crate::Result;

/// Frequencies between which partials are searched for, Hz.
const RANGE: std::ops::Range<f64> = 150.0..4000.0;
/// Least power of a partial, as a share of the frame's largest power.
const THRESHOLD: f64 = 0.1;
/// Width of a bin of the histogram, semitones.
const RESOLUTION: f64 = 0.01;

/// Frequencies and strengths of a signal's partials: `librosa.piptrack`, block after block.
#[derive(Debug, Clone)]
pub(crate) struct Partials<T> {
    hz: Vec<f64>,
    strengths: Vec<f64>,
    marks: Vec<Lanes<T>>,
}

impl<T: Float> Partials<T> {
    pub(crate) fn new() -> Self {
        Self { hz: Vec::new(), strengths: Vec::new(), marks: Vec::new() }
    }

    pub(crate) fn clear(&mut self) {
        self.hz.clear();
        self.strengths.clear();
    }

    /// Adds the local maxima of the first `count` spectra of a block, each moved to the vertex of the parabola through it and
    /// its neighbors.
    pub(crate) fn add(&mut self, spectra: &[Lanes<T>], count: usize, hz_per_bin: f64) -> Result<()> {
        let level = Lanes(block::maximum(spectra).0.map(|max| T::of(THRESHOLD * max.to_f64())));
        self.marks.resize(spectra.len(), Lanes::default());
        block::peaks(spectra, &level, &mut self.marks)?;
        let first = ((RANGE.start / hz_per_bin).ceil() as usize).max(1);
        let inside = spectra.windows(3).zip(&self.marks[1.min(spectra.len())..]).enumerate().skip(first - 1);
        for (i, (neighbors, marks)) in inside.take_while(|(i, _)| (i + 1) as f64 * hz_per_bin < RANGE.end) {
            // Most bins are no peak in any of the frames.
            if marks.0.iter().copied().sum::<T>() == T::zero() {
                continue;
            }
            for lane in (0..count).filter(|&lane| marks.0[lane] != T::zero()) {
                let [left, here, right] = [0, 1, 2].map(|j| neighbors[j].0[lane].to_f64());
                let (slope, curvature) = ((right - left) / 2.0, right + left - 2.0 * here);
                let shift = if slope.abs() >= curvature.abs() { 0.0 } else { -slope / curvature };
                self.hz.push(((i + 1) as f64 + shift) * hz_per_bin);
                self.strengths.push(here + 0.5 * slope * shift);
            }
        }
        Ok(())
    }

    /// The deviation from equal temperament on A = 440 Hz, in bins (of twelve per octave, semitones) from -0.5 to 0.5: the mode
    /// over the stronger half of the partials, or 0 without partials. `librosa.estimate_tuning`.
    pub(crate) fn tuning(&self, bins_per_octave: usize) -> f64 {
        let n_bins = (1.0 / RESOLUTION).ceil() as usize;
        let median = median(&self.strengths);
        let mut counts = vec![0_usize; n_bins];
        for (hz, _) in self.hz.iter().zip(&self.strengths).filter(|&(_, &strength)| strength >= median) {
            let mut residual = (bins_per_octave as f64 * octaves(*hz, 0.0)).rem_euclid(1.0);
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

/// The estimate of a signal's tuning from its magnitudes: `librosa.estimate_tuning(y=y)`.
#[derive(Debug, Clone)]
pub(crate) struct TuningEstimator<T: Float> {
    stft: PowerStft<T>,
    hz_per_bin: f64,
    partials: Partials<T>,
}

impl<T: Float> TuningEstimator<T> {
    pub(crate) fn new(sample_rate: u32) -> Result<Self> {
        let config = StftConfig::default();
        let hz_per_bin = f64::from(sample_rate) / config.n_fft as f64;
        Ok(Self { stft: PowerStft::new(&config)?, hz_per_bin, partials: Partials::new() })
    }

    /// Estimates the deviation in bins.
    pub(crate) fn estimate(&mut self, samples: &[T], bins_per_octave: usize) -> Result<f64> {
        let Self { stft, hz_per_bin, partials } = self;
        partials.clear();
        stft.for_each_block(samples, |frames, power| {
            block::sqrt(power);
            partials.add(power, frames.len(), *hz_per_bin)
        })?;
        Ok(partials.tuning(bins_per_octave))
    }
}

/// Converts a frequency to octaves above A0, which is 27.5 Hz when `tuning`, in semitones, is 0: `librosa.hz_to_octs`.
pub(crate) fn octaves(hz: f64, tuning: f64) -> f64 {
    (hz / (27.5 * (tuning / 12.0).exp2())).log2()
}

fn median(values: &[f64]) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    let (mut values, n) = (values.to_vec(), values.len());
    let (below, &mut upper, _) = values.select_nth_unstable_by(n / 2, f64::total_cmp);
    if n % 2 == 1 {
        return upper;
    }
    f64::midpoint(below.iter().copied().fold(f64::NEG_INFINITY, f64::max), upper)
}
