//! Short transforms of vectors of eight frames, in registers and the first-level cache.

use crate::block::ComplexLanes;
use crate::block::arch::Arch;

/// One complex value of eight frames, in registers.
#[derive(Clone, Copy)]
pub(crate) struct Z<V> {
    pub(crate) re: V,
    pub(crate) im: V,
}

#[inline(always)]
pub(crate) fn load<T, A: Arch<T>>(arch: A, x: &ComplexLanes<T>) -> Z<A::V> {
    Z { re: arch.load(&x.re), im: arch.load(&x.im) }
}

#[inline(always)]
pub(crate) fn store<T, A: Arch<T>>(arch: A, z: Z<A::V>, x: &mut ComplexLanes<T>) {
    arch.store(z.re, &mut x.re);
    arch.store(z.im, &mut x.im);
}

#[inline(always)]
pub(crate) fn add<T, A: Arch<T>>(arch: A, a: Z<A::V>, b: Z<A::V>) -> Z<A::V> {
    Z { re: arch.add(a.re, b.re), im: arch.add(a.im, b.im) }
}

#[inline(always)]
pub(crate) fn sub<T, A: Arch<T>>(arch: A, a: Z<A::V>, b: Z<A::V>) -> Z<A::V> {
    Z { re: arch.sub(a.re, b.re), im: arch.sub(a.im, b.im) }
}

/// `a + i b`.
#[inline(always)]
fn add_i<T, A: Arch<T>>(arch: A, a: Z<A::V>, b: Z<A::V>) -> Z<A::V> {
    Z { re: arch.sub(a.re, b.im), im: arch.add(a.im, b.re) }
}

/// `a - i b`.
#[inline(always)]
fn sub_i<T, A: Arch<T>>(arch: A, a: Z<A::V>, b: Z<A::V>) -> Z<A::V> {
    Z { re: arch.add(a.re, b.im), im: arch.sub(a.im, b.re) }
}

/// `z (cos + i sin)`.
#[inline(always)]
pub(crate) fn mul_twiddle<T: Copy, A: Arch<T>>(arch: A, z: Z<A::V>, [cos, sin]: [T; 2]) -> Z<A::V> {
    let (cos, sin) = (arch.splat(cos), arch.splat(sin));
    Z {
        re: arch.neg_mul_add(z.im, sin, arch.mul(z.re, cos)),
        im: arch.mul_add(z.re, sin, arch.mul(z.im, cos)),
    }
}

#[inline(always)]
fn butterfly4<T, A: Arch<T>>(arch: A, [a, b, c, d]: [Z<A::V>; 4]) -> [Z<A::V>; 4] {
    let (ac, a_c) = (add(arch, a, c), sub(arch, a, c));
    let (bd, b_d) = (add(arch, b, d), sub(arch, b, d));
    [add(arch, ac, bd), sub_i(arch, a_c, b_d), sub(arch, ac, bd), add_i(arch, a_c, b_d)]
}

#[inline(always)]
fn butterfly8<T: Copy, A: Arch<T>>(arch: A, x: [Z<A::V>; 8], sqrt_half: T) -> [Z<A::V>; 8] {
    let e = butterfly4(arch, [x[0], x[2], x[4], x[6]]);
    let o = butterfly4(arch, [x[1], x[3], x[5], x[7]]);
    let h = arch.splat(sqrt_half);
    // (1 - i) sqrt(1/2) o1 and -(1 + i) sqrt(1/2) o3; the sign of o3 is applied where it is added.
    let o1 = Z { re: arch.mul(arch.add(o[1].re, o[1].im), h), im: arch.mul(arch.sub(o[1].im, o[1].re), h) };
    let o3 = Z { re: arch.mul(arch.sub(o[3].re, o[3].im), h), im: arch.mul(arch.add(o[3].re, o[3].im), h) };
    [
        add(arch, e[0], o[0]),
        add(arch, e[1], o1),
        sub_i(arch, e[2], o[2]),
        sub(arch, e[3], o3),
        sub(arch, e[0], o[0]),
        sub(arch, e[1], o1),
        add_i(arch, e[2], o[2]),
        add(arch, e[3], o3),
    ]
}

/// Loads four elements, `step` apart. Not a closure in `array::from_fn`, which would be compiled without the caller's
/// instructions.
#[inline(always)]
fn four<T, A: Arch<T>>(arch: A, x: &[ComplexLanes<T>], first: usize, step: usize) -> [Z<A::V>; 4] {
    [
        load(arch, &x[first]),
        load(arch, &x[first + step]),
        load(arch, &x[first + 2 * step]),
        load(arch, &x[first + 3 * step]),
    ]
}

/// Loads eight elements, `step` apart.
#[inline(always)]
fn eight<T, A: Arch<T>>(arch: A, x: &[ComplexLanes<T>], first: usize, step: usize) -> [Z<A::V>; 8] {
    let [a, b, c, d] = four(arch, x, first, step);
    let [e, f, g, h] = four(arch, x, first + 4 * step, step);
    [a, b, c, d, e, f, g, h]
}

/// Twiddle factors of a transform of `N` points: those of its first stage, `[N / radix, radix - 1]`.
#[derive(Debug, Clone)]
pub(crate) struct ColumnPlan<T> {
    pub(crate) twiddles: Vec<[T; 2]>,
    pub(crate) sqrt_half: T,
}

/// The radix of the first stage, for the supported lengths 8, 16, 32 and 64. The second stage, if any, has no twiddle
/// factors.
pub(crate) const fn first_radix(n: usize) -> usize {
    if n == 16 { 4 } else { 8 }
}

/// Transforms `x`, in natural order. Returns the buffer that holds the result, `x` or `y`.
#[inline(always)]
pub(crate) fn transform<'a, T: Copy, A: Arch<T>, const N: usize>(
    arch: A,
    plan: &ColumnPlan<T>,
    x: &'a mut [ComplexLanes<T>; N],
    y: &'a mut [ComplexLanes<T>; N],
) -> &'a [ComplexLanes<T>; N] {
    let tw = &plan.twiddles;
    match N {
        8 => stage8::<T, A, N, 8, 1>(arch, plan.sqrt_half, tw, x, y),
        16 => {
            stage4::<T, A, N, 16, 1>(arch, tw, x, y);
            stage4::<T, A, N, 4, 4>(arch, tw, y, x);
        }
        32 => {
            stage8::<T, A, N, 32, 1>(arch, plan.sqrt_half, tw, x, y);
            stage4::<T, A, N, 4, 8>(arch, tw, y, x);
        }
        _ => {
            stage8::<T, A, N, 64, 1>(arch, plan.sqrt_half, tw, x, y);
            stage8::<T, A, N, 8, 8>(arch, plan.sqrt_half, tw, y, x);
        }
    }
    if N == 8 { y } else { x }
}

/// One Stockham stage of radix 4: transforms of `LENGTH` points remain, `STRIDE` of them interleaved.
#[inline(always)]
fn stage4<T: Copy, A: Arch<T>, const N: usize, const LENGTH: usize, const STRIDE: usize>(
    arch: A,
    twiddles: &[[T; 2]],
    x: &[ComplexLanes<T>; N],
    y: &mut [ComplexLanes<T>; N],
) {
    let quarter = N / 4;
    for q in 0..STRIDE {
        let z = butterfly4(arch, four(arch, x, q, quarter));
        for (j, &z) in z.iter().enumerate() {
            store(arch, z, &mut y[q + j * STRIDE]);
        }
    }
    for (p, factors) in (1..LENGTH / 4).zip(twiddles[3..].as_chunks::<3>().0) {
        for q in 0..STRIDE {
            let i = p * STRIDE + q;
            let z = butterfly4(arch, four(arch, x, i, quarter));
            let first = 4 * p * STRIDE + q;
            store(arch, z[0], &mut y[first]);
            for j in 1..4 {
                store(arch, mul_twiddle(arch, z[j], factors[j - 1]), &mut y[first + j * STRIDE]);
            }
        }
    }
}

/// One Stockham stage of radix 8; see [`stage4`].
#[inline(always)]
fn stage8<T: Copy, A: Arch<T>, const N: usize, const LENGTH: usize, const STRIDE: usize>(
    arch: A,
    sqrt_half: T,
    twiddles: &[[T; 2]],
    x: &[ComplexLanes<T>; N],
    y: &mut [ComplexLanes<T>; N],
) {
    let eighth = N / 8;
    for q in 0..STRIDE {
        let z = butterfly8(arch, eight(arch, x, q, eighth), sqrt_half);
        for (j, &z) in z.iter().enumerate() {
            store(arch, z, &mut y[q + j * STRIDE]);
        }
    }
    for (p, factors) in (1..LENGTH / 8).zip(twiddles[7..].as_chunks::<7>().0) {
        for q in 0..STRIDE {
            let i = p * STRIDE + q;
            let z = butterfly8(arch, eight(arch, x, i, eighth), sqrt_half);
            let first = 8 * p * STRIDE + q;
            store(arch, z[0], &mut y[first]);
            for j in 1..8 {
                store(arch, mul_twiddle(arch, z[j], factors[j - 1]), &mut y[first + j * STRIDE]);
            }
        }
    }
}
