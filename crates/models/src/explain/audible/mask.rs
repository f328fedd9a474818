//! From relevance to masks.

use cepstrum_dataset::cepstrum_features::dsp::StftConfig;
use ndarray::{Array2, ArrayRef2, Axis, Zip};

use crate::{Error, Result};

/// Settings of the way from relevance to masks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MaskConfig {
    /// Length of the triangular smoothing over time, seconds. Longer ones sound calmer and say less of when. 0.3 by default: a
    /// note; 0 for none.
    pub seconds: f64,
    /// Width of the triangular smoothing over frequency, Hz. Wider ones sound more natural and say less of where. 300 by
    /// default; 0 for none.
    pub hertz: f64,
    /// Factor that remains where a mask is closed, from 0 to below 1. A little of the rest keeps features near sounds that the
    /// network knows, and gives ears a context. 0.03 by default, 30 dB below.
    pub floor: f32,
}

impl Default for MaskConfig {
    fn default() -> Self {
        Self { seconds: 0.3, hertz: 300.0, floor: 0.03 }
    }
}

/// Masks of a stretch of sound, `[n_frames, n_bins]` each, with values from the floor to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Masks {
    /// Open where the class has its support.
    pub spoke_for: Array2<f32>,
    /// Open where something speaks against the class.
    pub spoke_against: Array2<f32>,
    /// Closed where the class has its support.
    pub without: Array2<f32>,
}

/// Relevance that counts as none, as a share of the mean over all bins: where nothing speaks, no mask opens.
const NEGLIGIBLE: f32 = 0.1;

impl MaskConfig {
    pub(super) fn check(&self) -> Result<()> {
        for (setting, value) in [("seconds", self.seconds), ("hertz", self.hertz)] {
            if !(value.is_finite() && value >= 0.0) {
                return Err(Error::Setting { setting, bound: "at least 0 and finite", value });
            }
        }
        if !(0.0..1.0).contains(&self.floor) {
            let (setting, bound) = ("floor", "at least 0 and below 1");
            return Err(Error::Setting { setting, bound, value: f64::from(self.floor) });
        }
        Ok(())
    }

    /// Smooths the supporting and the opposing relevance, and divides each bin between the two.
    ///
    /// ```text
    /// share = smooth(max(r, 0)) / (smooth(|r|) + 0.1 mean |r|),   mask = floor + (1 - floor) share
    /// ```
    ///
    /// # Errors
    /// [`Error::NonFiniteFeature`] for a value that is NaN or infinite.
    pub(super) fn masks(
        &self,
        relevance: &ArrayRef2<f32>,
        sample_rate: u32,
        stft: &StftConfig,
    ) -> Result<Masks> {
        check_finite("relevance", relevance)?;
        let lengths = self.lengths(sample_rate, stft);
        let smoothed = |sign: f32| smooth(relevance.mapv(|r| (sign * r).max(0.0)), lengths);
        let (positive, negative) = (smoothed(1.0), smoothed(-1.0));
        let nothing = NEGLIGIBLE * relevance.mapv(f32::abs).mean().unwrap_or_default();
        let mask = |share: f32| self.floor + (1.0 - self.floor) * share;
        let mut masks =
            Masks { spoke_for: positive.clone(), spoke_against: negative.clone(), without: positive };
        Zip::from(&mut masks.spoke_for).and(&mut masks.spoke_against).and(&mut masks.without).for_each(
            |open, against, without| {
                let whole = *open + *against + nothing;
                let shares = if whole > 0.0 { [*open / whole, *against / whole] } else { [0.0; 2] };
                (*open, *against, *without) = (mask(shares[0]), mask(shares[1]), mask(1.0 - shares[0]));
            },
        );
        Ok(masks)
    }

    /// The lengths of the smoothing in frames and bins.
    pub(super) fn lengths(&self, sample_rate: u32, stft: &StftConfig) -> [f64; 2] {
        let rate = f64::from(sample_rate);
        [self.seconds * rate / stft.hop_length as f64, self.hertz * stft.n_fft as f64 / rate]
    }
}

/// Smooths along both axes by triangles of these lengths.
pub(super) fn smooth(mut values: Array2<f32>, lengths: [f64; 2]) -> Array2<f32> {
    for (axis, length) in lengths.into_iter().enumerate() {
        // A triangle is two boxes of half its length.
        let reach = (length / 4.0).round() as usize;
        if reach == 0 {
            continue;
        }
        for mut lane in values.lanes_mut(Axis(axis)) {
            let mut line = lane.to_vec();
            for _ in 0..2 {
                line = boxed(&line, reach);
            }
            lane.iter_mut().zip(line).for_each(|(to, from)| *to = from);
        }
    }
    values
}

/// The mean over `reach` values to either side, of those that there are.
fn boxed(line: &[f32], reach: usize) -> Vec<f32> {
    let mut sums = vec![0.0_f64];
    for value in line {
        sums.push(sums[sums.len() - 1] + f64::from(*value));
    }
    let mean = |i: usize| {
        let (first, end) = (i.saturating_sub(reach), (i + reach + 1).min(line.len()));
        // Differences of sums may round below 0.
        ((sums[end] - sums[first]).max(0.0) / (end - first) as f64) as f32
    };
    (0..line.len()).map(mean).collect()
}

pub(super) fn check_finite(part: &'static str, values: &ArrayRef2<f32>) -> Result<()> {
    match values.indexed_iter().find(|(_, value)| !value.is_finite()) {
        Some(((frame, coefficient), &value)) => {
            Err(Error::NonFiniteFeature { part, segment: 0, frame, coefficient, value })
        }
        None => Ok(()),
    }
}
