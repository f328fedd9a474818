use super::{Arch, LANES, Lanes, Split, log10_of_split};
use crate::Float;

/// Plain loops over the lanes, for any CPU and any number type.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Portable;

#[cfg(not(target_arch = "x86_64"))]
impl Portable {
    /// What [`wide`](super::wide) would run, had this architecture wide vectors.
    pub(crate) fn run<K: super::Kernel<f32>>(self, kernel: K) {
        kernel.run(self);
    }
}

#[inline(always)]
fn map<T: Float>(a: [T; LANES], f: impl Fn(T) -> T) -> [T; LANES] {
    std::array::from_fn(|i| f(a[i]))
}

#[inline(always)]
fn zip<T: Float>(a: [T; LANES], b: [T; LANES], f: impl Fn(T, T) -> T) -> [T; LANES] {
    std::array::from_fn(|i| f(a[i], b[i]))
}

macro_rules! impl_arch {
    ($t:ty, $log10:expr) => {
        impl Arch<$t> for Portable {
            type V = [$t; LANES];

            #[inline(always)]
            fn load(self, x: &Lanes<$t>) -> Self::V {
                x.0
            }
            #[inline(always)]
            fn store(self, v: Self::V, x: &mut Lanes<$t>) {
                x.0 = v;
            }
            #[inline(always)]
            fn splat(self, x: $t) -> Self::V {
                [x; LANES]
            }
            #[inline(always)]
            fn add(self, a: Self::V, b: Self::V) -> Self::V {
                zip(a, b, |a, b| a + b)
            }
            #[inline(always)]
            fn sub(self, a: Self::V, b: Self::V) -> Self::V {
                zip(a, b, |a, b| a - b)
            }
            #[inline(always)]
            fn mul(self, a: Self::V, b: Self::V) -> Self::V {
                zip(a, b, |a, b| a * b)
            }
            #[inline(always)]
            fn mul_add(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
                std::array::from_fn(|i| a[i] * b[i] + c[i])
            }
            #[inline(always)]
            fn neg_mul_add(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
                std::array::from_fn(|i| c[i] - a[i] * b[i])
            }
            #[inline(always)]
            fn max(self, a: Self::V, b: Self::V) -> Self::V {
                zip(a, b, |a, b| if a > b { a } else { b })
            }
            #[inline(always)]
            fn min(self, a: Self::V, b: Self::V) -> Self::V {
                zip(a, b, |a, b| if a < b { a } else { b })
            }
            #[inline(always)]
            fn sqrt(self, a: Self::V) -> Self::V {
                map(a, <$t>::sqrt)
            }
            #[inline(always)]
            fn log10(self, a: Self::V) -> Self::V {
                $log10(a)
            }
            #[inline(always)]
            fn tile(self, frames: [&[$t; LANES]; LANES], window: &[$t; LANES]) -> [Self::V; LANES] {
                std::array::from_fn(|n| std::array::from_fn(|lane| frames[lane][n] * window[n]))
            }
        }
    };
}

impl_arch!(f32, |a| log10_of_split(Portable, split(a)));
impl_arch!(f64, |a| map(a, f64::log10));

#[inline(always)]
fn split(a: [f32; LANES]) -> Split<[f32; LANES]> {
    /// Bits of `sqrt(1/2)`: subtracting them moves the exponent's step to where the mantissa is `sqrt(1/2)`.
    const SQRT_HALF: i32 = 0x3f35_04f3;
    let steps: [i32; LANES] = std::array::from_fn(|i| (a[i].to_bits() as i32 - SQRT_HALF) >> 23);
    Split {
        fraction: std::array::from_fn(|i| {
            f32::from_bits((a[i].to_bits() as i32 - (steps[i] << 23)) as u32) - 1.0
        }),
        exponent: std::array::from_fn(|i| steps[i] as f32),
    }
}
