//! Loss and accuracy over the epochs, of one run or of several.

use cepstrum_models::EpochReport;

use super::axes::{self, Axis, Key, Panel};
use super::canvas::{Area, Canvas, Stroke};
use super::picture::Picture;
use super::scale::Scale;
use super::style::{Palette, Style};
use crate::History;

const WIDTH: f32 = 880.0;
const PANEL_HEIGHT: f32 = 300.0;
const TITLE_ROOM: f32 = 38.0;

/// One curve a quantity: its name, its place among the colours and its values by epoch.
struct Curve<'a> {
    label: String,
    series: usize,
    history: &'a History,
    loss: fn(&EpochReport) -> Option<f64>,
    accuracy: fn(&EpochReport) -> Option<f64>,
}

/// Draws one run: cross-entropy loss on a logarithmic axis at the left, accuracy at the right, training and validation,
/// the epoch with the best loss, and the accuracy of always guessing the commonest class where the history knows it.
pub fn history(history: &History, style: &Style) -> Picture {
    let mut curves = vec![Curve {
        label: "training".to_owned(),
        series: 0,
        history,
        loss: |epoch| Some(epoch.train_loss),
        accuracy: |epoch| Some(epoch.train_accuracy),
    }];
    if validated(history) {
        curves.push(validation(history.watched_part().to_owned(), 1, history));
    }
    let best = history.best().map(|best| {
        let label = match best.validation_loss {
            Some(loss) => {
                format!("best epoch {} ({} loss {loss:.3})", best.epoch, history.watched_part())
            }
            None => format!("best epoch {} (training loss {:.3})", best.epoch, best.train_loss),
        };
        (best.epoch, label)
    });
    let trivial = history.trivial_accuracy();
    draw(
        &curves,
        best.as_ref(),
        trivial,
        style,
        &format!("Training history, {} epochs", history.epochs().len()),
    )
}

/// Draws the validation loss and accuracy of several runs together (of the training part where a run has no validation).
pub fn histories(runs: &[(&str, &History)], style: &Style) -> Picture {
    let curve = |(i, (name, history)): (usize, &(&str, &'_ History))| Curve {
        label: (*name).to_owned(),
        series: i,
        history: runs[i].1,
        loss: if validated(history) { |epoch| epoch.validation_loss } else { |epoch| Some(epoch.train_loss) },
        accuracy: if validated(history) {
            |epoch| epoch.validation_accuracy
        } else {
            |epoch| Some(epoch.train_accuracy)
        },
    };
    let curves: Vec<Curve<'_>> = runs.iter().enumerate().map(curve).collect();
    let trivial = runs.iter().find_map(|(_, history)| history.trivial_accuracy());
    draw(&curves, None, trivial, style, "Validation loss and accuracy")
}

fn validated(history: &History) -> bool {
    history.epochs().iter().any(|epoch| epoch.validation_loss.is_some())
}

fn validation(label: String, series: usize, history: &History) -> Curve<'_> {
    let (loss, accuracy) = (|e: &EpochReport| e.validation_loss, |e: &EpochReport| e.validation_accuracy);
    Curve { label, series, history, loss, accuracy }
}

fn draw(
    curves: &[Curve<'_>],
    best: Option<&(usize, String)>,
    trivial: Option<f64>,
    style: &Style,
    own_title: &str,
) -> Picture {
    let palette = style.palette();
    let stroke = |curve: &Curve<'_>| nth_stroke(palette, curve.series);
    let mut keys: Vec<Key> =
        curves.iter().map(|curve| Key { label: curve.label.clone(), stroke: stroke(curve) }).collect();
    let guide = palette.soft_ink;
    if let Some((_, label)) = best {
        keys.push(Key::dashed(label, palette.series[2]));
    }
    if let Some(trivial) = trivial {
        keys.push(Key::dashed(format!("commonest class ({:.1} %)", 100.0 * trivial), guide));
    }
    let legend = Area::new(20.0, TITLE_ROOM, WIDTH - 40.0, axes::legend_height(&keys, WIDTH - 40.0));
    let mut canvas = Canvas::new(WIDTH, legend.bottom() + PANEL_HEIGHT + 12.0, palette.background);
    axes::draw_title(&mut canvas, style.title_or(own_title), palette);
    axes::draw_legend(&mut canvas, &keys, legend, palette);

    let epochs =
        curves.iter().filter_map(|curve| curve.history.epochs().last()).map(|epoch| epoch.epoch).max();
    let x = || {
        let scale = Scale::linear(1.0, epochs.unwrap_or(1).max(2) as f64);
        Axis::with_ticks(scale, "epoch", whole_ticks(scale))
    };
    let all = |value: fn(&Curve<'_>, &EpochReport) -> Option<f64>| -> Vec<f64> {
        curves
            .iter()
            .flat_map(|c| c.history.epochs().iter().filter_map(move |epoch| value(c, epoch)))
            .collect()
    };
    let losses = Scale::log_around(all(|curve, epoch| (curve.loss)(epoch)));
    let outer = |i: f32| Area::new(16.0 + i * WIDTH / 2.0, legend.bottom(), WIDTH / 2.0 - 28.0, PANEL_HEIGHT);
    let loss = Panel::within(outer(0.0), x(), Axis::new(losses, "cross-entropy loss (log scale)", 5), 8.0);
    let accuracies = all(|curve, epoch| (curve.accuracy)(epoch));
    let percent = accuracies.into_iter().chain(trivial).map(|share| 100.0 * share);
    let accuracy = Panel::within(outer(1.0), x(), Axis::new(Scale::around(percent), "accuracy (%)", 6), 8.0);

    for panel in [&loss, &accuracy] {
        panel.draw_grid(&mut canvas, palette);
        if let Some((epoch, _)) = best {
            panel.draw_mark(&mut canvas, *epoch as f64, Stroke::dashed(palette.series[2], 1.4));
        }
    }
    if let Some(trivial) = trivial {
        accuracy.draw_level(&mut canvas, 100.0 * trivial, Stroke::dashed(guide, 1.4));
    }
    for curve in curves {
        let by_epoch = |value: fn(&EpochReport) -> Option<f64>, factor: f64| {
            let epochs = curve.history.epochs().iter();
            epochs
                .map(move |epoch| (epoch.epoch as f64, value(epoch).map_or(f64::NAN, |value| factor * value)))
        };
        loss.draw_series(&mut canvas, by_epoch(curve.loss, 1.0), stroke(curve));
        accuracy.draw_series(&mut canvas, by_epoch(curve.accuracy, 100.0), stroke(curve));
    }
    for panel in [&loss, &accuracy] {
        panel.draw_frame(&mut canvas, palette);
    }
    Picture::new(canvas, style.title_or(own_title), style)
}

/// The colours in turn, then the same dashed.
fn nth_stroke(palette: &Palette, index: usize) -> Stroke {
    let color = palette.series[index % palette.series.len()];
    if (index / palette.series.len()).is_multiple_of(2) {
        Stroke::solid(color, 2.0)
    } else {
        Stroke::dashed(color, 2.0)
    }
}

/// Ticks on whole epochs only.
fn whole_ticks(scale: Scale) -> Vec<super::scale::Tick> {
    let mut ticks = scale.ticks(6);
    ticks.retain(|tick| (tick.value - tick.value.round()).abs() < 1e-9);
    for tick in &mut ticks {
        tick.label = format!("{:.0}", tick.value);
    }
    ticks
}
