//! A minimizer of smooth convex functions.

use std::collections::VecDeque;

/// Settings of the limited-memory BFGS method.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lbfgs {
    /// Number of steps whose curvature is remembered.
    pub(super) memory: usize,
    pub(super) max_iterations: usize,
    /// The largest absolute derivative at which a point counts as the minimum.
    pub(super) tolerance: f64,
}

impl Default for Lbfgs {
    fn default() -> Self {
        Self { memory: 10, max_iterations: 1_000, tolerance: 1e-8 }
    }
}

/// A minimum.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) at: Vec<f64>,
    pub(super) iterations: usize,
}

/// Share of the predicted decrease that a step must bring (Armijo), and share of the slope that may be left (Wolfe).
const DECREASE: f64 = 1e-4;
const CURVATURE: f64 = 0.9;

/// Finds the minimum of a convex function that returns its value and gradient.
///
/// Ends early where rounding allows no further decrease.
pub(super) fn minimize(
    function: impl Fn(&[f64]) -> (f64, Vec<f64>),
    start: Vec<f64>,
    config: &Lbfgs,
) -> Found {
    let mut at = start;
    let (mut value, mut gradient) = function(&at);
    let mut history: VecDeque<(Vec<f64>, Vec<f64>)> = VecDeque::new();
    for iterations in 0..config.max_iterations {
        if largest(&gradient) <= config.tolerance {
            return Found { at, iterations };
        }
        let direction = descent(&gradient, &history);
        let slope = dot(&direction, &gradient);
        let first = if history.is_empty() { 1.0 / largest(&gradient).max(1.0) } else { 1.0 };
        let Some((step, new_value, new_gradient)) = search(&function, &at, &direction, (value, slope), first)
        else {
            return Found { at, iterations };
        };
        let moved: Vec<f64> = direction.iter().map(|part| step * part).collect();
        let turned: Vec<f64> = new_gradient.iter().zip(&gradient).map(|(new, old)| new - old).collect();
        at.iter_mut().zip(&moved).for_each(|(at, moved)| *at += moved);
        (value, gradient) = (new_value, new_gradient);
        if dot(&moved, &turned) > 0.0 {
            if history.len() == config.memory {
                history.pop_front();
            }
            history.push_back((moved, turned));
        }
    }
    Found { at, iterations: config.max_iterations }
}

/// The direction of the two-loop recursion.
fn descent(gradient: &[f64], history: &VecDeque<(Vec<f64>, Vec<f64>)>) -> Vec<f64> {
    let mut direction: Vec<f64> = gradient.iter().map(|part| -part).collect();
    let mut factors = Vec::with_capacity(history.len());
    for (moved, turned) in history.iter().rev() {
        let factor = dot(moved, &direction) / dot(moved, turned);
        direction.iter_mut().zip(turned).for_each(|(part, turned)| *part -= factor * turned);
        factors.push(factor);
    }
    if let Some((moved, turned)) = history.back() {
        let scale = dot(moved, turned) / dot(turned, turned);
        for part in &mut direction {
            *part *= scale;
        }
    }
    for ((moved, turned), factor) in history.iter().zip(factors.into_iter().rev()) {
        let back = dot(turned, &direction) / dot(moved, turned);
        direction.iter_mut().zip(moved).for_each(|(part, moved)| *part += (factor - back) * moved);
    }
    direction
}

/// A step that fulfils the weak Wolfe conditions, by bisection; `None` when there is none above rounding.
fn search(
    function: &impl Fn(&[f64]) -> (f64, Vec<f64>),
    at: &[f64],
    direction: &[f64],
    (value, slope): (f64, f64),
    first: f64,
) -> Option<(f64, f64, Vec<f64>)> {
    let (mut low, mut high, mut step) = (0.0, f64::INFINITY, first);
    for _ in 0..60 {
        let there: Vec<f64> = at.iter().zip(direction).map(|(at, part)| at + step * part).collect();
        let (new_value, new_gradient) = function(&there);
        if new_value.is_nan() || new_value > value + DECREASE * step * slope {
            high = step;
        } else if dot(&new_gradient, direction) < CURVATURE * slope {
            low = step;
        } else {
            return (new_value <= value).then_some((step, new_value, new_gradient));
        }
        step = if high.is_finite() { f64::midpoint(low, high) } else { 2.0 * low };
    }
    None
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |largest, value| largest.max(value.abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_badly_scaled_bowl_is_minimized() {
        // f(x) = sum over i of 10^i (x[i] - i)^2, gradient 2 10^i (x[i] - i).
        let bowl = |x: &[f64]| {
            let part = |(i, x): (usize, &f64)| (10_f64.powi(i as i32), x - i as f64);
            let value = x.iter().enumerate().map(part).map(|(scale, d)| scale * d * d).sum();
            (value, x.iter().enumerate().map(part).map(|(scale, d)| 2.0 * scale * d).collect())
        };
        let found = minimize(bowl, vec![5.0; 5], &Lbfgs::default());
        for (i, x) in found.at.iter().enumerate() {
            assert!((x - i as f64).abs() < 1e-7, "{found:?}");
        }
        assert!(found.iterations < 60, "{found:?}");
    }

    #[test]
    fn a_minimum_is_left_at_once() {
        let found = minimize(|x| (x[0] * x[0], vec![2.0 * x[0]]), vec![0.0], &Lbfgs::default());
        assert_eq!((found.at, found.iterations), (vec![0.0], 0));
    }
}
