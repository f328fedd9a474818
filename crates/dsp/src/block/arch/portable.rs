use super::log10::{SQRT_HALF_BITS, SQRT_HALF_BITS_DOUBLE, Split, log10_of_double_split, log10_of_split};
use super::{Arch, EXPONENT_BIAS, LANES, Lanes, TWO_52};

/// Plain loops over the lanes, for any CPU and both sample types.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Portable;

/// The wide vectors of an architecture that has none; uninhabited.
#[cfg(not(target_arch = "x86_64"))]
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wide {}

#[cfg(not(target_arch = "x86_64"))]
impl Wide {
    pub(crate) fn detect() -> Option<Self> {
        None
    }

    pub(crate) fn run<K: super::Kernel<f32>>(self, _: K) {
        match self {}
    }

    pub(crate) fn run_double<K: super::Kernel<f64>>(self, _: K) {
        match self {}
    }
}

#[inline(always)]
fn map<T: Copy>(a: [T; LANES], f: impl Fn(T) -> T) -> [T; LANES] {
    std::array::from_fn(|i| f(a[i]))
}

#[inline(always)]
fn zip<T: Copy>(a: [T; LANES], b: [T; LANES], f: impl Fn(T, T) -> T) -> [T; LANES] {
    std::array::from_fn(|i| f(a[i], b[i]))
}

macro_rules! impl_arch {
    ($t:ty, $split:expr, $log10:expr) => {
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
            fn constant(self, x: f64) -> Self::V {
                [x as $t; LANES]
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
            fn div(self, a: Self::V, b: Self::V) -> Self::V {
                zip(a, b, |a, b| a / b)
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
            fn if_less(self, a: Self::V, b: Self::V, x: Self::V, y: Self::V) -> Self::V {
                std::array::from_fn(|i| if a[i] < b[i] { x[i] } else { y[i] })
            }
            #[inline(always)]
            fn sqrt(self, a: Self::V) -> Self::V {
                map(a, <$t>::sqrt)
            }
            #[inline(always)]
            fn split(self, a: Self::V) -> Split<Self::V> {
                $split(a)
            }
            #[inline(always)]
            fn log10(self, a: Self::V) -> Self::V {
                $log10(self, $split(a))
            }
            #[inline(always)]
            fn tile(self, frames: [&[$t; LANES]; LANES], window: &[$t; LANES]) -> [Self::V; LANES] {
                std::array::from_fn(|n| std::array::from_fn(|lane| frames[lane][n] * window[n]))
            }
        }
    };
}

impl_arch!(f32, split, log10_of_split);
impl_arch!(f64, split_double, log10_of_double_split);

#[inline(always)]
fn split(a: [f32; LANES]) -> Split<[f32; LANES]> {
    let steps: [i32; LANES] = std::array::from_fn(|i| (a[i].to_bits() as i32 - SQRT_HALF_BITS) >> 23);
    Split {
        mantissa: std::array::from_fn(|i| f32::from_bits((a[i].to_bits() as i32 - (steps[i] << 23)) as u32)),
        exponent: std::array::from_fn(|i| steps[i] as f32),
    }
}

#[inline(always)]
fn split_double(a: [f64; LANES]) -> Split<[f64; LANES]> {
    let bits = a.map(|a| a.to_bits() as i64);
    let steps =
        bits.map(|bits| (bits.wrapping_add(EXPONENT_BIAS - SQRT_HALF_BITS_DOUBLE) as u64 >> 52) as i64);
    let scale = steps.map(|steps| EXPONENT_BIAS.wrapping_sub(steps << 52));
    Split {
        mantissa: std::array::from_fn(|i| f64::from_bits(bits[i].wrapping_add(scale[i]) as u64)),
        exponent: steps.map(|steps| f64::from_bits(steps as u64 | TWO_52.to_bits()) - (TWO_52 + 1024.0)),
    }
}
