use std::f64::consts::PI;

use crate::block::Dispatch;
use crate::window::bessel_i0;

/// A Kaiser-windowed sinc in continuous time, `c sinc(c t) I0(beta sqrt(1 - (t / half)^2)) / I0(beta)` with the cut-off `c`.
///
/// The unit of time is one sample of the lower rate, the unit of frequency half the lower rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct LowPass {
    /// Frequency at which the response is one half.
    pub(super) cutoff: f64,
    /// Half the length.
    pub(super) half: f64,
    /// Shape of the Kaiser window.
    pub(super) beta: f64,
}

impl LowPass {
    /// The filter's value at time `t`.
    pub(super) fn at(&self, t: f64) -> f64 {
        let y = t / self.half;
        if y.abs() > 1.0 {
            return 0.0;
        }
        let x = PI * self.cutoff * t;
        let sinc = if x == 0.0 { 1.0 } else { x.sin() / x };
        self.cutoff * sinc * bessel_i0(self.beta * (1.0 - y * y).sqrt()) / bessel_i0(self.beta)
    }

    /// The response of the filter sampled at `ratio` times the lower rate, `[n / 2 + 1]`. Real, because the filter is even.
    pub(super) fn sampled_response(&self, n: usize, ratio: f64) -> Vec<f64> {
        let reach = ((self.half * ratio) as usize).min((n - 1) / 2);
        let mut taps = vec![0.0; n];
        for i in 0..=reach {
            let tap = self.at(i as f64 / ratio) / ratio;
            taps[i] = tap;
            taps[(n - i) % n] = tap;
        }
        let fft = f64::real_to_complex(n);
        let mut spectrum = fft.make_output_vec();
        fft.process(&mut taps, &mut spectrum).expect("the buffers have the plan's lengths");
        let unit = spectrum[0].re;
        spectrum.iter().map(|z| z.re / unit).collect()
    }

    /// The filter sampled so densely that linear interpolation is exact to 3e-4 of its peak.
    pub(super) fn table(&self) -> Table {
        const STEPS: f64 = 64.0;
        let n = (self.half * self.cutoff * STEPS) as usize + 2;
        let per_sample = self.cutoff * STEPS;
        Table {
            half: self.half,
            per_sample,
            values: (0..n).map(|i| self.at(i as f64 / per_sample)).collect(),
        }
    }

    /// The filter at the points of a trapezoidal rule, which is exact to 1e-9 for the short wide stages.
    pub(super) fn taps(&self) -> Taps {
        const POINTS: usize = 96;
        let step = self.half / POINTS as f64;
        Taps { step, values: (0..POINTS).map(|j| self.at(j as f64 * step)).collect() }
    }
}

/// The positive half of a filter, as a table for lookup at any time.
#[derive(Debug, Clone)]
pub(super) struct Table {
    half: f64,
    per_sample: f64,
    values: Vec<f64>,
}

impl Table {
    /// Half the filter's length.
    pub(super) fn half(&self) -> f64 {
        self.half
    }

    fn at(&self, t: f64) -> f64 {
        let position = t.abs() * self.per_sample;
        let share = position.fract();
        match self.values.get(position as usize..) {
            Some([a, b, ..]) => a + share * (b - a),
            _ => 0.0,
        }
    }

    /// The filter's output at time `t` for a signal at `rate` whose first sample has index `first`.
    pub(super) fn apply(&self, t: f64, signal: &[f64], first: i64, rate: f64) -> f64 {
        let from = (((t - self.half) * rate).ceil() as i64).max(first);
        let to = (((t + self.half) * rate).floor() as i64).min(first + signal.len() as i64 - 1);
        let terms = (from..=to).map(|j| self.at(t - j as f64 / rate) * signal[(j - first) as usize]);
        terms.sum::<f64>() / rate
    }
}

/// The positive half of a filter, for the computation of its response.
pub(super) struct Taps {
    step: f64,
    values: Vec<f64>,
}

impl Taps {
    /// `integral h(t) cos(pi f t) dt`, with `cos((j + 1) x) = 2 cos(x) cos(j x) - cos((j - 1) x)`.
    pub(super) fn response(&self, frequency: f64) -> f64 {
        let first = (PI * frequency * self.step).cos();
        let (mut before, mut cos) = (first, 1.0);
        let mut sum = 0.0;
        for (j, tap) in self.values.iter().enumerate() {
            sum += if j == 0 { 0.5 * tap } else { tap * cos };
            (before, cos) = (cos, 2.0 * first * cos - before);
        }
        2.0 * self.step * sum
    }
}
