use std::f64::consts::{FRAC_1_SQRT_2, PI};

use super::column::{ColumnPlan, ComplexLanes, first_radix};
use super::kernel::PowerKernel;
use crate::Float;
use crate::simd::{LANES, Lanes};
use crate::task::Task;

/// Tables and buffers for the power spectra of eight frames at once.
#[derive(Debug, Clone)]
pub(crate) struct BlockFft<T> {
    pub(super) n_fft: usize,
    /// The frame's window, halved: it carries the factor 1/2 of the real spectrum's unpacking.
    pub(super) window: Vec<T>,
    pub(super) columns: ColumnPlan<T>,
    pub(super) rows: ColumnPlan<T>,
    /// `exp(-2 pi i r c / H)`, `[C, R]`.
    pub(super) twist: Vec<[T; 2]>,
    /// `exp(-2 pi i k / N)`, `[H]`.
    pub(super) unpack: Vec<[T; 2]>,
    /// The matrix between the passes, `[R, C + 1]`: the odd stride keeps a column's elements in different cache sets.
    pub(super) matrix: Vec<ComplexLanes<T>>,
    pub(super) scratch: Vec<ComplexLanes<T>>,
}

/// `n_fft / 2 = rows * columns`.
pub(super) fn factors(n_fft: usize) -> Option<(usize, usize)> {
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

impl<T: Float> BlockFft<T> {
    /// Prepares the transform of frames of `window.len()` samples; `None` when the length is not one of those supported,
    /// or the CPU has no wide vectors for `T`: then one frame at a time is faster.
    pub(crate) fn new(window: &[T]) -> Option<Self> {
        if T::has_wide() { Self::any_cpu(window) } else { None }
    }

    pub(super) fn any_cpu(window: &[T]) -> Option<Self> {
        let n_fft = window.len();
        let (rows, columns) = factors(n_fft)?;
        let half = n_fft / 2;
        Some(Self {
            n_fft,
            window: window.iter().map(|&w| w * T::of(0.5)).collect(),
            columns: column_plan(rows),
            rows: column_plan(columns),
            twist: (0..half).map(|i| unit_root(i / rows * (i % rows), half)).collect(),
            unpack: (0..half).map(|k| unit_root(k, n_fft)).collect(),
            matrix: vec![ComplexLanes::default(); rows * (columns + 1)],
            scratch: vec![ComplexLanes::default(); (4 * rows).max(columns) + 2 * rows.max(columns)],
        })
    }

    /// Power spectra `[n_fft / 2 + 1]` of eight frames of `n_fft` samples.
    pub(crate) fn power(&mut self, frames: [&[T]; LANES], power: &mut [Lanes<T>]) {
        T::run(Task::Power(PowerKernel { fft: self, frames, power }));
    }
}

fn column_plan<T: Float>(n: usize) -> ColumnPlan<T> {
    let radix = first_radix(n);
    let twiddles = (0..n / radix).flat_map(|p| (1..radix).map(move |j| unit_root(j * p, n))).collect();
    ColumnPlan { twiddles, sqrt_half: T::of(FRAC_1_SQRT_2) }
}

/// `exp(-2 pi i k / n)` as cosine and sine.
fn unit_root<T: Float>(k: usize, n: usize) -> [T; 2] {
    let angle = -2.0 * PI * (k % n) as f64 / n as f64;
    [T::of(angle.cos()), T::of(angle.sin())]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::Portable;

    /// Frames of a generator's noise.
    fn frames(n_fft: usize) -> Vec<Vec<f32>> {
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 16_777_216.0 - 0.5
        };
        (0..LANES).map(|_| (0..n_fft).map(|_| next()).collect()).collect()
    }

    /// Two lengths: all share their code, and every one is compared with `Stft` in the golden tests.
    #[test]
    fn wide_vectors_give_what_the_safe_twin_gives() {
        compare::<16, 16>(512);
        compare::<32, 32>(2048);
    }

    fn compare<const R: usize, const C: usize>(n_fft: usize) {
        let window: Vec<f32> = (0..n_fft).map(|n| 0.5 + 0.5 * n as f32 / n_fft as f32).collect();
        let frames = frames(n_fft);
        let frames = std::array::from_fn(|lane| frames[lane].as_slice());
        let mut fft = BlockFft::any_cpu(&window).expect("a supported length");
        let mut twin = vec![Lanes::default(); n_fft / 2 + 1];
        PowerKernel { fft: &mut fft, frames, power: &mut twin }.passes::<Portable, R, C>(Portable);
        let mut wide = twin.clone();
        fft.power(frames, &mut wide);
        for (a, b) in twin.iter().zip(&wide) {
            for (a, b) in a.0.iter().zip(b.0) {
                assert!((a - b).abs() < 1e-5 * n_fft as f32, "{n_fft}: {a} {b}");
            }
        }
    }
}
