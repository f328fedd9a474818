//! Splits by group, by published list and by fold, and the requests they reject.

use std::collections::BTreeSet;

use cepstrum_dataset::{
    Error, FeatureSet, FixedSplit, Groups, KFold, SplitConfig, SplitError, SplitIndices, SplitUnit, TrackList,
};
use ndarray::Array3;
use proptest::prelude::*;

/// A set of tracks, given by class and name, with one segment per track.
fn set_of(tracks: &[(usize, &str)]) -> FeatureSet {
    let labels: Vec<usize> = tracks.iter().map(|track| track.0).collect();
    let n_classes = labels.iter().max().map_or(0, |max| max + 1);
    let names = tracks.iter().map(|track| track.1.to_owned()).collect();
    let classes = (0..n_classes).map(|class| format!("class {class}")).collect();
    FeatureSet::new(Array3::zeros((labels.len(), 1, 1)), labels, classes, names, None).unwrap()
}

/// A set with groups of the given numbers of segments, listed by class, with one segment per track.
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
    part.iter().map(|&i| set.track_names()[set.track_ids()[i]].clone()).collect()
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

proptest! {
    #![proptest_config(crate::common::seeded())]

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
        unit in 0_usize..4,
        seed in any::<u64>(),
    ) {
        let (set, groups) = grouped(&sizes);
        let by_group = unit == 3;
        let pooled = unit == 1;
        let unit = [
            SplitUnit::Track, SplitUnit::Segment, SplitUnit::StratifiedSegment, SplitUnit::Group(&groups),
        ][unit];
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
            for (class, sizes) in sizes.iter().enumerate().filter(|_| !pooled) {
                let largest = if by_group { *sizes.iter().max().unwrap() } else { 1 };
                let asked = sizes.iter().sum::<usize>() as f64 / k as f64;
                let n_test = count(&set, &fold.test, class);
                prop_assert!(n_test > 0 && (n_test as f64 - asked).abs() <= largest as f64, "{n_test} of {asked}");
            }
        }
    }

    #[test]
    fn groups_of_any_classes_stay_together_or_the_error_names_the_obstacle(
        tracks in prop::collection::vec((0_usize..3, 0_usize..8), 3..60),
        seed in any::<u64>(),
    ) {
        let mut tracks = tracks;
        tracks.sort_unstable();
        let names: Vec<String> =
            tracks.iter().enumerate().map(|(i, (class, _))| format!("{class}/{i}")).collect();
        let labelled: Vec<_> = tracks.iter().zip(&names).map(|(track, name)| (track.0, name.as_str())).collect();
        let set = set_of(&labelled);
        let groups: Groups =
            names.iter().zip(&tracks).map(|(name, track)| (name.clone(), track.1.to_string())).collect();
        let groups_of = |class: usize| -> BTreeSet<usize> {
            tracks.iter().filter(|track| track.0 == class).map(|track| track.1).collect()
        };
        let class_of = |name: &str| set.classes().iter().position(|class| class == name).unwrap();
        let config = SplitConfig { unit: SplitUnit::Group(&groups), seed, ..SplitConfig::default() };
        match config.indices(&set) {
            Ok(parts) => {
                assert_partition(&parts, set.len());
                let sides = [&parts.train, &parts.validation, &parts.test];
                let [a, b, c] =
                    sides.map(|part| part.iter().map(|&i| tracks[i].1).collect::<BTreeSet<_>>());
                prop_assert!(a.is_disjoint(&b) && a.is_disjoint(&c) && b.is_disjoint(&c));
                for class in (0..set.n_classes()).filter(|&class| !groups_of(class).is_empty()) {
                    prop_assert!(sides.iter().all(|part| count(&set, part, class) > 0));
                }
            }
            Err(Error::Split(SplitError::TooFewInClass { class, available, names, parts, .. })) => {
                prop_assert!(available < parts);
                // The last part is drawn from the units that the first left over.
                prop_assert!(available <= groups_of(class_of(&class)).len());
                prop_assert_eq!(names.len(), available);
            }
            Err(Error::Split(SplitError::EntangledGroups { class, groups, .. })) => {
                let expected = groups_of(class_of(&class));
                prop_assert!(groups.iter().all(|group| expected.contains(&group.parse().unwrap())));
                // Only groups with tracks of two classes can be an obstacle.
                prop_assert!(groups.iter().any(|group| (0..set.n_classes())
                    .filter(|&other| groups_of(other).contains(&group.parse().unwrap()))
                    .count() > 1));
            }
            Err(error) => panic!("{error}"),
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
fn groups_that_do_not_fit_the_set_are_rejected() {
    let set = set_of(&[(0, "a/1.wav"), (0, "a/2.wav"), (0, "a/3.wav")]);
    let of = |groups: &[(&str, &str)]| {
        let groups = groups.iter().copied().collect();
        let unit = SplitUnit::Group(&groups);
        SplitConfig { unit, ..SplitConfig::default() }.indices(&set).unwrap_err()
    };
    let error = of(&[("a/1.wav", "x"), ("a/2.wav", "y")]);
    assert!(
        matches!(&error, Error::Split(SplitError::TrackWithoutGroup { track }) if track == "a/3.wav"),
        "{error}"
    );
    let error = of(&[("a/1.wav", "x"), ("a/1.au", "y"), ("2", "x"), ("3", "x")]);
    assert!(matches!(&error, Error::Split(SplitError::TrackInTwoGroups { .. })), "{error}");
    let error = of(&[("a/1.wav", "x"), ("a/2.wav", "x"), ("a/3.wav", "y")]);
    assert!(
        matches!(
            &error,
            Error::Split(SplitError::TooFewInClass { available: 2, unit: "groups", parts: 3, .. })
        ),
        "{error}"
    );
    assert_eq!(error.to_string(), "class \"class 0\" has 2 groups (x, y): too few for 3 parts");
}

#[test]
fn classes_that_share_every_group_are_named() {
    // Two big artists have all of class 1, and class 0 needs both of them on the same side.
    let set = set_of(&[(0, "a/1"), (0, "a/2"), (1, "b/1"), (1, "b/2"), (2, "c/1"), (2, "c/2")]);
    let groups: Groups = [("a/1", "x"), ("a/2", "y"), ("b/1", "x"), ("b/2", "z"), ("c/1", "y"), ("c/2", "z")]
        .into_iter()
        .collect();
    let config =
        SplitConfig { unit: SplitUnit::Group(&groups), validation_share: 0.0, ..SplitConfig::default() };
    let error = config.indices(&set).unwrap_err();
    assert!(
        matches!(&error, Error::Split(SplitError::EntangledGroups { parts: 2, groups, .. }) if groups.len() == 2),
        "{error}"
    );
    assert!(error.to_string().contains("its groups also contain other classes ("), "{error}");
}

#[test]
fn group_files_are_read_and_a_line_without_a_group_is_named() {
    let groups = Groups::read_from("# artists\na/1.wav\tElla\n\n2\tMiles Davis\r\n".as_bytes()).unwrap();
    let expected: Groups = [("a/1.wav", "Ella"), ("2", "Miles Davis")].into_iter().collect();
    assert_eq!(groups, expected);
    let error = Groups::read_from("a\tb\nc d\n".as_bytes()).unwrap_err();
    assert!(matches!(error, Error::Split(SplitError::NoGroupInLine { line: 2 })), "{error}");
    assert!(matches!(Groups::read_from(&b"a\t\xff\n"[..]).unwrap_err(), Error::Io(_)));
    let error = Groups::read("no such file.tsv").unwrap_err();
    assert!(error.to_string().starts_with("no such file.tsv"), "{error}");
}

#[test]
fn published_lists_match_tracks_in_all_their_forms() {
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

    let left = set.excluding(&["jazz.00054", "blues_00029.wav"].into_iter().collect()).unwrap();
    assert_eq!(left.track_names(), ["blues/blues.00030.au", "jazz/jazz.00001.au", "jazz/jazz.00002.au"]);
}

/// The lines are in the forms of published lists of GTZAN: fault-filtered lists (Kereliuk, Sturm and Larsen 2015) and
/// folds by artist (Foleis and Tavares 2020).
#[test]
fn lines_of_the_published_gtzan_lists_are_read_as_they_are_distributed() {
    let set = gtzan();
    let filtered = "blues/blues.00012.wav\nblues/blues.00013.wav\nrock/rock.00035.wav\n";
    let fold = "./blues_00000.wav\tblues\n./hiphop_00007.wav\thiphop\n./rock_00099.wav\trock\n";
    let artists = "./blues_00000.wav\t0\n./blues_00001.wav\t0\n./rock_00099.wav\t301\n";
    for text in [filtered, fold, artists] {
        let list = TrackList::read_from(text.as_bytes()).unwrap();
        assert_eq!(list.names().len(), 3);
        assert!(list.missing_in(&set).unwrap().is_empty());
    }
    assert!(Groups::read_from(artists.as_bytes()).is_ok());
}

/// Runs on a folder of the published files, if `CEPSTRUM_GTZAN_LISTS` names one.
#[test]
fn whole_published_gtzan_lists_match_every_track() {
    let Some(folder) = std::env::var_os("CEPSTRUM_GTZAN_LISTS") else {
        println!("skipped: no CEPSTRUM_GTZAN_LISTS");
        return;
    };
    let set = gtzan();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let list = TrackList::read(&path).unwrap();
        assert!(list.names().len() > 100, "{}", path.display());
        assert!(list.missing_in(&set).unwrap().is_empty(), "{}", path.display());
        println!("{}: {} tracks", path.display(), list.names().len());
        if path.to_str().unwrap().contains("groups") {
            Groups::read(&path).unwrap();
        }
    }
}

/// The thousand names of GTZAN as `.au`, one segment each.
fn gtzan() -> FeatureSet {
    let genres = cepstrum_dataset::gtzan::GENRES;
    let names: Vec<(usize, String)> =
        (0..1000).map(|i| (i / 100, format!("{0}/{0}.{1:05}.au", genres[i / 100], i % 100))).collect();
    set_of(&names.iter().map(|(class, name)| (*class, name.as_str())).collect::<Vec<_>>())
}

#[test]
fn lists_that_contradict_themselves_or_the_set_are_rejected() {
    let set = set_of(&[(0, "a/1.wav"), (1, "b/1.wav"), (1, "b/2.wav")]);
    let list = |names: &[&str]| names.iter().copied().collect::<TrackList>();
    let fixed =
        |train, test| FixedSplit { train, validation: TrackList::default(), test }.indices(&set).unwrap_err();
    let error = fixed(list(&["a/1.wav", "b/2.wav"]), list(&["b/2.au"]));
    assert!(
        matches!(&error, Error::Split(SplitError::TrackInTwoParts { track }) if track == "b/2.wav"),
        "{error}"
    );
    assert!(matches!(
        fixed(list(&["1.wav"]), list(&["b/2.wav"])),
        Error::Split(SplitError::AmbiguousTrack { .. })
    ));
    assert!(matches!(
        fixed(list(&["a/1.wav"]), list(&["zzz"])),
        Error::Split(SplitError::EmptyPart { part: "test", .. })
    ));
}

#[test]
fn impossible_folds_are_errors_with_a_reason() {
    let (set, _) = grouped(&[vec![1; 3], vec![1; 9]]);
    let error = KFold { k: 4, ..KFold::default() }.folds(&set).unwrap_err();
    assert!(
        matches!(&error, Error::Split(SplitError::TooFewInClass { class, available: 3, unit: "tracks", parts: 4, .. }) if class == "class 0"),
        "{error}"
    );
    let error = KFold { k: 1, ..KFold::default() }.folds(&set).unwrap_err();
    assert!(matches!(error, Error::InvalidParameter { parameter: "k", .. }), "{error}");
}
