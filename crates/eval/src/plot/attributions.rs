//! Attribution maps beside the model's input.

use ndarray::ArrayRef2;

use super::axes::{self, Panel, TITLE_SIZE};
use super::canvas::{Area, Canvas, Raster};
use super::colormap::Colormap;
use super::heatmap::{self, BAR_WIDTH, Coloring};
use super::picture::Picture;
use super::scale::Scale;
use super::signal::{FrameRate, coefficient_axis, time_axis};
use super::style::{Palette, Style};

/// A segment with attribution maps for a class, all `[n_frames, n_coefficients]`.
#[derive(Clone, Debug)]
pub struct AttributionExample<'a> {
    /// Title of the row, such as `true jazz, predicted rock (61 %)`.
    pub title: &'a str,
    /// The model's input.
    pub input: &'a ArrayRef2<f32>,
    /// Maps with panels of their own, and their names; a map with negative values is drawn around zero in blue and red.
    pub maps: Vec<(&'a str, &'a ArrayRef2<f32>)>,
    /// Maps drawn over the input in gray, and their names: for Grad-CAM, whose cells may be coarser than the input's.
    pub overlays: Vec<(&'a str, &'a ArrayRef2<f32>)>,
    /// Hop length and sampling rate of the input.
    pub rate: FrameRate,
}

const PANEL: [f32; 2] = [330.0, 230.0];
const ROW_TITLE: f32 = 26.0;

/// Draws a row per segment: the input, its maps and its overlays, with time to the right and coefficients upward.
pub fn attributions(segments: &[AttributionExample<'_>], style: &Style) -> Picture {
    let palette = style.palette();
    let own = "What the model looks at";
    let columns = segments.iter().map(|s| 1 + s.maps.len() + s.overlays.len()).max().unwrap_or(1);
    let top = 12.0 + TITLE_SIZE + 4.0;
    let [width, height] = PANEL;
    let size =
        (columns as f32 * width + 16.0, top + segments.len().max(1) as f32 * (height + ROW_TITLE) + 6.0);
    let mut canvas = Canvas::new(size.0, size.1, palette.background);
    axes::draw_title(&mut canvas, style.title_or(own), palette);
    for (row, segment) in segments.iter().enumerate() {
        let y = top + row as f32 * (height + ROW_TITLE);
        axes::draw_row_title(&mut canvas, segment.title, y + ROW_TITLE / 2.0 + 2.0, palette);
        let area =
            |column: usize| Area::new(8.0 + column as f32 * width, y + ROW_TITLE, width - 10.0, height - 8.0);
        let coloring = Coloring::spanning(segment.input, style.colormap);
        draw_panel(&mut canvas, area(0), segment, "input", &coloring, palette, |palette| {
            heatmap::raster(segment.input, &coloring, palette.empty)
        });
        for (i, &(name, map)) in segment.maps.iter().enumerate() {
            let coloring = around_zero(map);
            draw_panel(&mut canvas, area(1 + i), segment, name, &coloring, palette, |palette| {
                heatmap::raster(map, &coloring, palette.empty)
            });
        }
        for (i, &(name, map)) in segment.overlays.iter().enumerate() {
            let coloring = around_zero(map);
            draw_panel(
                &mut canvas,
                area(1 + segment.maps.len() + i),
                segment,
                name,
                &coloring,
                palette,
                |_| overlaid(segment.input, map, &coloring),
            );
        }
    }
    Picture::new(canvas, style.title_or(own), style)
}

fn draw_panel(
    canvas: &mut Canvas,
    outer: Area,
    segment: &AttributionExample<'_>,
    name: &str,
    coloring: &Coloring,
    palette: &Palette,
    image: impl FnOnce(&Palette) -> Raster,
) {
    let room = heatmap::bar_room(coloring.scale, "");
    let left = Area::new(outer.x, outer.y, outer.width - room, outer.height);
    let (n_frames, n_coefficients) = segment.input.dim();
    let x = time_axis(n_frames, segment.rate, left.width);
    let panel =
        Panel::within(left, x, coefficient_axis(n_coefficients, left.height), axes::PANEL_TITLE_SIZE + 4.0);
    canvas.image(panel.area, image(palette));
    panel.draw_frame(canvas, palette);
    panel.draw_title(canvas, name, palette);
    let bar = Area::new(panel.area.right() + 8.0, panel.area.y, BAR_WIDTH, panel.area.height);
    heatmap::draw_bar(canvas, bar, coloring, "", palette);
}

/// Magma from zero for a map without negative values, blue and red around zero for others.
fn around_zero(map: &ArrayRef2<f32>) -> Coloring {
    let finite = || map.iter().copied().filter(|value| value.is_finite());
    let reach = f64::from(finite().fold(0.0_f32, |reach, value| reach.max(value.abs())));
    let reach = if reach > 0.0 { reach } else { 1.0 };
    if finite().any(|value| value < 0.0) {
        Coloring { colormap: Colormap::BlueRed, scale: Scale::linear(-reach, reach) }
    } else {
        Coloring { colormap: Colormap::Magma, scale: Scale::linear(0.0, reach) }
    }
}

/// Blends the map over the input in gray: the larger the value of the map, the more it covers.
fn overlaid(input: &ArrayRef2<f32>, map: &ArrayRef2<f32>, coloring: &Coloring) -> Raster {
    let (columns, rows) = input.dim();
    let gray = Coloring::spanning(input, Colormap::Viridis);
    let pixel = |row: usize, column: usize| {
        let level = (gray.scale.place(f64::from(input[[column, row]])).clamp(0.0, 1.0) * 255.0) as f32;
        let value = match map.dim() {
            (0, _) | (_, 0) => 0.0,
            (w, h) => map[[column * w / columns, row * h / rows]],
        };
        let cover = 0.25 + 0.55 * (coloring.scale.place(f64::from(value)) as f32).clamp(0.0, 1.0);
        coloring.at(value).map(|channel| (f32::from(channel) * cover + level * (1.0 - cover)).round() as u8)
    };
    let pixels = (0..rows).rev().flat_map(|row| (0..columns).map(move |column| (row, column)));
    Raster { columns, rows, pixels: pixels.map(|(row, column)| pixel(row, column)).collect() }
}
