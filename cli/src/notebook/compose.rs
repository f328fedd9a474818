use anyhow::Result;
use cepstrum::dataset::synth::{SyntheticConfig, SyntheticSet};
use cepstrum::dataset::{Collection, write_wav};

use super::output::Output;
use super::songs::{SHOWN, Song};

/// Composes songs of the model's styles from another seed, and a steady tone, which is out of distribution.
pub(super) fn songs(seed: u64, seconds: f64, sample_rate: u32, output: &Output) -> Result<Vec<Song>> {
    let config = SyntheticConfig { tracks_per_class: 1, seconds, seed: seed.wrapping_add(1), sample_rate };
    let set = SyntheticSet::new(config)?;
    let mut songs = Vec::new();
    let mut write = |name: String, truth: Option<String>, samples: &[f32]| -> Result<()> {
        let path = output.song(&name);
        write_wav(&path, samples, sample_rate)?;
        songs.push(Song { path, truth, embed: true });
        Ok(())
    };
    for index in (0..set.n_tracks()).step_by(set.n_tracks().div_ceil(SHOWN)) {
        let class = &set.classes()[set.track(index).class];
        write(format!("{class}.wav"), Some(class.clone()), &set.load(index, sample_rate)?)?;
    }
    let n_samples = (seconds * f64::from(sample_rate)) as usize;
    let tone: Vec<f32> = (0..n_samples).map(|i| 0.3 * (0.1 * i as f32).sin()).collect();
    write("tone.wav".to_owned(), None, &tone)?;
    Ok(songs)
}
