//! The innermost loops: up to six rows by two vectors of a product, held in registers.

use pulp::Simd;

/// The most rows of a tile: with two vectors a row, twelve sums fill the sixteen registers of AVX2.
pub(super) const ROWS: usize = 6;

/// Two neighbouring vectors: one row of a tile.
pub(super) type Fused<S> = [<S as Simd>::f32s; 2];

/// Runs a tile function with the number of rows as a constant.
macro_rules! with_rows {
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
pub(super) use with_rows;

/// A packed panel as rows of a tile's width.
#[inline(always)]
pub(super) fn pairs<S: Simd>(panel: &[f32]) -> &[Fused<S>] {
    pulp::as_arrays::<2, _>(S::as_simd_f32s(panel).0).0
}

/// Walks a panel and some rows in step. Nested `zip`s, because six indexed rows would cost six bounds checks a step.
macro_rules! walk {
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
        walk!($simd, $sums, $a, $b; $steps.zip($a[$r]), ($pattern, $x); [$($more)*]; [$($done)* $r $x])
    };
}

/// `sums[r] += sum over k of a[r][k] b[k]`.
#[inline(always)]
pub(super) fn add_rows<S: Simd, const R: usize>(
    simd: S,
    a: [&[f32]; R],
    b: &[Fused<S>],
    sums: &mut [Fused<S>; R],
) {
    match R {
        1 => walk!(simd, sums, a, b; b.iter(), b; [0 p]; []),
        2 => walk!(simd, sums, a, b; b.iter(), b; [0 p 1 q]; []),
        3 => walk!(simd, sums, a, b; b.iter(), b; [0 p 1 q 2 r]; []),
        4 => walk!(simd, sums, a, b; b.iter(), b; [0 p 1 q 2 r 3 s]; []),
        5 => walk!(simd, sums, a, b; b.iter(), b; [0 p 1 q 2 r 3 s 4 t]; []),
        _ => walk!(simd, sums, a, b; b.iter(), b; [0 p 1 q 2 r 3 s 4 t 5 u]; []),
    }
}

/// `sums[r] += sum over p of a[p stride + r] b[p]`.
#[inline(always)]
pub(super) fn add_columns<S: Simd, const R: usize>(
    simd: S,
    a: &[f32],
    stride: usize,
    b: &[Fused<S>],
    sums: &mut [Fused<S>; R],
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

/// The first numbers of a row of the result; zeros where it is shorter than a tile.
#[inline(always)]
pub(super) fn load<S: Simd>(simd: S, row: &[f32]) -> Fused<S> {
    if let Some(&pair) = pairs::<S>(row).first() {
        return pair;
    }
    let (low, high) = row.split_at(row.len().min(S::F32_LANES));
    [simd.partial_load_f32s(low), simd.partial_load_f32s(high)]
}

/// The opposite of [`load`].
#[inline(always)]
pub(super) fn store<S: Simd>(simd: S, row: &mut [f32], pair: Fused<S>) {
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
