//! Deletion and insertion curves of attribution maps.

use cepstrum_models::explain::DeletionInsertion;

use super::axes::{self, Axis, Panel};
use super::canvas::{Area, Canvas};
use super::legend::{self, Key};
use super::picture::Picture;
use super::scale::Scale;
use super::style::Style;

const WIDTH: f32 = 880.0;
const PANEL_HEIGHT: f32 = 310.0;
const TITLE_ROOM: f32 = 38.0;

/// A panel: its title, the label of its horizontal axis, and the curve in it.
type Side<'a> = (&'a str, &'a str, fn(&DeletionInsertion) -> &[f32]);

/// Draws deletion curves at the left and insertion curves at the right: the mean probability of the segments' classes
/// against the share of the input that was replaced or shown, one line per map, with both of its areas in the legend.
pub fn deletion_insertion(maps: &[(&str, &DeletionInsertion)], style: &Style) -> Picture {
    let palette = style.palette();
    let own = "Does the map point at what matters?";
    let label = |name: &str, curves: &DeletionInsertion| {
        format!("{name} (areas {:.3}, {:.3})", curves.deletion_area(), curves.insertion_area())
    };
    let keys: Vec<Key> = maps
        .iter()
        .enumerate()
        .map(|(i, (name, curves))| Key::nth(label(name, curves), i, palette))
        .collect();
    let legend = Area::new(20.0, TITLE_ROOM, WIDTH - 40.0, legend::height(&keys, WIDTH - 40.0));
    let mut canvas = Canvas::new(WIDTH, legend.bottom() + PANEL_HEIGHT + 12.0, palette.background);
    axes::draw_title(&mut canvas, style.title_or(own), palette);
    legend::draw(&mut canvas, &keys, legend, palette);
    let sides: [Side<'_>; 2] = [
        ("Deletion: the sooner it falls, the better", "replaced (% of the input)", |curves| &curves.deletion),
        ("Insertion: the sooner it rises, the better", "shown (% of the input)", |curves| &curves.insertion),
    ];
    for (i, (title, label, values)) in sides.into_iter().enumerate() {
        let left = 16.0 + i as f32 * WIDTH / 2.0;
        let outer = Area::new(left, legend.bottom(), WIDTH / 2.0 - 28.0, PANEL_HEIGHT);
        let x = Axis::new(Scale::linear(0.0, 100.0), label, 5);
        let y = Axis::new(Scale::linear(0.0, 1.0), "mean probability", 5);
        let panel = Panel::within(outer, x, y, 22.0);
        panel.draw_grid(&mut canvas, palette);
        for ((_, curves), key) in maps.iter().zip(&keys) {
            let values = values(curves);
            let step = 100.0 / values.len().saturating_sub(1).max(1) as f64;
            let points = values.iter().enumerate().map(|(i, value)| (i as f64 * step, f64::from(*value)));
            panel.draw_series(&mut canvas, points, key.stroke);
        }
        panel.draw_frame(&mut canvas, palette);
        panel.draw_title(&mut canvas, title, palette);
    }
    Picture::new(canvas, style.title_or(own), style)
}
