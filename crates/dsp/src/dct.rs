use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use crate::block::{DctKernel, Lanes, Task};
use crate::error::check_length;
use crate::framing::check_finite;
use crate::{Error, Float, Result};

/// The scaling of the cosine transform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DctNorm {
    /// Orthonormal rows (`norm="ortho"`): librosa's default. Keeps the energy, so that coefficients stay comparable when the
    /// length changes.
    #[default]
    Orthonormal,
    /// Twice the plain sum (`norm=None`), which grows with the length.
    None,
}

/// The first coefficients of the discrete cosine transform of type II.
///
/// `y[k] = s_k sum_n x[n] cos(pi k (2n + 1) / (2N))` with `s_k = 2`, or `s_0 = sqrt(1/N)` and `s_k = sqrt(2/N)` when
/// orthonormal. Matches `scipy.fft.dct(type=2)`.
///
/// The symmetry of the rows, `cos(pi k (2(N - 1 - n) + 1) / (2N)) = (-1)^k cos(pi k (2n + 1) / (2N))`, halves the work: even
/// coefficients come from `x[n] + x[N - 1 - n]`, odd ones from `x[n] - x[N - 1 - n]`.
///
/// ```
/// use cepstrum_dsp::{Dct, DctNorm};
///
/// let mut out = [0.0_f32; 2];
/// Dct::new(4, 2, DctNorm::Orthonormal)?.process_into(&[1.0, 1.0, 1.0, 1.0], &mut out)?;
/// assert!((out[0] - 2.0).abs() < 1e-6 && out[1].abs() < 1e-6);
/// # Ok::<(), cepstrum_dsp::Error>(())
/// ```
///
/// # References
/// N. Ahmed, T. Natarajan, K. R. Rao, "Discrete cosine transform", IEEE Trans. Computers C-23(1), 1974,
/// doi:10.1109/T-C.1974.223784.
#[derive(Debug, Clone)]
pub struct Dct<T> {
    n_in: usize,
    n_out: usize,
    /// Coefficients 0, 2, 4 ... of the sums, `[ceil(n_in / 2), ceil(n_out / 2)]`.
    even: Vec<T>,
    /// Coefficients 1, 3, 5 ... of the differences, `[floor(n_in / 2), floor(n_out / 2)]`.
    odd: Vec<T>,
}

impl<T: Float> Dct<T> {
    /// Prepares the transform of `n_in` values to the first `n_out` coefficients.
    ///
    /// # Errors
    /// [`Error::Count`] unless `1 <= n_out <= n_in <= 4096`.
    pub fn new(n_in: usize, n_out: usize, norm: DctNorm) -> Result<Self> {
        const MAX: usize = 1 << 12;
        if n_in == 0 || n_in > MAX {
            return Err(Error::Count { name: "the DCT's input length", min: 1, max: MAX, actual: n_in });
        }
        if n_out == 0 || n_out > n_in {
            return Err(Error::Count { name: "the DCT's output length", min: 1, max: n_in, actual: n_out });
        }
        let length = n_in as f64;
        let entry = |n: usize, k: usize| {
            let scale = match norm {
                DctNorm::None => 2.0,
                DctNorm::Orthonormal if k == 0 => (1.0 / length).sqrt(),
                DctNorm::Orthonormal => (2.0 / length).sqrt(),
            };
            T::of(scale * (PI * k as f64 * (2 * n + 1) as f64 / (2.0 * length)).cos())
        };
        let matrix = |rows: usize, first: usize| {
            (0..rows).flat_map(|n| (first..n_out).step_by(2).map(move |k| entry(n, k))).collect()
        };
        Ok(Self { n_in, n_out, even: matrix(n_in.div_ceil(2), 0), odd: matrix(n_in / 2, 1) })
    }

    /// Length of the input.
    #[must_use]
    pub fn n_in(&self) -> usize {
        self.n_in
    }

    /// Number of coefficients.
    #[must_use]
    pub fn n_out(&self) -> usize {
        self.n_out
    }

    /// Transforms `input` `[n_in]` into `output` `[n_out]`.
    ///
    /// # Errors
    /// [`Error::BufferLength`] when either has another length, [`Error::NonFinite`] when the input holds NaN or infinity.
    pub fn process_into(&self, input: &[T], output: &mut [T]) -> Result<()> {
        self.check_lengths(input.len(), output.len())?;
        check_finite(input)?;
        let mirrored = || input.iter().zip(input.iter().rev()).take(self.n_in / 2);
        let middle = input.get(self.n_in / 2).filter(|_| self.n_in % 2 == 1);
        output.fill(T::zero());
        let sums = mirrored().map(|(&a, &b)| a + b).chain(middle.copied());
        accumulate(sums, &self.even, output, 0);
        accumulate(mirrored().map(|(&a, &b)| a - b), &self.odd, output, 1);
        Ok(())
    }

    /// Transforms eight frames, `[n_in]` to `[n_out]`; see the module [`block`](crate::block). The input is used as scratch
    /// space and does not keep its values, which are not checked.
    ///
    /// # Errors
    /// [`Error::BufferLength`] when either has another length.
    pub fn process_block(&self, input: &mut [Lanes<T>], output: &mut [Lanes<T>]) -> Result<()> {
        self.check_lengths(input.len(), output.len())?;
        T::run(Task::Dct(DctKernel { even: &self.even, odd: &self.odd, input, output }));
        Ok(())
    }

    fn check_lengths(&self, n_in: usize, n_out: usize) -> Result<()> {
        check_length("the DCT's input", self.n_in, n_in)?;
        check_length("the DCT's output", self.n_out, n_out)
    }
}

/// Adds `x[n] matrix[n, i]` to every other element of `output`, from `first` on.
fn accumulate<T: Float>(x: impl Iterator<Item = T>, matrix: &[T], output: &mut [T], first: usize) {
    let width = (output.len() - first).div_ceil(2);
    for (x, row) in x.zip(matrix.chunks_exact(width.max(1))) {
        for (y, &c) in output[first..].iter_mut().step_by(2).zip(row) {
            *y += x * c;
        }
    }
}
