//! The list of shapes that makes up a picture, in points, y downward, drawn in order.

use super::color::Color;
use super::font::{self, Weight};

/// A place on the canvas, in points from the upper left corner.
pub(crate) type Point = (f32, f32);

/// A rectangle: upper left corner, width and height, in points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Area {
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) width: f32,
    pub(crate) height: f32,
}

impl Area {
    pub(crate) fn new(x: f32, y: f32, width: f32, height: f32) -> Self {
        Self { x, y, width, height }
    }

    pub(crate) fn right(self) -> f32 {
        self.x + self.width
    }

    pub(crate) fn bottom(self) -> f32 {
        self.y + self.height
    }

    pub(crate) fn center(self) -> Point {
        (self.x + self.width / 2.0, self.y + self.height / 2.0)
    }
}

/// The part of a text that its position refers to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Anchor {
    #[default]
    Start,
    Middle,
    End,
}

/// A line of text. `at` is the vertical middle of its capitals, so that text aligns with marks and cells.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Text {
    pub(crate) at: Point,
    pub(crate) line: String,
    pub(crate) size: f32,
    pub(crate) weight: Weight,
    pub(crate) color: Color,
    pub(crate) anchor: Anchor,
    /// Rotation about `at` in degrees, clockwise.
    pub(crate) angle: f32,
}

impl Text {
    pub(crate) fn new(at: Point, text: impl Into<String>, size: f32, color: Color) -> Self {
        let (weight, anchor) = (Weight::Regular, Anchor::Start);
        Self { at, line: text.into(), size, weight, color, anchor, angle: 0.0 }
    }

    pub(crate) fn anchor(self, anchor: Anchor) -> Self {
        Self { anchor, ..self }
    }

    pub(crate) fn bold(self) -> Self {
        Self { weight: Weight::Bold, ..self }
    }

    pub(crate) fn rotated(self, angle: f32) -> Self {
        Self { angle, ..self }
    }

    pub(crate) fn width(&self) -> f32 {
        font::width(&self.line, self.size, self.weight)
    }
}

/// The stroke of a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Stroke {
    pub(crate) color: Color,
    pub(crate) width: f32,
    pub(crate) dashed: bool,
}

impl Stroke {
    pub(crate) fn solid(color: Color, width: f32) -> Self {
        Self { color, width, dashed: false }
    }

    pub(crate) fn dashed(color: Color, width: f32) -> Self {
        Self { color, width, dashed: true }
    }
}

/// An image of `columns` by `rows` pixels: red, green, blue, rows from the top.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Raster {
    pub(crate) columns: usize,
    pub(crate) rows: usize,
    pub(crate) pixels: Vec<[u8; 3]>,
}

/// A shape on the canvas.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shape {
    Rect { area: Area, fill: Color },
    Line { points: Vec<Point>, stroke: Stroke },
    Polygon { points: Vec<Point>, fill: Color, opacity: f32 },
    Disc { center: Point, radius: f32, fill: Color },
    Text(Text),
    Image { area: Area, raster: Raster },
}

/// The list of shapes of a picture being drawn.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Canvas {
    pub(crate) width: f32,
    pub(crate) height: f32,
    pub(crate) background: Color,
    pub(crate) shapes: Vec<Shape>,
}

impl Canvas {
    pub(crate) fn new(width: f32, height: f32, background: Color) -> Self {
        Self { width: width.ceil(), height: height.ceil(), background, shapes: Vec::new() }
    }

    pub(crate) fn rect(&mut self, area: Area, fill: Color) {
        self.shapes.push(Shape::Rect { area, fill });
    }

    pub(crate) fn line(&mut self, points: Vec<Point>, stroke: Stroke) {
        if points.len() > 1 {
            self.shapes.push(Shape::Line { points, stroke });
        }
    }

    /// Draws the outline of an area.
    pub(crate) fn frame(&mut self, area: Area, stroke: Stroke) {
        let corners = [
            (area.x, area.y),
            (area.right(), area.y),
            (area.right(), area.bottom()),
            (area.x, area.bottom()),
            (area.x, area.y),
        ];
        self.line(corners.to_vec(), stroke);
    }

    pub(crate) fn polygon(&mut self, points: Vec<Point>, fill: Color, opacity: f32) {
        if points.len() > 2 {
            self.shapes.push(Shape::Polygon { points, fill, opacity });
        }
    }

    pub(crate) fn disc(&mut self, center: Point, radius: f32, fill: Color) {
        self.shapes.push(Shape::Disc { center, radius, fill });
    }

    pub(crate) fn text(&mut self, text: Text) {
        if !text.line.is_empty() {
            self.shapes.push(Shape::Text(text));
        }
    }

    pub(crate) fn image(&mut self, area: Area, raster: Raster) {
        self.shapes.push(Shape::Image { area, raster });
    }
}
