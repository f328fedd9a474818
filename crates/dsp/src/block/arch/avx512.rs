//! AVX-512, in double precision: eight values per register. See [`avx2`](super::avx2) for how this is safe code.

use std::arch::x86_64::{__m512d, _CMP_LT_OQ};

use pulp::x86::V4;

use super::log10::{SQRT_HALF_BITS_DOUBLE, Split, log10_of_double_split};
use super::{Arch, EXPONENT_BIAS, LANES, Lanes, TWO_52};

/// The proof that this CPU has AVX-512.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Avx512(pub(super) V4);

impl Avx512 {
    #[inline(always)]
    fn row(self, frame: &[f64; LANES], taper: __m512d) -> __m512d {
        self.mul(pulp::cast(*frame), taper)
    }

    /// The values at one parity of the index, of which `rows` holds those of two frames each, for all frames.
    #[inline(always)]
    fn gather(self, rows: [__m512d; 4]) -> [__m512d; 4] {
        let avx = self.0.avx512f;
        let near = avx._mm512_shuffle_f64x2::<0x88>(rows[0], rows[1]);
        let far = avx._mm512_shuffle_f64x2::<0xdd>(rows[0], rows[1]);
        let (near_2, far_2) = (
            avx._mm512_shuffle_f64x2::<0x88>(rows[2], rows[3]),
            avx._mm512_shuffle_f64x2::<0xdd>(rows[2], rows[3]),
        );
        [
            avx._mm512_shuffle_f64x2::<0x88>(near, near_2),
            avx._mm512_shuffle_f64x2::<0x88>(far, far_2),
            avx._mm512_shuffle_f64x2::<0xdd>(near, near_2),
            avx._mm512_shuffle_f64x2::<0xdd>(far, far_2),
        ]
    }
}

impl Arch<f64> for Avx512 {
    type V = __m512d;

    #[inline(always)]
    fn load(self, x: &Lanes<f64>) -> __m512d {
        pulp::cast(x.0)
    }

    #[inline(always)]
    fn store(self, v: __m512d, x: &mut Lanes<f64>) {
        x.0 = pulp::cast(v);
    }

    #[inline(always)]
    fn splat(self, x: f64) -> __m512d {
        self.0.avx512f._mm512_set1_pd(x)
    }

    #[inline(always)]
    fn constant(self, x: f64) -> __m512d {
        self.splat(x)
    }

    #[inline(always)]
    fn add(self, a: __m512d, b: __m512d) -> __m512d {
        self.0.avx512f._mm512_add_pd(a, b)
    }

    #[inline(always)]
    fn sub(self, a: __m512d, b: __m512d) -> __m512d {
        self.0.avx512f._mm512_sub_pd(a, b)
    }

    #[inline(always)]
    fn mul(self, a: __m512d, b: __m512d) -> __m512d {
        self.0.avx512f._mm512_mul_pd(a, b)
    }

    #[inline(always)]
    fn div(self, a: __m512d, b: __m512d) -> __m512d {
        self.0.avx512f._mm512_div_pd(a, b)
    }

    #[inline(always)]
    fn mul_add(self, a: __m512d, b: __m512d, c: __m512d) -> __m512d {
        self.0.avx512f._mm512_fmadd_pd(a, b, c)
    }

    #[inline(always)]
    fn neg_mul_add(self, a: __m512d, b: __m512d, c: __m512d) -> __m512d {
        self.0.avx512f._mm512_fnmadd_pd(a, b, c)
    }

    #[inline(always)]
    fn max(self, a: __m512d, b: __m512d) -> __m512d {
        self.0.avx512f._mm512_max_pd(a, b)
    }

    #[inline(always)]
    fn min(self, a: __m512d, b: __m512d) -> __m512d {
        self.0.avx512f._mm512_min_pd(a, b)
    }

    #[inline(always)]
    fn if_less(self, a: __m512d, b: __m512d, x: __m512d, y: __m512d) -> __m512d {
        let avx = self.0.avx512f;
        avx._mm512_mask_blend_pd(avx._mm512_cmp_pd_mask::<_CMP_LT_OQ>(a, b), y, x)
    }

    #[inline(always)]
    fn sqrt(self, a: __m512d) -> __m512d {
        self.0.avx512f._mm512_sqrt_pd(a)
    }

    #[inline(always)]
    fn split(self, a: __m512d) -> Split<__m512d> {
        let avx = self.0.avx512f;
        let bias = avx._mm512_set1_epi64(EXPONENT_BIAS);
        let to_steps = avx._mm512_set1_epi64(EXPONENT_BIAS - SQRT_HALF_BITS_DOUBLE);
        let two_52 = avx._mm512_set1_epi64(TWO_52.to_bits() as i64);
        let bits = avx._mm512_castpd_si512(a);
        let moved = avx._mm512_add_epi64(bits, to_steps);
        let steps = avx._mm512_srli_epi64::<52>(moved);
        let scale = avx._mm512_sub_epi64(bias, avx._mm512_slli_epi64::<52>(steps));
        let exponent = avx._mm512_castsi512_pd(avx._mm512_or_si512(steps, two_52));
        Split {
            mantissa: avx._mm512_castsi512_pd(avx._mm512_add_epi64(bits, scale)),
            exponent: self.sub(exponent, self.splat(TWO_52 + 1024.0)),
        }
    }

    #[inline(always)]
    fn log10(self, a: __m512d) -> __m512d {
        log10_of_double_split(self, self.split(a))
    }

    #[inline(always)]
    fn tile(self, frames: [&[f64; LANES]; LANES], window: &[f64; LANES]) -> [__m512d; LANES] {
        let avx = self.0.avx512f;
        let taper = pulp::cast(*window);
        let (a, b) = (self.row(frames[0], taper), self.row(frames[1], taper));
        let (c, d) = (self.row(frames[2], taper), self.row(frames[3], taper));
        let (e, f) = (self.row(frames[4], taper), self.row(frames[5], taper));
        let (g, h) = (self.row(frames[6], taper), self.row(frames[7], taper));
        let even = self.gather([
            avx._mm512_unpacklo_pd(a, b),
            avx._mm512_unpacklo_pd(c, d),
            avx._mm512_unpacklo_pd(e, f),
            avx._mm512_unpacklo_pd(g, h),
        ]);
        let odd = self.gather([
            avx._mm512_unpackhi_pd(a, b),
            avx._mm512_unpackhi_pd(c, d),
            avx._mm512_unpackhi_pd(e, f),
            avx._mm512_unpackhi_pd(g, h),
        ]);
        [even[0], odd[0], even[1], odd[1], even[2], odd[2], even[3], odd[3]]
    }
}
