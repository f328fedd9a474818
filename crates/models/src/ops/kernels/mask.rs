/// A dropout mask: a function of a key and an element's position, so that no mask is ever stored.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Mask {
    key: [u32; 2],
    /// An element is dropped if its 32 random bits are below this.
    threshold: u32,
    /// The factor of the elements that are kept.
    scale: f32,
}

impl Mask {
    /// The mask that keeps every element as it is.
    pub(in super::super) fn none() -> Self {
        Self { key: [0; 2], threshold: 0, scale: 1.0 }
    }

    /// The mask of this key that drops the share `rate` (in `[0, 1)`) of all elements.
    pub(in super::super) fn new(rate: f64, key: u64) -> Self {
        let threshold = (rate * 4_294_967_296.0) as u32;
        Self { key: [key as u32, (key >> 32) as u32], threshold, scale: (1.0 / (1.0 - rate)) as f32 }
    }

    /// The factor of the elements that are kept.
    pub(in super::super) fn scale(&self) -> f32 {
        self.scale
    }

    /// The factor of the element at this position: 0 or `1 / (1 - rate)`.
    ///
    /// The element's random bits are a 32-bit integer hash of its position (Wellons's `lowbias32`, which every vector
    /// unit can compute). One half of the key enters before its two multiplications, the other half between them.
    #[inline(always)]
    pub(in super::super) fn factor(&self, position: usize) -> f32 {
        let bits = position as u32 ^ self.key[0];
        let bits = (bits ^ (bits >> 16)).wrapping_mul(0x7feb_352d).wrapping_add(self.key[1]);
        let bits = (bits ^ (bits >> 15)).wrapping_mul(0x846c_a68b);
        if (bits ^ (bits >> 16)) < self.threshold { 0.0 } else { self.scale }
    }
}
