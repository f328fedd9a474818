//! The covariance of the summaries, and the map that makes it the identity.

use ndarray::Array2;

/// Share of the covariance's off-diagonal part that is dropped, so that it is positive definite for any number of segments.
const SHRINKAGE: f64 = 0.1;
/// Least variance: a coefficient that never varies would make every difference infinite.
const LEAST_VARIANCE: f64 = 1e-6;

/// The covariance of centered rows, shrunk towards its diagonal.
pub(super) fn covariance(rows: &Array2<f64>) -> Array2<f64> {
    let mut covariance = rows.t().dot(rows) / rows.nrows() as f64;
    for ((i, j), value) in covariance.indexed_iter_mut() {
        if i == j {
            *value = value.max(LEAST_VARIANCE);
        } else {
            *value *= 1.0 - SHRINKAGE;
        }
    }
    covariance
}

/// The inverse of the Cholesky factor of a positive definite matrix, lower triangular: `|W x|^2 = x' A^-1 x`.
pub(super) fn inverse_factor(matrix: &Array2<f64>) -> Array2<f64> {
    let n = matrix.nrows();
    let mut factor = Array2::<f64>::zeros((n, n));
    for i in 0..n {
        for j in 0..=i {
            let known: f64 = (0..j).map(|k| factor[[i, k]] * factor[[j, k]]).sum();
            let rest = matrix[[i, j]] - known;
            factor[[i, j]] = if i == j { rest.max(1e-12).sqrt() } else { rest / factor[[j, j]] };
        }
    }
    let mut inverse = Array2::<f64>::zeros((n, n));
    for column in 0..n {
        for i in column..n {
            let unit = if i == column { 1.0 } else { 0.0 };
            let known: f64 = (column..i).map(|k| factor[[i, k]] * inverse[[k, column]]).sum();
            inverse[[i, column]] = (unit - known) / factor[[i, i]];
        }
    }
    inverse
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};

    use super::inverse_factor;

    #[test]
    fn the_factor_inverts_the_matrix() {
        let matrix = array![[4.0, 1.0, 0.5], [1.0, 3.0, -0.2], [0.5, -0.2, 2.0]];
        let inverse = inverse_factor(&matrix);
        let product: Array2<f64> = inverse.t().dot(&inverse).dot(&matrix);
        for ((i, j), value) in product.indexed_iter() {
            assert!((value - f64::from(u8::from(i == j))).abs() < 1e-12, "{product}");
        }
    }
}
