//! The parts of a split are disjoint, cover the set, and keep units together.

use std::collections::BTreeSet;

use cepstrum_dataset::{Error, FeatureSet, Split, SplitConfig, SplitError, SplitIndices, SplitUnit};
use ndarray::Array3;
use proptest::prelude::*;

/// A set with tracks of the given numbers of segments, listed by class.
fn set(tracks_of_class: &[Vec<usize>]) -> FeatureSet {
    let (mut labels, mut tracks) = (Vec::new(), Vec::new());
    for (class, n_segments) in tracks_of_class.iter().enumerate() {
        for (track, &n) in n_segments.iter().enumerate() {
            labels.extend(vec![class; n]);
            tracks.extend(vec![format!("{class}/{track}"); n]);
        }
    }
    let classes = (0..tracks_of_class.len()).map(|class| class.to_string()).collect();
    FeatureSet::new(Array3::zeros((labels.len(), 1, 1)), labels, classes, tracks, None).unwrap()
}

fn tracks_of(set: &FeatureSet, part: &[usize]) -> BTreeSet<usize> {
    part.iter().map(|&segment| set.track_ids()[segment]).collect()
}

fn assert_partition(parts: &SplitIndices, n: usize) {
    let mut all = [parts.train.clone(), parts.validation.clone(), parts.test.clone()].concat();
    all.sort_unstable();
    assert_eq!(all, (0..n).collect::<Vec<_>>());
}

prop_compose! {
    fn sizes()(sizes in prop::collection::vec(prop::collection::vec(1_usize..6, 3..20), 1..5)) -> Vec<Vec<usize>> {
        sizes
    }
}

proptest! {
    #![proptest_config(crate::common::seeded())]

    #[test]
    fn by_track_no_track_is_on_two_sides_and_every_class_is_on_all(
        sizes in sizes(), train_share in 0.05_f64..0.95, seed in any::<u64>(),
    ) {
        let set = set(&sizes);
        let config = SplitConfig { train_share, seed, ..SplitConfig::default() };
        let parts = config.indices(&set).unwrap();
        assert_partition(&parts, set.len());
        let [train, validation, test] = [&parts.train, &parts.validation, &parts.test].map(|p| tracks_of(&set, p));
        prop_assert!(train.is_disjoint(&validation) && train.is_disjoint(&test) && validation.is_disjoint(&test));
        for (class, tracks) in sizes.iter().enumerate() {
            let count = |part: &[usize]| {
                tracks_of(&set, part).iter().filter(|&&t| set.track_names()[t].starts_with(&format!("{class}/"))).count()
            };
            let n_test = count(&parts.test);
            prop_assert!(n_test >= 1 && count(&parts.train) >= 1 && count(&parts.validation) >= 1);
            let asked = (1.0 - train_share) * tracks.len() as f64;
            prop_assert!((n_test as f64 - asked).abs() <= 1.0 || n_test == 1 || n_test == tracks.len() - 2);
        }
    }

    #[test]
    fn stratified_segments_are_divided_class_by_class(
        sizes in sizes(), train_share in 0.05_f64..0.95, seed in any::<u64>(),
    ) {
        let set = set(&sizes);
        let config = SplitConfig { unit: SplitUnit::StratifiedSegment, train_share, seed, ..SplitConfig::default() };
        let parts = config.indices(&set).unwrap();
        assert_partition(&parts, set.len());
        for (class, tracks) in sizes.iter().enumerate() {
            let count = |part: &[usize]| part.iter().filter(|&&i| set.labels()[i] == class).count();
            let (n, n_test) = (tracks.iter().sum::<usize>(), count(&parts.test));
            prop_assert!(n_test >= 1 && count(&parts.train) >= 1 && count(&parts.validation) >= 1);
            let asked = (1.0 - train_share) * n as f64;
            prop_assert!((n_test as f64 - asked).abs() <= 1.0 || n_test == n - 2, "{n_test} of {asked}");
        }
    }

    #[test]
    fn by_segment_counts_as_scikit_learn(n in 20_usize..500, train_share in 0.1_f64..0.9, seed in any::<u64>()) {
        let set = set(&[vec![n]]);
        let parts = SplitConfig { unit: SplitUnit::Segment, train_share, seed, ..SplitConfig::default() };
        let parts = parts.indices(&set).unwrap();
        assert_partition(&parts, n);
        prop_assert_eq!(parts.test.len(), n - (train_share * n as f64) as usize);
    }
}

#[test]
fn the_counts_of_the_reference_experiment() {
    let set = set(&vec![vec![10; 100]; 10]);
    let split = Split::by_segment(&set, 0.7, 1).unwrap();
    assert_eq!([split.train.len(), split.validation.len(), split.test.len()], [5_600, 1_400, 3_000]);
    let split = Split::by_track(&set, 0.7, 1).unwrap();
    assert_eq!([split.train.len(), split.validation.len(), split.test.len()], [5_600, 1_400, 3_000]);
    assert_eq!(split.test.class_counts(), [300; 10]);
}

#[test]
fn the_seed_determines_the_split() {
    let set = set(&vec![vec![3; 20]; 3]);
    for unit in [SplitUnit::Track, SplitUnit::Segment, SplitUnit::StratifiedSegment] {
        let of = |seed| SplitConfig { unit, seed, ..SplitConfig::default() }.indices(&set).unwrap();
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
    }
}

#[test]
fn a_validation_share_of_0_leaves_no_validation_part() {
    let set = set(&vec![vec![2; 2]; 2]);
    for unit in [SplitUnit::Track, SplitUnit::Segment] {
        let config = SplitConfig { unit, validation_share: 0.0, train_share: 0.5, seed: 3 };
        let parts = config.indices(&set).unwrap();
        assert_eq!([parts.train.len(), parts.validation.len(), parts.test.len()], [4, 0, 4]);
    }
}

#[test]
fn impossible_requests_are_errors_with_a_reason() {
    let of = |set: &FeatureSet, config: SplitConfig| config.indices(set).unwrap_err();
    let lone = set(&[vec![4; 5], vec![9, 9]]);
    let error = of(&lone, SplitConfig::default());
    assert!(
        matches!(&error, Error::Split(SplitError::TooFewInClass { class, available: 2, unit: "tracks", parts: 3, .. }) if class == "1"),
        "{error}"
    );
    for share in [0.0, 1.0, -0.5, f64::NAN] {
        let error = of(&lone, SplitConfig { train_share: share, ..SplitConfig::default() });
        assert!(matches!(error, Error::InvalidParameter { parameter: "train_share", .. }));
    }
    let error = of(&lone, SplitConfig { validation_share: 1.0, ..SplitConfig::default() });
    assert!(matches!(error, Error::InvalidParameter { parameter: "validation_share", .. }));
    let unknown =
        FeatureSet::new(Array3::zeros((9, 1, 1)), vec![0; 9], vec!["a".into()], vec![], None).unwrap();
    assert!(matches!(of(&unknown, SplitConfig::default()), Error::Split(SplitError::TracksUnknown)));
    let one = set(&[vec![1]]);
    let error = of(&one, SplitConfig { unit: SplitUnit::Segment, ..SplitConfig::default() });
    assert!(matches!(error, Error::Split(SplitError::EmptyPart { part: "training", total: 1 })));
}
