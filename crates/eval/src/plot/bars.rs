//! Bar charts: the number of tracks per class and the accuracy of each model.

use super::axes::{self, Axis, LABEL_SIZE, TICK_SIZE, TITLE_SIZE};
use super::canvas::{Anchor, Area, Canvas, Stroke, Text};
use super::font::{self, Weight};
use super::picture::Picture;
use super::scale::Scale;
use super::style::{Palette, Style};
use crate::metrics::Spread;

const WIDTH: f32 = 720.0;
/// The longest name in points; longer ones are shortened.
const MAX_NAME_WIDTH: f32 = 190.0;
const TOP: f32 = 12.0 + TITLE_SIZE + 10.0;
/// The height of a bar with the gaps around it.
const BAR_HEIGHT: f32 = 16.0;

/// Draws the number of tracks of every class as horizontal bars, with names at the left and counts at the ends.
pub fn class_counts(classes: &[(&str, usize)], style: &Style) -> Picture {
    let largest = classes.iter().map(|(_, count)| *count).max().unwrap_or(0).max(1);
    let row = |&(name, count): &(&str, usize)| {
        let bar = Bar { value: count as f64, whisker: 0.0, color: 0, label: count.to_string() };
        Row { name: name.to_owned(), bars: vec![bar] }
    };
    let rows: Vec<Row> = classes.iter().map(row).collect();
    let scale = Scale::linear(0.0, largest as f64 * 1.12);
    draw(&rows, scale, "tracks", &[], style, "Tracks of every class")
}

/// One series of bars in [`results`], such as the models of one split.
#[derive(Clone, Debug, PartialEq)]
pub struct ResultSeries<'a> {
    /// The legend's text.
    pub label: &'a str,
    /// Index of the color in the theme's palette of seven, so that a series has the same color in every picture.
    pub color: usize,
    /// Names of models and their accuracies, 0 to 1, over the seeds.
    pub accuracies: Vec<(&'a str, Spread)>,
}

/// Draws the accuracy of every model, one bar per series, as the mean over its seeds with a whisker of one standard
/// deviation to either side.
///
/// Models stand in the order of their first appearance.
pub fn results(series: &[ResultSeries<'_>], style: &Style) -> Picture {
    let mut rows: Vec<Row> = Vec::new();
    for ResultSeries { color, accuracies, .. } in series {
        for (name, spread) in accuracies {
            let bar = Bar::of_accuracy(spread, *color);
            match rows.iter_mut().find(|row| row.name == *name) {
                Some(row) => row.bars.push(bar),
                None => rows.push(Row { name: (*name).to_owned(), bars: vec![bar] }),
            }
        }
    }
    let keys: Vec<(usize, &str)> = series.iter().map(|series| (series.color, series.label)).collect();
    draw(&rows, Scale::linear(0.0, 112.0), "accuracy (%)", &keys, style, "Test accuracy by model and split")
}

/// The bars under one name.
struct Row {
    name: String,
    bars: Vec<Bar>,
}

struct Bar {
    value: f64,
    /// Length of the whisker to either side; 0 for none.
    whisker: f64,
    color: usize,
    label: String,
}

impl Bar {
    fn of_accuracy(spread: &Spread, color: usize) -> Self {
        let (value, whisker) = (100.0 * spread.mean, 100.0 * spread.deviation);
        let label =
            if spread.count > 1 { format!("{value:.1} ± {whisker:.1}") } else { format!("{value:.1}") };
        Self { value, whisker, color, label }
    }
}

fn draw(
    rows: &[Row],
    scale: Scale,
    label: &str,
    keys: &[(usize, &str)],
    style: &Style,
    own_title: &str,
) -> Picture {
    let palette = style.palette();
    let heights: Vec<f32> = rows.iter().map(|row| row.bars.len().max(1) as f32 * BAR_HEIGHT + 8.0).collect();
    let shorten = |row: &Row| font::shorten(&row.name, LABEL_SIZE, Weight::Regular, MAX_NAME_WIDTH);
    let names: Vec<String> = rows.iter().map(shorten).collect();
    let widest = names.iter().map(|name| font::width(name, LABEL_SIZE, Weight::Regular)).fold(0.0, f32::max);
    let legend = if keys.is_empty() { 0.0 } else { 20.0 };
    let axis = Axis::new(scale, label, 6);
    let area = Area::new(16.0 + widest + 8.0, TOP + legend, 0.0, heights.iter().sum::<f32>().max(20.0));
    let area = Area { width: WIDTH - area.x - 20.0, ..area };
    let mut canvas = Canvas::new(WIDTH, area.bottom() + axis.bottom_room() + 8.0, palette.background);
    axes::draw_title(&mut canvas, style.title_or(own_title), palette);
    draw_keys(&mut canvas, keys, TOP + 6.0, palette);

    let place = |value: f64| area.x + (scale.place(value) as f32).clamp(0.0, 1.0) * area.width;
    for tick in axis.ticks() {
        let x = place(tick.value);
        canvas.line(vec![(x, area.y), (x, area.bottom())], Stroke::solid(palette.grid, 0.8));
        let at = (x, area.bottom() + 6.0 + TICK_SIZE / 2.0);
        canvas.text(Text::new(at, &tick.label, TICK_SIZE, palette.soft_ink).anchor(Anchor::Middle));
    }
    let below = area.bottom() + axis.bottom_room() - 6.0 - LABEL_SIZE / 2.0;
    canvas.text(Text::new((area.center().0, below), label, LABEL_SIZE, palette.ink).anchor(Anchor::Middle));

    let mut y = area.y;
    for ((row, name), height) in rows.iter().zip(&names).zip(heights) {
        let at = (area.x - 8.0, y + height / 2.0);
        canvas.text(Text::new(at, name, LABEL_SIZE, palette.ink).anchor(Anchor::End));
        for (i, bar) in row.bars.iter().enumerate() {
            draw_bar(&mut canvas, bar, area.x, y + 4.0 + i as f32 * BAR_HEIGHT, place, palette);
        }
        y += height;
    }
    let stroke = Stroke::solid(palette.soft_ink, 1.0);
    // The axis ends at its last number; the rest of the area is room for labels.
    let end = axis.ticks().last().map_or(area.right(), |tick| place(tick.value));
    canvas.line(vec![(area.x, area.y), (area.x, area.bottom()), (end, area.bottom())], stroke);
    Picture::new(canvas, style.title_or(own_title), style)
}

fn draw_bar(
    canvas: &mut Canvas,
    bar: &Bar,
    left: f32,
    top: f32,
    place: impl Fn(f64) -> f32,
    palette: &Palette,
) {
    let (middle, end) = (top + BAR_HEIGHT / 2.0, place(bar.value));
    let color = palette.series[bar.color % palette.series.len()];
    canvas.rect(Area::new(left, top + 1.5, end - left, BAR_HEIGHT - 3.0), color);
    let mut label_at = end;
    if bar.whisker > 0.0 {
        let (low, high) = (place(bar.value - bar.whisker), place(bar.value + bar.whisker));
        let stroke = Stroke::solid(palette.ink, 1.4);
        canvas.line(vec![(low, middle), (high, middle)], stroke);
        for x in [low, high] {
            canvas.line(vec![(x, middle - 3.5), (x, middle + 3.5)], stroke);
        }
        label_at = high;
    }
    canvas.text(Text::new((label_at + 5.0, middle), &bar.label, TICK_SIZE, palette.ink));
}

fn draw_keys(canvas: &mut Canvas, keys: &[(usize, &str)], y: f32, palette: &Palette) {
    let room = |label: &str| 14.0 + 6.0 + font::width(label, LABEL_SIZE, Weight::Regular) + 20.0;
    let mut x = (WIDTH - keys.iter().map(|(_, label)| room(label)).sum::<f32>()) / 2.0;
    for (color, label) in keys {
        let color = palette.series[color % palette.series.len()];
        canvas.rect(Area::new(x, y - 5.0, 14.0, 10.0), color);
        canvas.text(Text::new((x + 20.0, y), *label, LABEL_SIZE, palette.ink));
        x += room(label);
    }
}
