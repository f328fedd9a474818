//! The innermost loops: up to six rows by two vectors of a product, held in registers.

use pulp::Simd;

/// The most rows of a tile: with two vectors per row, twelve sums fill the sixteen registers of AVX2.
pub(super) const ROWS: usize = 6;

/// Two neighboring vectors: one row of a tile.
pub(super) type VectorPair<S> = [<S as Simd>::f32s; 2];

/// Calls a tile function with the number of rows, at most [`ROWS`], as its constant parameter.
macro_rules! match_rows {
    ($rows:expr, $f:ident ( $($argument:expr),* $(,)? )) => {
        match $rows {
            0 => {}
            1 => $f::<_, 1>($($argument),*),
            2 => $f::<_, 2>($($argument),*),
            3 => $f::<_, 3>($($argument),*),
            4 => $f::<_, 4>($($argument),*),
            5 => $f::<_, 5>($($argument),*),
            _ => $f::<_, 6>($($argument),*),
        }
    };
}
pub(super) use match_rows;

/// The rows of a packed strip, each as wide as a tile.
#[inline(always)]
pub(super) fn as_pairs<S: Simd>(strip: &[f32]) -> &[VectorPair<S>] {
    pulp::as_arrays::<2, _>(S::as_simd_f32s(strip).0).0
}

/// The loop of [`add_rows`] for a fixed list of rows, each written as its index and a name for its element.
///
/// It expands to `for ((..(b, x0), x1).., x5) in b.iter().zip(a[0])..zip(a[5])`: nested `zip`s have no bounds checks,
/// where indexing six rows would cost six in every step.
macro_rules! fma_loop {
    ($simd:ident, $sums:ident, $a:ident, $b:ident; $steps:expr, $pattern:tt; []; [$($r:literal $x:ident)*]) => {
        for $pattern in $steps {
            $(
                let factor = $simd.splat_f32s(*$x);
                $sums[$r][0] = $simd.mul_add_f32s(factor, $b[0], $sums[$r][0]);
                $sums[$r][1] = $simd.mul_add_f32s(factor, $b[1], $sums[$r][1]);
            )*
        }
    };
    ($simd:ident, $sums:ident, $a:ident, $b:ident; $steps:expr, $pattern:tt;
        [$r:literal $x:ident $($more:tt)*]; [$($done:tt)*]) => {
        fma_loop!($simd, $sums, $a, $b; $steps.zip($a[$r]), ($pattern, $x); [$($more)*]; [$($done)* $r $x])
    };
}

/// `sums[r] += sum over k of a[r][k] b[k]`.
#[inline(always)]
pub(super) fn add_rows<S: Simd, const R: usize>(
    simd: S,
    a: [&[f32]; R],
    b: &[VectorPair<S>],
    sums: &mut [VectorPair<S>; R],
) {
    match R {
        1 => fma_loop!(simd, sums, a, b; b.iter(), b; [0 p]; []),
        2 => fma_loop!(simd, sums, a, b; b.iter(), b; [0 p 1 q]; []),
        3 => fma_loop!(simd, sums, a, b; b.iter(), b; [0 p 1 q 2 r]; []),
        4 => fma_loop!(simd, sums, a, b; b.iter(), b; [0 p 1 q 2 r 3 s]; []),
        5 => fma_loop!(simd, sums, a, b; b.iter(), b; [0 p 1 q 2 r 3 s 4 t]; []),
        _ => fma_loop!(simd, sums, a, b; b.iter(), b; [0 p 1 q 2 r 3 s 4 t 5 u]; []),
    }
}

/// `sums[r] += sum over p of a[p stride + r] b[p]`.
#[inline(always)]
pub(super) fn add_columns<S: Simd, const R: usize>(
    simd: S,
    a: &[f32],
    stride: usize,
    b: &[VectorPair<S>],
    sums: &mut [VectorPair<S>; R],
) {
    for (p, b) in b.iter().enumerate() {
        let a = &a[p * stride..][..R];
        for r in 0..R {
            let factor = simd.splat_f32s(a[r]);
            sums[r][0] = simd.mul_add_f32s(factor, b[0], sums[r][0]);
            sums[r][1] = simd.mul_add_f32s(factor, b[1], sums[r][1]);
        }
    }
}

/// The first elements of a row, with zeros in place of those that a row shorter than a tile lacks.
#[inline(always)]
pub(super) fn load<S: Simd>(simd: S, row: &[f32]) -> VectorPair<S> {
    if let Some(&pair) = as_pairs::<S>(row).first() {
        return pair;
    }
    let (low, high) = row.split_at(row.len().min(S::F32_LANES));
    [simd.partial_load_f32s(low), simd.partial_load_f32s(high)]
}

/// Writes a pair of vectors to the first elements of a row, as many as it has: the opposite of [`load`].
#[inline(always)]
pub(super) fn store<S: Simd>(simd: S, row: &mut [f32], pair: VectorPair<S>) {
    if row.len() >= 2 * S::F32_LANES {
        let (vectors, _) = S::as_mut_simd_f32s(row);
        vectors[0] = pair[0];
        vectors[1] = pair[1];
        return;
    }
    let (low, high) = row.split_at_mut(row.len().min(S::F32_LANES));
    simd.partial_store_f32s(low, pair[0]);
    simd.partial_store_f32s(high, pair[1]);
}
