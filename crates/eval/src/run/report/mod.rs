//! A report of a run: one HTML page for a browser, a phone or paper, made from nothing but a [`Run`].
//!
//! The page is one file that loads nothing else. It contains every picture in a light and a dark version, and sounds as mono
//! 16-bit WAV. Its one script moves a cursor over the pictures while a sound plays; everything else works without it.

mod html;
mod listening;
mod measures;
mod sections;

use std::io::Write as _;
use std::path::Path;

use cepstrum_dataset::write_atomically;

use super::Run;
use crate::Result;

/// Returns the report as HTML.
///
/// ```
/// use cepstrum_eval::{ModelRun, SplitBy, Run, report};
///
/// let mut run = Run { command: "notebook --seed 7".into(), seed: 7, ..Run::default() };
/// run.models.push(ModelRun { test_accuracy: 0.71, ..ModelRun::new("ffnn5", SplitBy::Track, 7) });
/// let page = report::html(&run)?;
/// assert!(page.starts_with("<!doctype html>"));
/// assert!(page.contains("71.0"));
/// # Ok::<(), cepstrum_eval::Error>(())
/// ```
///
/// # Errors
/// As [`Picture::to_svg`](crate::plot::Picture::to_svg).
pub fn html(run: &Run) -> Result<String> {
    let mut page = html::Html::default();
    sections::data(&mut page, run)?;
    sections::tracks(&mut page, run);
    sections::split(&mut page, run);
    sections::models(&mut page, run)?;
    measures::results(&mut page, run)?;
    measures::confusion(&mut page, run)?;
    sections::explanations(&mut page, run)?;
    measures::calibration(&mut page, run)?;
    sections::songs(&mut page, run)?;
    sections::provenance(&mut page, run);
    Ok(page.page("From audio to genre", &sections::headline(run)))
}

/// Writes the report of the record at path `record` to path `page`. The file appears whole or not at all.
///
/// # Errors
/// As [`Run::load`] and [`html`]; [`Error::Dataset`](crate::Error::Dataset), which names the page, when it cannot be
/// written.
pub fn write(record: impl AsRef<Path>, page: impl AsRef<Path>) -> Result<()> {
    let (record, page) = (record.as_ref(), page.as_ref());
    let text = html(&Run::load(record)?)?;
    write_atomically(page, |out| {
        out.write_all(text.as_bytes()).map_err(|error| cepstrum_dataset::Error::from(error).in_file(page))
    })?;
    Ok(())
}
