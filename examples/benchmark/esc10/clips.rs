//! The clips of ESC-10, their published folds and their features.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use cepstrum::dataset::cepstrum_features::{LogMelConfig, MfccConfig};
use cepstrum::dataset::{
    AudioFolder, Collection, ExtractConfig, Extraction, FeatureConfig, FeatureSet, Segment, Track,
};
use cepstrum::dsp::{MelConfig, Stft, StftConfig};
use ndarray::Array3;

const SAMPLE_RATE: u32 = 22_050;

/// Length of a clip. Of the 400, 19 are shorter, by 0.04 s mostly; one is longer.
const SECONDS: f64 = 5.0;

/// Samples between two frames: 46 ms, which makes 108 frames of a clip.
const HOP_LENGTH: usize = 1024;

/// Number of the published folds.
pub(crate) const FOLDS: usize = 5;

/// The features of all clips.
pub(crate) struct Clips {
    pub(crate) features: FeatureSet,
    /// The published fold of every clip, from 1.
    folds: Vec<usize>,
    /// Time that decoding and extraction took.
    pub(crate) seconds: f64,
}

/// A kind of input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// 13 MFCCs, as the reference experiment has.
    Mfcc,
    /// 64 mel bands in decibels.
    LogMel,
    /// The 257 magnitudes of a short-time Fourier transform in decibels.
    Stft,
}

impl Input {
    pub(crate) const ALL: [Self; 3] = [Self::Mfcc, Self::LogMel, Self::Stft];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Mfcc => "MFCC",
            Self::LogMel => "log-mel",
            Self::Stft => "STFT",
        }
    }
}

impl Clips {
    /// Decodes every clip of a folder of class folders, and computes one segment of features of each.
    pub(crate) fn extract(dir: &Path, input: Input) -> Result<Self> {
        let (folder, start) = (WholeClips(AudioFolder::scan(dir)?), Instant::now());
        let features = match input {
            Input::Mfcc => extracted(
                &folder,
                FeatureConfig::Mfcc(MfccConfig { log_mel: log_mel(128), ..MfccConfig::default() }),
            ),
            Input::LogMel => extracted(&folder, FeatureConfig::LogMel(log_mel(64))),
            Input::Stft => magnitudes(&folder),
        }?;
        let folds = features.track_names().iter().map(|name| fold(name)).collect::<Result<Vec<_>>>()?;
        ensure!(features.len() == folds.len(), "{}: two clips of one name", dir.display());
        for fold in 1..=FOLDS {
            ensure!(folds.contains(&fold), "{}: fold {fold} has no clip", dir.display());
        }
        Ok(Self { features, folds, seconds: start.elapsed().as_secs_f64() })
    }

    /// The clips of all folds but one, and the indices of the others.
    pub(crate) fn without(&self, fold: usize) -> (FeatureSet, Vec<usize>) {
        let (test, train) = (0..self.folds.len()).partition::<Vec<_>, _>(|&clip| self.folds[clip] == fold);
        (self.features.select(&train), test)
    }

    /// Size of the features in memory, in megabytes.
    pub(crate) fn megabytes(&self) -> f64 {
        (self.features.features().len() * size_of::<f32>()) as f64 / 1e6
    }
}

/// The first digit of a file's name.
fn fold(track: &str) -> Result<usize> {
    let file = track.rsplit('/').next().unwrap_or(track);
    let digit = file.chars().next().and_then(|first| first.to_digit(10)).map(|digit| digit as usize);
    digit
        .filter(|fold| (1..=FOLDS).contains(fold))
        .with_context(|| format!("{track}: the name does not begin with a fold from 1 to {FOLDS}"))
}

fn log_mel(n_mels: usize) -> LogMelConfig {
    LogMelConfig {
        sample_rate: SAMPLE_RATE,
        stft: StftConfig { hop_length: HOP_LENGTH, ..StftConfig::default() },
        mel: MelConfig { n_mels, ..MelConfig::default() },
        ..LogMelConfig::default()
    }
}

fn extracted(folder: &WholeClips, features: FeatureConfig) -> Result<FeatureSet> {
    let segment = Segment::PerTrack { count: 1, seconds: SECONDS };
    let extracted = Extraction::new(ExtractConfig { features, segment }).run(folder)?;
    ensure!(extracted.skipped.is_empty(), "{}", extracted.skipped[0]);
    Ok(extracted.features)
}

/// `20 log10` of the magnitudes under windows of 512 samples, at least -100 dB.
fn magnitudes(folder: &WholeClips) -> Result<FeatureSet> {
    let mut stft =
        Stft::<f32>::new(&StftConfig { n_fft: 512, hop_length: HOP_LENGTH, ..StftConfig::default() })?;
    let n_samples = (SECONDS * f64::from(SAMPLE_RATE)) as usize;
    let shape = (folder.n_tracks(), stft.n_frames(n_samples), stft.n_bins());
    let (mut values, mut labels, mut names) = (Vec::new(), Vec::new(), Vec::new());
    for clip in 0..folder.n_tracks() {
        let spectra = stft.process(&folder.load(clip, SAMPLE_RATE)?)?;
        values.extend(spectra.iter().map(|bin| 10.0 * bin.norm_sqr().max(1e-10).log10()));
        let Track { name, class } = folder.track(clip);
        labels.push(class);
        names.push(name);
    }
    let values = Array3::from_shape_vec(shape, values)?;
    Ok(FeatureSet::new(values, labels, folder.classes().to_vec(), names, None)?)
}

/// The clips of a folder at one length: silence follows the shorter ones, and the rest of a longer one is dropped.
struct WholeClips(AudioFolder);

impl Collection for WholeClips {
    fn classes(&self) -> &[String] {
        self.0.classes()
    }

    fn n_tracks(&self) -> usize {
        self.0.n_tracks()
    }

    fn track(&self, index: usize) -> Track {
        self.0.track(index)
    }

    fn load(&self, index: usize, sample_rate: u32) -> cepstrum::dataset::Result<Vec<f32>> {
        let mut samples = self.0.load(index, sample_rate)?;
        samples.resize((SECONDS * f64::from(sample_rate)) as usize, 0.0);
        Ok(samples)
    }
}
