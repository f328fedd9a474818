//! Changed copies of the tracks of a collection.

use cepstrum_features::AudioAugmentation;
use rand::Rng;

use crate::rng::stream;
use crate::{Collection, Result, Track};

/// A collection of changed copies of another's tracks, one per track and under the same name, to enlarge a training part.
///
/// Extract the plain collection and this one, split both by track with the same seed, and append the copies to the training
/// part alone ([`FeatureSet::appended`](crate::FeatureSet::appended)): the names are the same, so no copy of a test track is
/// trained on, and none is tested. Copies are not cached.
///
/// ```
/// use cepstrum_dataset::cepstrum_features::AudioAugmentation;
/// use cepstrum_dataset::synth::{SyntheticConfig, SyntheticSet};
/// use cepstrum_dataset::{Augmented, ExtractConfig, Extraction, Split};
///
/// let set = SyntheticSet::new(SyntheticConfig { tracks_per_class: 3, seconds: 3.5, ..SyntheticConfig::default() })?;
/// let changes = AudioAugmentation { pitch: 1.0, noise: Some([20.0, 40.0]), ..AudioAugmentation::default() };
/// let extraction = Extraction::new(ExtractConfig::default());
/// let plain = extraction.run(&set)?.features;
/// let copies = extraction.run(&Augmented::new(&set, changes, 1)?)?.features;
///
/// let (split, changed) = (Split::by_track(&plain, 0.7, 42)?, Split::by_track(&copies, 0.7, 42)?);
/// assert_eq!(split.train.track_names(), changed.train.track_names());
/// let train = split.train.appended(&changed.train)?;
/// assert_eq!(train.len(), 2 * split.train.len());
/// # Ok::<(), cepstrum_dataset::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Augmented<'a, C> {
    collection: &'a C,
    augmentation: AudioAugmentation,
    seed: u64,
}

impl<'a, C: Collection> Augmented<'a, C> {
    /// Changes the tracks of a collection when they are read; every track in its own way, by its name and the seed.
    ///
    /// # Errors
    /// [`Error::Features`](crate::Error::Features) for settings out of range.
    pub fn new(collection: &'a C, augmentation: AudioAugmentation, seed: u64) -> Result<Self> {
        augmentation.check()?;
        Ok(Self { collection, augmentation, seed })
    }
}

impl<C: Collection> Collection for Augmented<'_, C> {
    fn classes(&self) -> &[String] {
        self.collection.classes()
    }

    fn n_tracks(&self) -> usize {
        self.collection.n_tracks()
    }

    fn track(&self, index: usize) -> Track {
        self.collection.track(index)
    }

    fn load(&self, index: usize, sample_rate: u32) -> Result<Vec<f32>> {
        let samples = self.collection.load(index, sample_rate)?;
        let seed = stream(self.seed, &self.collection.track(index).name).random();
        let changed = self.augmentation.apply(&samples, sample_rate, seed);
        changed.map_err(|error| match self.collection.file(index) {
            Some(file) => crate::Error::from(error).in_file(file),
            None => error.into(),
        })
    }
}
