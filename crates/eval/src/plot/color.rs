//! Colors and their contrast.

/// An opaque color: red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Color(pub(crate) [u8; 3]);

impl Color {
    /// The color `0xRRGGBB`.
    pub(crate) const fn hex(rgb: u32) -> Self {
        Self([(rgb >> 16) as u8, (rgb >> 8) as u8, rgb as u8])
    }

    /// The relative luminance of WCAG 2.1, 0 to 1.
    pub(crate) fn luminance(self) -> f64 {
        let linear = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        let [r, g, b] = self.0;
        0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
    }

    /// Black or white, whichever has the higher contrast on this color.
    pub(crate) fn ink(self) -> Self {
        let luminance = self.luminance();
        if (luminance + 0.05) / 0.05 >= 1.05 / (luminance + 0.05) {
            Self::hex(0x00_00_00)
        } else {
            Self::hex(0xff_ff_ff)
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::Color;

    /// The contrast ratio of WCAG 2.1.
    pub(crate) fn contrast(a: Color, b: Color) -> f64 {
        let (a, b) = (a.luminance(), b.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn the_ink_on_a_cell_is_readable() {
        for value in 0..=255 {
            let cell = Color([value; 3]);
            assert!(contrast(cell, cell.ink()) >= 4.5, "{value}");
        }
    }
}
