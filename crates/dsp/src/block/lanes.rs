/// Number of frames that are processed together.
pub const LANES: usize = 8;

/// One value (a bin, a band, a coefficient) of [`LANES`] frames.
///
/// Aligned to 32 bytes: one AVX register of `f32`. Lane `i` is `lanes.0[i]`.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[repr(C, align(32))]
pub struct Lanes<T>(pub [T; LANES]);

/// One complex value (a bin) of [`LANES`] frames.
///
/// In `f32` it is exactly one cache line, so that passes which jump from value to value touch no line twice.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[repr(C, align(64))]
pub struct ComplexLanes<T> {
    /// Real parts.
    pub re: Lanes<T>,
    /// Imaginary parts.
    pub im: Lanes<T>,
}
