use super::Arch;

/// The mantissa, from `sqrt(1/2)` to below `sqrt(2)`, and the exponent of each lane.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Split<V> {
    pub(crate) mantissa: V,
    pub(crate) exponent: V,
}

/// The bits of `sqrt(1/2)` in single precision: subtracting them moves the step of the exponent to the point where the
/// mantissa is `sqrt(1/2)`.
pub(super) const SQRT_HALF_BITS: i32 = 0x3f35_04f3;

/// The bits of `sqrt(1/2)` in double precision.
pub(super) const SQRT_HALF_BITS_DOUBLE: i64 = 0x3fe6_a09e_667f_3bcd;

/// `log10` in single precision of a split number, to 1.5 units in the last place, by the minimax polynomial of Cephes'
/// `logf` (S. L. Moshier, "Methods and Programs for Mathematical Functions", 1989).
#[inline(always)]
pub(super) fn log10_of_split<A: Arch<f32>>(arch: A, Split { mantissa, exponent }: Split<A::V>) -> A::V {
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
    let x = arch.sub(mantissa, arch.splat(1.0));
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

/// `log10` in double precision of a split number, to about 2 units in the last place: `ln m = 2 artanh((m - 1) / (m + 1))`,
/// whose argument is below 0.172, by the first eleven terms of its series.
#[inline(always)]
pub(super) fn log10_of_double_split<A: Arch<f64>>(
    arch: A,
    Split { mantissa, exponent }: Split<A::V>,
) -> A::V {
    let one = arch.splat(1.0);
    let s = arch.div(arch.sub(mantissa, one), arch.add(mantissa, one));
    let square = arch.mul(s, s);
    let mut y = arch.splat(1.0 / 21.0);
    for term in (0..10).rev() {
        y = arch.mul_add(y, square, arch.splat(1.0 / (2 * term + 1) as f64));
    }
    let scaled = arch.mul(arch.mul(s, y), arch.splat(2.0 * std::f64::consts::LOG10_E));
    arch.mul_add(exponent, arch.splat(std::f64::consts::LOG10_2), scaled)
}
