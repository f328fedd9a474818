//! Sums of arrays and of rows.

use super::vectorized;

vectorized! {
    /// `sum += terms`.
    pub(in super::super) fn add<'a>(sum: &'a mut [f32], terms: &'a [f32]) {
        for (sum, term) in sum.iter_mut().zip(terms) {
            *sum += term;
        }
    }

    /// `sum += factor * terms`.
    pub(in super::super) fn add_scaled<'a>(sum: &'a mut [f32], factor: f32, terms: &'a [f32]) {
        for (sum, term) in sum.iter_mut().zip(terms) {
            *sum += factor * term;
        }
    }

    /// `sum += row` for each of the `rows`, which are as long as `sum`.
    pub(in super::super) fn add_rows<'a>(sum: &'a mut [f32], rows: &'a [f32]) {
        for row in rows.chunks_exact(sum.len().max(1)) {
            for (sum, term) in sum.iter_mut().zip(row) {
                *sum += term;
            }
        }
    }
}

/// The sum of every column.
pub(in super::super) fn column_sums(rows: &[f32], n_columns: usize) -> Vec<f32> {
    let mut sums = vec![0.0; n_columns];
    add_rows(&mut sums, rows);
    sums
}
