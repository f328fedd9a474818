//! A finished picture and its output as PNG or SVG.

use std::io::{self, Write};
use std::path::Path;

use cepstrum_dataset::write_atomically;

use super::canvas::{Area, Canvas};
use super::style::Style;
use super::{raster, svg};
use crate::{Error, Result};

/// A drawn picture, held as shapes, so that PNG and SVG have the same layout.
///
/// ```
/// use cepstrum_eval::{ConfusionMatrix, plot};
///
/// let confusion = ConfusionMatrix::from_labels(&[0, 0, 1], &[0, 1, 1], &["jazz".into(), "rock".into()])?;
/// let picture = plot::confusion(&confusion, &plot::Style::default());
/// let mut png = Vec::new();
/// picture.write_png(&mut png)?;
/// assert_eq!(&png[1..4], b"PNG");
/// assert!(picture.to_svg()?.contains(">jazz</text>"));
/// # Ok::<(), cepstrum_eval::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a picture is only drawn; save or write it"]
pub struct Picture {
    canvas: Canvas,
    description: String,
    scale: f32,
    time_axis: Option<[f32; 2]>,
}

impl Picture {
    pub(crate) fn new(canvas: Canvas, description: impl Into<String>, style: &Style) -> Self {
        let scale = if style.scale.is_finite() { style.scale.clamp(0.25, 8.0) } else { 1.0 };
        Self { canvas, description: description.into(), scale, time_axis: None }
    }

    /// Records where a picture of one panel has its time axis.
    pub(crate) fn with_time_axis(self, panel: Area) -> Self {
        let width = self.canvas.width;
        Self { time_axis: Some([panel.x / width, panel.right() / width]), ..self }
    }

    /// Begin and end of the time axis as shares of the picture's width, for a picture of one panel over time: where a cursor
    /// moves while the sound plays.
    pub fn time_axis(&self) -> Option<[f32; 2]> {
        self.time_axis
    }

    /// Width and height in points; a PNG has [`Style::scale`] pixels per point.
    pub fn size(&self) -> [f32; 2] {
        [self.canvas.width, self.canvas.height]
    }

    /// Width and height of the PNG in pixels.
    pub fn pixels(&self) -> [u32; 2] {
        raster::size(&self.canvas, self.scale)
    }

    /// A description of the picture: the `<title>` of the SVG and the alternative text in a page.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Saves the picture as PNG or SVG, by the extension of the path. The file appears whole or not at all.
    ///
    /// # Errors
    /// [`Error::PictureFormat`] for another extension; [`Error::Dataset`], which names the file, when it cannot be
    /// written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        let write: fn(&Self, &mut dyn Write) -> io::Result<()> = match extension.to_ascii_lowercase().as_str()
        {
            "png" => Self::png,
            "svg" => Self::svg,
            _ => return Err(Error::PictureFormat { path: path.to_owned() }),
        };
        write_atomically(path, |writer| {
            write(self, writer).map_err(|error| cepstrum_dataset::Error::from(error).in_file(path))
        })?;
        Ok(())
    }

    /// Writes a PNG: 8-bit RGB, anti-aliased.
    ///
    /// # Errors
    /// [`Error::Write`] when the writer fails.
    pub fn write_png(&self, mut writer: impl Write) -> Result<()> {
        self.png(&mut writer).map_err(Error::Write)
    }

    /// Writes an SVG: text remains text, and a heat map is one embedded image.
    ///
    /// # Errors
    /// [`Error::Write`] when the writer fails.
    pub fn write_svg(&self, mut writer: impl Write) -> Result<()> {
        self.svg(&mut writer).map_err(Error::Write)
    }

    /// Returns the SVG document.
    ///
    /// # Errors
    /// [`Error::Write`] when an embedded image cannot be encoded.
    pub fn to_svg(&self) -> Result<String> {
        svg::document(&self.canvas, &self.description).map_err(Error::Write)
    }

    fn png(&self, writer: &mut dyn Write) -> io::Result<()> {
        let pixels = raster::draw(&self.canvas, self.scale)?;
        raster::encode_png(writer, pixels.width, pixels.height, &pixels.rgb)
    }

    fn svg(&self, writer: &mut dyn Write) -> io::Result<()> {
        writer.write_all(svg::document(&self.canvas, &self.description)?.as_bytes())
    }
}
