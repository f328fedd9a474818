//! Systems of linear equations in which every unknown meets only its neighbors.

/// Values of eight frames.
pub(super) type Eight = [f64; 8];

/// The symmetric matrix with this diagonal and these values beside it, prepared for elimination.
#[derive(Debug, Clone)]
pub(super) struct Tridiagonal {
    /// Values beside the diagonal, `[n - 1]`.
    beside: Vec<f64>,
    /// Reciprocals of the pivots; 0 for a row without one, whose unknown is then 0.
    pivots: Vec<f64>,
}

impl Tridiagonal {
    pub(super) fn new(diagonal: &[f64], beside: Vec<f64>) -> Self {
        // A row that depends on the one above leaves a pivot of rounding errors.
        const DEPENDENT: f64 = 1e-9;
        let mut pivots: Vec<f64> = Vec::with_capacity(diagonal.len());
        for (k, &value) in diagonal.iter().enumerate() {
            let above = if k == 0 { 0.0 } else { beside[k - 1] * beside[k - 1] * pivots[k - 1] };
            let pivot = value - above;
            pivots.push(if pivot > DEPENDENT * value { 1.0 / pivot } else { 0.0 });
        }
        Self { beside, pivots }
    }

    /// Replaces the right sides, `[n]`, by the solutions.
    pub(super) fn solve(&self, x: &mut [Eight]) {
        for k in 1..x.len() {
            let factor = self.beside[k - 1] * self.pivots[k - 1];
            let above = x[k - 1];
            x[k].iter_mut().zip(above).for_each(|(x, above)| *x -= factor * above);
        }
        for k in (0..x.len()).rev() {
            let below = x.get(k + 1).copied().unwrap_or_default();
            let beside = self.beside.get(k).copied().unwrap_or_default();
            let pivot = self.pivots[k];
            x[k].iter_mut().zip(below).for_each(|(x, below)| *x = (*x - beside * below) * pivot);
        }
    }
}
