//! Matrices as images, and the color bar beside them.

use ndarray::ArrayRef2;

use super::axes::{Axis, LABEL_SIZE, TICK_SIZE};
use super::canvas::{Anchor, Area, Canvas, Raster, Stroke, Text};
use super::color::Color;
use super::colormap::Colormap;
use super::scale::Scale;
use super::style::Palette;

/// The most cells per point of the panel, which a dense screen can still show; finer matrices are averaged.
const MAX_CELLS_PER_POINT: f32 = 1.5;
/// The most columns and rows of an image, about the pixels of the largest panel; finer matrices are averaged.
const MAX_CELLS: [usize; 2] = [1600, 800];

/// The mapping of a matrix's values to colors.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Coloring {
    pub(crate) colormap: Colormap,
    pub(crate) scale: Scale,
}

impl Coloring {
    /// A coloring from the lowest to the highest finite value.
    pub(crate) fn spanning(values: &ArrayRef2<f32>, colormap: Colormap) -> Self {
        let finite = || values.iter().copied().filter(|value| value.is_finite());
        let low = finite().fold(f32::INFINITY, f32::min);
        let high = finite().fold(f32::NEG_INFINITY, f32::max);
        Self { colormap, scale: Scale::linear(f64::from(low), f64::from(high)) }
    }

    /// The color of a value.
    pub(crate) fn at(&self, value: f32) -> [u8; 3] {
        self.colormap.at(self.scale.place(f64::from(value)) as f32)
    }
}

/// Renders `[n_columns, n_rows]` values (time first) as an image with the first row at the bottom; NaN has the color
/// `empty`.
pub(crate) fn raster(values: &ArrayRef2<f32>, coloring: &Coloring, empty: Color) -> Raster {
    averaged(values, coloring, empty, MAX_CELLS)
}

/// [`raster`] with no more cells than a panel of this size can show.
pub(crate) fn raster_within(
    panel: Area,
    values: &ArrayRef2<f32>,
    coloring: &Coloring,
    empty: Color,
) -> Raster {
    let most = [panel.width, panel.height].map(|points| (MAX_CELLS_PER_POINT * points).max(1.0) as usize);
    averaged(values, coloring, empty, most)
}

fn averaged(values: &ArrayRef2<f32>, coloring: &Coloring, empty: Color, most: [usize; 2]) -> Raster {
    let (n_columns, n_rows) = values.dim();
    let (columns, rows) = (n_columns.min(most[0]), n_rows.min(most[1]));
    let mut pixels = Vec::with_capacity(columns * rows);
    for row in (0..rows).rev() {
        for column in 0..columns {
            let block = part(column, columns, n_columns)
                .flat_map(|x| part(row, rows, n_rows).map(move |y| values[[x, y]]));
            let finite = block.filter(|value| value.is_finite());
            let (sum, count) = finite.fold((0.0, 0_u32), |(sum, count), value| (sum + value, count + 1));
            pixels.push(if count == 0 { empty.0 } else { coloring.at(sum / count as f32) });
        }
    }
    Raster { columns, rows, pixels }
}

/// The range of part `index` of `parts` equal parts.
fn part(index: usize, parts: usize, length: usize) -> std::ops::Range<usize> {
    index * length / parts..(index + 1) * length / parts
}

/// The room for a color bar with its numbers and label at the right of a panel.
pub(crate) fn bar_room(scale: Scale, label: &str) -> f32 {
    let axis = Axis::new(scale, label, 4);
    8.0 + BAR_WIDTH + axis.left_room() + 2.0
}

/// The width of a color bar.
pub(crate) const BAR_WIDTH: f32 = 10.0;

/// Draws a vertical color bar into `area`, with numbers and label to its right.
pub(crate) fn draw_bar(canvas: &mut Canvas, area: Area, coloring: &Coloring, label: &str, palette: &Palette) {
    let pixels = (0..=255_u8).rev().map(|level| coloring.colormap.at(f32::from(level) / 255.0)).collect();
    canvas.image(area, Raster { columns: 1, rows: 256, pixels });
    let stroke = Stroke::solid(palette.soft_ink, 1.0);
    canvas.frame(area, stroke);
    let axis = Axis::new(coloring.scale, label, (area.height / 32.0).clamp(2.0, 6.0) as usize);
    for tick in axis.ticks() {
        let y = area.bottom() - coloring.scale.place(tick.value) as f32 * area.height;
        canvas.line(vec![(area.right(), y), (area.right() + 3.0, y)], stroke);
        canvas.text(Text::new((area.right() + 6.0, y), &tick.label, TICK_SIZE, palette.soft_ink));
    }
    let beside = area.right() + axis.left_room() - LABEL_SIZE / 2.0 - 4.0;
    let text = Text::new((beside, area.center().1), label, LABEL_SIZE, palette.ink);
    canvas.text(text.anchor(Anchor::Middle).rotated(-90.0));
}
