//! The set as a [`Collection`], and its configuration.

use super::render::track;
use super::style::Style;
use crate::{Collection, Error, Result, Track};

/// Size and seed of a synthetic set.
#[derive(Clone, Debug, PartialEq)]
pub struct SyntheticConfig {
    /// Tracks of each of the ten styles, 1 to 100,000; 30 by default.
    pub tracks_per_class: usize,
    /// Length of a track in seconds, above 0 and at most 3,600; 30 by default, as in GTZAN.
    pub seconds: f64,
    /// Samples a second that [`render`] gives, 1,000 to 384,000; 22,050 by default. A [`SyntheticSet`] renders at
    /// whatever rate it is asked for: no resampling is involved.
    pub sample_rate: u32,
    /// Source of all that is random; 0 by default.
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
            return Err(invalid("tracks_per_class", "1 to 100,000", &self.tracks_per_class));
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
    Err(invalid("sample_rate", "1,000 to 384,000", &sample_rate))
}

fn invalid(parameter: &'static str, bound: &'static str, value: &impl ToString) -> Error {
    Error::InvalidParameter { parameter, bound, value: value.to_string() }
}

/// Renders one track: `seconds * sample_rate` samples in [-1, 1].
///
/// Tracks are numbered from 0 within their style; `tracks_per_class` does not matter.
///
/// # Errors
/// When a field of the configuration is outside its bounds.
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

/// Ten styles of [`tracks_per_class`](SyntheticConfig::tracks_per_class) tracks, rendered when they are loaded.
///
/// Names are those of the files that `examples/synthesize.rs` writes: `waltz/waltz.00007.wav`.
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
    /// The set of this configuration; nothing is rendered yet.
    ///
    /// # Errors
    /// When a field of the configuration is outside its bounds.
    pub fn new(config: SyntheticConfig) -> Result<Self> {
        config.check()?;
        let classes = Style::ALL.iter().map(|style| style.name().to_owned()).collect();
        Ok(Self { config, classes })
    }

    /// What the set was made with.
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
