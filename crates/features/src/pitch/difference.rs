//! The function whose troughs lie at the periods of a frame.

use cepstrum_dsp::{Autocorrelation, Error as DspError, Float, Framing, Padding};

use crate::Result;
use crate::check::check_positive;

/// The range of periods that are sought, and the frames in which they are.
#[derive(Debug, Clone)]
pub(super) struct Difference {
    framing: Framing,
    pub(super) min_period: usize,
    max_period: usize,
    autocorrelation: Autocorrelation<f64>,
    frame: Vec<f64>,
    products: Vec<f64>,
    /// The cumulative mean normalized difference at the periods from the shortest to the longest.
    pub(super) values: Vec<f64>,
}

impl Difference {
    /// Checks that the longest period fits in a frame and the shortest is at least two samples.
    pub(super) fn new(
        sample_rate: u32,
        [f_min, f_max]: [f64; 2],
        frame_length: usize,
        hop_length: usize,
        padding: Padding,
    ) -> Result<Self> {
        let framing = Framing::new(frame_length, hop_length, padding)?;
        if sample_rate == 0 {
            return Err(DspError::SampleRate.into());
        }
        let rate = f64::from(sample_rate);
        check_positive("f_min", f_min)?;
        let parameter = |name, bound, value| Err(DspError::Parameter { name, bound, value }.into());
        if !(f_max > f_min && f_max <= rate / 2.0) {
            return parameter("f_max", "above f_min and at most half the sample rate", f_max);
        }
        if rate / f_min >= frame_length as f64 - 1.0 {
            return parameter("f_min", "such that its period is shorter than a frame", f_min);
        }
        let min_period = (rate / f_max).floor() as usize;
        let max_period = ((rate / f_min).ceil() as usize).min(frame_length - 1);
        if max_period < min_period + 2 {
            return parameter("f_max", "such that three periods lie between the two frequencies", f_max);
        }
        Ok(Self {
            framing,
            min_period,
            max_period,
            autocorrelation: Autocorrelation::new(frame_length)?,
            frame: vec![0.0; frame_length],
            products: vec![0.0; frame_length],
            values: vec![0.0; max_period - min_period + 1],
        })
    }

    pub(super) fn framing(&self) -> Framing {
        self.framing
    }

    /// Fills `values` for one frame.
    ///
    /// `d[k] = 2 (r[0] - r[k]) - sum_(n < k) x[n]^2`, divided by its mean over `1..=k`, where `r` is the autocorrelation.
    pub(super) fn fill<T: Float>(&mut self, samples: &[T], t: usize, spill: &mut [T]) -> Result<()> {
        let samples = self.framing.frame(samples, t, spill);
        self.frame.iter_mut().zip(samples).for_each(|(y, x)| *y = x.to_f64());
        self.autocorrelation.process_into(&self.frame, &mut self.products)?;
        let (mut energy, mut sum) = (0.0, 0.0);
        for k in 1..=self.max_period {
            energy += self.frame[k - 1] * self.frame[k - 1];
            let difference = 2.0 * (self.products[0] - self.products[k]) - energy;
            sum += difference;
            if k >= self.min_period {
                let mean = sum / k as f64;
                self.values[k - self.min_period] = difference / (mean + f64::MIN_POSITIVE);
            }
        }
        Ok(())
    }

    /// Returns true where the value at index `i` is less than its left and not above its right neighbor; at the ends, less
    /// than the only one.
    pub(super) fn is_trough(&self, i: usize) -> bool {
        let (x, last) = (&self.values, self.values.len() - 1);
        match i {
            0 => x[0] < x[1],
            i if i == last => x[i] < x[i - 1],
            i => x[i] < x[i - 1] && x[i] <= x[i + 1],
        }
    }

    /// The period, in samples, at the vertex of the parabola through the value at index `i` and its neighbors.
    pub(super) fn period(&self, i: usize) -> f64 {
        let (x, last) = (&self.values, self.values.len() - 1);
        let shift = if i == 0 || i == last {
            0.0
        } else {
            let curvature = x[i + 1] + x[i - 1] - 2.0 * x[i];
            let slope = (x[i + 1] - x[i - 1]) / 2.0;
            if slope.abs() >= curvature.abs() { 0.0 } else { -slope / curvature }
        };
        (self.min_period + i) as f64 + shift
    }
}
