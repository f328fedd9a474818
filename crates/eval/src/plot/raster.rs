//! The rasterizer: a canvas as anti-aliased pixels, and pixels as PNG.

use std::io::{self, Write};

use ab_glyph::OutlineCurve;
use tiny_skia::{
    Color as SkiaColor, FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, PremultipliedColorU8,
    Rect, StrokeDash, Transform,
};

use super::canvas::{Anchor, Area, Canvas, Point, Raster, Shape, Stroke, Text};
use super::color::Color;
use super::font::{self, CAP_HEIGHT};

/// The pixels of a drawn canvas: red, green, blue, rows from the top.
pub(crate) struct Pixels {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) rgb: Vec<u8>,
}

/// The most pixels of a picture, which keep memory below about 250 MB; larger pictures are drawn at a lower scale.
const MAX_PIXELS: f32 = 4.8e7;

/// The scale, lowered for a picture that would have too many pixels.
fn bounded(canvas: &Canvas, scale: f32) -> f32 {
    scale.min((MAX_PIXELS / (canvas.width * canvas.height)).sqrt())
}

/// Width and height in pixels at this scale.
pub(crate) fn size(canvas: &Canvas, scale: f32) -> [u32; 2] {
    let scale = bounded(canvas, scale);
    [canvas.width, canvas.height].map(|points| (points * scale).ceil() as u32)
}

/// Draws a canvas at `scale` pixels per point.
pub(crate) fn draw(canvas: &Canvas, scale: f32) -> io::Result<Pixels> {
    let ([width, height], scale) = (size(canvas, scale), bounded(canvas, scale));
    let mut pixmap = Pixmap::new(width, height).ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidInput, format!("a picture of {width} x {height} pixels"))
    })?;
    pixmap.fill(skia(canvas.background, 1.0));
    let transform = Transform::from_scale(scale, scale);
    for shape in &canvas.shapes {
        match shape {
            Shape::Rect { area, fill } => {
                if let Some(rect) = Rect::from_xywh(area.x, area.y, area.width, area.height) {
                    pixmap.fill_rect(rect, &paint(*fill, 1.0), transform, None);
                }
            }
            Shape::Line { points, stroke } => line(&mut pixmap, points, *stroke, transform),
            Shape::Polygon { points, fill, opacity } => {
                if let Some(path) = polygon(points) {
                    pixmap.fill_path(&path, &paint(*fill, *opacity), FillRule::Winding, transform, None);
                }
            }
            Shape::Disc { center: (x, y), radius, fill } => {
                if let Some(path) = PathBuilder::from_circle(*x, *y, *radius) {
                    pixmap.fill_path(&path, &paint(*fill, 1.0), FillRule::Winding, transform, None);
                }
            }
            Shape::Text(shape) => text(&mut pixmap, shape, transform),
            Shape::Image { area, raster } => image(&mut pixmap, *area, raster, scale),
        }
    }
    let rgb = pixmap.pixels().iter().flat_map(|p| [p.red(), p.green(), p.blue()]).collect();
    Ok(Pixels { width, height, rgb })
}

/// Writes 8-bit RGB pixels as PNG.
pub(crate) fn encode_png(writer: &mut dyn Write, width: u32, height: u32, rgb: &[u8]) -> io::Result<()> {
    let mut encoder = png::Encoder::new(writer, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Balanced);
    encoder.set_filter(png::Filter::Adaptive);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(rgb)?;
    Ok(writer.finish()?)
}

fn skia(color: Color, opacity: f32) -> SkiaColor {
    let [r, g, b] = color.0;
    SkiaColor::from_rgba8(r, g, b, (opacity.clamp(0.0, 1.0) * 255.0).round() as u8)
}

fn paint(color: Color, opacity: f32) -> Paint<'static> {
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    paint.set_color(skia(color, opacity));
    paint
}

fn line(pixmap: &mut Pixmap, points: &[Point], stroke: Stroke, transform: Transform) {
    let mut builder = PathBuilder::new();
    for (i, &(x, y)) in points.iter().enumerate() {
        if i == 0 { builder.move_to(x, y) } else { builder.line_to(x, y) }
    }
    let Some(path) = builder.finish() else { return };
    let pen = tiny_skia::Stroke {
        width: stroke.width,
        line_join: LineJoin::Round,
        line_cap: LineCap::Butt,
        dash: if stroke.dashed { StrokeDash::new(vec![5.0, 4.0], 0.0) } else { None },
        ..tiny_skia::Stroke::default()
    };
    pixmap.stroke_path(&path, &paint(stroke.color, 1.0), &pen, transform, None);
}

fn polygon(points: &[Point]) -> Option<Path> {
    let mut builder = PathBuilder::new();
    for (i, &(x, y)) in points.iter().enumerate() {
        if i == 0 { builder.move_to(x, y) } else { builder.line_to(x, y) }
    }
    builder.close();
    builder.finish()
}

fn text(pixmap: &mut Pixmap, shape: &Text, transform: Transform) {
    let shift = match shape.anchor {
        Anchor::Start => 0.0,
        Anchor::Middle => -shape.width() / 2.0,
        Anchor::End => -shape.width(),
    };
    let unit = font::unit(shape.size, shape.weight);
    let mut builder = PathBuilder::new();
    let baseline = shape.size * CAP_HEIGHT / 2.0;
    font::glyphs(&shape.line, shape.size, shape.weight, |x, curves| {
        outline(&mut builder, curves, shift + x, baseline, unit);
    });
    let Some(path) = builder.finish() else { return };
    let (x, y) = shape.at;
    let place = transform.pre_translate(x, y).pre_concat(Transform::from_rotate(shape.angle));
    pixmap.fill_path(&path, &paint(shape.color, 1.0), FillRule::Winding, place, None);
}

/// Adds a glyph's curves, which do not mark contours: a new contour starts where a curve does not continue the last
/// one.
fn outline(builder: &mut PathBuilder, curves: &[OutlineCurve], left: f32, baseline: f32, unit: f32) {
    let at = |p: ab_glyph::Point| (left + p.x * unit, baseline - p.y * unit);
    let mut last = None;
    for curve in curves {
        let (start, end) = match *curve {
            OutlineCurve::Line(a, b) | OutlineCurve::Quad(a, _, b) | OutlineCurve::Cubic(a, _, _, b) => {
                (a, b)
            }
        };
        if last != Some(start) {
            let (x, y) = at(start);
            builder.move_to(x, y);
        }
        let (x, y) = at(end);
        match *curve {
            OutlineCurve::Line(..) => builder.line_to(x, y),
            OutlineCurve::Quad(_, c, _) => {
                let (cx, cy) = at(c);
                builder.quad_to(cx, cy, x, y);
            }
            OutlineCurve::Cubic(_, c, d, _) => {
                let ((cx, cy), (dx, dy)) = (at(c), at(d));
                builder.cubic_to(cx, cy, dx, dy, x, y);
            }
        }
        last = Some(end);
    }
}

/// Draws an image without interpolation; callers reduce images that are finer than the screen.
fn image(pixmap: &mut Pixmap, area: Area, raster: &Raster, scale: f32) {
    let (width, height) = (pixmap.width() as usize, pixmap.height() as usize);
    let edge = |at: f32, limit: usize| ((at * scale).round().max(0.0) as usize).min(limit);
    let (left, right) = (edge(area.x, width), edge(area.right(), width));
    let (top, bottom) = (edge(area.y, height), edge(area.bottom(), height));
    if raster.columns == 0 || raster.rows == 0 {
        return;
    }
    let pixels = pixmap.pixels_mut();
    for y in top..bottom {
        let row = (y - top) * raster.rows / (bottom - top);
        for x in left..right {
            let column = (x - left) * raster.columns / (right - left);
            let [r, g, b] = raster.pixels[row * raster.columns + column];
            if let Some(color) = PremultipliedColorU8::from_rgba(r, g, b, 255) {
                pixels[y * width + x] = color;
            }
        }
    }
}
