//! AVX2 and FMA, in double precision: eight values in two registers.

use std::arch::x86_64::{__m256d, _CMP_LT_OQ};

use super::avx2::Avx2;
use super::log10::{SQRT_HALF_BITS_DOUBLE, Split, log10_of_double_split};
use super::{Arch, EXPONENT_BIAS, LANES, Lanes, TWO_52};

/// Lanes 0 to 3 and 4 to 7.
type Pair = [__m256d; 2];

impl Avx2 {
    #[inline(always)]
    fn split_half(self, a: __m256d) -> Split<__m256d> {
        let (avx, avx2) = (self.0.avx, self.0.avx2);
        let bias = avx._mm256_set1_epi64x(EXPONENT_BIAS);
        let to_steps = avx._mm256_set1_epi64x(EXPONENT_BIAS - SQRT_HALF_BITS_DOUBLE);
        let two_52 = avx._mm256_set1_epi64x(TWO_52.to_bits() as i64);
        let bits = avx._mm256_castpd_si256(a);
        let moved = avx2._mm256_add_epi64(bits, to_steps);
        let steps = avx2._mm256_srli_epi64::<52>(moved);
        let scale = avx2._mm256_sub_epi64(bias, avx2._mm256_slli_epi64::<52>(steps));
        let exponent = avx._mm256_castsi256_pd(avx2._mm256_or_si256(steps, two_52));
        Split {
            mantissa: avx._mm256_castsi256_pd(avx2._mm256_add_epi64(bits, scale)),
            exponent: avx._mm256_sub_pd(exponent, avx._mm256_set1_pd(TWO_52 + 1024.0)),
        }
    }

    /// Four samples of one frame times the window.
    #[inline(always)]
    fn row<const HALF: usize>(self, frame: &[f64; LANES], window: &[f64; LANES]) -> __m256d {
        let samples: __m256d = pulp::cast(frame.as_chunks::<4>().0[HALF]);
        self.0.avx._mm256_mul_pd(samples, pulp::cast(window.as_chunks::<4>().0[HALF]))
    }

    /// Samples `4 HALF..4 HALF + 4` of four frames times the window, transposed.
    #[inline(always)]
    fn quarter<const HALF: usize>(self, frames: [&[f64; LANES]; 4], window: &[f64; LANES]) -> [__m256d; 4] {
        let avx = self.0.avx;
        let (a, b) = (self.row::<HALF>(frames[0], window), self.row::<HALF>(frames[1], window));
        let (c, d) = (self.row::<HALF>(frames[2], window), self.row::<HALF>(frames[3], window));
        let (even, odd) = (avx._mm256_unpacklo_pd(a, b), avx._mm256_unpackhi_pd(a, b));
        let (even_2, odd_2) = (avx._mm256_unpacklo_pd(c, d), avx._mm256_unpackhi_pd(c, d));
        [
            avx._mm256_permute2f128_pd::<0x20>(even, even_2),
            avx._mm256_permute2f128_pd::<0x20>(odd, odd_2),
            avx._mm256_permute2f128_pd::<0x31>(even, even_2),
            avx._mm256_permute2f128_pd::<0x31>(odd, odd_2),
        ]
    }
}

impl Arch<f64> for Avx2 {
    type V = Pair;

    #[inline(always)]
    fn load(self, x: &Lanes<f64>) -> Pair {
        pulp::cast(x.0)
    }

    #[inline(always)]
    fn store(self, v: Pair, x: &mut Lanes<f64>) {
        x.0 = pulp::cast(v);
    }

    #[inline(always)]
    fn splat(self, x: f64) -> Pair {
        [self.0.avx._mm256_set1_pd(x); 2]
    }

    #[inline(always)]
    fn constant(self, x: f64) -> Pair {
        Arch::<f64>::splat(self, x)
    }

    #[inline(always)]
    fn add(self, a: Pair, b: Pair) -> Pair {
        let avx = self.0.avx;
        [avx._mm256_add_pd(a[0], b[0]), avx._mm256_add_pd(a[1], b[1])]
    }

    #[inline(always)]
    fn sub(self, a: Pair, b: Pair) -> Pair {
        let avx = self.0.avx;
        [avx._mm256_sub_pd(a[0], b[0]), avx._mm256_sub_pd(a[1], b[1])]
    }

    #[inline(always)]
    fn mul(self, a: Pair, b: Pair) -> Pair {
        let avx = self.0.avx;
        [avx._mm256_mul_pd(a[0], b[0]), avx._mm256_mul_pd(a[1], b[1])]
    }

    #[inline(always)]
    fn div(self, a: Pair, b: Pair) -> Pair {
        let avx = self.0.avx;
        [avx._mm256_div_pd(a[0], b[0]), avx._mm256_div_pd(a[1], b[1])]
    }

    #[inline(always)]
    fn mul_add(self, a: Pair, b: Pair, c: Pair) -> Pair {
        let fma = self.0.fma;
        [fma._mm256_fmadd_pd(a[0], b[0], c[0]), fma._mm256_fmadd_pd(a[1], b[1], c[1])]
    }

    #[inline(always)]
    fn neg_mul_add(self, a: Pair, b: Pair, c: Pair) -> Pair {
        let fma = self.0.fma;
        [fma._mm256_fnmadd_pd(a[0], b[0], c[0]), fma._mm256_fnmadd_pd(a[1], b[1], c[1])]
    }

    #[inline(always)]
    fn max(self, a: Pair, b: Pair) -> Pair {
        let avx = self.0.avx;
        [avx._mm256_max_pd(a[0], b[0]), avx._mm256_max_pd(a[1], b[1])]
    }

    #[inline(always)]
    fn min(self, a: Pair, b: Pair) -> Pair {
        let avx = self.0.avx;
        [avx._mm256_min_pd(a[0], b[0]), avx._mm256_min_pd(a[1], b[1])]
    }

    #[inline(always)]
    fn if_less(self, a: Pair, b: Pair, x: Pair, y: Pair) -> Pair {
        let avx = self.0.avx;
        let low = avx._mm256_cmp_pd::<_CMP_LT_OQ>(a[0], b[0]);
        let high = avx._mm256_cmp_pd::<_CMP_LT_OQ>(a[1], b[1]);
        [avx._mm256_blendv_pd(y[0], x[0], low), avx._mm256_blendv_pd(y[1], x[1], high)]
    }

    #[inline(always)]
    fn sqrt(self, a: Pair) -> Pair {
        [self.0.avx._mm256_sqrt_pd(a[0]), self.0.avx._mm256_sqrt_pd(a[1])]
    }

    #[inline(always)]
    fn split(self, a: Pair) -> Split<Pair> {
        let (low, high) = (self.split_half(a[0]), self.split_half(a[1]));
        Split { mantissa: [low.mantissa, high.mantissa], exponent: [low.exponent, high.exponent] }
    }

    #[inline(always)]
    fn log10(self, a: Pair) -> Pair {
        log10_of_double_split(self, Arch::<f64>::split(self, a))
    }

    #[inline(always)]
    fn tile(self, frames: [&[f64; LANES]; LANES], window: &[f64; LANES]) -> [Pair; LANES] {
        let [a, b, c, d, e, f, g, h] = frames;
        let (low, high) = ([a, b, c, d], [e, f, g, h]);
        let [a, b, c, d] = self.quarter::<0>(low, window);
        let [e, f, g, h] = self.quarter::<0>(high, window);
        let [i, j, k, l] = self.quarter::<1>(low, window);
        let [m, n, o, p] = self.quarter::<1>(high, window);
        [[a, e], [b, f], [c, g], [d, h], [i, m], [j, n], [k, o], [l, p]]
    }
}
