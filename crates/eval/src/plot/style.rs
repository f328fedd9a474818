//! How a picture looks: theme, colour map, resolution.

use super::colormap::Colormap;

/// Background and ink of a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// Dark ink on white, for paper and light pages.
    #[default]
    Light,
    /// Light ink on near-black, for dark pages.
    Dark,
}

/// How a picture looks; [`Style::default`] is light, viridis, two pixels a point, with the picture's own title.
///
/// ```
/// use cepstrum_eval::plot::{Colormap, Style, Theme};
///
/// let style = Style { theme: Theme::Dark, colormap: Colormap::Greens, ..Style::default() }.titled("Test part");
/// assert_eq!(style.title.as_deref(), Some("Test part"));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Style {
    /// Background and ink.
    pub theme: Theme,
    /// Colours of heat maps and matrices.
    pub colormap: Colormap,
    /// Pixels a point in PNG, at least 0.25 and at most 8: 1 is a plain screen, 2 a dense one or print. SVG has no pixels.
    pub scale: f32,
    /// The title to draw; `None` leaves the one that says what the picture shows.
    pub title: Option<String>,
}

impl Default for Style {
    fn default() -> Self {
        Self { theme: Theme::Light, colormap: Colormap::Viridis, scale: 2.0, title: None }
    }
}

impl Style {
    /// The default style on a dark background.
    pub fn dark() -> Self {
        Self { theme: Theme::Dark, ..Self::default() }
    }

    /// The same style with this title.
    pub fn titled(self, title: impl Into<String>) -> Self {
        Self { title: Some(title.into()), ..self }
    }

    pub(crate) fn title_or<'a>(&'a self, own: &'a str) -> &'a str {
        self.title.as_deref().unwrap_or(own)
    }

    pub(crate) fn palette(&self) -> &'static Palette {
        match self.theme {
            Theme::Light => &LIGHT,
            Theme::Dark => &DARK,
        }
    }
}

/// An opaque colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Color(pub(crate) [u8; 3]);

impl Color {
    const fn hex(rgb: u32) -> Self {
        Self([(rgb >> 16) as u8, (rgb >> 8) as u8, rgb as u8])
    }

    /// Relative luminance, WCAG 2.1.
    pub(crate) fn luminance(self) -> f64 {
        let linear = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        let [r, g, b] = self.0;
        0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
    }

    /// Black or white, whichever stands out more on this colour.
    pub(crate) fn ink(self) -> Self {
        let luminance = self.luminance();
        if (luminance + 0.05) / 0.05 >= 1.05 / (luminance + 0.05) {
            Self::hex(0x00_00_00)
        } else {
            Self::hex(0xff_ff_ff)
        }
    }
}

/// The colours of a theme. Every ink keeps a contrast of at least 4.5 : 1 to the background, every series 3 : 1.
#[derive(Debug)]
pub(crate) struct Palette {
    pub(crate) background: Color,
    pub(crate) ink: Color,
    /// Axis numbers and captions.
    pub(crate) soft_ink: Color,
    pub(crate) grid: Color,
    /// A cell that holds no data.
    pub(crate) empty: Color,
    /// Okabe and Ito's colours (2008), told apart by colour-blind readers, shifted in lightness to suit the background.
    pub(crate) series: [Color; 7],
}

static LIGHT: Palette = Palette {
    background: Color::hex(0xff_ff_ff),
    ink: Color::hex(0x1a_1a_1a),
    soft_ink: Color::hex(0x55_55_55),
    grid: Color::hex(0xdd_dd_dd),
    empty: Color::hex(0xee_ee_ee),
    series: [
        Color::hex(0x00_72_b2),
        Color::hex(0xd5_5e_00),
        Color::hex(0x00_8f_68),
        Color::hex(0xb8_5a_92),
        Color::hex(0x8a_6d_00),
        Color::hex(0x2f_8f_c9),
        Color::hex(0x6b_6b_6b),
    ],
};

static DARK: Palette = Palette {
    background: Color::hex(0x16_18_1d),
    ink: Color::hex(0xec_ec_ec),
    soft_ink: Color::hex(0xb4_b8_c0),
    grid: Color::hex(0x3a_3e_48),
    empty: Color::hex(0x2a_2d_35),
    series: [
        Color::hex(0x56_b4_e9),
        Color::hex(0xf0_8a_3c),
        Color::hex(0x2f_c0_96),
        Color::hex(0xdc_8f_bd),
        Color::hex(0xe6_c2_3c),
        Color::hex(0x9a_c8_ff),
        Color::hex(0xa0_a4_ac),
    ],
};

#[cfg(test)]
mod tests {
    use super::{Color, DARK, LIGHT};

    fn contrast(a: Color, b: Color) -> f64 {
        let (a, b) = (a.luminance(), b.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn inks_and_series_stand_out() {
        for palette in [&LIGHT, &DARK] {
            assert!(contrast(palette.ink, palette.background) > 7.0);
            assert!(contrast(palette.soft_ink, palette.background) > 4.5);
            for series in palette.series {
                assert!(contrast(series, palette.background) > 3.0, "{series:?}");
            }
        }
    }

    #[test]
    fn the_ink_on_a_cell_is_readable() {
        for value in 0..=255 {
            let cell = Color([value; 3]);
            assert!(contrast(cell, cell.ink()) >= 4.5, "{value}");
        }
    }
}
