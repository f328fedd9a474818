//! Three styles of the synthetic set, for tests that train a network on a few short tracks: too few to learn all ten.

use cepstrum_dataset::synth::{Style, SyntheticConfig, render};
use cepstrum_dataset::{Collection, Track};

/// Three of the styles of the synthetic set, which differ in notes, drums and bass.
pub(crate) const STYLES: [Style; 3] = [Style::Ambient, Style::March, Style::Techno];

/// Tracks of three styles.
pub(crate) struct Styles {
    names: Vec<String>,
    config: SyntheticConfig,
}

impl Styles {
    pub(crate) fn new(tracks_per_class: usize, seconds: f64, seed: u64) -> Self {
        let config = SyntheticConfig { tracks_per_class, seconds, seed, ..SyntheticConfig::default() };
        Self { names: STYLES.map(|style| style.to_string()).to_vec(), config }
    }
}

impl Collection for Styles {
    fn classes(&self) -> &[String] {
        &self.names
    }

    fn n_tracks(&self) -> usize {
        STYLES.len() * self.config.tracks_per_class
    }

    fn track(&self, index: usize) -> Track {
        let class = index / self.config.tracks_per_class;
        Track { name: format!("{}/{index}", self.names[class]), class }
    }

    fn load(&self, index: usize, sample_rate: u32) -> Result<Vec<f32>, cepstrum_dataset::Error> {
        let n = self.config.tracks_per_class;
        render(STYLES[index / n], index % n, &SyntheticConfig { sample_rate, ..self.config.clone() })
    }
}
