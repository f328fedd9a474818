//! One track of every class in four panels.

use ndarray::ArrayRef2;

use super::axes::{self, TITLE_SIZE};
use super::canvas::{Anchor, Area, Canvas, Text};
use super::font::{self, Weight};
use super::picture::Picture;
use super::signal::{self, FrameRate};
use super::style::Style;

/// The four views of one track.
#[derive(Clone, Debug)]
pub struct TrackViews<'a> {
    /// Name of the row: the class, or class and file.
    pub name: &'a str,
    /// The samples.
    pub samples: &'a [f32],
    /// Frequencies of the whole signal's spectrum, in Hz.
    pub frequencies: &'a [f32],
    /// Magnitudes of the whole signal's spectrum.
    pub magnitudes: &'a [f32],
    /// The spectrogram in decibels, `[n_frames, n_bins]`.
    pub spectrogram: &'a ArrayRef2<f32>,
    /// The coefficients, `[n_frames, n_mfcc]`.
    pub mfcc: &'a ArrayRef2<f32>,
    /// Hop length and sampling rate of spectrogram and coefficients.
    pub rate: FrameRate,
}

const PANEL: [f32; 2] = [290.0, 176.0];
const NAME_ROOM: f32 = 30.0;

/// Draws a row of four panels per track: waveform, magnitude spectrum, spectrogram in dB, MFCCs.
pub fn overview(tracks: &[TrackViews<'_>], style: &Style) -> Picture {
    let palette = style.palette();
    let own = "One track of every class: waveform, spectrum, spectrogram, MFCC";
    let top = 12.0 + TITLE_SIZE + 10.0;
    let [width, height] = PANEL;
    let mut canvas = Canvas::new(
        NAME_ROOM + 4.0 * width + 12.0,
        top + tracks.len().max(1) as f32 * height + 8.0,
        palette.background,
    );
    axes::draw_title(&mut canvas, style.title_or(own), palette);
    for (row, track) in tracks.iter().enumerate() {
        let y = top + row as f32 * height;
        let name = font::shorten(track.name, TITLE_SIZE, Weight::Bold, height - 20.0);
        let at = (NAME_ROOM / 2.0 + 2.0, y + height / 2.0);
        let name = Text::new(at, name, TITLE_SIZE, palette.ink).bold();
        canvas.text(name.anchor(Anchor::Middle).rotated(-90.0));
        let panel = |column: f32| Area::new(NAME_ROOM + column * width, y, width - 10.0, height - 10.0);
        let rate = track.rate;
        signal::draw_waveform(&mut canvas, panel(0.0), track.samples, rate.sample_rate, "", style);
        signal::draw_spectrum(&mut canvas, panel(1.0), track.frequencies, track.magnitudes, "", style);
        signal::draw_spectrogram(&mut canvas, panel(2.0), track.spectrogram, rate, "", style);
        signal::draw_mfcc(&mut canvas, panel(3.0), track.mfcc, rate, "", style);
    }
    Picture::new(canvas, style.title_or(own), style)
}
