//! The positions of an SVG's texts, measured with the typeface that the pictures embed.

use ab_glyph::{Font, FontRef};

use super::{attribute, content, elements, number};

type Point = [f64; 2];

/// A text and the corners of the box around its ink and its advance.
#[derive(Debug)]
pub(crate) struct TextBox {
    pub(crate) text: String,
    pub(crate) fill: [u8; 3],
    pub(crate) corners: [Point; 4],
}

impl TextBox {
    /// Returns true when two boxes overlap by more than `slack` points in every direction (separating axis theorem).
    pub(crate) fn overlaps(&self, other: &Self, slack: f64) -> bool {
        let axes = [self, other].into_iter().flat_map(|of| {
            let [a, b, c, _] = of.corners;
            [direction(a, b), direction(b, c)]
        });
        axes.into_iter().all(|axis| {
            let [(low, high), (other_low, other_high)] = [self, other].map(|of| of.shadow(axis));
            low + slack < other_high && other_low + slack < high
        })
    }

    /// Returns true when the whole box is inside a picture of this size.
    pub(crate) fn within(&self, [width, height]: [f32; 2]) -> bool {
        self.corners
            .iter()
            .all(|&[x, y]| (0.0..=f64::from(width)).contains(&x) && (0.0..=f64::from(height)).contains(&y))
    }

    /// A point just outside the middle of the shorter side, before the start of the text.
    pub(crate) fn beside(&self, distance: f64) -> Point {
        let [a, b, _, d] = self.corners;
        let back = direction(b, a);
        std::array::from_fn(|i| f64::midpoint(a[i], d[i]) + distance * back[i])
    }

    fn shadow(&self, axis: Point) -> (f64, f64) {
        let along = self.corners.map(|corner| corner[0] * axis[0] + corner[1] * axis[1]);
        along.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &x| (low.min(x), high.max(x)))
    }
}

fn direction(from: Point, to: Point) -> Point {
    let way = [to[0] - from[0], to[1] - from[1]];
    let length = way[0].hypot(way[1]);
    way.map(|part| part / length)
}

/// The boxes of all texts, rotated like the texts.
pub(crate) fn of(svg: &str) -> Vec<TextBox> {
    let regular = FontRef::try_from_slice(include_bytes!("../../../assets/DejaVuSans.ttf")).unwrap();
    let bold = FontRef::try_from_slice(include_bytes!("../../../assets/DejaVuSans-Bold.ttf")).unwrap();
    let of = |element: &str| {
        let is_bold = attribute(element, "font-weight") == Some("bold");
        text_box(element, if is_bold { &bold } else { &regular })
    };
    elements(svg, "text").into_iter().map(of).collect()
}

fn text_box(element: &str, font: &FontRef<'_>) -> TextBox {
    let (x, y, size) = (number(element, "x"), number(element, "y"), number(element, "font-size"));
    let text = content(element);
    let unit = size / f64::from(font.units_per_em().unwrap());
    let (mut width, mut ascent, mut descent) = (0.0, 0.0_f64, 0.0_f64);
    for glyph in text.chars().map(|character| font.glyph_id(character)) {
        assert_ne!(glyph.0, 0, "the typeface lacks a character of {text:?}");
        width += f64::from(font.h_advance_unscaled(glyph)) * unit;
        if let Some(outline) = font.outline(glyph) {
            // `ab_glyph` flips the font's y axis in bounds.
            let (low, high) = (f64::from(outline.bounds.min.y), f64::from(outline.bounds.max.y));
            ascent = ascent.max(low.max(high) * unit);
            descent = descent.min(low.min(high) * unit);
        }
    }
    let left = match attribute(element, "text-anchor") {
        Some("middle") => x - width / 2.0,
        Some("end") => x - width,
        _ => x,
    };
    let (top, bottom) = (y - ascent, y - descent);
    let corners = [[left, top], [left + width, top], [left + width, bottom], [left, bottom]];
    let fill = attribute(element, "fill").unwrap();
    let channel = |i: usize| u8::from_str_radix(&fill[i..i + 2], 16).unwrap();
    TextBox { text, fill: [channel(1), channel(3), channel(5)], corners: corners.map(rotated(element)) }
}

/// The rotation of an element.
fn rotated(element: &str) -> impl Fn(Point) -> Point {
    let turn = attribute(element, "transform").map_or_else(Vec::new, |transform| {
        let numbers = transform.strip_prefix("rotate(").unwrap().strip_suffix(')').unwrap();
        numbers.split(' ').map(|number| number.parse::<f64>().unwrap()).collect()
    });
    move |[x, y]| match turn[..] {
        [degrees, about_x, about_y] => {
            let (sin, cos) = degrees.to_radians().sin_cos();
            let (x, y) = (x - about_x, y - about_y);
            [about_x + cos * x - sin * y, about_y + sin * x + cos * y]
        }
        _ => [x, y],
    }
}
