//! A pair of axes with ticks, grid, labels and title, and the lines drawn between them.

use super::canvas::{Anchor, Area, Canvas, Point, Stroke, Text};
use super::font::{self, Weight};
use super::scale::{Scale, Tick};
use super::style::Palette;

/// Font size of axis numbers.
pub(crate) const TICK_SIZE: f32 = 10.0;
/// Font size of axis labels and legends.
pub(crate) const LABEL_SIZE: f32 = 11.0;
/// Font size of a panel's title.
pub(crate) const PANEL_TITLE_SIZE: f32 = 12.0;
/// Font size of a picture's title.
pub(crate) const TITLE_SIZE: f32 = 15.0;

const GAP: f32 = 6.0;

/// An axis: its scale, its label with the unit, and its ticks.
#[derive(Clone, Debug)]
pub(crate) struct Axis<'a> {
    pub(crate) scale: Scale,
    pub(crate) label: &'a str,
    ticks: Vec<Tick>,
}

impl<'a> Axis<'a> {
    /// An axis with about `tick_count` ticks on round values.
    pub(crate) fn new(scale: Scale, label: &'a str, tick_count: usize) -> Self {
        Self { scale, label, ticks: scale.ticks(tick_count) }
    }

    /// An axis with the caller's ticks.
    pub(crate) fn with_ticks(scale: Scale, label: &'a str, ticks: Vec<Tick>) -> Self {
        Self { scale, label, ticks }
    }

    pub(crate) fn ticks(&self) -> &[Tick] {
        &self.ticks
    }

    fn widest_tick(&self) -> f32 {
        self.ticks.iter().map(|tick| font::width(&tick.label, TICK_SIZE, Weight::Regular)).fold(0.0, f32::max)
    }

    /// The room needed by the numbers and the label to the left of a vertical axis.
    pub(crate) fn left_room(&self) -> f32 {
        let label = if self.label.is_empty() { 0.0 } else { LABEL_SIZE + GAP };
        let ticks = if self.ticks.is_empty() { 0.0 } else { self.widest_tick() + GAP };
        ticks + label + GAP
    }

    /// The room needed by the numbers and the label below a horizontal axis.
    pub(crate) fn bottom_room(&self) -> f32 {
        let label = if self.label.is_empty() { 0.0 } else { LABEL_SIZE + GAP };
        let ticks = if self.ticks.is_empty() { 0.0 } else { TICK_SIZE + GAP };
        ticks + label + GAP
    }
}

/// A plot area with its axes.
#[derive(Clone, Debug)]
pub(crate) struct Panel<'a> {
    /// The area between the axes.
    pub(crate) area: Area,
    pub(crate) x: Axis<'a>,
    pub(crate) y: Axis<'a>,
}

impl<'a> Panel<'a> {
    /// Fits a panel and its labels into `outer`, with `title_room` at the top for a title.
    pub(crate) fn within(outer: Area, x: Axis<'a>, y: Axis<'a>, title_room: f32) -> Self {
        let (left, bottom) = (y.left_room(), x.bottom_room());
        // The last number of the horizontal axis is centered on the right edge.
        let right = (x.widest_tick() / 2.0).max(2.0);
        let top = title_room + TICK_SIZE / 2.0;
        let area = Area::new(
            outer.x + left,
            outer.y + top,
            (outer.width - left - right).max(1.0),
            (outer.height - top - bottom).max(1.0),
        );
        Self { area, x, y }
    }

    /// The position of a pair of values; `None` where an axis cannot show them.
    pub(crate) fn at(&self, x: f64, y: f64) -> Option<Point> {
        let (u, v) = (self.x.scale.place(x), self.y.scale.place(y));
        let point =
            (self.area.x + u as f32 * self.area.width, self.area.bottom() - v as f32 * self.area.height);
        (point.0.is_finite() && point.1.is_finite()).then_some(point)
    }

    /// Draws the grid lines, which lie below the data.
    pub(crate) fn draw_grid(&self, canvas: &mut Canvas, palette: &Palette) {
        let stroke = Stroke::solid(palette.grid, 0.8);
        for x in self.tick_columns() {
            canvas.line(vec![(x.0, self.area.y), (x.0, self.area.bottom())], stroke);
        }
        for y in self.tick_rows() {
            canvas.line(vec![(self.area.x, y.0), (self.area.right(), y.0)], stroke);
        }
    }

    /// Draws frame, ticks, numbers and labels, which lie above the data.
    pub(crate) fn draw_frame(&self, canvas: &mut Canvas, palette: &Palette) {
        let Area { x: left, y: top, width, height } = self.area;
        let bottom = top + height;
        let stroke = Stroke::solid(palette.soft_ink, 1.0);
        canvas.frame(self.area, stroke);
        for (x, label) in self.tick_columns() {
            canvas.line(vec![(x, bottom), (x, bottom + 4.0)], stroke);
            let at = (x, bottom + GAP + TICK_SIZE / 2.0);
            canvas.text(Text::new(at, label, TICK_SIZE, palette.soft_ink).anchor(Anchor::Middle));
        }
        for (y, label) in self.tick_rows() {
            canvas.line(vec![(left - 4.0, y), (left, y)], stroke);
            canvas.text(Text::new((left - GAP, y), label, TICK_SIZE, palette.soft_ink).anchor(Anchor::End));
        }
        let below = bottom + self.x.bottom_room() - GAP - LABEL_SIZE / 2.0;
        let label = Text::new((left + width / 2.0, below), self.x.label, LABEL_SIZE, palette.ink);
        canvas.text(label.anchor(Anchor::Middle));
        let beside = left - self.y.left_room() + GAP + LABEL_SIZE / 2.0;
        canvas.text(
            Text::new((beside, top + height / 2.0), self.y.label, LABEL_SIZE, palette.ink)
                .anchor(Anchor::Middle)
                .rotated(-90.0),
        );
    }

    /// Draws a bold title above the panel, shortened to its width.
    pub(crate) fn draw_title(&self, canvas: &mut Canvas, title: &str, palette: &Palette) {
        if title.is_empty() {
            return;
        }
        let title = font::shorten(title, PANEL_TITLE_SIZE, Weight::Bold, self.area.width);
        let at = (self.area.x + self.area.width / 2.0, self.area.y - GAP - PANEL_TITLE_SIZE / 2.0);
        canvas.text(Text::new(at, title, PANEL_TITLE_SIZE, palette.ink).anchor(Anchor::Middle).bold());
    }

    /// Draws a line through the values, clamped to the panel and interrupted where a value cannot be shown; an isolated
    /// value is a dot.
    pub(crate) fn draw_series(
        &self,
        canvas: &mut Canvas,
        values: impl IntoIterator<Item = (f64, f64)>,
        stroke: Stroke,
    ) {
        let mut run: Vec<Point> = Vec::new();
        let mut runs = Vec::new();
        for (x, y) in values {
            match self.at(x, y) {
                Some((px, py)) => run.push((px, py.clamp(self.area.y, self.area.bottom()))),
                None => runs.push(std::mem::take(&mut run)),
            }
        }
        runs.push(run);
        for run in runs {
            match run[..] {
                [only] => canvas.disc(only, stroke.width * 1.5, stroke.color),
                _ => canvas.line(run, stroke),
            }
        }
    }

    /// Draws a horizontal line across the panel.
    pub(crate) fn draw_hline(&self, canvas: &mut Canvas, value: f64, stroke: Stroke) {
        let y = self.area.bottom() - self.y.scale.place(value) as f32 * self.area.height;
        if (self.area.y..=self.area.bottom()).contains(&y) {
            canvas.line(vec![(self.area.x, y), (self.area.right(), y)], stroke);
        }
    }

    /// Draws a vertical line across the panel.
    pub(crate) fn draw_vline(&self, canvas: &mut Canvas, value: f64, stroke: Stroke) {
        let x = self.area.x + self.x.scale.place(value) as f32 * self.area.width;
        if (self.area.x..=self.area.right()).contains(&x) {
            canvas.line(vec![(x, self.area.y), (x, self.area.bottom())], stroke);
        }
    }

    fn tick_columns(&self) -> Vec<(f32, &str)> {
        let place = |tick: &Tick| self.area.x + self.x.scale.place(tick.value) as f32 * self.area.width;
        self.x.ticks.iter().map(|tick| (place(tick), tick.label.as_str())).collect()
    }

    fn tick_rows(&self) -> Vec<(f32, &str)> {
        let place =
            |tick: &Tick| self.area.bottom() - self.y.scale.place(tick.value) as f32 * self.area.height;
        self.y.ticks.iter().map(|tick| (place(tick), tick.label.as_str())).collect()
    }
}

/// Draws the title of a picture, centered and shortened to the picture's width.
pub(crate) fn draw_title(canvas: &mut Canvas, title: &str, palette: &Palette) {
    let title = font::shorten(title, TITLE_SIZE, Weight::Bold, canvas.width - 24.0);
    let at = (canvas.width / 2.0, 12.0 + TITLE_SIZE / 2.0);
    canvas.text(Text::new(at, title, TITLE_SIZE, palette.ink).anchor(Anchor::Middle).bold());
}

/// Draws the title of a row of panels at the left, its middle at `y`.
pub(crate) fn draw_row_title(canvas: &mut Canvas, title: &str, y: f32, palette: &Palette) {
    let title = font::shorten(title, PANEL_TITLE_SIZE, Weight::Regular, canvas.width - 24.0);
    canvas.text(Text::new((16.0, y), title, PANEL_TITLE_SIZE, palette.ink));
}
