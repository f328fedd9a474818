//! Loss and accuracy over the epochs of one training run or several.

use cepstrum_models::EpochReport;

use super::axes::{self, Axis, Panel};
use super::canvas::{Area, Canvas, Stroke};
use super::legend::{self, Key};
use super::picture::Picture;
use super::scale::Scale;
use super::style::Style;
use crate::History;

const WIDTH: f32 = 880.0;
const PANEL_HEIGHT: f32 = 300.0;
const TITLE_ROOM: f32 = 38.0;

/// One curve per metric: its label and its values by epoch.
struct Curve<'a> {
    label: String,
    history: &'a History,
    loss: fn(&EpochReport) -> Option<f64>,
    accuracy: fn(&EpochReport) -> Option<f64>,
}

/// Draws one training run: cross-entropy loss on a logarithmic axis at the left, accuracy at the right, for training
/// and validation, with the epoch of the best loss and, where the history has it, the majority baseline.
pub fn history(history: &History, style: &Style) -> Picture {
    let mut curves = vec![Curve {
        label: "training".to_owned(),
        history,
        loss: |epoch| Some(epoch.train_loss),
        accuracy: |epoch| Some(epoch.train_accuracy),
    }];
    if validated(history) {
        curves.push(validation(history.eval_name().to_owned(), history));
    }
    let best = history.best().map(|best| {
        let label = match best.validation_loss {
            Some(loss) => {
                format!("best epoch {} ({} loss {loss:.3})", best.epoch, history.eval_name())
            }
            None => format!("best epoch {} (training loss {:.3})", best.epoch, best.train_loss),
        };
        (best.epoch, label)
    });
    let baseline = history.majority_baseline();
    draw(
        &curves,
        best.as_ref(),
        baseline,
        style,
        &format!("Training history, {} epochs", history.epochs().len()),
    )
}

/// Draws the validation loss and accuracy of several training runs (those on the training part for a run without
/// validation).
pub fn histories(runs: &[(&str, &History)], style: &Style) -> Picture {
    let curves: Vec<Curve<'_>> = runs.iter().map(|(name, history)| of_a_run(name, history)).collect();
    let baseline = runs.iter().find_map(|(_, history)| history.majority_baseline());
    draw(&curves, None, baseline, style, "Validation loss and accuracy")
}

/// The validation curve of a run, or its training curve.
fn of_a_run<'a>(name: &str, history: &'a History) -> Curve<'a> {
    if validated(history) {
        return validation(name.to_owned(), history);
    }
    let (loss, accuracy) = (|e: &EpochReport| Some(e.train_loss), |e: &EpochReport| Some(e.train_accuracy));
    Curve { label: name.to_owned(), history, loss, accuracy }
}

fn validated(history: &History) -> bool {
    history.epochs().iter().any(|epoch| epoch.validation_loss.is_some())
}

fn validation(label: String, history: &History) -> Curve<'_> {
    let (loss, accuracy) = (|e: &EpochReport| e.validation_loss, |e: &EpochReport| e.validation_accuracy);
    Curve { label, history, loss, accuracy }
}

fn draw(
    curves: &[Curve<'_>],
    best: Option<&(usize, String)>,
    baseline: Option<f64>,
    style: &Style,
    own_title: &str,
) -> Picture {
    let palette = style.palette();
    let mut keys: Vec<Key> =
        curves.iter().enumerate().map(|(i, curve)| Key::nth(&curve.label, i, palette)).collect();
    let strokes: Vec<Stroke> = keys.iter().map(|key| key.stroke).collect();
    let guide = palette.soft_ink;
    if let Some((_, label)) = best {
        keys.push(Key::dashed(label, palette.series[2]));
    }
    if let Some(baseline) = baseline {
        keys.push(Key::dashed(format!("commonest class ({:.1} %)", 100.0 * baseline), guide));
    }
    let legend = Area::new(20.0, TITLE_ROOM, WIDTH - 40.0, legend::height(&keys, WIDTH - 40.0));
    let mut canvas = Canvas::new(WIDTH, legend.bottom() + PANEL_HEIGHT + 12.0, palette.background);
    axes::draw_title(&mut canvas, style.title_or(own_title), palette);
    legend::draw(&mut canvas, &keys, legend, palette);

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
    let percent = accuracies.into_iter().chain(baseline).map(|share| 100.0 * share);
    let accuracy = Panel::within(outer(1.0), x(), Axis::new(Scale::around(percent), "accuracy (%)", 6), 8.0);

    for panel in [&loss, &accuracy] {
        panel.draw_grid(&mut canvas, palette);
        if let Some((epoch, _)) = best {
            panel.draw_vline(&mut canvas, *epoch as f64, Stroke::dashed(palette.series[2], 1.4));
        }
    }
    if let Some(baseline) = baseline {
        accuracy.draw_hline(&mut canvas, 100.0 * baseline, Stroke::dashed(guide, 1.4));
    }
    for (curve, stroke) in curves.iter().zip(strokes) {
        let by_epoch = |value: fn(&EpochReport) -> Option<f64>, factor: f64| {
            let epochs = curve.history.epochs().iter();
            epochs
                .map(move |epoch| (epoch.epoch as f64, value(epoch).map_or(f64::NAN, |value| factor * value)))
        };
        loss.draw_series(&mut canvas, by_epoch(curve.loss, 1.0), stroke);
        accuracy.draw_series(&mut canvas, by_epoch(curve.accuracy, 100.0), stroke);
    }
    for panel in [&loss, &accuracy] {
        panel.draw_frame(&mut canvas, palette);
    }
    Picture::new(canvas, style.title_or(own_title), style)
}

/// The ticks on whole epochs.
fn whole_ticks(scale: Scale) -> Vec<super::scale::Tick> {
    let mut ticks = scale.ticks(6);
    ticks.retain(|tick| (tick.value - tick.value.round()).abs() < 1e-9);
    for tick in &mut ticks {
        tick.label = format!("{:.0}", tick.value);
    }
    ticks
}
