//! Eight frames side by side: one number type, one vector width, and the choice of instructions at run time.
//!
//! A kernel is written once over [`Arch`], the operations on one vector, and runs with the widest instructions that the CPU
//! has: `avx2` is the only place of this crate with `unsafe` code, [`Portable`] its safe twin.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod portable;

pub(crate) use portable::Portable;

/// Number of frames that are worked on together.
pub const LANES: usize = 8;

/// The same value (a bin, a band, a coefficient) of [`LANES`] frames.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[repr(C, align(32))]
pub struct Lanes<T>(pub [T; LANES]);

/// Operations on one vector of [`LANES`] numbers. A value of the implementing type is the proof that the CPU has them.
pub(crate) trait Arch<T>: Copy {
    /// A vector in registers.
    type V: Copy;

    fn load(self, x: &Lanes<T>) -> Self::V;
    fn store(self, v: Self::V, x: &mut Lanes<T>);
    fn splat(self, x: T) -> Self::V;
    fn add(self, a: Self::V, b: Self::V) -> Self::V;
    fn sub(self, a: Self::V, b: Self::V) -> Self::V;
    fn mul(self, a: Self::V, b: Self::V) -> Self::V;
    /// `a b + c`.
    fn mul_add(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// `c - a b`.
    fn neg_mul_add(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// The larger; `b` where `a` is NaN.
    fn max(self, a: Self::V, b: Self::V) -> Self::V;
    /// The smaller; `b` where `a` is NaN.
    fn min(self, a: Self::V, b: Self::V) -> Self::V;
    fn sqrt(self, a: Self::V) -> Self::V;
    /// Logarithm to base 10 of normal positive numbers.
    fn log10(self, a: Self::V) -> Self::V;
    /// Eight samples of eight frames, each frame times the window, transposed: vector `n` holds sample `n` of all.
    fn tile(self, frames: [&[T; LANES]; LANES], window: &[T; LANES]) -> [Self::V; LANES];
}

/// A computation that can run with any vector instructions.
pub(crate) trait Kernel<T> {
    /// Does the work; must be `#[inline(always)]`, so that it is compiled for the instructions of its caller.
    fn run<A: Arch<T>>(self, arch: A);
}

/// Wide vectors in single precision, if this CPU has them.
#[cfg(target_arch = "x86_64")]
pub(crate) fn wide() -> Option<avx2::Avx2> {
    avx2::Avx2::detect()
}

/// Wide vectors in single precision: none are known for this architecture.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn wide() -> Option<Portable> {
    None
}

/// Mantissa in `[sqrt(1/2), sqrt(2))` less one, and exponent, of each lane.
pub(crate) struct Split<V> {
    pub(crate) fraction: V,
    pub(crate) exponent: V,
}

/// `log10` in single precision from the split number, to 1.5 units in the last place: the minimax polynomial of Cephes'
/// `logf` (S. L. Moshier, "Methods and Programs for Mathematical Functions", 1989).
#[inline(always)]
pub(crate) fn log10_of_split<A: Arch<f32>>(arch: A, Split { fraction: x, exponent }: Split<A::V>) -> A::V {
    const P: [f32; 8] = [
        -1.151_461e-1,
        1.167_699_9e-1,
        -1.242_014_1e-1,
        1.424_932_3e-1,
        -1.666_805_8e-1,
        2.000_071_5e-1,
        -2.499_999_4e-1,
        3.333_333e-1,
    ];
    let square = arch.mul(x, x);
    let mut y = arch.splat(7.037_683_6e-2);
    for coefficient in P {
        y = arch.mul_add(y, x, arch.splat(coefficient));
    }
    let y = arch.mul(arch.mul(y, x), square);
    let ln = arch.add(x, arch.mul_add(square, arch.splat(-0.5), y));
    let scaled = arch.mul(ln, arch.splat(std::f32::consts::LOG10_E));
    arch.mul_add(exponent, arch.splat(std::f32::consts::LOG10_2), scaled)
}
