use super::bins::Bins;
use super::column::{Z, add, load, mul_twiddle, store, transform};
use super::plan::Plan;
use crate::block::arch::{Arch, Kernel};
use crate::block::{ComplexLanes, LANES};

/// Spectra `[n_fft / 2 + 1]` of eight frames of `n_fft` samples.
pub(crate) struct SpectrumKernel<'a, T> {
    pub(crate) plan: &'a mut Plan<T>,
    pub(crate) frames: [&'a [T]; LANES],
    pub(crate) bins: Bins<'a, T>,
}

impl<T: Copy> Kernel<T> for SpectrumKernel<'_, T> {
    #[inline(always)]
    fn run<A: Arch<T>>(self, arch: A) {
        match self.plan.n_fft {
            128 => self.passes::<A, 8, 8>(arch),
            256 => self.passes::<A, 8, 16>(arch),
            512 => self.passes::<A, 16, 16>(arch),
            1024 => self.passes::<A, 16, 32>(arch),
            2048 => self.passes::<A, 32, 32>(arch),
            4096 => self.passes::<A, 32, 64>(arch),
            _ => self.passes::<A, 64, 64>(arch),
        }
    }
}

impl<T: Copy> SpectrumKernel<'_, T> {
    #[inline(always)]
    pub(super) fn passes<A: Arch<T>, const R: usize, const C: usize>(mut self, arch: A) {
        self.columns::<A, R, C>(arch);
        self.rows::<A, R, C>(arch);
    }

    /// Loads the samples of four columns at a time, transforms each column and stores it, times its twiddle factors, in
    /// the matrix.
    #[inline(always)]
    fn columns<A: Arch<T>, const R: usize, const C: usize>(&mut self, arch: A) {
        let plan = &mut *self.plan;
        let window = plan.window.as_chunks::<LANES>().0;
        let window = &window[..R * C / 4];
        let frames = self.frames.map(|frame| &frame.as_chunks::<LANES>().0[..R * C / 4]);
        let (columns, scratch) = plan.scratch.split_at_mut(4 * R);
        let scratch: &mut [ComplexLanes<T>; R] = fixed(scratch);
        let matrix = &mut plan.matrix[..R * (C + 1)];
        for (four, twiddles) in plan.twiddles.chunks_exact(4 * R).enumerate() {
            for r in 0..R {
                let tile = r * (C / 4) + four;
                let [a, b, c, d, e, f, g, h] = &frames;
                let tiles = [&a[tile], &b[tile], &c[tile], &d[tile], &e[tile], &f[tile], &g[tile], &h[tile]];
                let samples = arch.tile(tiles, &window[tile]);
                for j in 0..4 {
                    let z = Z { re: samples[2 * j], im: samples[2 * j + 1] };
                    store(arch, z, &mut columns[j * R + r]);
                }
            }
            for (j, (column, twiddles)) in
                columns.chunks_exact_mut(R).zip(twiddles.chunks_exact(R)).enumerate()
            {
                let column = transform::<T, A, R>(arch, &plan.columns, fixed(column), scratch);
                let out = &mut matrix[4 * four + j..][..=(R - 1) * (C + 1)];
                for (r, &factor) in twiddles.iter().enumerate() {
                    store(arch, mul_twiddle(arch, load(arch, &column[r]), factor), &mut out[r * (C + 1)]);
                }
            }
        }
    }

    /// Transforms the rows, and unpacks each with its mirror row: bins `k` and `H - k` lie in rows `r` and `R - r`.
    #[inline(always)]
    fn rows<A: Arch<T>, const R: usize, const C: usize>(&mut self, arch: A) {
        let plan = &mut *self.plan;
        let half = R * C;
        let bins = &mut self.bins.first(half + 1);
        let unpack = &plan.unpack[..half];
        let (scratch, mirror_scratch) = plan.scratch.split_at_mut(C);
        let (scratch, mirror_scratch) = (fixed(scratch), fixed(mirror_scratch));

        let (first, rest) = plan.matrix[..R * (C + 1)].split_at_mut(C + 1);
        let row = transform::<T, A, C>(arch, &plan.rows, fixed(first), scratch);
        ends(arch, load(arch, &row[0]), bins, half);
        for q in 1..=C / 2 {
            unpack_pair(arch, load(arch, &row[q]), load(arch, &row[C - q]), q * R, half, unpack, bins);
        }

        let (lower, upper) = rest.split_at_mut((R / 2 - 1) * (C + 1));
        let (middle, upper) = upper.split_at_mut(C + 1);
        let pairs = lower.chunks_exact_mut(C + 1).zip(upper.chunks_exact_mut(C + 1).rev());
        for (r, (row, mirror)) in (1..).zip(pairs) {
            let row = transform::<T, A, C>(arch, &plan.rows, fixed(row), scratch);
            let mirror = transform::<T, A, C>(arch, &plan.rows, fixed(mirror), mirror_scratch);
            for q in 0..C {
                let pair = (load(arch, &row[q]), load(arch, &mirror[C - 1 - q]));
                unpack_pair(arch, pair.0, pair.1, r + q * R, half, unpack, bins);
            }
        }

        let row = transform::<T, A, C>(arch, &plan.rows, fixed(middle), scratch);
        for q in 0..C / 2 {
            unpack_pair(
                arch,
                load(arch, &row[q]),
                load(arch, &row[C - 1 - q]),
                R / 2 + q * R,
                half,
                unpack,
                bins,
            );
        }
    }
}

/// Bins 0 and `H`, from `z[0]`: the sums of even and odd samples, added and subtracted.
#[inline(always)]
fn ends<T: Copy, A: Arch<T>>(arch: A, z: Z<A::V>, bins: &mut Bins<'_, T>, half: usize) {
    let (two, im) = (arch.constant(2.0), arch.constant(0.0));
    for (bin, x) in [(0, arch.add(z.re, z.im)), (half, arch.sub(z.re, z.im))] {
        bins.set(arch, bin, Z { re: arch.mul(two, x), im });
    }
}

/// Bins `k` and `H - k` of the real spectrum, `E + W^k O` and `conj(E - W^k O)`, where (the window being halved)
/// `E = z + conj(mirror)`, `O = -i (z - conj(mirror))`, `W = exp(-2 pi i / N)`.
#[inline(always)]
fn unpack_pair<T: Copy, A: Arch<T>>(
    arch: A,
    z: Z<A::V>,
    mirror: Z<A::V>,
    k: usize,
    half: usize,
    unpack: &[[T; 2]],
    bins: &mut Bins<'_, T>,
) {
    let even = Z { re: arch.add(z.re, mirror.re), im: arch.sub(z.im, mirror.im) };
    let difference = Z { re: arch.sub(z.re, mirror.re), im: arch.add(z.im, mirror.im) };
    let [cos, sin] = unpack[k];
    let (cos, sin) = (arch.splat(cos), arch.splat(sin));
    let odd = Z {
        re: arch.mul_add(sin, difference.re, arch.mul(cos, difference.im)),
        im: arch.neg_mul_add(cos, difference.re, arch.mul(sin, difference.im)),
    };
    bins.set(arch, k, add(arch, even, odd));
    bins.set(arch, half - k, Z { re: arch.sub(even.re, odd.re), im: arch.sub(odd.im, even.im) });
}

/// The first `N` elements as an array.
#[inline(always)]
fn fixed<T, const N: usize>(x: &mut [T]) -> &mut [T; N] {
    x.first_chunk_mut().expect("the plan's buffers are longer than its transforms")
}
