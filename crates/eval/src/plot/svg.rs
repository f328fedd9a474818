//! The SVG writer: shapes remain shapes, text remains text, and a heat map is one embedded PNG.

use std::fmt::Write as _;
use std::io;

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::canvas::{Anchor, Area, Canvas, Point, Raster, Shape, Stroke, Text};
use super::color::Color;
use super::font::{CAP_HEIGHT, SVG_FAMILY, Weight};
use super::raster::encode_png;

/// Returns the SVG document of a canvas.
pub(crate) fn document(canvas: &Canvas, description: &str) -> io::Result<String> {
    let (width, height) = (canvas.width, canvas.height);
    let mut out = String::with_capacity(4096);
    let described = escaped(description);
    push(
        &mut out,
        format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
             role=\"img\" aria-label=\"{described}\" font-family=\"{SVG_FAMILY}\">\n<title>{described}</title>\n"
        ),
    );
    rect(&mut out, Area::new(0.0, 0.0, width, height), canvas.background);
    for shape in &canvas.shapes {
        match shape {
            Shape::Rect { area, fill } => rect(&mut out, *area, *fill),
            Shape::Line { points, stroke } => line(&mut out, points, *stroke),
            Shape::Polygon { points, fill, opacity } => push(
                &mut out,
                format_args!(
                    "<polygon points=\"{}\" fill=\"{}\" fill-opacity=\"{opacity}\"/>\n",
                    coordinates(points),
                    hex(*fill)
                ),
            ),
            Shape::Disc { center: (x, y), radius, fill } => push(
                &mut out,
                format_args!(
                    "<circle cx=\"{x:.2}\" cy=\"{y:.2}\" r=\"{radius:.2}\" fill=\"{}\"/>\n",
                    hex(*fill)
                ),
            ),
            Shape::Text(shape) => text(&mut out, shape),
            Shape::Image { area, raster } => image(&mut out, *area, raster)?,
        }
    }
    out.push_str("</svg>\n");
    Ok(out)
}

fn push(out: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing to a `String` cannot fail.
    let _ = out.write_fmt(arguments);
}

fn rect(out: &mut String, area: Area, fill: Color) {
    let Area { x, y, width, height } = area;
    let fill = hex(fill);
    push(
        out,
        format_args!(
            "<rect x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\" height=\"{height:.2}\" fill=\"{fill}\"/>\n"
        ),
    );
}

fn line(out: &mut String, points: &[Point], stroke: Stroke) {
    let dash = if stroke.dashed { " stroke-dasharray=\"5 4\"" } else { "" };
    push(
        out,
        format_args!(
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{}\" stroke-linejoin=\"round\"{dash}/>\n",
            coordinates(points),
            hex(stroke.color),
            stroke.width
        ),
    );
}

fn text(out: &mut String, shape: &Text) {
    let (x, y) = shape.at;
    let anchor = match shape.anchor {
        Anchor::Start => "",
        Anchor::Middle => " text-anchor=\"middle\"",
        Anchor::End => " text-anchor=\"end\"",
    };
    let weight = if shape.weight == Weight::Bold { " font-weight=\"bold\"" } else { "" };
    let turn = if shape.angle == 0.0 {
        String::new()
    } else {
        format!(" transform=\"rotate({} {x:.2} {y:.2})\"", shape.angle)
    };
    push(
        out,
        format_args!(
            "<text x=\"{x:.2}\" y=\"{:.2}\" font-size=\"{}\" fill=\"{}\"{anchor}{weight}{turn}>{}</text>\n",
            y + shape.size * CAP_HEIGHT / 2.0,
            shape.size,
            hex(shape.color),
            escaped(&shape.line)
        ),
    );
}

fn image(out: &mut String, area: Area, raster: &Raster) -> io::Result<()> {
    if raster.columns == 0 || raster.rows == 0 {
        return Ok(());
    }
    let mut png = Vec::new();
    let bytes = raster.pixels.as_flattened();
    encode_png(&mut png, raster.columns as u32, raster.rows as u32, bytes)?;
    let Area { x, y, width, height } = area;
    push(
        out,
        format_args!(
            "<image x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\" height=\"{height:.2}\" preserveAspectRatio=\"none\" \
             style=\"image-rendering:pixelated\" href=\"data:image/png;base64,{}\"/>\n",
            STANDARD.encode(&png)
        ),
    );
    Ok(())
}

fn coordinates(points: &[Point]) -> String {
    let mut out = String::with_capacity(points.len() * 14);
    for (x, y) in points {
        push(&mut out, format_args!("{x:.2},{y:.2} "));
    }
    out.truncate(out.trim_end().len());
    out
}

fn hex(color: Color) -> String {
    let [r, g, b] = color.0;
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// Escapes text for XML, and replaces the characters that XML 1.0 forbids.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => out.push(char::REPLACEMENT_CHARACTER),
            c if c.is_control() && !matches!(c, '\t' | '\n' | '\r') => out.push(char::REPLACEMENT_CHARACTER),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn markup_and_forbidden_characters_are_escaped() {
        assert_eq!(escaped("R&B <\"live\">"), "R&amp;B &lt;&quot;live&quot;&gt;");
        assert_eq!(escaped("a\u{0}b\u{1b}c"), "a\u{fffd}b\u{fffd}c");
    }
}
