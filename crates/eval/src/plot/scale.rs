//! Axis scales: the mapping of values to positions between 0 and 1, and ticks on round values.

/// A mapping of values to 0..=1 along an axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Scale {
    Linear { low: f64, high: f64 },
    Log { low: f64, high: f64 },
}

/// A marked value of an axis.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tick {
    pub(crate) value: f64,
    pub(crate) label: String,
}

impl Scale {
    /// A linear axis over exactly `low..=high`; an empty or non-finite range becomes one around `low`.
    pub(crate) fn linear(low: f64, high: f64) -> Self {
        if low.is_finite() && high.is_finite() && high > low {
            Self::Linear { low, high }
        } else {
            let middle = if low.is_finite() { low } else { 0.0 };
            let half = if middle == 0.0 { 1.0 } else { middle.abs() * 0.5 };
            Self::Linear { low: middle - half, high: middle + half }
        }
    }

    /// A linear axis around the finite values, with ends on round values.
    pub(crate) fn around(values: impl IntoIterator<Item = f64>) -> Self {
        let (low, high) = bounds(values.into_iter().filter(|v| v.is_finite()));
        let Self::Linear { low, high } = Self::linear(low, high) else { return Self::linear(0.0, 1.0) };
        let step = step(high - low, 5);
        Self::Linear { low: (low / step).floor() * step, high: (high / step).ceil() * step }
    }

    /// A logarithmic axis around the positive finite values, slightly wider than their range; linear without such a
    /// value.
    pub(crate) fn log_around(values: impl IntoIterator<Item = f64>) -> Self {
        let (low, high) = bounds(values.into_iter().filter(|v| v.is_finite() && *v > 0.0));
        if low > high {
            return Self::linear(0.0, 1.0);
        }
        let margin = (high / low).powf(0.06).max(1.05);
        Self::Log { low: low / margin, high: high * margin }
    }

    /// The position of a value, 0 at the low end and 1 at the high end: not clamped, NaN for a value that the axis
    /// cannot show.
    pub(crate) fn place(self, value: f64) -> f64 {
        match self {
            Self::Linear { low, high } => (value - low) / (high - low),
            Self::Log { low, high } if value > 0.0 => (value / low).ln() / (high / low).ln(),
            Self::Log { .. } => f64::NAN,
        }
    }

    /// About `tick_count` ticks on round values within the axis.
    pub(crate) fn ticks(self, tick_count: usize) -> Vec<Tick> {
        match self {
            Self::Linear { low, high } => linear_ticks(low, high, tick_count),
            Self::Log { low, high } => log_ticks(low, high, tick_count),
        }
    }
}

fn bounds(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)))
}

/// The step of 1, 2 or 5 times a power of ten that divides `range` into about `n_parts` parts.
fn step(range: f64, n_parts: usize) -> f64 {
    let rough = range / n_parts.max(1) as f64;
    let power = 10.0_f64.powf(rough.log10().floor());
    let digit = [1.0, 2.0, 5.0, 10.0].into_iter().find(|digit| digit * power >= rough * 0.8).unwrap_or(10.0);
    digit * power
}

fn linear_ticks(low: f64, high: f64, tick_count: usize) -> Vec<Tick> {
    let step = step(high - low, tick_count);
    let decimals = decimals(step);
    let slack = step * 1e-6;
    let (first, last) = (((low - slack) / step).ceil() as i64, ((high + slack) / step).floor() as i64);
    (first..=last)
        .map(|i| {
            let value = i as f64 * step;
            Tick { value, label: signed(format!("{value:.decimals$}")) }
        })
        .collect()
}

/// The number of decimals that a multiple of `step` needs.
fn decimals(step: f64) -> usize {
    (-(step * 1.001).log10().floor()).clamp(0.0, 9.0) as usize
}

/// Ticks on decades where there are enough of them, else also on multiples of decades, else in linear steps.
fn log_ticks(low: f64, high: f64, tick_count: usize) -> Vec<Tick> {
    let decades = (low.log10().floor() as i32)..=(high.log10().ceil() as i32);
    let candidates = |digits: &[f64]| -> Vec<f64> {
        let all =
            decades.clone().flat_map(|power| digits.iter().map(move |digit| digit * 10.0_f64.powi(power)));
        all.filter(|value| (low..=high).contains(value)).collect()
    };
    let enough = tick_count.clamp(2, 3);
    for digits in [&[1.0][..], &[1.0, 3.0], &[1.0, 2.0, 5.0], &[1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0]] {
        let values = candidates(digits);
        if values.len() >= enough {
            let stride = values.len().div_ceil(tick_count.max(1) * 2);
            return values
                .into_iter()
                .step_by(stride)
                .map(|value| Tick { value, label: compact(value) })
                .collect();
        }
    }
    linear_ticks(low, high, tick_count)
}

/// Formats a value briefly: `0.05`, `300`, `1e-5`.
pub(crate) fn compact(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let magnitude = value.abs();
    if (1e-3..1e5).contains(&magnitude) {
        let digits = (2.0 - magnitude.log10().floor()).clamp(0.0, 6.0) as usize;
        let text = format!("{value:.digits$}");
        let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
        signed(text.to_owned())
    } else {
        signed(format!("{value:e}"))
    }
}

/// Replaces the hyphen of a negative value by a minus sign.
fn signed(text: String) -> String {
    if text.starts_with('-') { text.replacen('-', "\u{2212}", 1) } else { text }
}

#[cfg(test)]
mod tests {
    use super::{Scale, compact};

    fn labels(scale: Scale, tick_count: usize) -> Vec<String> {
        scale.ticks(tick_count).into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn linear_ticks_are_round() {
        assert_eq!(labels(Scale::linear(0.0, 1.0), 5), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels(Scale::linear(0.0, 30.0), 6), ["0", "5", "10", "15", "20", "25", "30"]);
        assert_eq!(
            labels(Scale::linear(-80.0, 0.0), 4),
            ["\u{2212}80", "\u{2212}60", "\u{2212}40", "\u{2212}20", "0"]
        );
        assert_eq!(labels(Scale::linear(1.0, 3.0), 2), ["1", "2", "3"]);
    }

    #[test]
    fn log_ticks_suit_the_range() {
        assert_eq!(labels(Scale::Log { low: 0.01, high: 100.0 }, 5), ["0.01", "0.1", "1", "10", "100"]);
        assert_eq!(labels(Scale::Log { low: 0.4, high: 2.5 }, 5), ["0.5", "1", "2"]);
        assert_eq!(labels(Scale::Log { low: 1.9, high: 2.31 }, 4), ["1.9", "2.0", "2.1", "2.2", "2.3"]);
    }

    #[test]
    fn degenerate_ranges_still_have_an_axis() {
        for scale in [
            Scale::linear(2.0, 2.0),
            Scale::linear(f64::NAN, 1.0),
            Scale::around([]),
            Scale::around([3.0]),
            Scale::log_around([]),
            Scale::log_around([0.5]),
            Scale::log_around([-1.0, 0.0, f64::INFINITY]),
        ] {
            let ticks = scale.ticks(5);
            assert!(!ticks.is_empty() && ticks.len() < 14, "{scale:?}: {ticks:?}");
            for tick in ticks {
                assert!((-1e-6..=1.000_001).contains(&scale.place(tick.value)), "{scale:?} {tick:?}");
            }
        }
    }

    #[test]
    fn compact_numbers() {
        let written = [0.0, 0.05, 1.0, 0.333_333, 22_050.0, 1e-5, -2.5].map(compact);
        assert_eq!(written, ["0", "0.05", "1", "0.333", "22050", "1e-5", "\u{2212}2.5"]);
    }
}
