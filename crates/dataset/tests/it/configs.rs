//! The configurations as serialized data: absent fields have their defaults.

use cepstrum_dataset::synth::SyntheticConfig;
use cepstrum_dataset::{Error, ExtractConfig, FeatureConfig, Groups, KFold, Segment, SplitConfig, SplitUnit};
use serde::Serialize;
use serde::de::DeserializeOwned;

fn assert_round_trip<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(config: &T) {
    let text = serde_json::to_string(config).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&text).unwrap(), config, "{text}");
}

#[test]
fn an_empty_object_is_the_default() {
    assert_eq!(serde_json::from_str::<ExtractConfig>("{}").unwrap(), ExtractConfig::default());
    assert_eq!(serde_json::from_str::<SyntheticConfig>("{}").unwrap(), SyntheticConfig::default());
    assert_eq!(serde_json::from_str::<SplitConfig>("{}").unwrap(), SplitConfig::default());
    assert_eq!(serde_json::from_str::<KFold>("{}").unwrap(), KFold::default());
}

#[test]
fn an_unknown_field_is_refused_and_the_nearest_is_named() {
    let refused = |text: &str| match ExtractConfig::from_json(text).unwrap_err() {
        Error::Settings { nearest, .. } => nearest,
        other => panic!("{other}"),
    };
    assert_eq!(refused(r#"{"features": {"mfcc": {"n_mfc": 20}}}"#).as_deref(), Some("n_mfcc"));
    assert_eq!(
        refused(r#"{"features": {"mfcc": {"log_mel": {"mel": {"fmin": 20}}}}}"#).as_deref(),
        Some("f_min")
    );
    assert_eq!(refused(r#"{"features": {"logmel": {}}}"#).as_deref(), Some("log_mel"));
    assert_eq!(refused(r#"{"segmnt": {"seconds": 1}}"#).as_deref(), Some("segment"));
    assert_eq!(
        refused(r#"{"segment": {"per_track": {"count": 1, "second": 3}}}"#).as_deref(),
        Some("seconds")
    );
    assert_eq!(refused(r#"{"kittens": 1}"#), None);
    assert_eq!(refused(r#"{"segment": 1"#), None);
    assert!(serde_json::from_str::<SyntheticConfig>(r#"{"sed": 1}"#).is_err());
    assert!(serde_json::from_str::<SplitConfig>(r#"{"sed": 1}"#).is_err());
    assert!(serde_json::from_str::<KFold>(r#"{"folds": 1}"#).is_err());

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("extract.json");
    std::fs::write(&path, r#"{"features": {"mfcc": {"n_mfcc": 20}}}"#).unwrap();
    let FeatureConfig::Mfcc(mfcc) = ExtractConfig::load(&path).unwrap().features else { panic!("MFCCs") };
    assert_eq!(mfcc.n_mfcc, 20);
    std::fs::write(&path, r#"{"features": {"mfcc": {"n_mfc": 20}}}"#).unwrap();
    let error = ExtractConfig::load(&path).unwrap_err();
    assert!(error.to_string().contains("extract.json: settings: unknown field `n_mfc`"), "{error}");
    assert!(error.to_string().ends_with("; did you mean `n_mfcc`?"), "{error}");
}

#[test]
fn one_field_leaves_the_others_at_their_defaults() {
    let config: ExtractConfig = serde_json::from_str(r#"{"segment": {"seconds": 1.5}}"#).unwrap();
    assert_eq!(config, ExtractConfig { segment: Segment::Seconds(1.5), ..ExtractConfig::default() });
    let config: SplitConfig = serde_json::from_str(r#"{"unit": "stratified_segment", "seed": 7}"#).unwrap();
    assert_eq!(config, SplitConfig { unit: SplitUnit::StratifiedSegment, seed: 7, ..SplitConfig::default() });
}

#[test]
fn configurations_are_read_back_as_they_were_written() {
    assert_round_trip(&ExtractConfig::default());
    assert_round_trip(&SyntheticConfig { seed: 3, seconds: 1.25, ..SyntheticConfig::default() });
    assert_round_trip(&SplitConfig { unit: SplitUnit::Segment, ..SplitConfig::default() });
    assert_round_trip(&KFold { k: 7, ..KFold::default() });
    let groups: Groups = [("a/1.wav", "x"), ("a/2.wav", "y")].into_iter().collect();
    assert_round_trip(&groups);
}

#[test]
fn groups_are_not_part_of_a_serialized_configuration() {
    let groups = Groups::default();
    let config = SplitConfig { unit: SplitUnit::Group(&groups), ..SplitConfig::default() };
    assert!(serde_json::to_string(&config).is_err());
}
