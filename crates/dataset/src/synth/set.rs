//! The synthetic set as a [`Collection`], and its configuration.

use serde::{Deserialize, Serialize};

use super::render::track;
use super::style::Style;
use crate::{Collection, Error, Result, Track};

/// Size and seed of a synthetic set.
///
/// A field that is absent from serialized data has its default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SyntheticConfig {
    /// Number of tracks of each of the ten styles, from 1 to 100,000. Default 30; 100 for the size of GTZAN.
    pub tracks_per_class: usize,
    /// Length of a track in seconds, above 0 and at most 3,600. Default 30, as in GTZAN.
    pub seconds: f64,
    /// Sample rate of [`render`] in Hz, from 1,000 to 384,000. Default 22,050. A [`SyntheticSet`] ignores it and renders
    /// at the rate that is requested, without resampling.
    pub sample_rate: u32,
    /// Seed of all random choices; another seed makes another set. Default 0.
    pub seed: u64,
}

impl Default for SyntheticConfig {
    fn default() -> Self {
        Self { tracks_per_class: 30, seconds: 30.0, sample_rate: 22_050, seed: 0 }
    }
}

impl SyntheticConfig {
    fn check(&self) -> Result<()> {
        if !(1..=100_000).contains(&self.tracks_per_class) {
            return Err(invalid("tracks_per_class", "from 1 to 100,000", &self.tracks_per_class));
        }
        if !(self.seconds > 0.0 && self.seconds <= 3_600.0) {
            return Err(invalid("seconds", "above 0 and at most 3,600", &self.seconds));
        }
        check_rate(self.sample_rate)
    }
}

fn check_rate(sample_rate: u32) -> Result<()> {
    if (1_000..=384_000).contains(&sample_rate) {
        return Ok(());
    }
    Err(invalid("sample_rate", "from 1,000 to 384,000", &sample_rate))
}

fn invalid(parameter: &'static str, bound: &'static str, value: &impl ToString) -> Error {
    Error::InvalidParameter { parameter, bound, value: value.to_string() }
}

/// Renders one track: `seconds * sample_rate` samples in [-1, 1].
///
/// `index` counts the tracks of a style from 0 and is not limited by `tracks_per_class`.
///
/// # Errors
/// [`Error::InvalidParameter`] when a field of the configuration is outside its bounds.
///
/// ```
/// use cepstrum_dataset::synth::{Style, SyntheticConfig, render};
///
/// let config = SyntheticConfig { seconds: 2.0, sample_rate: 8_000, ..Default::default() };
/// let samples = render(Style::Waltz, 0, &config)?;
/// assert_eq!(samples.len(), 16_000);
/// assert!(samples.iter().all(|sample| sample.abs() <= 1.0));
/// # Ok::<(), cepstrum_dataset::Error>(())
/// ```
pub fn render(style: Style, index: usize, config: &SyntheticConfig) -> Result<Vec<f32>> {
    config.check()?;
    Ok(track(style, config.seed, index, config.seconds, config.sample_rate))
}

/// A synthetic set of ten styles with [`tracks_per_class`](SyntheticConfig::tracks_per_class) tracks each, rendered when
/// they are loaded.
///
/// The tracks have the names of the files that `--example synthesize` writes: `waltz/waltz.00007.wav`.
///
/// ```
/// use cepstrum_dataset::{Collection, synth::{SyntheticConfig, SyntheticSet}};
///
/// let set = SyntheticSet::new(SyntheticConfig { tracks_per_class: 3, seconds: 1.0, ..Default::default() })?;
/// assert_eq!(set.classes().len(), 10);
/// assert_eq!(set.n_tracks(), 30);
/// assert_eq!(set.track(29).name, "waltz/waltz.00002.wav");
/// assert_eq!(set.load(29, 22_050)?.len(), 22_050);
/// # Ok::<(), cepstrum_dataset::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct SyntheticSet {
    config: SyntheticConfig,
    classes: Vec<String>,
}

impl SyntheticSet {
    /// Prepares a set; nothing is rendered yet.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] when a field of the configuration is outside its bounds.
    pub fn new(config: SyntheticConfig) -> Result<Self> {
        config.check()?;
        let classes = Style::ALL.iter().map(|style| style.name().to_owned()).collect();
        Ok(Self { config, classes })
    }

    /// The configuration of the set.
    pub fn config(&self) -> &SyntheticConfig {
        &self.config
    }
}

impl Collection for SyntheticSet {
    fn classes(&self) -> &[String] {
        &self.classes
    }

    fn n_tracks(&self) -> usize {
        self.classes.len() * self.config.tracks_per_class
    }

    fn track(&self, index: usize) -> Track {
        let class = index / self.config.tracks_per_class;
        let style = &self.classes[class];
        Track { name: format!("{style}/{style}.{:05}.wav", index % self.config.tracks_per_class), class }
    }

    fn load(&self, index: usize, sample_rate: u32) -> Result<Vec<f32>> {
        let SyntheticConfig { tracks_per_class, seconds, seed, .. } = self.config;
        let style = Style::ALL[index / tracks_per_class];
        check_rate(sample_rate).map_err(|error| error.in_file(self.track(index).name))?;
        Ok(track(style, seed, index % tracks_per_class, seconds, sample_rate))
    }
}
