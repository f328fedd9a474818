//! Pictures in the record of a run.

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::plot::{Picture, Style};

/// The section of a report to which a figure belongs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Section {
    /// Views of tracks.
    #[default]
    Tracks,
    /// Attribution maps of models.
    Explanations,
}

/// A picture of data that the record does not contain, in both themes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Figure {
    /// The section of the report.
    pub section: Section,
    /// A sentence that describes the picture.
    pub caption: String,
    /// Width and height in points.
    pub size: [f32; 2],
    /// The picture on a light background, as SVG.
    pub light: String,
    /// The picture on a dark background, as SVG.
    pub dark: String,
    /// Begin and end of the time axis as shares of the width, where the picture has one: there a cursor follows the sound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_axis: Option<[f32; 2]>,
}

impl Figure {
    /// Draws a picture in both themes.
    ///
    /// # Errors
    /// As [`Picture::to_svg`].
    pub fn draw(section: Section, caption: &str, draw: impl Fn(&Style) -> Picture) -> Result<Self> {
        let light = draw(&Style::default());
        let dark = draw(&Style::dark()).to_svg()?;
        let (size, time_axis) = (light.size(), light.time_axis());
        Ok(Self { section, caption: caption.to_owned(), size, light: light.to_svg()?, dark, time_axis })
    }
}
