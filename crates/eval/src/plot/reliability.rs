//! Reliability diagrams and ROC curves.

use super::axes::{self, Axis, Panel};
use super::canvas::{Area, Canvas, Stroke};
use super::legend::{self, Key};
use super::picture::Picture;
use super::scale::Scale;
use super::style::Style;
use crate::metrics::{Calibration, RocCurve};

const WIDTH: f32 = 460.0;
const TOP: f32 = 38.0;

/// Draws a reliability diagram: the accuracy of segments against their mean confidence, for one calibration or several
/// (such as before and after a temperature), with the expected calibration error of each. On the diagonal, confidence
/// equals accuracy. The area of a dot grows with the number of its segments.
pub fn reliability(calibrations: &[(&str, &Calibration)], style: &Style) -> Picture {
    let palette = style.palette();
    let own = "Reliability";
    let keys: Vec<Key> = calibrations
        .iter()
        .enumerate()
        .map(|(i, (name, calibration))| {
            let label = format!("{name} (ECE {:.1} %)", 100.0 * calibration.expected_error);
            Key::nth(label, i, palette)
        })
        .collect();
    square(&keys, ["confidence (%)", "accuracy (%)"], style, own, |canvas, panel| {
        for ((_, calibration), key) in calibrations.iter().zip(&keys) {
            let filled = || calibration.bins.iter().filter(|bin| bin.count > 0);
            let total: usize = filled().map(|bin| bin.count).sum();
            let points = filled().map(|bin| (100.0 * bin.confidence, 100.0 * bin.accuracy));
            panel.draw_series(canvas, points, key.stroke);
            for bin in filled() {
                if let Some(at) = panel.at(100.0 * bin.confidence, 100.0 * bin.accuracy) {
                    let share = bin.count as f32 / total as f32;
                    canvas.disc(at, 2.0 + 7.0 * share.sqrt(), key.stroke.color);
                }
            }
        }
    })
}

/// The most curves that colors and dashes can distinguish.
const MAX_CURVES: usize = 14;

/// Draws ROC curves with the area under each. Of more than fourteen, those with the smallest areas have colors of their
/// own and the others are gray, with the range of their areas.
pub fn roc(curves: &[(&str, &RocCurve)], style: &Style) -> Picture {
    let palette = style.palette();
    let own = "Receiver operating characteristic";
    let areas: Vec<f64> = curves.iter().map(|(_, curve)| curve.area()).collect();
    let mut by_area: Vec<usize> = (0..curves.len()).collect();
    by_area.sort_by(|&a, &b| areas[a].total_cmp(&areas[b]));
    let others = by_area.split_off(by_area.len().min(MAX_CURVES));
    let mut shown = by_area;
    shown.sort_unstable();
    let mut keys: Vec<Key> = shown
        .iter()
        .enumerate()
        .map(|(i, &curve)| Key::nth(format!("{} ({:.3})", curves[curve].0, areas[curve]), i, palette))
        .collect();
    let gray = Stroke::solid(palette.grid, 1.4);
    if let [first, .., last] | [first @ last] = others[..] {
        let label = format!("{} others ({:.3} to {:.3})", others.len(), areas[first], areas[last]);
        keys.push(Key { label, stroke: gray });
    }
    square(&keys, ["false positives (%)", "true positives (%)"], style, own, |canvas, panel| {
        let strokes = others.iter().map(|_| gray).chain(keys.iter().map(|key| key.stroke));
        for (&curve, stroke) in others.iter().chain(&shown).zip(strokes) {
            let RocCurve { false_positive, true_positive, .. } = curves[curve].1;
            let points = false_positive.iter().zip(true_positive).map(|(x, y)| (100.0 * x, 100.0 * y));
            panel.draw_series(canvas, points, stroke);
        }
    })
}

/// Draws a square panel from 0 to 100 % on both axes, with its diagonal and a legend below the title.
fn square(
    keys: &[Key],
    labels: [&str; 2],
    style: &Style,
    own: &str,
    draw: impl FnOnce(&mut Canvas, &Panel<'_>),
) -> Picture {
    let palette = style.palette();
    let legend = Area::new(14.0, TOP, WIDTH - 28.0, legend::height(keys, WIDTH - 28.0));
    let mut canvas = Canvas::new(WIDTH, legend.bottom() + WIDTH - 10.0, palette.background);
    axes::draw_title(&mut canvas, style.title_or(own), palette);
    legend::draw(&mut canvas, keys, legend, palette);
    let axis = |label| Axis::new(Scale::linear(0.0, 100.0), label, 5);
    let outer = Area::new(12.0, legend.bottom(), WIDTH - 26.0, WIDTH - 22.0);
    let panel = Panel::within(outer, axis(labels[0]), axis(labels[1]), 4.0);
    panel.draw_grid(&mut canvas, palette);
    panel.draw_series(&mut canvas, [(0.0, 0.0), (100.0, 100.0)], Stroke::dashed(palette.soft_ink, 1.2));
    draw(&mut canvas, &panel);
    panel.draw_frame(&mut canvas, palette);
    Picture::new(canvas, style.title_or(own), style)
}
