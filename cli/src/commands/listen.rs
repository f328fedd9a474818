//! `cepstrum listen`.

use std::io::{self, Read};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use cepstrum::dsp::Resampler;
use serde_json::json;

use super::genre_classifier;
use crate::settings::{DeviceOption, Settings};

/// The arguments of `cepstrum listen`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  ffmpeg -i http://radio.example/stream -ac 1 -ar 44100 -f f32le - | cepstrum listen genre.safetensors --rate 44100"
)]
pub(crate) struct Listen {
    /// Model file
    model: PathBuf,
    /// Sample rate of the stream in Hz
    #[arg(long, value_name = "HZ")]
    rate: u32,
    /// Number of interleaved channels, which are averaged
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=64))]
    channels: u16,
    /// Length of the past that a verdict is about, in seconds: at least a segment of the model
    #[arg(long, default_value_t = 6.0, value_name = "S")]
    window: f64,
    /// Time between two verdicts in seconds
    #[arg(long, default_value_t = 0.5, value_name = "S")]
    every: f64,
    /// Wheel of the package `musicnn`, for a model whose features that network computes and that does not hold it
    #[arg(long, value_name = "WHEEL")]
    pretrained: Option<PathBuf>,
    #[command(flatten)]
    device: DeviceOption,
}

/// Bytes of a sample: 32-bit floats, little-endian.
const SAMPLE_BYTES: usize = size_of::<f32>();

impl Listen {
    pub(crate) fn run(self, settings: &Settings) -> Result<ExitCode> {
        ensure!(self.every > 0.0 && self.every.is_finite(), "--every must be above 0 s");
        let console = settings.console;
        let classifier = genre_classifier(&self.model, self.pretrained.as_deref(), &self.device.device)?;
        let segment = classifier.model().config().map_or(0.0, |config| config.segment.seconds());
        ensure!(
            self.window.is_finite() && self.window >= segment,
            "--window must be at least {segment} s, the length of a segment of this model"
        );
        let rate = classifier.sample_rate();
        let mut resampler = Resampler::<f32>::new(self.rate, rate)?;
        let (mut window, most) = (Vec::new(), (self.window * f64::from(rate)).ceil() as usize);
        let (mut heard, mut stdin) = (0_u64, io::stdin().lock());
        let step = ((self.every * f64::from(self.rate)).round() as usize).max(1);
        let mut bytes = vec![0; step * usize::from(self.channels) * SAMPLE_BYTES];
        loop {
            let n = read_full(&mut stdin, &mut bytes).context("cannot read standard input")?;
            let received = Instant::now();
            let samples = self.mono(&bytes[..n])?;
            heard += samples.len() as u64;
            resampler.push(&samples, &mut window)?;
            window.drain(..window.len().saturating_sub(most));
            // Whole segments that end now.
            let segments = (window.len() as f64 / (segment * f64::from(rate))).floor();
            if segments >= 1.0 && !samples.is_empty() {
                let n = (segments * segment * f64::from(rate)).ceil() as usize;
                let song = classifier.classify_samples(&window[window.len() - n.min(window.len())..])?;
                let seconds = heard as f64 / f64::from(self.rate);
                let latency = 1e3 * received.elapsed().as_secs_f64();
                console.text(format_args!("{seconds:9.1} s  {song}  ({latency:.0} ms)"))?;
                let mut object = serde_json::to_value(&song)?;
                object["seconds"] = json!(seconds);
                object["latency_ms"] = json!(latency);
                console.object(&object)?;
            }
            if n < bytes.len() {
                break;
            }
        }
        let seconds = heard as f64 / f64::from(self.rate);
        ensure!(
            seconds >= segment,
            "standard input ended after {seconds:.1} s; this model needs {segment} s"
        );
        Ok(ExitCode::SUCCESS)
    }

    /// The mean over the channels of whole sample frames.
    fn mono(&self, bytes: &[u8]) -> Result<Vec<f32>> {
        let channels = usize::from(self.channels);
        let mut samples = Vec::with_capacity(bytes.len() / SAMPLE_BYTES / channels);
        for frame in bytes.chunks_exact(channels * SAMPLE_BYTES) {
            let values = frame.as_chunks::<SAMPLE_BYTES>().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
            let mean = values.sum::<f32>() / channels as f32;
            ensure!(
                mean.is_finite(),
                "standard input holds a sample that is not a finite number: is it 32-bit floating point (-f f32le)?"
            );
            samples.push(mean);
        }
        Ok(samples)
    }
}

/// Fills the buffer, or as much of it as the stream has left.
fn read_full(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
