//! AVX2 and FMA, in single precision. [`Portable`](super::Portable) has the same operations as plain loops.
//!
//! All of it is safe code: the fields of pulp's token `V3` prove that the CPU has an instruction set, and their methods
//! are its intrinsics.

use std::arch::x86_64::{__m128, __m256, _CMP_LT_OQ};

use pulp::x86::V3;

use super::log10::{SQRT_HALF_BITS, Split, log10_of_split};
use super::{Arch, LANES, Lanes};

/// The proof that this CPU has AVX2 and FMA.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Avx2(pub(super) V3);

impl Avx2 {
    /// Samples `4 HALF..4 HALF + 4` of a tile: frames 0-3 in the lower, 4-7 in the upper half of four registers, followed by
    /// a 4 by 4 transposition within the halves.
    #[inline(always)]
    fn half_tile<const HALF: usize>(
        self,
        frames: &[&[f32; LANES]; LANES],
        window: &[f32; LANES],
    ) -> [__m256; 4] {
        let avx = self.0.avx;
        let taper = self.pair::<HALF>(window, window);
        let rows = [
            Arch::<f32>::mul(self, self.pair::<HALF>(frames[0], frames[4]), taper),
            Arch::<f32>::mul(self, self.pair::<HALF>(frames[1], frames[5]), taper),
            Arch::<f32>::mul(self, self.pair::<HALF>(frames[2], frames[6]), taper),
            Arch::<f32>::mul(self, self.pair::<HALF>(frames[3], frames[7]), taper),
        ];
        let (t0, t1) = (avx._mm256_unpacklo_ps(rows[0], rows[1]), avx._mm256_unpackhi_ps(rows[0], rows[1]));
        let (t2, t3) = (avx._mm256_unpacklo_ps(rows[2], rows[3]), avx._mm256_unpackhi_ps(rows[2], rows[3]));
        [
            avx._mm256_shuffle_ps::<0x44>(t0, t2),
            avx._mm256_shuffle_ps::<0xee>(t0, t2),
            avx._mm256_shuffle_ps::<0x44>(t1, t3),
            avx._mm256_shuffle_ps::<0xee>(t1, t3),
        ]
    }

    /// Four samples of one frame in the lower half of a register, four of another frame in the upper half.
    #[inline(always)]
    fn pair<const HALF: usize>(self, lower: &[f32; LANES], upper: &[f32; LANES]) -> __m256 {
        let avx = self.0.avx;
        let lower: __m128 = pulp::cast(lower.as_chunks::<4>().0[HALF]);
        let upper: __m128 = pulp::cast(upper.as_chunks::<4>().0[HALF]);
        avx._mm256_insertf128_ps::<1>(avx._mm256_castps128_ps256(lower), upper)
    }
}

impl Arch<f32> for Avx2 {
    type V = __m256;

    #[inline(always)]
    fn load(self, x: &Lanes<f32>) -> __m256 {
        pulp::cast(x.0)
    }

    #[inline(always)]
    fn store(self, v: __m256, x: &mut Lanes<f32>) {
        x.0 = pulp::cast(v);
    }

    #[inline(always)]
    fn splat(self, x: f32) -> __m256 {
        self.0.avx._mm256_set1_ps(x)
    }

    #[inline(always)]
    fn constant(self, x: f64) -> __m256 {
        Arch::<f32>::splat(self, x as f32)
    }

    #[inline(always)]
    fn add(self, a: __m256, b: __m256) -> __m256 {
        self.0.avx._mm256_add_ps(a, b)
    }

    #[inline(always)]
    fn sub(self, a: __m256, b: __m256) -> __m256 {
        self.0.avx._mm256_sub_ps(a, b)
    }

    #[inline(always)]
    fn mul(self, a: __m256, b: __m256) -> __m256 {
        self.0.avx._mm256_mul_ps(a, b)
    }

    #[inline(always)]
    fn div(self, a: __m256, b: __m256) -> __m256 {
        self.0.avx._mm256_div_ps(a, b)
    }

    #[inline(always)]
    fn mul_add(self, a: __m256, b: __m256, c: __m256) -> __m256 {
        self.0.fma._mm256_fmadd_ps(a, b, c)
    }

    #[inline(always)]
    fn neg_mul_add(self, a: __m256, b: __m256, c: __m256) -> __m256 {
        self.0.fma._mm256_fnmadd_ps(a, b, c)
    }

    #[inline(always)]
    fn max(self, a: __m256, b: __m256) -> __m256 {
        self.0.avx._mm256_max_ps(a, b)
    }

    #[inline(always)]
    fn min(self, a: __m256, b: __m256) -> __m256 {
        self.0.avx._mm256_min_ps(a, b)
    }

    #[inline(always)]
    fn if_less(self, a: __m256, b: __m256, x: __m256, y: __m256) -> __m256 {
        let avx = self.0.avx;
        avx._mm256_blendv_ps(y, x, avx._mm256_cmp_ps::<_CMP_LT_OQ>(a, b))
    }

    #[inline(always)]
    fn sqrt(self, a: __m256) -> __m256 {
        self.0.avx._mm256_sqrt_ps(a)
    }

    #[inline(always)]
    fn split(self, a: __m256) -> Split<__m256> {
        let V3 { avx, avx2, .. } = self.0;
        let bits = avx._mm256_castps_si256(a);
        let steps =
            avx2._mm256_srai_epi32::<23>(avx2._mm256_sub_epi32(bits, avx._mm256_set1_epi32(SQRT_HALF_BITS)));
        let mantissa =
            avx._mm256_castsi256_ps(avx2._mm256_sub_epi32(bits, avx2._mm256_slli_epi32::<23>(steps)));
        Split { mantissa, exponent: avx._mm256_cvtepi32_ps(steps) }
    }

    #[inline(always)]
    fn log10(self, a: __m256) -> __m256 {
        log10_of_split(self, Arch::<f32>::split(self, a))
    }

    #[inline(always)]
    fn tile(self, frames: [&[f32; LANES]; LANES], window: &[f32; LANES]) -> [__m256; LANES] {
        let (low, high) = (self.half_tile::<0>(&frames, window), self.half_tile::<1>(&frames, window));
        [low[0], low[1], low[2], low[3], high[0], high[1], high[2], high[3]]
    }
}
