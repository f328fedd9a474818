use std::f64::consts::{FRAC_1_SQRT_2, PI};

use super::column::{ColumnPlan, first_radix};
use crate::block::ComplexLanes;

/// Tables and buffers for the spectra of eight frames at once.
#[derive(Debug, Clone)]
pub(crate) struct Plan<T> {
    pub(super) n_fft: usize,
    /// The frame's window, halved: it includes the factor 1/2 of the real spectrum's unpacking.
    pub(super) window: Vec<T>,
    pub(super) columns: ColumnPlan<T>,
    pub(super) rows: ColumnPlan<T>,
    /// `exp(-2 pi i r c / H)`, `[C, R]`.
    pub(super) twiddles: Vec<[T; 2]>,
    /// `exp(-2 pi i k / N)`, `[H]`.
    pub(super) unpack: Vec<[T; 2]>,
    /// The matrix between the passes, `[R, C + 1]`: the odd stride keeps a column's elements in different cache sets.
    pub(super) matrix: Vec<ComplexLanes<T>>,
    pub(super) scratch: Vec<ComplexLanes<T>>,
}

impl<T: Copy + Default> Plan<T> {
    /// Prepares the transform of frames of `window.len()` samples, with tables computed in `f64` and rounded once by
    /// `round`. Returns `None` when the length is not supported.
    pub(crate) fn new(window: &[f64], round: impl Fn(f64) -> T) -> Option<Self> {
        let n_fft = window.len();
        let (rows, columns) = factors(n_fft)?;
        let half = n_fft / 2;
        Some(Self {
            n_fft,
            window: window.iter().map(|&w| round(0.5 * w)).collect(),
            columns: column_plan(rows, &round),
            rows: column_plan(columns, &round),
            twiddles: (0..half).map(|i| unit_root(i / rows * (i % rows), half).map(&round)).collect(),
            unpack: (0..half).map(|k| unit_root(k, n_fft).map(&round)).collect(),
            matrix: vec![ComplexLanes::default(); rows * (columns + 1)],
            scratch: vec![ComplexLanes::default(); (4 * rows).max(columns) + 2 * rows.max(columns)],
        })
    }
}

/// The `(rows, columns)` of the matrix, with `n_fft / 2 = rows * columns`.
fn factors(n_fft: usize) -> Option<(usize, usize)> {
    match n_fft {
        128 => Some((8, 8)),
        256 => Some((8, 16)),
        512 => Some((16, 16)),
        1024 => Some((16, 32)),
        2048 => Some((32, 32)),
        4096 => Some((32, 64)),
        8192 => Some((64, 64)),
        _ => None,
    }
}

fn column_plan<T>(n: usize, round: impl Fn(f64) -> T) -> ColumnPlan<T> {
    let radix = first_radix(n);
    let roots = (0..n / radix).flat_map(|p| (1..radix).map(move |j| unit_root(j * p, n)));
    ColumnPlan { twiddles: roots.map(|root| root.map(&round)).collect(), sqrt_half: round(FRAC_1_SQRT_2) }
}

/// `exp(-2 pi i k / n)` as cosine and sine.
fn unit_root(k: usize, n: usize) -> [f64; 2] {
    let angle = -2.0 * PI * (k % n) as f64 / n as f64;
    [angle.cos(), angle.sin()]
}
