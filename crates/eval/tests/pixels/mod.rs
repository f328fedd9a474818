//! Looking into drawn pictures.
#![allow(dead_code, reason = "each test file uses its part")]

use cepstrum_eval::plot::Picture;

/// The pixels of a picture's PNG.
pub(crate) struct Pixels {
    pub(crate) width: u32,
    pub(crate) height: u32,
    image: image::RgbImage,
}

impl Pixels {
    pub(crate) fn of(picture: &Picture) -> Self {
        let mut png = Vec::new();
        picture.write_png(&mut png).unwrap();
        let image = image::load_from_memory(&png).unwrap().to_rgb8();
        Self { width: image.width(), height: image.height(), image }
    }

    pub(crate) fn at(&self, x: u32, y: u32) -> [u8; 3] {
        self.image.get_pixel(x, y).0
    }

    /// Whether the outermost pixels all have this colour: nothing is cut off.
    pub(crate) fn border_is(&self, color: [u8; 3]) -> bool {
        let (right, bottom) = (self.width - 1, self.height - 1);
        (0..self.width).all(|x| self.at(x, 0) == color && self.at(x, bottom) == color)
            && (0..self.height).all(|y| self.at(0, y) == color && self.at(right, y) == color)
    }
}

/// The texts of an SVG in the order they are drawn.
pub(crate) fn texts(svg: &str) -> Vec<String> {
    let ends = svg.match_indices("</text>").map(|(end, _)| end);
    ends.map(|end| svg[svg[..end].rfind('>').unwrap() + 1..end].to_owned()).collect()
}

/// The upper left corners of the squares of this side, in the order they are drawn.
pub(crate) fn squares(svg: &str, side: f32) -> Vec<[f32; 2]> {
    let wanted = format!("width=\"{side:.2}\" height=\"{side:.2}\"");
    let number = |line: &str, key: &str| -> f32 {
        line.split_once(key).unwrap().1.split_once('"').unwrap().0.parse().unwrap()
    };
    let rects = svg.lines().filter(|line| line.starts_with("<rect") && line.contains(&wanted));
    rects.map(|line| [number(line, " x=\""), number(line, " y=\"")]).collect()
}
