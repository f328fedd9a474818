//! A song's genre over time.

use cepstrum_models::argmax;
use ndarray::{Array2, ArrayRef2, Axis as Dimension};

use super::axes::{self, Axis, LABEL_SIZE, Panel, TITLE_SIZE};
use super::canvas::{Area, Canvas};
use super::font::{self, Weight};
use super::heatmap::{self, BAR_WIDTH, Coloring};
use super::picture::Picture;
use super::scale::{Scale, Tick};
use super::signal::tick_count;
use super::style::Style;

/// The most classes that have a row.
const MAX_CLASSES: usize = 12;
const WIDTH: f32 = 860.0;

/// Draws the probabilities `[n_segments, n_classes]` of consecutive segments as a heat map over time, one row per class
/// (for the twelve most probable classes of the whole song), with a dot on the predicted class of each segment if it
/// has a row.
///
/// Class names without a column and columns without a name are left out.
pub fn timeline(
    probabilities: &ArrayRef2<f32>,
    classes: &[String],
    segment_seconds: f64,
    style: &Style,
) -> Picture {
    let palette = style.palette();
    let own = "Genre over time";
    let shown = most_probable(probabilities, classes.len());
    // Rows are drawn from the bottom, with the most probable class on top.
    let rows: Vec<usize> = shown.iter().rev().copied().collect();
    let values =
        Array2::from_shape_fn((probabilities.nrows(), rows.len()), |(t, r)| probabilities[[t, rows[r]]]);
    let row_height = 24.0;
    let coloring = Coloring { colormap: style.colormap, scale: Scale::linear(0.0, 1.0) };
    let ticks = rows.iter().enumerate().map(|(row, &class)| Tick {
        value: row as f64,
        label: font::shorten(&classes[class], LABEL_SIZE, Weight::Regular, 150.0),
    });
    let y = Axis::with_ticks(Scale::linear(-0.5, rows.len() as f64 - 0.5), "", ticks.collect());
    let seconds = segment_seconds * probabilities.nrows() as f64;
    let x = Axis::new(Scale::linear(0.0, seconds), "time (s)", tick_count(WIDTH, 80.0));
    let top = 12.0 + TITLE_SIZE + 6.0;
    let height = rows.len().max(1) as f32 * row_height + x.bottom_room() + 6.0;
    let mut canvas = Canvas::new(WIDTH, top + height + 10.0, palette.background);
    axes::draw_title(&mut canvas, style.title_or(own), palette);
    let room = heatmap::bar_room(coloring.scale, "probability");
    let panel = Panel::within(Area::new(12.0, top, WIDTH - 24.0 - room, height), x, y, 2.0);
    canvas.image(panel.area, heatmap::raster(&values, &coloring, palette.empty));
    let radius = (panel.area.width / values.nrows() as f32 * 0.3).clamp(1.2, 3.5);
    for (t, segment) in probabilities.outer_iter().enumerate() {
        let winner = argmax(&segment.to_vec());
        let row = rows.iter().position(|&class| class == winner);
        if let Some(at) = row.and_then(|row| panel.at((t as f64 + 0.5) * segment_seconds, row as f64)) {
            canvas.disc(at, radius, style.colormap.color(segment[winner]).ink());
        }
    }
    panel.draw_frame(&mut canvas, palette);
    let bar = Area::new(panel.area.right() + 10.0, panel.area.y, BAR_WIDTH, panel.area.height);
    heatmap::draw_bar(&mut canvas, bar, &coloring, "probability", palette);
    Picture::new(canvas, style.title_or(own), style).with_time_axis(panel.area)
}

/// At most [`MAX_CLASSES`] classes by falling mean probability.
fn most_probable(probabilities: &ArrayRef2<f32>, n_names: usize) -> Vec<usize> {
    let sums = probabilities.sum_axis(Dimension(0));
    let mut classes: Vec<usize> = (0..sums.len().min(n_names)).collect();
    classes.sort_by(|&a, &b| sums[b].total_cmp(&sums[a]));
    classes.truncate(MAX_CLASSES);
    classes
}
