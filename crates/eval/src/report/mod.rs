//! One page about a run, to be read in a browser, on a phone or on paper: everything in it comes from a [`Run`].
//!
//! The page is one file without scripts: pictures are inside, each in a light and a dark form, and nothing is fetched.

mod measures;
mod parts;
mod sections;

use std::io::Write as _;
use std::path::Path;

use cepstrum_dataset::write_atomically;

pub(crate) use parts::data_uri;

use crate::{Result, Run};

/// The page as HTML.
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
    let mut page = parts::Html::default();
    sections::data(&mut page, run)?;
    sections::tracks(&mut page, run);
    sections::split(&mut page, run);
    sections::models(&mut page, run)?;
    measures::results(&mut page, run)?;
    measures::confusion(&mut page, run)?;
    sections::explanations(&mut page, run)?;
    measures::calibration(&mut page, run)?;
    sections::songs(&mut page, run)?;
    sections::circumstances(&mut page, run);
    Ok(page.page("From audio to genre", &sections::headline(run)))
}

/// Writes the page of the record at `record` to `page`, whole or not at all.
///
/// # Errors
/// As [`Run::load`] and [`html`], and [`Error::Dataset`](crate::Error::Dataset) when the page cannot be written.
pub fn write(record: impl AsRef<Path>, page: impl AsRef<Path>) -> Result<()> {
    let (record, page) = (record.as_ref(), page.as_ref());
    let text = html(&Run::load(record)?)?;
    write_atomically(page, |out| {
        out.write_all(text.as_bytes()).map_err(|error| cepstrum_dataset::Error::from(error).in_file(page))
    })?;
    Ok(())
}
