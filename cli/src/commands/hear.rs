//! `cepstrum hear`.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use cepstrum::dataset::{load_audio, write_wav};
use cepstrum::dsp::{Stft, StftConfig};
use cepstrum::features::inverse::{GriffinLim, GriffinLimConfig, MelToStft, MfccToLogMel, log_mel_to_mel};
use cepstrum::features::{LogMel, LogMelConfig, Mfcc, MfccConfig};
use ndarray::{Array2, ArrayRef2};
use serde_json::json;

use crate::console::Console;
use crate::settings::Settings;

/// The arguments of `cepstrum hear`.
///
/// A network on these features hears no more of the song than this. Phases are lost in all of them, and are found anew by the
/// Griffin-Lim algorithm.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cepstrum hear song.mp3 --start 30 --seconds 10 --out heard")]
pub(crate) struct Hear {
    /// Audio file
    song: PathBuf,
    /// Output folder for the WAV files: the original, 13, 20 and 40 MFCCs, 128 mel bands
    #[arg(long, default_value = "cepstrum-out/heard")]
    out: PathBuf,
    /// Second at which to begin
    #[arg(long, default_value_t = 0.0)]
    start: f64,
    /// Greatest length in seconds; the memory grows with it, 40 MB per 10 s
    #[arg(long, default_value_t = 30.0)]
    seconds: f64,
    /// Iterations of the Griffin-Lim algorithm
    #[arg(long, default_value_t = 32)]
    iterations: usize,
}

/// Sampling rate of the features, Hz.
const RATE: u32 = 22_050;

impl Hear {
    pub(crate) fn run(self, settings: &Settings) -> Result<ExitCode> {
        let console = settings.console;
        let samples = self.excerpt()?;
        fs::create_dir_all(&self.out).with_context(|| format!("cannot create {}", self.out.display()))?;
        let listener = Listener::new(&samples, &self, console)?;
        let factor = write_wav(self.out.join("original.wav"), &samples, RATE)?;
        console.text(format_args!(
            "{:<14} {:>8} {:>10} {:>10} {:>8} {:>9}\n{:<14} {RATE:>8} {:>10} {:>10} {:>8} {factor:>9.3}",
            "", "values/s", "bands", "spectrum", "time", "factor", "original", "", "", ""
        ))?;
        for n_mfcc in [13, 20, 40] {
            let config = MfccConfig { n_mfcc, ..MfccConfig::default() };
            let mfcc = Mfcc::new(&config)?.process(&samples)?;
            listener.hear(
                &format!("{n_mfcc} MFCCs"),
                n_mfcc,
                &MfccToLogMel::new(&config)?.process(&mfcc)?,
            )?;
        }
        let n_mels = listener.config.mel.n_mels;
        listener.hear(&format!("{n_mels} mel bands"), n_mels, &listener.bands)?;
        console.text(format_args!(
            "bands: root mean square of the difference in {n_mels} mel bands, over all frames. spectrum: norm of the difference \
             of the magnitudes of the short-time transform, as a share of the original's. factor: by which the WAV is scaled."
        ))?;
        console.text(self.out.display())?;
        Ok(ExitCode::SUCCESS)
    }

    /// The part of the song that is heard.
    fn excerpt(&self) -> Result<Vec<f32>> {
        let Self { song, start, seconds, .. } = self;
        ensure!(start.is_finite() && *start >= 0.0, "--start must be finite and at least 0, not {start}");
        ensure!(
            seconds.is_finite() && *seconds > 0.0,
            "--seconds must be finite and positive, not {seconds}"
        );
        let mut samples = load_audio(song, RATE)?;
        let length = samples.len() as f64 / f64::from(RATE);
        ensure!(*start < length, "{}: --start is {start}, the song ends at {length:.3} s", song.display());
        samples.drain(..(start * f64::from(RATE)) as usize);
        samples.truncate((seconds * f64::from(RATE)).ceil() as usize);
        Ok(samples)
    }
}

/// A song, and all that what is heard of it is compared with.
struct Listener<'a> {
    arguments: &'a Hear,
    console: Console,
    config: LogMelConfig,
    n_samples: usize,
    /// The log-mel spectrogram, dB.
    bands: Array2<f32>,
    /// Magnitudes of the short-time transform.
    magnitudes: Vec<f32>,
}

impl<'a> Listener<'a> {
    fn new(samples: &[f32], arguments: &'a Hear, console: Console) -> Result<Self> {
        let config = LogMelConfig { sample_rate: RATE, ..LogMelConfig::default() };
        let bands = LogMel::new(&config)?.process(samples)?;
        let magnitudes = magnitudes(samples, &config.stft)?;
        Ok(Self { arguments, console, config, n_samples: samples.len(), bands, magnitudes })
    }

    /// Turns a log-mel spectrogram into sound, writes it and prints how much it differs from the song.
    fn hear(&self, name: &str, per_frame: usize, log_mel: &ArrayRef2<f32>) -> Result<()> {
        let start = Instant::now();
        let Self { config, console, .. } = self;
        let magnitudes_heard = MelToStft::new(config)?.process(&log_mel_to_mel(log_mel, config)?)?;
        let griffin_lim =
            GriffinLimConfig { n_iter: self.arguments.iterations, ..GriffinLimConfig::default() };
        let heard =
            GriffinLim::new(&config.stft, &griffin_lim)?.process(&magnitudes_heard, Some(self.n_samples))?;
        let time = start.elapsed();
        let file = self.arguments.out.join(format!("{}.wav", name.to_lowercase().replace(' ', "-")));
        let factor = write_wav(&file, &heard, RATE)?;
        let again = LogMel::new(config)?.process(&heard)?;
        let squares: f32 = again.iter().zip(&self.bands).map(|(a, b)| (a - b).powi(2)).sum();
        let bands = (squares / again.len() as f32).sqrt();
        let spectrum = self.spectral_difference(&heard)?;
        let percent = spectrum.map_or_else(|| "–".to_owned(), |share| format!("{:.1} %", 100.0 * share));
        let rate = per_frame as f64 * f64::from(RATE) / config.stft.hop_length as f64;
        console.text(format_args!(
            "{name:<14} {rate:>8.0} {bands:>7.2} dB {percent:>10} {time:>8.1?} {factor:>9.3}"
        ))?;
        console.object(&json!({
            "name": name,
            "file": file,
            "values_per_second": rate,
            "bands_db": bands,
            "spectrum": spectrum,
            "seconds": time.as_secs_f64(),
            "factor": factor,
        }))?;
        Ok(())
    }

    /// The norm of the difference of the magnitudes as a share of the song's; `None` for silence.
    fn spectral_difference(&self, heard: &[f32]) -> Result<Option<f64>> {
        let norm = |values: &mut dyn Iterator<Item = f32>| values.map(|x| f64::from(x).powi(2)).sum::<f64>();
        let found = magnitudes(heard, &self.config.stft)?;
        let difference = norm(&mut found.iter().zip(&self.magnitudes).map(|(a, b)| a - b));
        let whole = norm(&mut self.magnitudes.iter().copied());
        Ok((whole > 0.0).then(|| (difference / whole).sqrt()))
    }
}

/// The magnitudes of the short-time transform.
fn magnitudes(samples: &[f32], config: &StftConfig) -> Result<Vec<f32>> {
    Ok(Stft::new(config)?.process(samples)?.iter().map(|z| z.norm()).collect())
}
