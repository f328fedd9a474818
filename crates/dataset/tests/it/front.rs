//! Features that a network computes, here a stand-in with two values per second.

use std::sync::Arc;

use cepstrum_dataset::{
    AudioFolder, Error, ExtractConfig, Extraction, FeatureConfig, FeatureSet, Front, FrontConfig, Result,
    Segment, StoreFormat,
};
use ndarray::Array2;

use crate::common::write_small_folder;

/// Mean and maximum of every second.
#[derive(Debug)]
struct Seconds {
    weights: &'static str,
}

impl Front for Seconds {
    fn config(&self) -> FrontConfig {
        FrontConfig {
            network: "seconds".to_owned(),
            weights: self.weights.to_owned(),
            output: "mean and maximum".to_owned(),
            sample_rate: 8000,
            hop_length: 8000,
            source: "ask for it".to_owned(),
        }
    }

    fn shape(&self, n_samples: usize) -> [usize; 2] {
        [n_samples / 8000, 2]
    }

    fn features(&self, samples: &[f32]) -> Result<Array2<f32>> {
        let seconds: Vec<&[f32]> = samples.chunks_exact(8000).collect();
        Ok(Array2::from_shape_fn((seconds.len(), 2), |(second, value)| match value {
            0 => seconds[second].iter().sum::<f32>() / 8000.0,
            _ => seconds[second].iter().copied().fold(f32::MIN, f32::max),
        }))
    }
}

fn front(weights: &'static str) -> Arc<dyn Front> {
    Arc::new(Seconds { weights })
}

fn config() -> ExtractConfig {
    ExtractConfig { features: FeatureConfig::Front(front("a").config()), segment: Segment::Seconds(1.0) }
}

#[test]
fn an_extraction_computes_caches_and_records_them() {
    let folder = tempfile::tempdir().unwrap();
    write_small_folder(&folder.path().join("set"), 3.5);
    let collection = AudioFolder::scan(folder.path().join("set")).unwrap();
    let extraction = Extraction::new(config()).cache(folder.path().join("cache")).front(front("a"));
    let first = extraction.run(&collection).unwrap();
    assert_eq!(first.features.features().dim(), (12, 1, 2));
    assert_eq!(first.features.start_seconds(2), Some(2.0));
    let again = extraction.run(&collection).unwrap();
    assert_eq!((again.cached, again.features == first.features), (4, true));

    let mut bytes = Vec::new();
    first.features.write_to(&mut bytes, StoreFormat::SafeTensors).unwrap();
    let stored = FeatureSet::read_from(bytes.as_slice(), StoreFormat::SafeTensors).unwrap();
    assert_eq!(stored.config(), Some(&config()));

    let longer = ExtractConfig { segment: Segment::Seconds(3.0), ..config() };
    let longer = Extraction::new(longer).front(front("a")).run(&collection).unwrap();
    assert_eq!(longer.features.segment_shape(), [3, 2]);
}

#[test]
fn an_extraction_without_the_network_says_how_to_get_it() {
    let folder = tempfile::tempdir().unwrap();
    write_small_folder(folder.path(), 1.5);
    let collection = AudioFolder::scan(folder.path()).unwrap();
    let error = Extraction::new(config()).run(&collection).unwrap_err();
    let expected =
        "the features are computed by seconds (weights a), which was not given; get it with: ask for it";
    assert_eq!(error.to_string(), expected);
    let error = Extraction::new(config()).front(front("b")).run(&collection).unwrap_err();
    assert!(matches!(error, Error::OtherFront { .. }), "{error}");
}
