//! Splits by group, by published list and by fold, and what they refuse.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use cepstrum_dataset::{
    Error, FeatureSet, FixedSplit, Groups, KFold, SplitConfig, SplitIndices, SplitUnit, TrackList,
};
use ndarray::Array3;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// One segment a track; tracks by class and name.
fn set_of(tracks: &[(usize, &str)]) -> FeatureSet {
    let labels: Vec<usize> = tracks.iter().map(|track| track.0).collect();
    let n_classes = labels.iter().max().map_or(0, |max| max + 1);
    let names = tracks.iter().map(|track| track.1.to_owned()).collect();
    let classes = (0..n_classes).map(|class| format!("class {class}")).collect();
    FeatureSet::new(Array3::zeros((labels.len(), 1, 1)), labels, classes, names, None).unwrap()
}

/// Groups of these many segments by class, one track a segment, and the set they make.
fn grouped(groups_of_class: &[Vec<usize>]) -> (FeatureSet, Groups) {
    let (mut tracks, mut groups) = (Vec::new(), Vec::new());
    for (class, sizes) in groups_of_class.iter().enumerate() {
        for (group, &size) in sizes.iter().enumerate() {
            for i in 0..size {
                let name = format!("{class}/{group} {i}");
                groups.push((name.clone(), format!("{class} {group}")));
                tracks.push((class, name));
            }
        }
    }
    let tracks: Vec<(usize, &str)> = tracks.iter().map(|(class, name)| (*class, name.as_str())).collect();
    (set_of(&tracks), groups.into_iter().collect())
}

fn names(set: &FeatureSet, part: &[usize]) -> BTreeSet<String> {
    part.iter().map(|&i| set.track_names()[set.track_of()[i]].clone()).collect()
}

fn groups_in(set: &FeatureSet, part: &[usize]) -> BTreeSet<String> {
    names(set, part).into_iter().map(|name| name.rsplit_once(' ').unwrap().0.to_owned()).collect()
}

fn assert_partition(parts: &SplitIndices, n: usize) {
    let mut all = [parts.train.clone(), parts.validation.clone(), parts.test.clone()].concat();
    all.sort_unstable();
    assert_eq!(all, (0..n).collect::<Vec<_>>());
}

fn count(set: &FeatureSet, part: &[usize], class: usize) -> usize {
    part.iter().filter(|&&i| set.labels()[i] == class).count()
}

/// The same cases every time.
fn seeded() -> ProptestConfig {
    ProptestConfig { rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(seeded())]

    #[test]
    fn by_group_no_group_is_on_two_sides_and_shares_are_within_one_group(
        sizes in prop::collection::vec(prop::collection::vec(1_usize..8, 4..12), 1..4),
        train_share in 0.4_f64..0.8,
        seed in any::<u64>(),
    ) {
        let (set, groups) = grouped(&sizes);
        let config = SplitConfig { unit: SplitUnit::Group(&groups), train_share, seed, ..SplitConfig::default() };
        let parts = config.indices(&set).unwrap();
        assert_partition(&parts, set.len());
        let [a, b, c] = [&parts.train, &parts.validation, &parts.test].map(|part| groups_in(&set, part));
        prop_assert!(a.is_disjoint(&b) && a.is_disjoint(&c) && b.is_disjoint(&c));
        for (class, sizes) in sizes.iter().enumerate() {
            let total: usize = sizes.iter().sum();
            let largest = *sizes.iter().max().unwrap() as f64;
            let asked = (1.0 - train_share) * total as f64;
            let n_test = count(&set, &parts.test, class);
            prop_assert!((n_test as f64 - asked).abs() <= largest, "{n_test} of {asked}");
            prop_assert!(n_test > 0 && count(&set, &parts.train, class) > 0);
            prop_assert!(count(&set, &parts.validation, class) > 0);
        }
    }

    #[test]
    fn folds_test_every_segment_once_and_keep_units_together(
        sizes in prop::collection::vec(prop::collection::vec(1_usize..5, 6..12), 1..4),
        k in 2_usize..6,
        unit in 0_usize..3,
        seed in any::<u64>(),
    ) {
        let (set, groups) = grouped(&sizes);
        let by_group = unit == 2;
        let unit = [SplitUnit::Track, SplitUnit::Segment, SplitUnit::Group(&groups)][unit];
        let folds = KFold { k, unit, seed, ..KFold::default() }.folds(&set).unwrap();
        prop_assert_eq!(folds.len(), k);
        let mut tested: Vec<usize> = folds.iter().flat_map(|fold| fold.test.clone()).collect();
        tested.sort_unstable();
        prop_assert_eq!(tested, (0..set.len()).collect::<Vec<_>>());
        for fold in &folds {
            assert_partition(fold, set.len());
            if by_group {
                let [a, b, c] = [&fold.train, &fold.validation, &fold.test].map(|part| groups_in(&set, part));
                prop_assert!(a.is_disjoint(&b) && a.is_disjoint(&c) && b.is_disjoint(&c));
            }
        }
    }
}

#[test]
fn a_group_of_several_classes_stays_together() {
    let names: Vec<String> = (0..40).map(|i| format!("{}/{i}", i % 2)).collect();
    let tracks: Vec<(usize, &str)> =
        names.iter().enumerate().map(|(i, name)| (i % 2, name.as_str())).collect();
    let set = set_of(&tracks);
    let groups: Groups =
        names.iter().enumerate().map(|(i, name)| (name.clone(), format!("artist {}", i / 4))).collect();
    let parts =
        SplitConfig { unit: SplitUnit::Group(&groups), ..SplitConfig::default() }.indices(&set).unwrap();
    assert_partition(&parts, 40);
    for part in [&parts.train, &parts.validation, &parts.test] {
        let groups: BTreeSet<usize> = part.iter().map(|i| i / 4).collect();
        assert_eq!(part.len(), 4 * groups.len());
    }
    assert_eq!(parts.test.len(), 12);
}

#[test]
fn groups_that_do_not_fit_the_set_are_refused() {
    let set = set_of(&[(0, "a/1.wav"), (0, "a/2.wav"), (0, "a/3.wav")]);
    let of = |groups: &[(&str, &str)]| {
        let groups = groups.iter().copied().collect();
        let unit = SplitUnit::Group(&groups);
        SplitConfig { unit, ..SplitConfig::default() }.indices(&set).unwrap_err()
    };
    let error = of(&[("a/1.wav", "x"), ("a/2.wav", "y")]);
    assert!(matches!(&error, Error::TrackWithoutGroup { track } if track == "a/3.wav"), "{error}");
    let error = of(&[("a/1.wav", "x"), ("a/1.au", "y"), ("2", "x"), ("3", "x")]);
    assert!(matches!(&error, Error::TrackInTwoGroups { .. }), "{error}");
    let error = of(&[("a/1.wav", "x"), ("a/2.wav", "x"), ("a/3.wav", "y")]);
    assert!(matches!(&error, Error::TooFewInClass { available: 2, unit: "groups", parts: 3, .. }), "{error}");
}

#[test]
fn group_files_are_read_and_a_line_without_group_is_named() {
    let groups = Groups::read_from("# artists\na/1.wav\tElla\n\n2\tMiles Davis\r\n".as_bytes()).unwrap();
    let expected: Groups = [("a/1.wav", "Ella"), ("2", "Miles Davis")].into_iter().collect();
    assert_eq!(groups, expected);
    let error = Groups::read_from("a\tb\nc d\n".as_bytes()).unwrap_err();
    assert!(matches!(error, Error::NoGroupInLine { line: 2 }), "{error}");
    assert!(matches!(Groups::read_from(&b"a\t\xff\n"[..]).unwrap_err(), Error::Io(_)));
    let error = Groups::read("no such file.tsv").unwrap_err();
    assert!(error.to_string().starts_with("no such file.tsv"), "{error}");
}

#[test]
fn published_lists_find_their_tracks_in_all_their_forms() {
    let set = set_of(&[
        (0, "blues/blues.00029.au"),
        (0, "blues/blues.00030.au"),
        (1, "jazz/jazz.00001.au"),
        (1, "jazz/jazz.00002.au"),
        (1, "jazz/jazz.00054.au"),
    ]);
    let split = FixedSplit {
        train: TrackList::read_from("blues/blues.00029.wav\n./jazz_00001.wav\tjazz\n".as_bytes()).unwrap(),
        validation: TrackList::read_from("jazz.00002\n".as_bytes()).unwrap(),
        test: ["blues/blues.00030.au", "jazz/jazz.00099.wav"].into_iter().collect(),
    };
    let parts = split.indices(&set).unwrap();
    assert_eq!((parts.train, parts.validation, parts.test), (vec![0, 2], vec![3], vec![1]));
    assert_eq!(split.test.missing_in(&set).unwrap(), ["jazz/jazz.00099.wav"]);

    let left = set.without(&["jazz.00054", "blues_00029.wav"].into_iter().collect()).unwrap();
    assert_eq!(left.track_names(), ["blues/blues.00030.au", "jazz/jazz.00001.au", "jazz/jazz.00002.au"]);
}

#[test]
fn lists_that_contradict_themselves_or_the_set_are_refused() {
    let set = set_of(&[(0, "a/1.wav"), (1, "b/1.wav"), (1, "b/2.wav")]);
    let list = |names: &[&str]| names.iter().copied().collect::<TrackList>();
    let fixed =
        |train, test| FixedSplit { train, validation: TrackList::default(), test }.indices(&set).unwrap_err();
    let error = fixed(list(&["a/1.wav", "b/2.wav"]), list(&["b/2.au"]));
    assert!(matches!(&error, Error::TrackInTwoParts { track } if track == "b/2.wav"), "{error}");
    assert!(matches!(fixed(list(&["1.wav"]), list(&["b/2.wav"])), Error::AmbiguousTrack { .. }));
    assert!(matches!(fixed(list(&["a/1.wav"]), list(&["zzz"])), Error::EmptyPart { part: "test", .. }));
}

#[test]
fn impossible_folds_say_why() {
    let (set, _) = grouped(&[vec![1; 3], vec![1; 9]]);
    let error = KFold { k: 4, ..KFold::default() }.folds(&set).unwrap_err();
    assert!(
        matches!(&error, Error::TooFewInClass { class, available: 3, unit: "tracks", parts: 4 } if class == "class 0"),
        "{error}"
    );
    let error = KFold { k: 1, ..KFold::default() }.folds(&set).unwrap_err();
    assert!(matches!(error, Error::InvalidParameter { parameter: "k", .. }), "{error}");
}
