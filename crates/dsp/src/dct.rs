use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use crate::simd::{Arch, Kernel, Lanes};
use crate::task::Task;
use crate::{Error, Float, Result, check_length};

/// Scaling of the cosine transform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DctNorm {
    /// The transform's matrix has orthonormal rows: `norm="ortho"`, librosa's default.
    #[default]
    Orthonormal,
    /// `norm=None`: twice the plain sum.
    None,
}

/// The first coefficients of the discrete cosine transform of type II.
///
/// `y[k] = s_k sum_n x[n] cos(pi k (2n + 1) / (2N))` with `s_k = 2`, or `s_0 = sqrt(1/N)` and `s_k = sqrt(2/N)` when
/// orthonormal. Matches `scipy.fft.dct(type=2)`.
///
/// # References
/// N. Ahmed, T. Natarajan, K. R. Rao, "Discrete cosine transform", IEEE Trans. Computers C-23(1), 1974,
/// doi:10.1109/T-C.1974.223784.
///
/// The rows' symmetry `cos(pi k (2(N - 1 - n) + 1) / (2N)) = (-1)^k cos(pi k (2n + 1) / (2N))` halves the work: even
/// coefficients come from `x[n] + x[N - 1 - n]`, odd ones from `x[n] - x[N - 1 - n]`.
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
    pub fn n_in(&self) -> usize {
        self.n_in
    }

    /// Number of coefficients.
    pub fn n_out(&self) -> usize {
        self.n_out
    }

    /// Transforms `input` `[n_in]` into `output` `[n_out]`.
    ///
    /// # Errors
    /// [`Error::BufferLength`] when either has another length.
    ///
    /// ```
    /// use cepstrum_dsp::{Dct, DctNorm};
    ///
    /// let mut out = [0.0_f32; 2];
    /// Dct::new(4, 2, DctNorm::Orthonormal)?.process_into(&[1.0, 1.0, 1.0, 1.0], &mut out)?;
    /// assert!((out[0] - 2.0).abs() < 1e-6 && out[1].abs() < 1e-6);
    /// # Ok::<(), cepstrum_dsp::Error>(())
    /// ```
    pub fn process_into(&self, input: &[T], output: &mut [T]) -> Result<()> {
        check_length("the DCT's input", self.n_in, input.len())?;
        check_length("the DCT's output", self.n_out, output.len())?;
        let mirrored = || input.iter().zip(input.iter().rev()).take(self.n_in / 2);
        let middle = input.get(self.n_in / 2).filter(|_| self.n_in % 2 == 1);
        output.fill(T::zero());
        let sums = mirrored().map(|(&a, &b)| a + b).chain(middle.copied());
        accumulate(sums, &self.even, output, 0);
        accumulate(mirrored().map(|(&a, &b)| a - b), &self.odd, output, 1);
        Ok(())
    }

    /// The same for eight frames: `[n_in]` to `[n_out]`. The input is folded in place: it does not keep its values.
    ///
    /// # Errors
    /// [`Error::BufferLength`] when either has another length.
    pub fn process_block(&self, input: &mut [Lanes<T>], output: &mut [Lanes<T>]) -> Result<()> {
        check_length("the DCT's input", self.n_in, input.len())?;
        check_length("the DCT's output", self.n_out, output.len())?;
        T::run(Task::Dct(DctKernel { dct: self, input, output }));
        Ok(())
    }
}

/// Adds `x[n] matrix[n, i]` to every other element of `output`.
fn accumulate<T: Float>(x: impl Iterator<Item = T>, matrix: &[T], output: &mut [T], first: usize) {
    let width = (output.len() - first).div_ceil(2);
    for (x, row) in x.zip(matrix.chunks_exact(width.max(1))) {
        for (y, &c) in output[first..].iter_mut().step_by(2).zip(row) {
            *y += x * c;
        }
    }
}

pub(crate) struct DctKernel<'a, T> {
    dct: &'a Dct<T>,
    input: &'a mut [Lanes<T>],
    output: &'a mut [Lanes<T>],
}

impl<T: Float> Kernel<T> for DctKernel<'_, T> {
    #[inline(always)]
    fn run<A: Arch<T>>(self, arch: A) {
        let Self { dct, input, output } = self;
        let half = input.len() / 2;
        let (low, high) = input.split_at_mut(input.len() - half);
        for (a, b) in low.iter_mut().zip(high.iter_mut().rev()) {
            let (x, y) = (arch.load(a), arch.load(b));
            arch.store(arch.add(x, y), a);
            arch.store(arch.sub(x, y), b);
        }
        every_other(arch, &low.iter(), &dct.even, output);
        if output.len() > 1 {
            every_other(arch, &high.iter().rev(), &dct.odd, &mut output[1..]);
        }
    }
}

/// `output[2i] = sum_n x[n] matrix[n, i]`, up to eight sums in registers at a time.
#[inline(always)]
fn every_other<'a, T: Float, A: Arch<T>>(
    arch: A,
    x: &(impl ExactSizeIterator<Item = &'a Lanes<T>> + Clone),
    matrix: &[T],
    output: &mut [Lanes<T>],
) {
    let width = output.len().div_ceil(2);
    for first in (0..width).step_by(8) {
        let out = &mut output[2 * first..];
        let sums = Sums { arch, matrix, width, first };
        match width - first {
            1 => sums.write::<1>(x.clone(), out),
            2 => sums.write::<2>(x.clone(), out),
            3 => sums.write::<3>(x.clone(), out),
            4 => sums.write::<4>(x.clone(), out),
            5 => sums.write::<5>(x.clone(), out),
            6 => sums.write::<6>(x.clone(), out),
            7 => sums.write::<7>(x.clone(), out),
            _ => sums.write::<8>(x.clone(), out),
        }
    }
}

/// Columns `first..` of a matrix of `width` columns.
#[derive(Clone, Copy)]
struct Sums<'a, T, A> {
    arch: A,
    matrix: &'a [T],
    width: usize,
    first: usize,
}

impl<T: Float, A: Arch<T>> Sums<'_, T, A> {
    /// Terms that are summed on their own, so that rounding errors do not grow with the length.
    const TERMS: usize = 16;

    #[inline(always)]
    fn write<'a, const N: usize>(self, mut x: impl Iterator<Item = &'a Lanes<T>>, output: &mut [Lanes<T>])
    where
        T: 'a,
    {
        let arch = self.arch;
        let mut totals = [arch.splat(T::zero()); N];
        for rows in self.matrix.chunks(Self::TERMS * self.width) {
            let mut sums = [arch.splat(T::zero()); N];
            for (row, x) in rows.chunks_exact(self.width).zip(&mut x) {
                let x = arch.load(x);
                let row: &[T; N] = row[self.first..].first_chunk().expect("N columns are left");
                for (sum, &c) in sums.iter_mut().zip(row) {
                    *sum = arch.mul_add(arch.splat(c), x, *sum);
                }
            }
            for (total, sum) in totals.iter_mut().zip(sums) {
                *total = arch.add(*total, sum);
            }
        }
        for (y, total) in output.iter_mut().step_by(2).zip(totals) {
            arch.store(total, y);
        }
    }
}
