//! The transforms of F(4, 3) along one axis, and along both axes of a tile.
//!
//! Four neighbouring sums of a kernel of length 3 take six multiplications instead of twelve:
//! `y = Aᵀ [(G k) ⊙ (Bᵀ x)]`, where `⊙` multiplies element by element. The matrices come from evaluating polynomials at
//! the points 0, ±3/4, ±3/2 and infinity. With these points the rounding error of a convolution over 256 channels is
//! 2.5e-6 of the largest result, a quarter of that with the customary 0, ±1, ±2, and all entries of A and B are exact.
//!
//! Winograd (1980); Lavin and Gray (2016), arXiv:1509.09308; the choice of points: Barabasz et al. (2020),
//! <https://doi.org/10.1145/3412380>.

use pulp::Simd;

/// Sums along one axis of a tile.
pub(super) const OUT: usize = 4;

/// Input cells along one axis of a tile.
pub(super) const IN: usize = 6;

/// The kernel's transform `G`.
pub(super) const KERNEL: [[f64; 3]; IN] = [
    [64.0 / 81.0, 0.0, 0.0],
    [-128.0 / 243.0, -32.0 / 81.0, -8.0 / 27.0],
    [-128.0 / 243.0, 32.0 / 81.0, -8.0 / 27.0],
    [32.0 / 243.0, 16.0 / 81.0, 8.0 / 27.0],
    [32.0 / 243.0, -16.0 / 81.0, 8.0 / 27.0],
    [0.0, 0.0, 1.0],
];

/// The cells or components of a tile, each a vector of channels.
pub(super) type Square<S, const N: usize> = [[<S as Simd>::f32s; N]; N];

/// A transform along one axis.
pub(super) trait AxisTransform<const M: usize, const N: usize> {
    fn along<S: Simd>(simd: S, x: [S::f32s; M]) -> [S::f32s; N];
}

/// Applies a transform along both axes.
#[inline(always)]
pub(super) fn both_axes<S: Simd, T: AxisTransform<M, N>, const M: usize, const N: usize>(
    simd: S,
    x: &Square<S, M>,
) -> Square<S, N> {
    let zero = simd.splat_f32s(0.0);
    let mut half = [[zero; M]; N];
    for j in 0..M {
        let mut column = [zero; M];
        for i in 0..M {
            column[i] = x[i][j];
        }
        let column = T::along(simd, column);
        for i in 0..N {
            half[i][j] = column[i];
        }
    }
    let mut y = [[zero; N]; N];
    for i in 0..N {
        y[i] = T::along(simd, half[i]);
    }
    y
}

/// `a x + b y`.
#[inline(always)]
fn mix<S: Simd>(simd: S, a: f32, x: S::f32s, b: f32, y: S::f32s) -> S::f32s {
    simd.mul_add_f32s(simd.splat_f32s(a), x, simd.mul_f32s(simd.splat_f32s(b), y))
}

/// `a x + y`.
#[inline(always)]
fn add<S: Simd>(simd: S, a: f32, x: S::f32s, y: S::f32s) -> S::f32s {
    simd.mul_add_f32s(simd.splat_f32s(a), x, y)
}

/// The transform `Bᵀ` of a tile's input.
pub(super) struct Input;

impl AxisTransform<IN, IN> for Input {
    #[inline(always)]
    fn along<S: Simd>(simd: S, x: [S::f32s; IN]) -> [S::f32s; IN] {
        let (even, odd) = (add(simd, -2.25, x[2], x[4]), mix(simd, 0.75, x[3], -1.6875, x[1]));
        let (far_even, far_odd) = (add(simd, -0.5625, x[2], x[4]), mix(simd, 1.5, x[3], -0.84375, x[1]));
        [
            add(simd, 1.265_625, x[0], add(simd, -2.8125, x[2], x[4])),
            simd.add_f32s(even, odd),
            simd.sub_f32s(even, odd),
            simd.add_f32s(far_even, far_odd),
            simd.sub_f32s(far_even, far_odd),
            add(simd, 1.265_625, x[1], add(simd, -2.8125, x[3], x[5])),
        ]
    }
}

/// The transform `B` to the gradient of a tile's input.
pub(super) struct InputGradient;

impl AxisTransform<IN, IN> for InputGradient {
    #[inline(always)]
    fn along<S: Simd>(simd: S, v: [S::f32s; IN]) -> [S::f32s; IN] {
        let (sum, difference) = (simd.add_f32s(v[1], v[2]), simd.sub_f32s(v[1], v[2]));
        let (far_sum, far_difference) = (simd.add_f32s(v[3], v[4]), simd.sub_f32s(v[3], v[4]));
        [
            simd.mul_f32s(simd.splat_f32s(1.265_625), v[0]),
            add(simd, 1.265_625, v[5], mix(simd, -1.6875, difference, -0.84375, far_difference)),
            add(simd, -2.8125, v[0], mix(simd, -2.25, sum, -0.5625, far_sum)),
            add(simd, -2.8125, v[5], mix(simd, 0.75, difference, 1.5, far_difference)),
            simd.add_f32s(v[0], simd.add_f32s(sum, far_sum)),
            v[5],
        ]
    }
}

/// The transform `Aᵀ` to the sums of a tile.
pub(super) struct Output;

impl AxisTransform<IN, OUT> for Output {
    #[inline(always)]
    fn along<S: Simd>(simd: S, m: [S::f32s; IN]) -> [S::f32s; OUT] {
        let (sum, difference) = (simd.add_f32s(m[1], m[2]), simd.sub_f32s(m[1], m[2]));
        let (far_sum, far_difference) = (simd.add_f32s(m[3], m[4]), simd.sub_f32s(m[3], m[4]));
        [
            simd.add_f32s(m[0], simd.add_f32s(sum, far_sum)),
            mix(simd, 0.75, difference, 1.5, far_difference),
            mix(simd, 0.5625, sum, 2.25, far_sum),
            add(simd, 0.421_875, difference, add(simd, 3.375, far_difference, m[5])),
        ]
    }
}

/// The transform `A` of the gradient of a tile's sums.
pub(super) struct OutputGradient;

impl AxisTransform<OUT, IN> for OutputGradient {
    #[inline(always)]
    fn along<S: Simd>(simd: S, y: [S::f32s; OUT]) -> [S::f32s; IN] {
        let (even, odd) = (add(simd, 0.5625, y[2], y[0]), mix(simd, 0.75, y[1], 0.421_875, y[3]));
        let (far_even, far_odd) = (add(simd, 2.25, y[2], y[0]), mix(simd, 1.5, y[1], 3.375, y[3]));
        [
            y[0],
            simd.add_f32s(even, odd),
            simd.sub_f32s(even, odd),
            simd.add_f32s(far_even, far_odd),
            simd.sub_f32s(far_even, far_odd),
            y[3],
        ]
    }
}
