//! The event file of a training run.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use cepstrum_dataset::Error as FileError;

use super::proto::Message;
use super::record;
use crate::plot::Picture;
use crate::{Error, Result};

/// Number of buckets of a histogram.
const N_BUCKETS: usize = 30;
/// `DT_STRING` of `TensorFlow`'s types.
const STRING_TYPE: u64 = 7;
/// `DATA_CLASS_TENSOR` of `TensorBoard`'s summaries.
const TENSOR_CLASS: u64 = 2;

/// A writer of one event file; each run has a folder of its own.
///
/// ```
/// use cepstrum_eval::tensorboard::EventWriter;
///
/// # let folder = tempfile::tempdir()?;
/// let mut log = EventWriter::create(folder.path().join("cnn"))?;
/// for epoch in 1..=3 {
///     log.scalar("loss/train", epoch, 1.0 / epoch as f32)?;
/// }
/// log.flush()?;
/// assert!(log.path().exists());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct EventWriter {
    out: BufWriter<File>,
    path: PathBuf,
}

impl EventWriter {
    /// Creates a new event file in `folder`, and the folder if it does not exist.
    ///
    /// # Errors
    /// [`Error::Dataset`], which names the path, when the folder or the file cannot be created.
    pub fn create(folder: impl AsRef<Path>) -> Result<Self> {
        let folder = folder.as_ref();
        fs::create_dir_all(folder).map_err(|error| FileError::from(error).in_file(folder))?;
        let (file, path) = new_file(folder)?;
        let mut writer = Self { out: BufWriter::new(file), path };
        let version = Message::default().double(1, wall_time()).bytes(3, b"brain.Event:2");
        writer.record(&version)?;
        writer.flush()?;
        Ok(writer)
    }

    /// Path of the event file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a scalar at a step.
    ///
    /// # Errors
    /// [`Error::Dataset`], which names the file, when it cannot be written.
    pub fn scalar(&mut self, tag: &str, step: u64, value: f32) -> Result<()> {
        self.summary(step, &Message::default().bytes(1, tag.as_bytes()).float(2, value))
    }

    /// Writes the distribution of values at a step, in 30 buckets of equal width; values that are not finite are left
    /// out.
    ///
    /// # Errors
    /// As [`scalar`](Self::scalar).
    pub fn histogram(&mut self, tag: &str, step: u64, values: &[f32]) -> Result<()> {
        let histogram = histogram(values);
        self.summary(step, &Message::default().bytes(1, tag.as_bytes()).message(5, &histogram))
    }

    /// Writes a picture at a step.
    ///
    /// # Errors
    /// As [`scalar`](Self::scalar); [`Error::Write`] when the picture cannot be encoded.
    pub fn image(&mut self, tag: &str, step: u64, picture: &Picture) -> Result<()> {
        let mut png = Vec::new();
        picture.write_png(&mut png)?;
        let [width, height] = picture.pixels().map(u64::from);
        // Color space 3 is RGB.
        let image = Message::default().integer(1, height).integer(2, width).integer(3, 3).bytes(4, &png);
        self.summary(step, &Message::default().bytes(1, tag.as_bytes()).message(4, &image))
    }

    /// Writes a Markdown text at a step.
    ///
    /// # Errors
    /// As [`scalar`](Self::scalar).
    pub fn text(&mut self, tag: &str, step: u64, markdown: &str) -> Result<()> {
        let tensor = Message::default()
            .integer(1, STRING_TYPE)
            .message(2, &Message::default())
            .bytes(8, markdown.as_bytes());
        let plugin = Message::default().bytes(1, b"text");
        let metadata = Message::default().message(1, &plugin).integer(4, TENSOR_CLASS);
        let value = Message::default().bytes(1, tag.as_bytes()).message(8, &tensor).message(9, &metadata);
        self.summary(step, &value)
    }

    /// Passes buffered events to the operating system, so that a running `TensorBoard` reads them.
    ///
    /// # Errors
    /// As [`scalar`](Self::scalar).
    pub fn flush(&mut self) -> Result<()> {
        self.out.flush().map_err(|error| self.failed(error))
    }

    fn summary(&mut self, step: u64, value: &Message) -> Result<()> {
        let summary = Message::default().message(1, value);
        self.record(&Message::default().double(1, wall_time()).integer(2, step).message(5, &summary))
    }

    fn record(&mut self, event: &Message) -> Result<()> {
        record::write(&mut self.out, event.encoded()).map_err(|error| self.failed(error))
    }

    /// The error of a failed write, with the path.
    fn failed(&self, error: std::io::Error) -> Error {
        FileError::from(error).in_file(&self.path).into()
    }
}

/// Creates a new file; `TensorBoard` recognizes it by `tfevents`, and reads several in the order of their names.
fn new_file(folder: &Path) -> Result<(File, PathBuf)> {
    let seconds = wall_time() as u64;
    let mut number = 0;
    loop {
        let path = folder
            .join(format!("events.out.tfevents.{seconds:010}.cepstrum.{}.{number}", std::process::id()));
        match File::create_new(&path) {
            Ok(file) => return Ok((file, path)),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(FileError::from(error).in_file(path).into()),
        }
    }
}

/// Seconds since 1970.
fn wall_time() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

/// A `HistogramProto`: minimum, maximum, count, sums, and the upper limits and counts of the buckets.
fn histogram(values: &[f32]) -> Message {
    let finite: Vec<f64> =
        values.iter().filter(|value| value.is_finite()).map(|&value| f64::from(value)).collect();
    let low = finite.iter().copied().fold(f64::INFINITY, f64::min);
    let high = finite.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if finite.is_empty() {
        return Message::default().double(1, 0.0).double(2, 0.0).doubles(6, &[0.0]).doubles(7, &[0.0]);
    }
    let width = (high - low) / N_BUCKETS as f64;
    let mut counts = vec![0.0; if width > 0.0 { N_BUCKETS } else { 1 }];
    let last = counts.len() - 1;
    for value in &finite {
        let bucket = if width > 0.0 { (((value - low) / width) as usize).min(last) } else { 0 };
        counts[bucket] += 1.0;
    }
    let limits: Vec<f64> =
        (0..=last).map(|i| if i == last { high } else { low + (i + 1) as f64 * width }).collect();
    Message::default()
        .double(1, low)
        .double(2, high)
        .double(3, finite.len() as f64)
        .double(4, finite.iter().sum())
        .double(5, finite.iter().map(|value| value * value).sum())
        .doubles(6, &limits)
        .doubles(7, &counts)
}
