//! Sine, powers and logarithms from additions and multiplications alone.
//!
//! IEEE 754 fixes every bit of the four operations and leaves transcendental functions to the platform's library. With
//! these functions a seed yields the same samples on every platform. They run a few thousand times per track, never per
//! sample.

use std::f64::consts::{LN_2, LOG2_10, SQRT_2, TAU};

/// Computes `sin(2 pi turns)`, to 1e-11.
pub(super) fn sine(turns: f64) -> f64 {
    let x = turns - turns.round();
    let x = if x > 0.25 {
        0.5 - x
    } else if x < -0.25 {
        -0.5 - x
    } else {
        x
    };
    let y = TAU * x;
    let square = y * y;
    let series = (1..=7).rev().fold(1.0, |sum, k| {
        let k = f64::from(k);
        1.0 - square / (2.0 * k * (2.0 * k + 1.0)) * sum
    });
    y * series
}

/// Computes `cos(2 pi turns)`, to 1e-11.
pub(super) fn cosine(turns: f64) -> f64 {
    sine(turns + 0.25)
}

/// Computes `2^x`, to 1e-12 relative; the exponent is clamped to that of a normal `f64`.
pub(super) fn exp2(x: f64) -> f64 {
    let x = x.clamp(-1000.0, 1000.0);
    let whole = x.round();
    let y = (x - whole) * LN_2;
    let series = (1..=10).rev().fold(1.0, |sum, k| 1.0 + y / f64::from(k) * sum);
    series * f64::from_bits(((1023 + whole as i64) as u64) << 52)
}

/// Computes `log2(x)` of a positive, normal number, to 1e-12.
pub(super) fn log2(x: f64) -> f64 {
    let bits = x.to_bits();
    let mut exponent = ((bits >> 52) & 0x7ff) as i64 - 1023;
    let mut mantissa = f64::from_bits((bits & ((1 << 52) - 1)) | (1023 << 52));
    if mantissa > SQRT_2 {
        mantissa *= 0.5;
        exponent += 1;
    }
    let t = (mantissa - 1.0) / (mantissa + 1.0);
    let series = (0..10).rev().fold(0.0, |sum, k| 1.0 / f64::from(2 * k + 1) + t * t * sum);
    exponent as f64 + 2.0 * t * series / LN_2
}

/// The amplitude of a level in decibels: `10^(db / 20)`.
pub(super) fn amplitude(db: f64) -> f64 {
    exp2(db * LOG2_10 / 20.0)
}

/// The level after `seconds` of an exponential decay that falls by 60 dB in `t60` seconds.
pub(super) fn decay(seconds: f64, t60: f64) -> f64 {
    amplitude(-60.0 * seconds / t60)
}

/// The frequency in Hz of a pitch in MIDI numbers (69 is 440 Hz; fractions are allowed).
pub(super) fn frequency(pitch: f64) -> f64 {
    440.0 * exp2((pitch - 69.0) / 12.0)
}

#[cfg(test)]
mod tests {
    use super::{amplitude, cosine, decay, exp2, frequency, log2, sine};

    /// The series are truncated where the next term is below this.
    const SERIES: f64 = 1e-10;

    #[test]
    fn the_functions_equal_those_of_the_standard_library() {
        for k in -400..400 {
            let x = f64::from(k) * 0.037;
            let angle = x * std::f64::consts::TAU;
            assert!((sine(x) - angle.sin()).abs() < SERIES, "sine of {x} turns");
            assert!((cosine(x) - angle.cos()).abs() < SERIES, "cosine of {x} turns");
            assert!((exp2(x) / x.exp2() - 1.0).abs() < SERIES, "two to the {x}");
            let positive = x.exp2();
            assert!((log2(positive) - x).abs() < SERIES, "logarithm of {positive}");
        }
    }

    #[test]
    fn levels_and_pitches_have_their_closed_forms() {
        assert!((amplitude(20.0) - 10.0).abs() < SERIES);
        assert!((decay(0.5, 0.5) - 1e-3).abs() < SERIES);
        assert!((frequency(81.0) - 880.0).abs() < 1e-7);
    }
}
