//! Draws that several rooms share.

use rand::Rng;

/// Draws from the standard normal distribution.
///
/// Box and Muller (1958), <https://doi.org/10.1214/aoms/1177706645>.
pub(crate) fn standard_normal(rng: &mut impl Rng) -> f64 {
    let (radius, angle) = (1.0 - rng.random::<f64>(), std::f64::consts::TAU * rng.random::<f64>());
    (-2.0 * radius.ln()).sqrt() * angle.cos()
}
