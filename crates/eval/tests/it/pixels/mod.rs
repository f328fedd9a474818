//! The pixels and elements of drawn pictures.

pub(crate) mod boxes;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use cepstrum_eval::plot::Picture;

/// The pixels of a picture's PNG.
pub(crate) struct Pixels {
    pub(crate) width: u32,
    pub(crate) height: u32,
    rgb: Vec<u8>,
}

impl Pixels {
    pub(crate) fn of(picture: &Picture) -> Self {
        let mut png = Vec::new();
        picture.write_png(&mut png).unwrap();
        Self::decoded(&png)
    }

    fn decoded(png: &[u8]) -> Self {
        let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
        let mut rgb = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut rgb).unwrap();
        assert_eq!((frame.color_type, frame.bit_depth), (png::ColorType::Rgb, png::BitDepth::Eight));
        Self { width: frame.width, height: frame.height, rgb }
    }

    pub(crate) fn at(&self, x: u32, y: u32) -> [u8; 3] {
        let start = 3 * (y as usize * self.width as usize + x as usize);
        self.rgb[start..start + 3].try_into().unwrap()
    }

    /// The mean color of a block.
    pub(crate) fn mean(&self, columns: std::ops::Range<u32>, rows: std::ops::Range<u32>) -> [u8; 3] {
        let mut sum = [0_u64; 3];
        let count = u64::from(columns.end - columns.start) * u64::from(rows.end - rows.start);
        for (x, y) in rows.flat_map(|y| columns.clone().map(move |x| (x, y))) {
            sum.iter_mut().zip(self.at(x, y)).for_each(|(sum, channel)| *sum += u64::from(channel));
        }
        sum.map(|sum| ((sum + count / 2) / count) as u8)
    }

    /// Returns true when the outermost pixels all have this color, so that nothing is cut off.
    pub(crate) fn border_is(&self, color: [u8; 3]) -> bool {
        let (right, bottom) = (self.width - 1, self.height - 1);
        (0..self.width).all(|x| self.at(x, 0) == color && self.at(x, bottom) == color)
            && (0..self.height).all(|y| self.at(0, y) == color && self.at(right, y) == color)
    }
}

/// The value of an element's attribute.
pub(crate) fn attribute<'a>(element: &'a str, name: &str) -> Option<&'a str> {
    element.split_once(&format!(" {name}=\""))?.1.split_once('"').map(|(value, _)| value)
}

pub(crate) fn number(element: &str, name: &str) -> f64 {
    attribute(element, name).unwrap_or_else(|| panic!("no {name} in {element}")).parse().unwrap()
}

/// The elements of a name in drawing order; the SVG has one per line.
pub(crate) fn elements<'a>(svg: &'a str, name: &str) -> Vec<&'a str> {
    let start = format!("<{name} ");
    svg.lines().filter(|line| line.starts_with(&start)).collect()
}

/// The texts of an SVG in drawing order.
pub(crate) fn texts(svg: &str) -> Vec<String> {
    elements(svg, "text").into_iter().map(content).collect()
}

fn content(element: &str) -> String {
    let text = element.split_once('>').unwrap().1.strip_suffix("</text>").unwrap();
    let marks = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    marks.iter().fold(text.to_owned(), |text, (escaped, mark)| text.replace(escaped, mark))
}

/// The images embedded in an SVG.
pub(crate) fn images(svg: &str) -> Vec<Pixels> {
    let decoded = |element: &&str| {
        let data = attribute(element, "href").unwrap().strip_prefix("data:image/png;base64,").unwrap();
        Pixels::decoded(&STANDARD.decode(data).unwrap())
    };
    elements(svg, "image").iter().map(decoded).collect()
}

/// The points of a polyline or polygon, or the center of a circle.
pub(crate) fn points(element: &str) -> Vec<[f64; 2]> {
    let Some(list) = attribute(element, "points") else {
        return vec![[number(element, "cx"), number(element, "cy")]];
    };
    let point = |pair: &str| {
        let (x, y) = pair.split_once(',').unwrap();
        [x.parse().unwrap(), y.parse().unwrap()]
    };
    list.split(' ').map(point).collect()
}

/// The framed areas: left, top, right, bottom.
pub(crate) fn frames(svg: &str) -> Vec<[f64; 4]> {
    let is_closed = |line: &&str| {
        let ends = attribute(line, "points").and_then(|points| points.split_once(' '));
        ends.is_some_and(|(first, rest)| rest.ends_with(&format!(" {first}")))
    };
    let closed = elements(svg, "polyline").into_iter().filter(is_closed).map(points);
    closed
        .filter(|points| points.len() == 5)
        .map(|points| [points[0][0], points[0][1], points[2][0], points[2][1]])
        .collect()
}
