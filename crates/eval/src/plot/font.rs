//! The embedded typeface: `DejaVu` Sans, reduced to Latin, Greek and Cyrillic (license beside the files in `assets/`).

use ab_glyph::{Font, FontRef, OutlineCurve};
use std::sync::LazyLock;

/// The weight of the typeface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Weight {
    #[default]
    Regular,
    Bold,
}

/// The distance from the baseline to the top of a capital, as a share of the font size.
pub(crate) const CAP_HEIGHT: f32 = 0.729;

/// The font families of an SVG; Verdana has the same widths as `DejaVu` Sans.
pub(crate) const SVG_FAMILY: &str = "DejaVu Sans, Verdana, sans-serif";

/// A parsed face; `None` for a damaged file in `assets/`, which a test rules out.
type Face = Option<FontRef<'static>>;

static REGULAR: LazyLock<Face> =
    LazyLock::new(|| FontRef::try_from_slice(include_bytes!("../../assets/DejaVuSans.ttf")).ok());
static BOLD: LazyLock<Face> =
    LazyLock::new(|| FontRef::try_from_slice(include_bytes!("../../assets/DejaVuSans-Bold.ttf")).ok());

fn face(weight: Weight) -> Option<&'static FontRef<'static>> {
    match weight {
        Weight::Regular => REGULAR.as_ref(),
        Weight::Bold => BOLD.as_ref(),
    }
}

/// Calls `visit` with the start of each glyph in points and its outline in font units, baseline at y = 0, y upward;
/// returns the width of the text in points.
pub(crate) fn glyphs(
    text: &str,
    size: f32,
    weight: Weight,
    mut visit: impl FnMut(f32, &[OutlineCurve]),
) -> f32 {
    let Some(face) = face(weight) else { return 0.0 };
    let scale = points_per_unit(face, size);
    let mut x = 0.0;
    let mut previous = None;
    for character in text.chars() {
        let glyph = face.glyph_id(character);
        if let Some(previous) = previous {
            x += face.kern_unscaled(previous, glyph) * scale;
        }
        if let Some(outline) = face.outline(glyph) {
            visit(x, &outline.curves);
        }
        x += face.h_advance_unscaled(glyph) * scale;
        previous = Some(glyph);
    }
    x
}

/// Points per font unit at this size.
pub(crate) fn unit(size: f32, weight: Weight) -> f32 {
    face(weight).map_or(0.0, |face| points_per_unit(face, size))
}

fn points_per_unit(face: &FontRef<'_>, size: f32) -> f32 {
    size / face.units_per_em().unwrap_or(2048.0)
}

/// The width of a text in points.
pub(crate) fn width(text: &str, size: f32, weight: Weight) -> f32 {
    glyphs(text, size, weight, |_, _| {})
}

/// Returns the text, or as much of its start as fits into `room` points followed by an ellipsis.
pub(crate) fn shorten(text: &str, size: f32, weight: Weight, room: f32) -> String {
    if width(text, size, weight) <= room {
        return text.to_owned();
    }
    let characters: Vec<char> = text.chars().collect();
    for kept in (1..characters.len()).rev() {
        let start: String = characters[..kept].iter().collect();
        let shortened = format!("{}…", start.trim_end());
        if width(&shortened, size, weight) <= room {
            return shortened;
        }
    }
    "…".to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Weight, face, shorten, width};

    #[test]
    fn both_faces_parse_and_measure() {
        for weight in [Weight::Regular, Weight::Bold] {
            assert!(face(weight).is_some());
            assert!(width("blues", 12.0, weight) > 25.0);
        }
        assert!(width("blues", 12.0, Weight::Bold) > width("blues", 12.0, Weight::Regular));
    }

    #[test]
    fn shortened_text_fits_and_short_text_is_left_alone() {
        assert_eq!(shorten("jazz", 12.0, Weight::Regular, 100.0), "jazz");
        let long = shorten("a very long name of a genre indeed", 12.0, Weight::Regular, 80.0);
        assert!(long.ends_with('…') && long.starts_with("a very"));
        assert!(width(&long, 12.0, Weight::Regular) <= 80.0);
        assert_eq!(shorten("mmmm", 12.0, Weight::Regular, 0.0), "…");
    }
}
