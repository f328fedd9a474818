//! AVX2 and FMA, in single precision. [`Portable`](super::Portable) is the safe twin of every operation here.
#![allow(unsafe_code, reason = "vector instructions that the CPU was asked for before `Avx2` could be made")]

use std::arch::x86_64::{
    __m256, _mm_loadu_ps, _mm256_add_ps, _mm256_castps_si256, _mm256_castps128_ps256, _mm256_castsi256_ps,
    _mm256_cvtepi32_ps, _mm256_fmadd_ps, _mm256_fnmadd_ps, _mm256_insertf128_ps, _mm256_load_ps,
    _mm256_max_ps, _mm256_min_ps, _mm256_mul_ps, _mm256_set1_epi32, _mm256_set1_ps, _mm256_shuffle_ps,
    _mm256_slli_epi32, _mm256_sqrt_ps, _mm256_srai_epi32, _mm256_store_ps, _mm256_sub_epi32, _mm256_sub_ps,
    _mm256_unpackhi_ps, _mm256_unpacklo_ps,
};

use super::log10::{SQRT_HALF_BITS, Split, log10_of_split};
use super::{Arch, Kernel, LANES, Lanes};

/// Proof that this CPU has AVX2 and FMA: only [`detect`](Self::detect) makes one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Avx2(());

impl Avx2 {
    /// Asks the CPU (std keeps the answer).
    pub(crate) fn detect() -> Option<Self> {
        let present = std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma");
        present.then_some(Self(()))
    }

    /// Runs a kernel that is compiled for these instructions.
    pub(crate) fn run<K: Kernel<f32>>(self, kernel: K) {
        #[target_feature(enable = "avx2,fma")]
        fn compiled<K: Kernel<f32>>(arch: Avx2, kernel: K) {
            kernel.run(arch);
        }
        // SAFETY: `self` exists, so the CPU has AVX2 and FMA.
        unsafe { compiled(self, kernel) }
    }

    /// Mantissa and exponent as [`Split`] wants them.
    #[allow(clippy::unused_self, reason = "the value is the proof that the CPU has AVX2")]
    #[inline(always)]
    fn split(self, a: __m256) -> Split<__m256> {
        // SAFETY: `self` exists, so the CPU has AVX2.
        unsafe {
            let bits = _mm256_castps_si256(a);
            let steps = _mm256_srai_epi32::<23>(_mm256_sub_epi32(bits, _mm256_set1_epi32(SQRT_HALF_BITS)));
            let mantissa = _mm256_castsi256_ps(_mm256_sub_epi32(bits, _mm256_slli_epi32::<23>(steps)));
            Split {
                fraction: _mm256_sub_ps(mantissa, _mm256_set1_ps(1.0)),
                exponent: _mm256_cvtepi32_ps(steps),
            }
        }
    }
}

/// Methods that are one instruction on registers.
macro_rules! instructions {
    ($($name:ident($($x:ident),*) = $intrinsic:expr;)*) => {$(
        #[inline(always)]
        fn $name(self, $($x: __m256),*) -> __m256 {
            // SAFETY: `self` exists, so the CPU has AVX2 and FMA; the instruction touches registers only.
            unsafe { $intrinsic }
        }
    )*};
}

impl Arch<f32> for Avx2 {
    type V = __m256;

    #[inline(always)]
    fn load(self, x: &Lanes<f32>) -> __m256 {
        // SAFETY: AVX is there; `Lanes<f32>` is 32 bytes, aligned to 32.
        unsafe { _mm256_load_ps(x.0.as_ptr()) }
    }

    #[inline(always)]
    fn store(self, v: __m256, x: &mut Lanes<f32>) {
        // SAFETY: AVX is there; `Lanes<f32>` is 32 bytes, aligned to 32, and borrowed for writing.
        unsafe { _mm256_store_ps(x.0.as_mut_ptr(), v) }
    }

    #[inline(always)]
    fn splat(self, x: f32) -> __m256 {
        // SAFETY: AVX is there.
        unsafe { _mm256_set1_ps(x) }
    }

    #[inline(always)]
    fn constant(self, x: f64) -> __m256 {
        self.splat(x as f32)
    }

    instructions! {
        add(a, b) = _mm256_add_ps(a, b);
        sub(a, b) = _mm256_sub_ps(a, b);
        mul(a, b) = _mm256_mul_ps(a, b);
        mul_add(a, b, c) = _mm256_fmadd_ps(a, b, c);
        neg_mul_add(a, b, c) = _mm256_fnmadd_ps(a, b, c);
        max(a, b) = _mm256_max_ps(a, b);
        min(a, b) = _mm256_min_ps(a, b);
        sqrt(a) = _mm256_sqrt_ps(a);
    }

    #[inline(always)]
    fn log10(self, a: __m256) -> __m256 {
        log10_of_split(self, self.split(a))
    }

    #[inline(always)]
    fn tile(self, frames: [&[f32; LANES]; LANES], window: &[f32; LANES]) -> [__m256; LANES] {
        let (low, high) = (self.half_tile::<0>(&frames, window), self.half_tile::<4>(&frames, window));
        [low[0], low[1], low[2], low[3], high[0], high[1], high[2], high[3]]
    }
}

impl Avx2 {
    /// Samples `OFFSET..OFFSET + 4` of a tile: frames 0-3 in the lower, 4-7 in the upper half of four registers, then a
    /// 4 by 4 transposition within the halves.
    #[inline(always)]
    fn half_tile<const OFFSET: usize>(
        self,
        frames: &[&[f32; LANES]; LANES],
        window: &[f32; LANES],
    ) -> [__m256; 4] {
        let taper = self.pair::<OFFSET>(window, window);
        let rows = [
            self.mul(self.pair::<OFFSET>(frames[0], frames[4]), taper),
            self.mul(self.pair::<OFFSET>(frames[1], frames[5]), taper),
            self.mul(self.pair::<OFFSET>(frames[2], frames[6]), taper),
            self.mul(self.pair::<OFFSET>(frames[3], frames[7]), taper),
        ];
        // SAFETY: AVX is there; the instructions touch registers only.
        unsafe {
            let (t0, t1) = (_mm256_unpacklo_ps(rows[0], rows[1]), _mm256_unpackhi_ps(rows[0], rows[1]));
            let (t2, t3) = (_mm256_unpacklo_ps(rows[2], rows[3]), _mm256_unpackhi_ps(rows[2], rows[3]));
            [
                _mm256_shuffle_ps::<0x44>(t0, t2),
                _mm256_shuffle_ps::<0xee>(t0, t2),
                _mm256_shuffle_ps::<0x44>(t1, t3),
                _mm256_shuffle_ps::<0xee>(t1, t3),
            ]
        }
    }

    /// Four samples of one frame in the lower, of another in the upper half of a register.
    #[allow(clippy::unused_self, reason = "the value is the proof that the CPU has AVX2")]
    #[inline(always)]
    fn pair<const OFFSET: usize>(self, lower: &[f32; LANES], upper: &[f32; LANES]) -> __m256 {
        const { assert!(OFFSET + 4 <= LANES) };
        // SAFETY: AVX is there; four floats from `OFFSET` on lie inside both arrays, as asserted.
        unsafe {
            let lower = _mm256_castps128_ps256(_mm_loadu_ps(lower.as_ptr().add(OFFSET)));
            _mm256_insertf128_ps::<1>(lower, _mm_loadu_ps(upper.as_ptr().add(OFFSET)))
        }
    }
}
