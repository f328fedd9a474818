//! The configurations as serialized data: absent fields have their defaults.

use cepstrum_dataset::synth::SyntheticConfig;
use cepstrum_dataset::{ExtractConfig, Groups, KFold, Segment, SplitConfig, SplitUnit};
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
