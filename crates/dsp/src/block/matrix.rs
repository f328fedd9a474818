use super::kernel::{MatrixKernel, SumKernel};
use super::{Lanes, Task};
use crate::error::check_length;
use crate::{Error, Float, Result};

/// A dense matrix that is applied to the values of each frame: `y[i] = sum_n x[n] m[n, i]`.
///
/// Suited to few outputs, such as twelve pitch classes from a thousand bins.
///
/// ```
/// use cepstrum_dsp::block::{Lanes, Matrix};
///
/// let matrix = Matrix::new(&[1.0, 0.0, 1.0, 2.0, 1.0, 4.0], 2)?; // three values to their sum and a weighted sum
/// let x = [Lanes([1.0_f32; 8]), Lanes([2.0; 8]), Lanes([3.0; 8])];
/// let mut y = [Lanes::default(); 2];
/// matrix.process_block(&x, &mut y)?;
/// assert_eq!((y[0].0[0], y[1].0[7]), (6.0, 16.0));
/// # Ok::<(), cepstrum_dsp::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Matrix<T> {
    /// `[n_in, n_out]`.
    values: Vec<T>,
    n_out: usize,
}

impl<T: Float> Matrix<T> {
    /// Rounds the values `[n_in, n_out]`, row after row.
    ///
    /// # Errors
    /// [`Error::BufferLength`] unless the values fill at least one row of `n_out` and no part of another.
    pub fn new(values: &[f64], n_out: usize) -> Result<Self> {
        if n_out == 0 || values.is_empty() || !values.len().is_multiple_of(n_out) {
            let expected = values.len().div_ceil(n_out.max(1)).max(1).saturating_mul(n_out);
            return Err(Error::BufferLength { what: "the matrix", expected, actual: values.len() });
        }
        Ok(Self { values: values.iter().map(|&x| T::of(x)).collect(), n_out })
    }

    /// Number of values per frame before.
    #[must_use]
    pub fn n_in(&self) -> usize {
        self.values.len() / self.n_out
    }

    /// Number of values per frame after.
    #[must_use]
    pub fn n_out(&self) -> usize {
        self.n_out
    }

    /// Applies the matrix to a block `[n_in]`, into another `[n_out]`.
    ///
    /// # Errors
    /// [`Error::BufferLength`].
    pub fn process_block(&self, input: &[Lanes<T>], output: &mut [Lanes<T>]) -> Result<()> {
        check_length("the matrix's input", self.n_in(), input.len())?;
        check_length("the matrix's output", self.n_out, output.len())?;
        T::run(Task::Matrix(MatrixKernel { matrix: &self.values, input, output }));
        Ok(())
    }
}

/// Sums the values of each frame.
pub fn sum<T: Float>(block: &[Lanes<T>]) -> Lanes<T> {
    let mut sum = Lanes::default();
    T::run(Task::Sum(SumKernel { block, sum: &mut sum }));
    sum
}
