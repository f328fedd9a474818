//! A spectrogram with a mask over it.

use ndarray::{Array2, ArrayRef2};

use super::axes::{self, Axis, Panel, TITLE_SIZE};
use super::canvas::{Area, Canvas, Raster};
use super::colormap::Colormap;
use super::heatmap::{self, BAR_WIDTH, Coloring};
use super::picture::Picture;
use super::scale::Scale;
use super::signal::{FrameRate, tick_count, time_axis};
use super::style::Style;

const SIZE: [f32; 2] = [860.0, 300.0];
/// The most columns and rows of the image: a page holds many of them.
const MAX_CELLS: [usize; 2] = [400, 160];
/// Room above the panel.
const TOP: f32 = 12.0 + TITLE_SIZE + 8.0;

/// Draws a spectrogram `[n_frames, n_bins]` in decibels as gray, and over it a mask of the same shape, with values from 0 to 1, in
/// color: the wider the mask is open, the stronger its color. `label` says what an open mask means.
///
/// A mask of another shape is stretched over the spectrogram.
pub fn masked_spectrogram(
    decibels: &ArrayRef2<f32>,
    mask: &ArrayRef2<f32>,
    rate: FrameRate,
    label: &str,
    style: &Style,
) -> Picture {
    let palette = style.palette();
    let own = "Spectrogram and mask";
    let [width, height] = SIZE;
    let mut canvas = Canvas::new(width, height, palette.background);
    axes::draw_title(&mut canvas, style.title_or(own), palette);
    let outer = Area::new(12.0, TOP, width - 24.0, height - TOP - 10.0);
    let coloring = Coloring { colormap: Colormap::Magma, scale: Scale::linear(0.0, 1.0) };
    let left =
        Area::new(outer.x, outer.y, outer.width - heatmap::bar_room(coloring.scale, label), outer.height);
    let kilohertz = f64::from(rate.sample_rate) / 2000.0;
    let y = Axis::new(Scale::linear(0.0, kilohertz), "frequency (kHz)", tick_count(left.height, 40.0));
    let panel = Panel::within(left, time_axis(decibels.nrows(), rate, left.width), y, 0.0);
    canvas.image(panel.area, covered(decibels, mask, &coloring));
    panel.draw_frame(&mut canvas, palette);
    let bar = Area::new(panel.area.right() + 10.0, panel.area.y, BAR_WIDTH, panel.area.height);
    heatmap::draw_bar(&mut canvas, bar, &coloring, label, palette);
    Picture::new(canvas, style.title_or(own), style).with_time_axis(panel.area)
}

/// The spectrogram in gray under the mask in color.
fn covered(decibels: &ArrayRef2<f32>, mask: &ArrayRef2<f32>, coloring: &Coloring) -> Raster {
    let [columns, rows] = [decibels.nrows().min(MAX_CELLS[0]), decibels.ncols().min(MAX_CELLS[1])];
    let (levels, cover) = (reduced(decibels, [columns, rows]), reduced(mask, [columns, rows]));
    let gray = Coloring::spanning(&levels, Colormap::Viridis);
    let pixel = |row: usize, column: usize| {
        let level = (gray.scale.place(f64::from(levels[[column, row]])).clamp(0.0, 1.0) * 255.0) as f32;
        let open = cover[[column, row]].clamp(0.0, 1.0);
        // A closed mask leaves the gray; the color of an open one keeps some of its structure.
        let share = 0.75 * open;
        coloring.at(open).map(|channel| (f32::from(channel) * share + level * (1.0 - share)).round() as u8)
    };
    let pixels = (0..rows).rev().flat_map(|row| (0..columns).map(move |column| (row, column)));
    Raster { columns, rows, pixels: pixels.map(|(row, column)| pixel(row, column)).collect() }
}

/// Means over the cells of a finer matrix; the nearest cell of a coarser one. Values that are not finite count as 0.
fn reduced(values: &ArrayRef2<f32>, [columns, rows]: [usize; 2]) -> Array2<f32> {
    let (n_columns, n_rows) = values.dim();
    if n_columns == 0 || n_rows == 0 {
        return Array2::zeros((columns, rows));
    }
    let part = |index: usize, parts: usize, length: usize| {
        let first = (index * length / parts).min(length - 1);
        first..((index + 1) * length / parts).clamp(first + 1, length)
    };
    Array2::from_shape_fn((columns, rows), |(column, row)| {
        let (mut sum, mut count) = (0.0, 0.0);
        for x in part(column, columns, n_columns) {
            for y in part(row, rows, n_rows) {
                sum += if values[[x, y]].is_finite() { values[[x, y]] } else { 0.0 };
                count += 1.0;
            }
        }
        sum / count
    })
}
