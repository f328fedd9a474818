//! The annotated confusion matrix.

use super::axes::{self, LABEL_SIZE, TICK_SIZE, TITLE_SIZE};
use super::canvas::{Anchor, Area, Canvas, Raster, Stroke, Text};
use super::font::{self, Weight};
use super::heatmap::{self, BAR_WIDTH, Coloring};
use super::picture::Picture;
use super::scale::Scale;
use super::style::{Palette, Style};
use crate::metrics::ConfusionMatrix;

/// The longest class name in points; longer ones are shortened.
const MAX_LABEL_WIDTH: f32 = 130.0;
/// The longest title in points that widens the picture; longer ones are shortened.
const MAX_TITLE_WIDTH: f32 = 720.0;
const GAP: f32 = 6.0;
/// Sine and cosine of 45 degrees.
const DIAGONAL: f32 = std::f32::consts::FRAC_1_SQRT_2;

/// Draws a confusion matrix: rows are the truth, columns the predictions. Every cell shows its count and its percentage
/// of the row, and is colored by that percentage.
///
/// With up to twelve classes all cells are annotated, with more only those that are not zero. Names too wide for a
/// column are rotated by 45 degrees; very long ones end in an ellipsis.
pub fn confusion(matrix: &ConfusionMatrix, style: &Style) -> Picture {
    let palette = style.palette();
    let own = format!(
        "Confusion matrix: accuracy {:.1} % of {}",
        100.0 * matrix.accuracy(),
        plural(matrix.total(), "segment")
    );
    let layout = Layout::new(matrix, style.title_or(&own));
    let mut canvas = Canvas::new(layout.width, layout.height, palette.background);
    axes::draw_title(&mut canvas, style.title_or(&own), palette);
    draw_cells(&mut canvas, matrix, &layout, style);
    draw_names(&mut canvas, &layout, palette);
    draw_bar(&mut canvas, &layout, style);
    Picture::new(canvas, format!("{} Rows: truth; columns: prediction.", style.title_or(&own)), style)
}

fn plural(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// The positions of the matrix and its names.
struct Layout {
    width: f32,
    height: f32,
    cell: f32,
    matrix: Area,
    names: Vec<String>,
    rotated: bool,
    name_size: f32,
    names_below: f32,
}

impl Layout {
    fn new(matrix: &ConfusionMatrix, title: &str) -> Self {
        let n = matrix.n_classes() as f32;
        let cell = match matrix.n_classes() {
            0..=6 => 64.0,
            7..=12 => 52.0,
            13..=25 => 38.0,
            _ => 29.0,
        };
        let name_size = if cell < 35.0 { TICK_SIZE } else { LABEL_SIZE };
        let shorten = |name: &String| font::shorten(name, name_size, Weight::Regular, MAX_LABEL_WIDTH);
        let names: Vec<String> = matrix.classes().iter().map(shorten).collect();
        let widest =
            names.iter().map(|name| font::width(name, name_size, Weight::Regular)).fold(0.0, f32::max);
        let rotated = widest > cell - 8.0;
        let names_below = if rotated { (widest + name_size) * DIAGONAL } else { name_size } + GAP;
        let left = 14.0
            + LABEL_SIZE
            + GAP
            + widest.max(if rotated { widest * DIAGONAL - cell / 2.0 } else { 0.0 })
            + GAP;
        let top = 12.0 + TITLE_SIZE + 14.0;
        let side = n * cell;
        // The color bar with its numbers, to the right of the matrix.
        let right = 16.0 + heatmap::bar_room(Scale::linear(0.0, 100.0), "% of the row") + 4.0;
        let title_room = font::width(title, TITLE_SIZE, Weight::Bold).min(MAX_TITLE_WIDTH) + 28.0;
        let width = (left + side + right).max(title_room);
        let spare = (width - left - side - right).max(0.0) / 2.0;
        let height = top + side + names_below + GAP + LABEL_SIZE + 14.0;
        let matrix = Area::new(left + spare, top, side, side);
        Self { width, height, cell, matrix, names, rotated, name_size, names_below }
    }

    fn cell(&self, truth: usize, predicted: usize) -> Area {
        let (x, y) = (self.matrix.x + predicted as f32 * self.cell, self.matrix.y + truth as f32 * self.cell);
        Area::new(x, y, self.cell, self.cell)
    }
}

fn draw_cells(canvas: &mut Canvas, matrix: &ConfusionMatrix, layout: &Layout, style: &Style) {
    let palette = style.palette();
    let n = matrix.n_classes();
    let share = |truth, predicted| match matrix.support(truth) {
        0 => None,
        support => Some(matrix.count(truth, predicted) as f32 / support as f32),
    };
    let fill = |share: Option<f32>| share.map_or(palette.empty, |share| style.colormap.color(share));
    let cells = || (0..n).flat_map(|truth| (0..n).map(move |predicted| (truth, predicted)));
    let pixels = cells().map(|(truth, predicted)| fill(share(truth, predicted)).0).collect();
    canvas.image(layout.matrix, Raster { columns: n, rows: n, pixels });
    for (truth, predicted) in cells() {
        let (count, share) = (matrix.count(truth, predicted), share(truth, predicted));
        if n <= 12 || count > 0 {
            let (x, y) = layout.cell(truth, predicted).center();
            let percent = share.map_or_else(|| "–".to_owned(), |share| format!("{:.0} %", 100.0 * share));
            let ink = if share.is_some() { fill(share).ink() } else { palette.soft_ink };
            let (large, small) = (layout.cell * 0.26, layout.cell * 0.2);
            for (text, size, dy) in [(count.to_string(), large, -0.17), (percent, small, 0.2)] {
                let size = fitting(&text, size.clamp(6.5, 14.0), layout.cell - 4.0);
                canvas.text(Text::new((x, y + dy * layout.cell), text, size, ink).anchor(Anchor::Middle));
            }
        }
    }
    // Thin lines separate neighboring cells of the same color.
    let line = Stroke::solid(palette.background, if n > 25 { 0.6 } else { 1.0 });
    for i in 1..n {
        let at = i as f32 * layout.cell;
        let Area { x, y, .. } = layout.matrix;
        canvas.line(vec![(x + at, y), (x + at, layout.matrix.bottom())], line);
        canvas.line(vec![(x, y + at), (layout.matrix.right(), y + at)], line);
    }
    canvas.frame(layout.matrix, Stroke::solid(palette.soft_ink, 1.0));
}

/// The font size, reduced so that the text fits.
fn fitting(text: &str, size: f32, room: f32) -> f32 {
    let width = font::width(text, size, Weight::Regular);
    if width > room { size * room / width } else { size }
}

fn draw_names(canvas: &mut Canvas, layout: &Layout, palette: &Palette) {
    let Area { x, y, width, height } = layout.matrix;
    let bottom = y + height;
    for (i, name) in layout.names.iter().enumerate() {
        let middle = (i as f32 + 0.5) * layout.cell;
        let row = Text::new((x - GAP, y + middle), name, layout.name_size, palette.ink);
        canvas.text(row.anchor(Anchor::End));
        let below = bottom + GAP + layout.name_size / 2.0;
        let column = Text::new((x + middle, below), name, layout.name_size, palette.ink);
        canvas.text(if layout.rotated {
            column.anchor(Anchor::End).rotated(-45.0)
        } else {
            column.anchor(Anchor::Middle)
        });
    }
    let label = |at, text| Text::new(at, text, LABEL_SIZE, palette.ink).anchor(Anchor::Middle).bold();
    canvas.text(label((x + width / 2.0, bottom + layout.names_below + GAP + LABEL_SIZE / 2.0), "Predicted"));
    let widest = layout.names.iter().map(|name| font::width(name, layout.name_size, Weight::Regular));
    let beside = x - GAP - widest.fold(0.0, f32::max) - GAP - LABEL_SIZE / 2.0;
    canvas.text(label((beside, y + height / 2.0), "True").rotated(-90.0));
}

fn draw_bar(canvas: &mut Canvas, layout: &Layout, style: &Style) {
    let height = layout.matrix.height.min(320.0);
    let bar = Area::new(layout.matrix.right() + 16.0, layout.matrix.y, BAR_WIDTH, height);
    let coloring = Coloring { colormap: style.colormap, scale: Scale::linear(0.0, 100.0) };
    heatmap::draw_bar(canvas, bar, &coloring, "% of the row", style.palette());
}
