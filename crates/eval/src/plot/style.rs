//! The look of a picture: theme, color map, resolution, title.

use super::color::Color;
use super::colormap::Colormap;

/// The background and ink colors of a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// Dark ink on white, for paper and light pages.
    #[default]
    Light,
    /// Light ink on near-black, for dark pages.
    Dark,
}

/// The look of a picture. [`Style::default`] is light, viridis, two pixels per point, with the picture's own title.
///
/// ```
/// use cepstrum_eval::plot::{Colormap, Style, Theme};
///
/// let style = Style { theme: Theme::Dark, colormap: Colormap::Greens, ..Style::default() }.with_title("Test part");
/// assert_eq!(style.title.as_deref(), Some("Test part"));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Style {
    /// Background and ink colors; light by default.
    pub theme: Theme,
    /// The color map of heat maps and matrices; viridis by default.
    pub colormap: Colormap,
    /// Resolution of a PNG in pixels per point, clamped to 0.25..=8: 1 for a standard screen, 2 (the default) for a
    /// dense one or for print. The size of the file grows with the square. SVG ignores it.
    pub scale: f32,
    /// The title to draw; `None`, the default, draws the picture's own.
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

    /// Sets the title.
    #[must_use]
    pub fn with_title(self, title: impl Into<String>) -> Self {
        Self { title: Some(title.into()), ..self }
    }

    /// The title, or `own` where none is set.
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

/// The colors of a theme. Every ink has a contrast of at least 4.5 : 1 against the background, every series 3 : 1.
#[derive(Debug)]
pub(crate) struct Palette {
    pub(crate) background: Color,
    pub(crate) ink: Color,
    /// Color of axis numbers and captions.
    pub(crate) soft_ink: Color,
    pub(crate) grid: Color,
    /// Color of a cell without data.
    pub(crate) empty: Color,
    /// Okabe and Ito's colors (2008), which color-blind readers can distinguish, shifted in lightness to suit the
    /// background.
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
    use super::super::color::tests::contrast;
    use super::{DARK, LIGHT};

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
}
