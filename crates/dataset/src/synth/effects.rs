//! Effects on a finished sound: filters, echo, reverberation, saturation, quantization.

use super::math::{amplitude, cosine, decay, sine};

/// A second-order filter section by Bristow-Johnson's formulas, in transposed direct form II.
#[derive(Clone, Copy, Debug)]
pub(super) struct Biquad {
    b: [f32; 3],
    a: [f32; 2],
}

impl Biquad {
    /// A low shelf: changes the level below `hz` by `db`.
    pub(super) fn low_shelf(hz: f64, db: f64, sample_rate: f64) -> Self {
        Self::shelf(hz, db, sample_rate, 1.0)
    }

    /// A high shelf: changes the level above `hz` by `db`.
    pub(super) fn high_shelf(hz: f64, db: f64, sample_rate: f64) -> Self {
        Self::shelf(hz, db, sample_rate, -1.0)
    }

    fn shelf(hz: f64, db: f64, sample_rate: f64, side: f64) -> Self {
        let (cos, alpha) = Self::angle(hz, std::f64::consts::FRAC_1_SQRT_2, sample_rate);
        let a = amplitude(0.5 * db);
        let root = 2.0 * a.sqrt() * alpha;
        let cos = side * cos;
        Self::normalized(
            [
                a * ((a + 1.0) - (a - 1.0) * cos + root),
                side * 2.0 * a * ((a - 1.0) - (a + 1.0) * cos),
                a * ((a + 1.0) - (a - 1.0) * cos - root),
            ],
            [
                (a + 1.0) + (a - 1.0) * cos + root,
                side * -2.0 * ((a - 1.0) + (a + 1.0) * cos),
                (a + 1.0) + (a - 1.0) * cos - root,
            ],
        )
    }

    /// A peak filter: changes the level of a band around `hz` by `db`.
    pub(super) fn peak(hz: f64, db: f64, q: f64, sample_rate: f64) -> Self {
        let (cos, alpha) = Self::angle(hz, q, sample_rate);
        let a = amplitude(0.5 * db);
        Self::normalized(
            [1.0 + alpha * a, -2.0 * cos, 1.0 - alpha * a],
            [1.0 + alpha / a, -2.0 * cos, 1.0 - alpha / a],
        )
    }

    /// A low-pass: removes the frequencies above `hz`.
    pub(super) fn low_pass(hz: f64, q: f64, sample_rate: f64) -> Self {
        let (cos, alpha) = Self::angle(hz, q, sample_rate);
        let side = 0.5 * (1.0 - cos);
        Self::normalized([side, 1.0 - cos, side], [1.0 + alpha, -2.0 * cos, 1.0 - alpha])
    }

    fn angle(hz: f64, q: f64, sample_rate: f64) -> (f64, f64) {
        let turns = (hz / sample_rate).min(0.45);
        (cosine(turns), sine(turns) / (2.0 * q))
    }

    fn normalized(b: [f64; 3], a: [f64; 3]) -> Self {
        Self { b: b.map(|v| (v / a[0]) as f32), a: [(a[1] / a[0]) as f32, (a[2] / a[0]) as f32] }
    }
}

/// Filters the samples with several sections in series, in one pass.
pub(super) fn filter<const N: usize>(sections: &[Biquad; N], samples: &mut [f32]) {
    let mut state = [[0.0f32; 2]; N];
    for sample in samples {
        let mut x = *sample;
        for (Biquad { b, a }, z) in sections.iter().zip(&mut state) {
            let y = b[0] * x + z[0];
            z[0] = b[1] * x - a[0] * y + z[1];
            z[1] = b[2] * x - a[1] * y;
            x = y;
        }
        *sample = x;
    }
}

/// A comb filter, in place: `y[n] = x[n] + gain y[n - delay]`.
pub(super) fn comb(samples: &mut [f32], delay: usize, gain: f32) {
    each_delayed(samples, delay, |now, earlier| *now += gain * earlier);
}

/// Calls `step(&mut samples[n], samples[n - delay])` for ascending `n`, so that results feed back.
fn each_delayed(samples: &mut [f32], delay: usize, step: impl Fn(&mut f32, f32)) {
    let delay = delay.max(1);
    let mut begin = delay;
    while begin < samples.len() {
        let (earlier, later) = samples.split_at_mut(begin);
        for (now, &old) in later.iter_mut().zip(&earlier[begin - delay..]) {
            step(now, old);
        }
        begin += delay;
    }
}

/// An all-pass filter, in place: `y[n] = -gain x[n] + x[n - delay] + gain y[n - delay]`. It smears all frequencies in time
/// and keeps their levels.
fn allpass(samples: &mut [f32], delay: usize, gain: f32) {
    // w[n] = x[n] + gain w[n - delay], then y[n] = w[n - delay] - gain w[n].
    comb(samples, delay, gain);
    for n in (0..samples.len()).rev() {
        let earlier = if n >= delay { samples[n - delay] } else { 0.0 };
        samples[n] = earlier - gain * samples[n];
    }
}

/// Schroeder's reverberator: four parallel combs with incommensurate delays, then two all-passes.
///
/// Returns the reverberation alone, which falls by 60 dB in `t60` seconds.
pub(super) fn reverberate(dry: &[f32], t60: f64, sample_rate: f64) -> Vec<f32> {
    const COMBS: [f64; 4] = [0.0297, 0.0371, 0.0411, 0.0437];
    const ALL_PASSES: [f64; 2] = [0.0050, 0.0017];
    let mut wet = vec![0.0f32; dry.len()];
    let mut line = vec![0.0f32; dry.len()];
    for seconds in COMBS {
        line.copy_from_slice(dry);
        comb(&mut line, (seconds * sample_rate) as usize, decay(seconds, t60) as f32);
        wet.iter_mut().zip(&line).for_each(|(sum, value)| *sum += 0.25 * value);
    }
    for seconds in ALL_PASSES {
        allpass(&mut wet, ((seconds * sample_rate) as usize).max(1), 0.7);
    }
    wet
}

/// Rounds samples to a grid of `2^bits` steps between -1 and 1.
pub(super) fn quantize(samples: &mut [f32], bits: u32) {
    let steps = (1u32 << (bits - 1)) as f32;
    for sample in samples {
        *sample = (*sample * steps).round() / steps;
    }
}

/// A soft limiter to [-1, 1]: the Padé approximant of the hyperbolic tangent, linear for small values.
pub(super) fn saturate(x: f32) -> f32 {
    let x = x.clamp(-3.0, 3.0);
    x * (27.0 + x * x) / (27.0 + 9.0 * x * x)
}

#[cfg(test)]
mod tests {
    use super::{allpass, comb, saturate};

    fn impulse(n: usize) -> Vec<f32> {
        let mut samples = vec![0.0; n];
        samples[0] = 1.0;
        samples
    }

    #[test]
    fn a_comb_repeats_an_impulse_in_a_geometric_series() {
        let mut samples = impulse(20);
        comb(&mut samples, 6, 0.5);
        for (n, value) in samples.into_iter().enumerate() {
            let expected = if n % 6 == 0 { 0.5f32.powi((n / 6) as i32) } else { 0.0 };
            assert!((value - expected).abs() < 1e-7, "sample {n} is {value}");
        }
    }

    #[test]
    fn an_allpass_keeps_the_energy_of_an_impulse() {
        let mut samples = impulse(4_000);
        allpass(&mut samples, 7, 0.7);
        assert!((samples[0] + 0.7).abs() < 1e-6);
        assert!((samples[7] - 0.51).abs() < 1e-6);
        let energy: f32 = samples.iter().map(|v| v * v).sum();
        assert!((energy - 1.0).abs() < 1e-4, "{energy}");
    }

    #[test]
    fn saturation_is_bounded_and_linear_at_zero() {
        assert!((saturate(1e6) - 1.0).abs() < 1e-6);
        assert!((saturate(-1e6) + 1.0).abs() < 1e-6);
        assert!((saturate(0.01) - 0.01).abs() < 1e-6);
    }
}
