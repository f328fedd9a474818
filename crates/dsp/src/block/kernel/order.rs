//! Computations by order: the smallest and the largest values, running medians.

use crate::block::Lanes;
use crate::block::arch::{Arch, Kernel};

/// The smallest and the largest values of a block in each frame. Both lists arrive filled with the infinity that any value
/// replaces, and stay sorted: the smallest ascending, the largest descending.
pub(crate) struct ExtremesKernel<'a, T> {
    pub(crate) block: &'a [Lanes<T>],
    pub(crate) smallest: &'a mut [Lanes<T>],
    pub(crate) largest: &'a mut [Lanes<T>],
}

impl<T: Copy> Kernel<T> for ExtremesKernel<'_, T> {
    #[inline(always)]
    fn run<A: Arch<T>>(self, arch: A) {
        let Self { block, smallest, largest } = self;
        extremes::<T, A, false>(arch, block, smallest);
        extremes::<T, A, true>(arch, block, largest);
    }
}

/// Fills `places` with the smallest or the largest values.
#[inline(always)]
fn extremes<T: Copy, A: Arch<T>, const LARGEST: bool>(arch: A, block: &[Lanes<T>], places: &mut [Lanes<T>]) {
    match places.len() {
        0 => {}
        1 => few::<T, A, 1, LARGEST>(arch, block, places),
        2 => few::<T, A, 2, LARGEST>(arch, block, places),
        3 => few::<T, A, 3, LARGEST>(arch, block, places),
        4 => few::<T, A, 4, LARGEST>(arch, block, places),
        5 | 6 => few::<T, A, 6, LARGEST>(arch, block, places),
        7..=9 => few::<T, A, 9, LARGEST>(arch, block, places),
        10..=12 => few::<T, A, 12, LARGEST>(arch, block, places),
        _ => {
            for value in block {
                let mut rest = arch.load(value);
                for place in places.iter_mut() {
                    let kept = arch.load(place);
                    let (first, second) = ordered::<T, A, LARGEST>(arch, kept, rest);
                    arch.store(first, place);
                    rest = second;
                }
            }
        }
    }
}

/// Up to `N` places, in registers.
#[inline(always)]
fn few<T: Copy, A: Arch<T>, const N: usize, const LARGEST: bool>(
    arch: A,
    block: &[Lanes<T>],
    places: &mut [Lanes<T>],
) {
    let mut best = [arch.constant(if LARGEST { f64::NEG_INFINITY } else { f64::INFINITY }); N];
    for value in block {
        let mut rest = arch.load(value);
        for place in &mut best {
            (*place, rest) = ordered::<T, A, LARGEST>(arch, *place, rest);
        }
    }
    for (place, best) in places.iter_mut().zip(best) {
        arch.store(best, place);
    }
}

/// The smaller value first, or the larger one.
#[inline(always)]
fn ordered<T, A: Arch<T>, const LARGEST: bool>(arch: A, a: A::V, b: A::V) -> (A::V, A::V) {
    let (least, most) = (arch.min(a, b), arch.max(a, b));
    if LARGEST { (most, least) } else { (least, most) }
}

/// The running median of a block along its values, which continue beyond both ends as their mirror image, the end values
/// repeated.
pub(crate) struct MedianKernel<'a, T> {
    pub(crate) input: &'a [Lanes<T>],
    pub(crate) output: &'a mut [Lanes<T>],
    /// Space for the values of one window in ascending order, `[size]`.
    pub(crate) sorted: &'a mut [Lanes<T>],
}

impl<T: Copy> Kernel<T> for MedianKernel<'_, T> {
    #[inline(always)]
    fn run<A: Arch<T>>(self, arch: A) {
        let Self { input, output, sorted } = self;
        let (size, half) = (sorted.len() as i64, sorted.len() as i64 / 2);
        let value = |i: i64| &input[mirror(i, input.len())];
        let infinity = arch.constant(f64::INFINITY);
        for place in sorted.iter_mut() {
            arch.store(infinity, place);
        }
        for i in -half..size - half {
            insert(arch, arch.load(value(i)), sorted);
        }
        for (i, y) in (0..).zip(output.iter_mut()) {
            *y = sorted[half as usize];
            let (leaving, entering) = (arch.load(value(i - half)), arch.load(value(i - half + size)));
            replace(arch, leaving, entering, sorted);
        }
    }
}

/// The index of the value at `i` in a signal of `n` that continues as its mirror image.
#[inline(always)]
fn mirror(i: i64, n: usize) -> usize {
    if (0..n as i64).contains(&i) {
        return i as usize;
    }
    let inside = i.rem_euclid(2 * n as i64);
    inside.min(2 * n as i64 - 1 - inside) as usize
}

/// Inserts a value in ascending order; the largest value drops out.
#[inline(always)]
fn insert<T: Copy, A: Arch<T>>(arch: A, value: A::V, sorted: &mut [Lanes<T>]) {
    let mut rest = value;
    for place in sorted {
        let kept = arch.load(place);
        arch.store(arch.min(kept, rest), place);
        rest = arch.max(kept, rest);
    }
}

/// Replaces one of the values, keeping the order. Without `leaving` the list is `a[i] = s[i]` below it and `s[i + 1]` from it
/// on, and `entering` makes it `max(a[i - 1], min(a[i], entering))`.
#[inline(always)]
fn replace<T: Copy, A: Arch<T>>(arch: A, leaving: A::V, entering: A::V, sorted: &mut [Lanes<T>]) {
    let mut below = arch.constant(f64::NEG_INFINITY);
    let mut here = arch.load(&sorted[0]);
    for i in 0..sorted.len() - 1 {
        let next = arch.load(&sorted[i + 1]);
        let kept = arch.if_less(here, leaving, here, next);
        arch.store(arch.max(below, arch.min(kept, entering)), &mut sorted[i]);
        (below, here) = (kept, next);
    }
    let last = sorted.len() - 1;
    arch.store(arch.max(below, entering), &mut sorted[last]);
}
