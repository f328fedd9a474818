//! One file as the collection and the data that extraction and prediction ask for.

use std::path::{Path, PathBuf};

use cepstrum_dataset::{
    Collection, Error as Failure, ExtractConfig, Extraction, FeatureSet, Track, load_audio,
};

use crate::{DataSource, Result};

/// A collection of one track in one class.
pub(super) struct OneTrack {
    path: PathBuf,
    samples: Vec<f32>,
    sample_rate: u32,
    classes: [String; 1],
}

impl OneTrack {
    /// Decodes the file.
    pub(super) fn open(path: &Path, sample_rate: u32) -> Result<Self> {
        let samples = load_audio(path, sample_rate)?;
        Ok(Self { path: path.to_owned(), samples, sample_rate, classes: ["song".to_owned()] })
    }

    /// The features of all its segments.
    pub(super) fn features(&self, config: &ExtractConfig) -> Result<FeatureSet> {
        match Extraction::new(config.clone()).threads(1).run(self) {
            Ok(extracted) => Ok(extracted.features),
            // It was decoded before, so that only its length can have made it useless.
            Err(Failure::NothingUsable { .. } | Failure::EmptyClass { .. }) => {
                let seconds = self.samples.len() as f64 / f64::from(self.sample_rate);
                Err(Failure::TooShort { seconds, needed: config.segment.seconds() }.into())
            }
            Err(other) => Err(other.into()),
        }
    }
}

impl Collection for OneTrack {
    fn classes(&self) -> &[String] {
        &self.classes
    }

    fn n_tracks(&self) -> usize {
        1
    }

    fn track(&self, _index: usize) -> Track {
        Track { name: self.path.display().to_string(), class: 0 }
    }

    fn load(&self, _index: usize, _sample_rate: u32) -> cepstrum_dataset::Result<Vec<f32>> {
        Ok(self.samples.clone())
    }
}

/// Features of a song, which has no label yet and was cut to its end whatever the training did.
pub(super) struct Unlabelled<'a> {
    pub(super) features: &'a FeatureSet,
    pub(super) config: Option<&'a ExtractConfig>,
}

impl DataSource for Unlabelled<'_> {
    fn len(&self) -> usize {
        DataSource::len(self.features)
    }

    fn segment_shape(&self) -> [usize; 2] {
        self.features.segment_shape()
    }

    fn classes(&self) -> &[String] {
        &[]
    }

    fn config(&self) -> Option<&ExtractConfig> {
        self.config
    }

    fn read(&self, segments: &[usize], features: &mut [f32], labels: &mut [u32]) -> Result<()> {
        DataSource::read(self.features, segments, features, labels)
    }
}
