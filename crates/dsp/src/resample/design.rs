//! The low pass that makes the result libsoxr's.
//!
//! libsoxr's HQ quality was measured: its response to impulses at every phase of the ratio gives the whole filter, and
//! Kaiser-windowed sincs were fitted to its spectrum by least squares (they meet it to 3e-7, the noise of its own single
//! precision). Lengths are in samples of the lower rate, frequencies in units of half the lower rate.
//!
//! Ratios of 2 and 3 have one stage, [`DIRECT`]. Others have a slightly longer one, [`STAGED`], and, unless the ratio is a
//! power of two, a second and much wider one that interpolates between the phases, and lowers the pass band by 0.01 dB at
//! its end. What that one looks like depends on how far the ratio is from a power of two ([`interpolator`]).

use std::f64::consts::PI;

use realfft::RealFftPlanner;

use crate::window::bessel_i0;

/// A Kaiser-windowed sinc, `cutoff sinc(cutoff t) I0(beta sqrt(1 - (t / half)^2)) / I0(beta)`.
#[derive(Debug, Clone, Copy, PartialEq)]
struct LowPass {
    /// Where the response is one half.
    cutoff: f64,
    /// Half the length.
    half: f64,
    beta: f64,
}

/// Midway between the pass band's end, 0.91374, and the stop band's beginning, 1.
const CUTOFF: f64 = 0.956_871_8;
const DIRECT: LowPass = LowPass { cutoff: CUTOFF, half: 97.25, beta: 13.04 };
const STAGED: LowPass = LowPass { cutoff: CUTOFF, half: 102.25, beta: 13.711 };
/// The wide stage when the rate rises.
const RISING: LowPass = LowPass { cutoff: 1.8163, half: 3.7670, beta: 14.131 };
/// The wide stage when the rate falls: `(ratio divided by a power of two, stage)`.
const FALLING: [(f64, LowPass); 5] = [
    (1.0, RISING),
    (1.0884, LowPass { cutoff: 1.9699, half: 3.2099, beta: 14.036 }),
    (1.3781, LowPass { cutoff: 2.4622, half: 2.1884, beta: 14.142 }),
    (1.4512, LowPass { cutoff: 2.5856, half: 2.0828, beta: 14.169 }),
    (1.5, LowPass { cutoff: 2.6680, half: 2.0120, beta: 14.169 }),
];
/// The same from 1.5 to 2: the rate is doubled first.
const FALLING_FAR: LowPass = LowPass { cutoff: 1.80525, half: 3.79965, beta: 14.134 };

/// The low pass for a reduced ratio.
#[derive(Debug, Clone, Copy)]
pub(super) struct Design {
    sharp: LowPass,
    wide: Option<LowPass>,
}

impl Design {
    pub(super) fn new(up: usize, down: usize) -> Self {
        let (low, high) = (up.min(down), up.max(down));
        let sharp = if low == 1 && high <= 3 { DIRECT } else { STAGED };
        let power_of_two = low == 1 && high.is_power_of_two();
        let wide = (low != 1 || !(power_of_two || high <= 3)).then(|| interpolator(up, down));
        Self { sharp, wide }
    }

    /// Half the length of the whole filter, samples of the lower rate.
    pub(super) fn half(&self) -> f64 {
        self.sharp.half + self.wide.map_or(0.0, |wide| wide.half)
    }

    /// Response at the frequencies of a transform of `n` points at the higher rate, which is `ratio` times the lower,
    /// up to the lower one's half: 1 in the pass band.
    pub(super) fn response(&self, n: usize, ratio: f64) -> Vec<f64> {
        let mut response = self.sharp.sampled_response(n, ratio);
        // The stop band begins at 1: what lies beyond is noise below -126 dB.
        response.truncate((n as f64 / ratio / 2.0).floor() as usize + 1);
        if let Some(wide) = self.wide {
            let taps = wide.taps();
            let unit = taps.response(0.0);
            for (k, h) in response.iter_mut().enumerate() {
                *h *= taps.response(2.0 * k as f64 * ratio / n as f64) / unit;
            }
        }
        response
    }
}

fn interpolator(up: usize, down: usize) -> LowPass {
    let mut ratio = down as f64 / up as f64;
    if ratio < 1.0 {
        return RISING;
    }
    while ratio >= 2.0 {
        ratio /= 2.0;
    }
    let above = FALLING.iter().position(|&(node, _)| ratio <= node);
    let Some(above) = above else { return FALLING_FAR };
    let ((x0, a), (x1, b)) = (FALLING[above.saturating_sub(1)], FALLING[above]);
    let share = if x1 > x0 { (ratio - x0) / (x1 - x0) } else { 0.0 };
    let mix = |a: f64, b: f64| a + share * (b - a);
    LowPass { cutoff: mix(a.cutoff, b.cutoff), half: mix(a.half, b.half), beta: mix(a.beta, b.beta) }
}

impl LowPass {
    fn at(&self, t: f64) -> f64 {
        let y = t / self.half;
        if y.abs() > 1.0 {
            return 0.0;
        }
        let x = PI * self.cutoff * t;
        let sinc = if x == 0.0 { 1.0 } else { x.sin() / x };
        self.cutoff * sinc * bessel_i0(self.beta * (1.0 - y * y).sqrt()) / bessel_i0(self.beta)
    }

    /// The response of the filter sampled at `ratio` times the lower rate, `[n / 2 + 1]`; real, as the filter is even.
    fn sampled_response(&self, n: usize, ratio: f64) -> Vec<f64> {
        let reach = ((self.half * ratio) as usize).min((n - 1) / 2);
        let mut taps = vec![0.0; n];
        for i in 0..=reach {
            let tap = self.at(i as f64 / ratio) / ratio;
            taps[i] = tap;
            taps[(n - i) % n] = tap;
        }
        let fft = RealFftPlanner::<f64>::new().plan_fft_forward(n);
        let mut spectrum = fft.make_output_vec();
        fft.process(&mut taps, &mut spectrum).expect("the buffers have the plan's lengths");
        let unit = spectrum[0].re;
        spectrum.iter().map(|z| z.re / unit).collect()
    }

    /// Points of the trapezoidal rule, which is exact to 1e-9 for the short wide stages.
    fn taps(&self) -> Taps {
        const POINTS: usize = 96;
        let step = self.half / POINTS as f64;
        Taps { step, values: (0..POINTS).map(|j| self.at(j as f64 * step)).collect() }
    }
}

/// The positive half of a filter in continuous time.
struct Taps {
    step: f64,
    values: Vec<f64>,
}

impl Taps {
    /// `integral h(t) cos(pi f t) dt`, with `cos((j + 1) x) = 2 cos(x) cos(j x) - cos((j - 1) x)`.
    fn response(&self, frequency: f64) -> f64 {
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
