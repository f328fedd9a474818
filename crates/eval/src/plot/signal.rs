//! Pictures of one track: waveform, spectrum, spectrogram and features.

use ndarray::ArrayRef2;

use super::axes::{self, Axis, Panel, TITLE_SIZE};
use super::canvas::{Area, Canvas, Stroke};
use super::heatmap::{self, BAR_WIDTH, Coloring};
use super::picture::Picture;
use super::scale::Scale;
use super::style::Style;

/// Size of a picture with one panel.
const SINGLE: [f32; 2] = [760.0, 300.0];
const TITLE_ROOM: f32 = 12.0 + TITLE_SIZE + 8.0;

/// The hop length and sampling rate that place the rows of a feature matrix in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameRate {
    /// Samples between the starts of consecutive frames.
    pub hop_length: usize,
    /// Sampling rate in Hz.
    pub sample_rate: u32,
}

impl FrameRate {
    /// The duration of a number of frames, in seconds.
    pub(crate) fn seconds(self, n_frames: usize) -> f64 {
        n_frames as f64 * self.hop_length as f64 / f64::from(self.sample_rate.max(1))
    }
}

/// Draws a waveform: amplitude against time in seconds, as the envelope of the samples at each point of the axis.
pub fn waveform(samples: &[f32], sample_rate: u32, style: &Style) -> Picture {
    single("Waveform", style, |canvas, area| draw_waveform(canvas, area, samples, sample_rate, "", style))
}

/// Draws magnitudes against frequencies in Hz on linear axes, as the largest of the bins at each point of the axis.
pub fn spectrum(frequencies: &[f32], magnitudes: &[f32], style: &Style) -> Picture {
    single("Magnitude spectrum", style, |canvas, area| {
        draw_spectrum(canvas, area, frequencies, magnitudes, "", style);
    })
}

/// Draws a spectrogram `[n_frames, n_bins]` in decibels, bins from 0 to half the sampling rate, with a color bar.
pub fn spectrogram(decibels: &ArrayRef2<f32>, rate: FrameRate, style: &Style) -> Picture {
    single("Spectrogram", style, |canvas, area| draw_spectrogram(canvas, area, decibels, rate, "", style))
}

/// Draws features `[n_frames, n_coefficients]` (MFCCs) as a heat map over time, with a color bar.
pub fn mfcc(coefficients: &ArrayRef2<f32>, rate: FrameRate, style: &Style) -> Picture {
    single("MFCC", style, |canvas, area| draw_mfcc(canvas, area, coefficients, rate, "", style))
}

fn single(own_title: &str, style: &Style, draw: impl FnOnce(&mut Canvas, Area)) -> Picture {
    let [width, height] = SINGLE;
    let mut canvas = Canvas::new(width, height, style.palette().background);
    axes::draw_title(&mut canvas, style.title_or(own_title), style.palette());
    draw(&mut canvas, Area::new(12.0, TITLE_ROOM, width - 24.0, height - TITLE_ROOM - 10.0));
    Picture::new(canvas, style.title_or(own_title), style)
}

/// The number of ticks for an axis of this length, at `each` points per tick.
pub(crate) fn tick_count(points: f32, each: f32) -> usize {
    (points / each).clamp(2.0, 12.0) as usize
}

/// The room for a panel's title; 0 without one.
fn title_room(title: &str) -> f32 {
    if title.is_empty() { 0.0 } else { axes::PANEL_TITLE_SIZE + 4.0 }
}

pub(crate) fn draw_waveform(
    canvas: &mut Canvas,
    outer: Area,
    samples: &[f32],
    sample_rate: u32,
    title: &str,
    style: &Style,
) {
    let palette = style.palette();
    let peak = samples.iter().copied().filter(|v| v.is_finite()).fold(0.0_f32, |peak, v| peak.max(v.abs()));
    let reach = if peak > 0.0 { f64::from(peak) * 1.05 } else { 1.0 };
    let seconds = samples.len() as f64 / f64::from(sample_rate.max(1));
    let x = Axis::new(Scale::linear(0.0, seconds), "time (s)", tick_count(outer.width, 70.0));
    let y = Axis::new(Scale::linear(-reach, reach), "amplitude", tick_count(outer.height, 45.0));
    let panel = Panel::within(outer, x, y, title_room(title));
    panel.draw_grid(canvas, palette);
    let columns = ((panel.area.width * 2.0) as usize).clamp(1, samples.len().max(1));
    let (mut upper, mut lower) = (Vec::new(), Vec::new());
    for column in 0..columns {
        let part = &samples[column * samples.len() / columns..(column + 1) * samples.len() / columns];
        let finite = part.iter().copied().filter(|v| v.is_finite());
        let (low, high) =
            finite.fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        let time = (column as f64 + 0.5) / columns as f64 * seconds;
        if let (Some(top), Some(bottom)) = (panel.at(time, f64::from(high)), panel.at(time, f64::from(low))) {
            // A minimum height, so that silence is visible as a line.
            upper.push((top.0, top.1.min(bottom.1 - 0.6)));
            lower.push(bottom);
        }
    }
    upper.extend(lower.into_iter().rev());
    canvas.polygon(upper, palette.series[0], 1.0);
    panel.draw_frame(canvas, palette);
    panel.draw_title(canvas, title, palette);
}

pub(crate) fn draw_spectrum(
    canvas: &mut Canvas,
    outer: Area,
    frequencies: &[f32],
    magnitudes: &[f32],
    title: &str,
    style: &Style,
) {
    let palette = style.palette();
    let highest = frequencies.iter().copied().fold(0.0_f32, f32::max);
    let peak = magnitudes.iter().copied().filter(|v| v.is_finite()).fold(0.0_f32, f32::max);
    let x =
        Axis::new(Scale::linear(0.0, f64::from(highest)), "frequency (Hz)", tick_count(outer.width, 80.0));
    let y =
        Axis::new(Scale::linear(0.0, f64::from(peak) * 1.05), "magnitude", tick_count(outer.height, 45.0));
    let panel = Panel::within(outer, x, y, title_room(title));
    panel.draw_grid(canvas, palette);
    let n = frequencies.len().min(magnitudes.len());
    let columns = (panel.area.width * 2.0) as usize;
    let parts = columns.clamp(1, n.max(1));
    let peaks = (0..parts).filter_map(|i| {
        let part = i * n / parts..(i + 1) * n / parts;
        part.max_by(|&a, &b| magnitudes[a].total_cmp(&magnitudes[b]))
            .map(|bin| (f64::from(frequencies[bin]), f64::from(magnitudes[bin])))
    });
    panel.draw_series(canvas, peaks, Stroke::solid(palette.series[0], 0.9));
    panel.draw_frame(canvas, palette);
    panel.draw_title(canvas, title, palette);
}

pub(crate) fn draw_spectrogram(
    canvas: &mut Canvas,
    outer: Area,
    decibels: &ArrayRef2<f32>,
    rate: FrameRate,
    title: &str,
    style: &Style,
) {
    let kilohertz = f64::from(rate.sample_rate) / 2000.0;
    let y = Axis::new(Scale::linear(0.0, kilohertz), "frequency (kHz)", tick_count(outer.height, 40.0));
    draw_map(canvas, outer, decibels, rate, y, "dB", title, style);
}

pub(crate) fn draw_mfcc(
    canvas: &mut Canvas,
    outer: Area,
    coefficients: &ArrayRef2<f32>,
    rate: FrameRate,
    title: &str,
    style: &Style,
) {
    draw_map(
        canvas,
        outer,
        coefficients,
        rate,
        coefficient_axis(coefficients.ncols(), outer.height),
        "",
        title,
        style,
    );
}

/// A vertical axis of numbered rows, with each number at the middle of its row.
pub(crate) fn coefficient_axis(n: usize, height: f32) -> Axis<'static> {
    let scale = Scale::linear(-0.5, n as f64 - 0.5);
    let mut ticks = Scale::linear(0.0, n.max(2) as f64 - 1.0).ticks(tick_count(height, 30.0));
    ticks.retain(|tick| tick.value.fract().abs() < 1e-9);
    Axis::with_ticks(scale, "coefficient", ticks)
}

/// A horizontal axis in seconds for a number of frames.
pub(crate) fn time_axis(n_frames: usize, rate: FrameRate, width: f32) -> Axis<'static> {
    Axis::new(Scale::linear(0.0, rate.seconds(n_frames)), "time (s)", tick_count(width, 45.0))
}

#[allow(clippy::too_many_arguments, reason = "the common part of two kinds of map")]
fn draw_map(
    canvas: &mut Canvas,
    outer: Area,
    values: &ArrayRef2<f32>,
    rate: FrameRate,
    y: Axis<'_>,
    unit: &str,
    title: &str,
    style: &Style,
) {
    let palette = style.palette();
    let coloring = Coloring::spanning(values, style.colormap);
    let room = heatmap::bar_room(coloring.scale, unit);
    let left = Area::new(outer.x, outer.y, outer.width - room, outer.height);
    let panel = Panel::within(left, time_axis(values.nrows(), rate, left.width), y, title_room(title));
    canvas.image(panel.area, heatmap::raster_within(panel.area, values, &coloring, palette.empty));
    panel.draw_frame(canvas, palette);
    panel.draw_title(canvas, title, palette);
    let bar = Area::new(panel.area.right() + 10.0, panel.area.y, BAR_WIDTH, panel.area.height);
    heatmap::draw_bar(canvas, bar, &coloring, unit, palette);
}
