//! Legends of lines.

use super::axes::LABEL_SIZE;
use super::canvas::{Area, Canvas, Stroke, Text};
use super::color::Color;
use super::font::{self, Weight};
use super::style::Palette;

/// An entry of a legend.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) label: String,
    pub(crate) stroke: Stroke,
}

impl Key {
    /// The key of series `index`: the palette's colors in turn, then the same dashed.
    pub(crate) fn nth(label: impl Into<String>, index: usize, palette: &Palette) -> Self {
        let n = palette.series.len();
        let (color, label) = (palette.series[index % n], label.into());
        let dashed = !(index / n).is_multiple_of(2);
        Self { label, stroke: Stroke { color, width: 2.0, dashed } }
    }

    /// The key of a thin dashed line.
    pub(crate) fn dashed(label: impl Into<String>, color: Color) -> Self {
        Self { label: label.into(), stroke: Stroke::dashed(color, 1.4) }
    }
}

const KEY_LINE: f32 = 26.0;
const KEY_HEIGHT: f32 = 18.0;

/// Breaks the keys into lines that fit `width`, with the shortened label and the room of each.
fn lines(keys: &[Key], width: f32) -> Vec<Vec<(&Key, String, f32)>> {
    let mut lines: Vec<Vec<(&Key, String, f32)>> = vec![Vec::new()];
    let mut used = 0.0;
    for key in keys {
        let label = font::shorten(&key.label, LABEL_SIZE, Weight::Regular, width - KEY_LINE - 24.0);
        let room = KEY_LINE + 6.0 + font::width(&label, LABEL_SIZE, Weight::Regular) + 18.0;
        if used + room > width && used > 0.0 {
            lines.push(Vec::new());
            used = 0.0;
        }
        used += room;
        if let Some(line) = lines.last_mut() {
            line.push((key, label, room));
        }
    }
    lines
}

/// The height of a legend of this width.
pub(crate) fn height(keys: &[Key], width: f32) -> f32 {
    lines(keys, width).len() as f32 * KEY_HEIGHT
}

/// Draws a legend in centered lines from the top of `area`.
pub(crate) fn draw(canvas: &mut Canvas, keys: &[Key], area: Area, palette: &Palette) {
    for (i, line) in lines(keys, area.width).into_iter().enumerate() {
        let width: f32 = line.iter().map(|(_, _, room)| room).sum();
        let mut x = area.x + (area.width - width) / 2.0;
        let y = area.y + (i as f32 + 0.5) * KEY_HEIGHT;
        for (key, label, room) in line {
            canvas.line(vec![(x, y), (x + KEY_LINE, y)], key.stroke);
            canvas.text(Text::new((x + KEY_LINE + 6.0, y), label, LABEL_SIZE, palette.ink));
            x += room;
        }
    }
}
