//! Bars: how much there is of each class, and how good each model is.

use super::axes::{self, Axis, LABEL_SIZE, TICK_SIZE, TITLE_SIZE};
use super::canvas::{Anchor, Area, Canvas, Stroke, Text};
use super::font::{self, Weight};
use super::picture::Picture;
use super::scale::Scale;
use super::style::Style;
use crate::metrics::Spread;
use crate::{ClassCount, ModelRun, SplitBy};

const WIDTH: f32 = 720.0;
const LONGEST_LABEL: f32 = 190.0;
const TOP: f32 = 12.0 + TITLE_SIZE + 10.0;

/// Draws the number of tracks of every class as horizontal bars, names at the left, counts at the ends.
pub fn class_counts(classes: &[ClassCount], style: &Style) -> Picture {
    let own = "Tracks of every class";
    let most = classes.iter().map(|class| class.tracks).max().unwrap_or(0).max(1);
    let bars = classes.iter().map(|class| Row {
        name: class.name.clone(),
        bars: vec![Bar {
            value: class.tracks as f64,
            whisker: 0.0,
            series: 0,
            label: class.tracks.to_string(),
        }],
    });
    let rows: Vec<Row> = bars.collect();
    let scale = Scale::linear(0.0, most as f64 * 1.12);
    draw(&rows, scale, "tracks", &[], style, own)
}

/// Draws the test accuracy of every model, a bar for each split, as the mean over its seeds with a whisker of one standard
/// deviation to either side.
pub fn results(runs: &[ModelRun], style: &Style) -> Picture {
    let own = "Test accuracy by model and split";
    let mut names: Vec<&str> = Vec::new();
    for run in runs {
        if !names.contains(&run.name.as_str()) {
            names.push(&run.name);
        }
    }
    let bar = |name: &str, split: SplitBy| {
        let of_both = runs.iter().filter(|run| run.name == name && run.split == split);
        let accuracies: Vec<f64> = of_both.map(|run| 100.0 * run.test_accuracy).collect();
        Spread::of(&accuracies).ok().map(|spread| Bar {
            value: spread.mean,
            whisker: spread.deviation,
            series: series(split),
            label: if spread.count > 1 {
                format!("{:.1} ± {:.1}", spread.mean, spread.deviation)
            } else {
                format!("{:.1}", spread.mean)
            },
        })
    };
    let splits = [SplitBy::Segment, SplitBy::Track];
    let rows: Vec<Row> = names
        .iter()
        .map(|name| Row {
            name: (*name).to_owned(),
            bars: splits.iter().filter_map(|&split| bar(name, split)).collect(),
        })
        .collect();
    let present = splits.into_iter().filter(|split| runs.iter().any(|run| run.split == *split));
    let keys: Vec<(usize, String)> =
        present.map(|split| (series(split), format!("split by {split}"))).collect();
    draw(&rows, Scale::linear(0.0, 112.0), "accuracy (%)", &keys, style, own)
}

fn series(split: SplitBy) -> usize {
    match split {
        SplitBy::Segment => 1,
        SplitBy::Track => 0,
    }
}

struct Row {
    name: String,
    bars: Vec<Bar>,
}

struct Bar {
    value: f64,
    whisker: f64,
    series: usize,
    label: String,
}

fn draw(
    rows: &[Row],
    scale: Scale,
    label: &str,
    keys: &[(usize, String)],
    style: &Style,
    own: &str,
) -> Picture {
    let palette = style.palette();
    let thickness = 16.0;
    let heights: Vec<f32> = rows.iter().map(|row| row.bars.len().max(1) as f32 * thickness + 8.0).collect();
    let names: Vec<String> =
        rows.iter().map(|row| font::shorten(&row.name, LABEL_SIZE, Weight::Regular, LONGEST_LABEL)).collect();
    let widest = names.iter().map(|name| font::width(name, LABEL_SIZE, Weight::Regular)).fold(0.0, f32::max);
    let legend = if keys.is_empty() { 0.0 } else { 20.0 };
    let axis = Axis::new(scale, label, 6);
    let area = Area::new(16.0 + widest + 8.0, TOP + legend, 0.0, heights.iter().sum::<f32>().max(20.0));
    let area = Area { width: WIDTH - area.x - 20.0, ..area };
    let mut canvas = Canvas::new(WIDTH, area.bottom() + axis.bottom_room() + 8.0, palette.background);
    axes::draw_title(&mut canvas, style.title_or(own), palette);
    draw_keys(&mut canvas, keys, TOP + 6.0, style);

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
            let top = y + 4.0 + i as f32 * thickness;
            let middle = top + thickness / 2.0;
            let end = place(bar.value);
            let color = palette.series[bar.series];
            canvas.rect(Area::new(area.x, top + 1.5, end - area.x, thickness - 3.0), color);
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
        y += height;
    }
    let stroke = Stroke::solid(palette.soft_ink, 1.0);
    // What is beyond the last number is room for labels, no part of the axis.
    let end = axis.ticks().last().map_or(area.right(), |tick| place(tick.value));
    canvas.line(vec![(area.x, area.y), (area.x, area.bottom()), (end, area.bottom())], stroke);
    Picture::new(canvas, style.title_or(own), style)
}

fn draw_keys(canvas: &mut Canvas, keys: &[(usize, String)], y: f32, style: &Style) {
    let palette = style.palette();
    let room = |label: &str| 14.0 + 6.0 + font::width(label, LABEL_SIZE, Weight::Regular) + 20.0;
    let mut x = (WIDTH - keys.iter().map(|(_, label)| room(label)).sum::<f32>()) / 2.0;
    for (series, label) in keys {
        canvas.rect(Area::new(x, y - 5.0, 14.0, 10.0), palette.series[*series]);
        canvas.text(Text::new((x + 20.0, y), label, LABEL_SIZE, palette.ink));
        x += room(label);
    }
}
