//! The beta distribution.

/// The probability that a variable of the beta distribution with parameters `a` and `b` is at most `x`: the regularized
/// incomplete beta function, by its continued fraction (Lentz's method).
///
/// # References
/// NIST Digital Library of Mathematical Functions, 8.17.22.
pub(super) fn beta_cdf(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    // The fraction converges fast below the mean; above it, the other tail does.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - beta_cdf(1.0 - x, b, a);
    }
    let front = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (1.0 - x).ln()).exp() / a;
    front / continued_fraction(x, a, b)
}

fn continued_fraction(x: f64, a: f64, b: f64) -> f64 {
    const TERMS: usize = 500;
    let away = |x: f64| if x.abs() < 1e-300 { 1e-300 } else { x };
    let (mut value, mut c, mut d) = (1.0, 1.0, 0.0);
    for i in 1..TERMS {
        let m = (i / 2) as f64;
        let term = if i % 2 == 1 {
            -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0))
        } else {
            m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m))
        };
        d = 1.0 / away(1.0 + term * d);
        c = away(1.0 + term / c);
        value *= c * d;
        if (c * d - 1.0).abs() < 1e-16 {
            break;
        }
    }
    value
}

/// The logarithm of the gamma function of a positive number: Stirling's series above 10, reached by the recurrence.
fn ln_gamma(x: f64) -> f64 {
    if x < 10.0 {
        return ln_gamma(x + 1.0) - x.ln();
    }
    let y = 1.0 / (x * x);
    let series = (1.0 / 12.0 - y * (1.0 / 360.0 - y * (1.0 / 1260.0 - y * (1.0 / 1680.0 - y / 1188.0)))) / x;
    (x - 0.5) * x.ln() - x + 0.5 * (2.0 * std::f64::consts::PI).ln() + series
}

#[cfg(test)]
mod tests {
    use super::beta_cdf;

    /// Closed forms: `I_x(1, 1) = x`, `I_x(2, 18) = 1 - (1 - x)^18 (1 + 18 x)`.
    #[test]
    fn closed_forms() {
        for i in 0..=20 {
            let x = f64::from(i) / 20.0;
            assert!((beta_cdf(x, 1.0, 1.0) - x).abs() < 1e-13);
            let expected = 1.0 - (1.0 - x).powi(18) * (1.0 + 18.0 * x);
            assert!((beta_cdf(x, 2.0, 18.0) - expected).abs() < 1e-13, "{x}");
        }
    }
}
