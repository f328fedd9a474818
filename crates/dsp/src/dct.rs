use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use crate::block::{DctKernel, Lanes, MatrixKernel, Task};
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

/// The type of a discrete cosine transform, `dct_type` in librosa and `type` in scipy. As JSON it is the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(into = "u8", try_from = "u8")]
pub enum DctType {
    /// Type I, symmetric about the first and the last value. Its own inverse, up to a factor; of two values or more.
    One,
    /// Type II, librosa's default: the transform of cepstral coefficients.
    #[default]
    Two,
    /// Type III, the inverse of type II.
    Three,
}

impl From<DctType> for u8 {
    fn from(kind: DctType) -> Self {
        match kind {
            DctType::One => 1,
            DctType::Two => 2,
            DctType::Three => 3,
        }
    }
}

impl TryFrom<u8> for DctType {
    type Error = Error;

    fn try_from(number: u8) -> Result<Self> {
        match number {
            1 => Ok(Self::One),
            2 => Ok(Self::Two),
            3 => Ok(Self::Three),
            _ => Err(Error::Count { name: "dct_type", min: 1, max: 3, actual: number.into() }),
        }
    }
}

/// The first coefficients of a discrete cosine transform.
///
/// Of type II, `y[k] = s_k sum_n x[n] cos(pi k (2n + 1) / (2N))` with `s_k = 2`, or `s_0 = sqrt(1/N)` and
/// `s_k = sqrt(2/N)` when orthonormal. With [`of_type`](Self::of_type) also
///
/// - of type I, `y[k] = sum_n w_n x[n] cos(pi k n / (N - 1))` with `w_n = 1` at both ends and 2 between them;
/// - of type III, `y[k] = x[0] + 2 sum_(n > 0) x[n] cos(pi n (2k + 1) / (2N))`;
///
/// each scaled to orthonormal rows where asked. Matches `scipy.fft.dct(type=...)`.
///
/// The rows of types I and II are symmetric, `cos(pi k (2(N - 1 - n) + 1) / (2N)) = (-1)^k cos(pi k (2n + 1) / (2N))`, which
/// halves the work: even coefficients come from `x[n] + x[N - 1 - n]`, odd ones from `x[n] - x[N - 1 - n]`.
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
    rows: Rows<T>,
}

/// The matrix of a transform.
#[derive(Debug, Clone)]
enum Rows<T> {
    /// Rows that are symmetric or antisymmetric in turn.
    Mirrored {
        /// Coefficients 0, 2, 4 ... of the sums, `[ceil(n_in / 2), ceil(n_out / 2)]`.
        even: Vec<T>,
        /// Coefficients 1, 3, 5 ... of the differences, `[floor(n_in / 2), floor(n_out / 2)]`.
        odd: Vec<T>,
    },
    /// Rows without symmetry, `[n_in, n_out]`.
    Plain(Vec<T>),
}

impl<T: Float> Dct<T> {
    /// Prepares the transform of type II of `n_in` values to the first `n_out` coefficients.
    ///
    /// # Errors
    /// [`Error::Count`] unless `1 <= n_out <= n_in <= 4096`.
    pub fn new(n_in: usize, n_out: usize, norm: DctNorm) -> Result<Self> {
        Self::of_type(DctType::Two, n_in, n_out, norm)
    }

    /// Prepares the transform of any type of `n_in` values to the first `n_out` coefficients.
    ///
    /// # Errors
    /// [`Error::Count`] unless `1 <= n_out <= n_in <= 4096`; type I needs `n_in >= 2`.
    pub fn of_type(kind: DctType, n_in: usize, n_out: usize, norm: DctNorm) -> Result<Self> {
        const MAX: usize = 1 << 12;
        let min = if kind == DctType::One { 2 } else { 1 };
        if n_in < min || n_in > MAX {
            return Err(Error::Count { name: "the DCT's input length", min, max: MAX, actual: n_in });
        }
        if n_out == 0 || n_out > n_in {
            return Err(Error::Count { name: "the DCT's output length", min: 1, max: n_in, actual: n_out });
        }
        let entry = |n: usize, k: usize| T::of(entry(kind, norm, n_in, n, k));
        let columns = |rows: usize, first: usize, step: usize| {
            (0..rows).flat_map(|n| (first..n_out).step_by(step).map(move |k| entry(n, k))).collect()
        };
        let rows = match kind {
            DctType::One | DctType::Two => {
                Rows::Mirrored { even: columns(n_in.div_ceil(2), 0, 2), odd: columns(n_in / 2, 1, 2) }
            }
            DctType::Three => Rows::Plain(columns(n_in, 0, 1)),
        };
        Ok(Self { n_in, n_out, rows })
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
        output.fill(T::zero());
        match &self.rows {
            Rows::Mirrored { even, odd } => {
                let mirrored = || input.iter().zip(input.iter().rev()).take(self.n_in / 2);
                let middle = input.get(self.n_in / 2).filter(|_| self.n_in % 2 == 1);
                let sums = mirrored().map(|(&a, &b)| a + b).chain(middle.copied());
                accumulate(sums, even, output, 0, 2);
                accumulate(mirrored().map(|(&a, &b)| a - b), odd, output, 1, 2);
            }
            Rows::Plain(matrix) => accumulate(input.iter().copied(), matrix, output, 0, 1),
        }
        Ok(())
    }

    /// Transforms eight frames, `[n_in]` to `[n_out]`; see the module [`block`](crate::block). The input is used as scratch
    /// space and does not keep its values, which are not checked.
    ///
    /// # Errors
    /// [`Error::BufferLength`] when either has another length.
    pub fn process_block(&self, input: &mut [Lanes<T>], output: &mut [Lanes<T>]) -> Result<()> {
        self.check_lengths(input.len(), output.len())?;
        T::run(match &self.rows {
            Rows::Mirrored { even, odd } => Task::Dct(DctKernel { even, odd, input, output }),
            Rows::Plain(matrix) => Task::Matrix(MatrixKernel { matrix, input, output }),
        });
        Ok(())
    }

    fn check_lengths(&self, n_in: usize, n_out: usize) -> Result<()> {
        check_length("the DCT's input", self.n_in, n_in)?;
        check_length("the DCT's output", self.n_out, n_out)
    }
}

/// The factor of `x[n]` in `y[k]`, for `length` values.
fn entry(kind: DctType, norm: DctNorm, length: usize, n: usize, k: usize) -> f64 {
    let (size, last) = (length as f64, length - 1);
    let angle = match kind {
        DctType::One => k as f64 * n as f64 / last as f64,
        DctType::Two => k as f64 * (2 * n + 1) as f64 / (2.0 * size),
        DctType::Three => n as f64 * (2 * k + 1) as f64 / (2.0 * size),
    };
    // What makes the rows orthonormal: an end of type I counts half, as does the constant row or column of the others.
    let halved = |at_end: bool| if at_end { 0.5_f64 } else { 1.0 };
    let scale = match (kind, norm) {
        (DctType::One, DctNorm::None) => 2.0 * halved(n == 0 || n == last),
        (DctType::One, DctNorm::Orthonormal) => {
            (2.0 / last as f64 * halved(n == 0 || n == last) * halved(k == 0 || k == last)).sqrt()
        }
        (DctType::Two, DctNorm::None) => 2.0,
        (DctType::Two, DctNorm::Orthonormal) => (2.0 / size * halved(k == 0)).sqrt(),
        (DctType::Three, DctNorm::None) => 2.0 * halved(n == 0),
        (DctType::Three, DctNorm::Orthonormal) => (2.0 / size * halved(n == 0)).sqrt(),
    };
    scale * (PI * angle).cos()
}

/// Adds `x[n] matrix[n, i]` to every `step`-th element of `output`, from `first` on.
fn accumulate<T: Float>(
    x: impl Iterator<Item = T>,
    matrix: &[T],
    output: &mut [T],
    first: usize,
    step: usize,
) {
    let width = (output.len() - first).div_ceil(step);
    for (x, row) in x.zip(matrix.chunks_exact(width.max(1))) {
        for (y, &c) in output[first..].iter_mut().step_by(step).zip(row) {
            *y += x * c;
        }
    }
}
