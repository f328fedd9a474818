//! Mixup: segments mixed with others of their batch.

use cepstrum_dataset::rng::stream;
use rand::Rng;
use rand::seq::SliceRandom;

/// The random draw for a batch: segment `i` becomes `share` of itself plus `1 - share` of segment `partners[i]`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct MixupDraw {
    pub(crate) share: f32,
    pub(crate) partners: Vec<usize>,
}

impl MixupDraw {
    /// Draws partners and a share for a batch of `n` segments, from the stream of one step.
    ///
    /// # References
    /// Zhang et al. (2018), *mixup: beyond empirical risk minimization*, arXiv:1710.09412.
    pub(crate) fn draw(alpha: f64, n: usize, seed: u64, step: u64) -> Self {
        let mut rng = stream(seed, &format!("augment/mixup/{step}"));
        let mut partners: Vec<usize> = (0..n).collect();
        partners.shuffle(&mut rng);
        Self { share: beta(alpha, &mut rng) as f32, partners }
    }

    /// Mixes the segments, `size` values each.
    pub(crate) fn apply(&self, size: usize, features: &mut [f32]) {
        let original = features.to_vec();
        for (segment, &partner) in features.chunks_exact_mut(size).zip(&self.partners) {
            let partner = &original[partner * size..(partner + 1) * size];
            for (value, other) in segment.iter_mut().zip(partner) {
                *value = self.share * *value + (1.0 - self.share) * other;
            }
        }
    }
}

/// Draws from `Beta(alpha, alpha)` with `alpha` in `(0, 1]`, in logarithms so that a small `alpha` does not underflow.
///
/// # References
/// Jöhnk (1964), *Erzeugung von betaverteilten und gammaverteilten Zufallszahlen*, Metrika 8.
fn beta(alpha: f64, rng: &mut impl Rng) -> f64 {
    loop {
        // In (0, 1], so that the logarithm is finite.
        let [x, y] = [0, 1].map(|_| (1.0 - rng.random::<f64>()).ln() / alpha);
        let largest = x.max(y);
        let log_sum = largest + ((x - largest).exp() + (y - largest).exp()).ln();
        if log_sum <= 0.0 {
            return (x - log_sum).exp();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_have_the_moments_of_the_beta_distribution() {
        for alpha in [0.05, 0.2, 1.0] {
            let mut rng = stream(3, "test/beta");
            let draws: Vec<f64> = (0..20_000).map(|_| beta(alpha, &mut rng)).collect();
            assert!(draws.iter().all(|share| (0.0..=1.0).contains(share)));
            let mean = draws.iter().sum::<f64>() / draws.len() as f64;
            let variance = draws.iter().map(|share| (share - mean).powi(2)).sum::<f64>() / draws.len() as f64;
            // Var = 1 / (4 (2 alpha + 1)); the standard error of both is below 0.0036.
            assert!((mean - 0.5).abs() < 0.015, "{alpha}: {mean}");
            assert!((variance - 0.25 / (2.0 * alpha + 1.0)).abs() < 0.01, "{alpha}: {variance}");
        }
    }
}
