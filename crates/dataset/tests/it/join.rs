//! Sets side by side, and the tracks of a list.

use cepstrum_dataset::{Error, FeatureSet, SplitError, TrackList};
use ndarray::{Array3, array};

/// A set with one column; its values count up from `first`.
fn set(first: f32, classes: &[&str], rows: &[(&str, usize)]) -> FeatureSet {
    let values = (0..rows.len()).map(|row| first + row as f32).collect();
    FeatureSet::new(
        Array3::from_shape_vec((rows.len(), 1, 1), values).unwrap(),
        rows.iter().map(|row| row.1).collect(),
        classes.iter().map(|&class| class.to_owned()).collect(),
        rows.iter().map(|row| row.0.to_owned()).collect(),
        None,
    )
    .unwrap()
}

const CLASSES: [&str; 2] = ["jazz", "rock"];

#[test]
fn segments_are_joined_by_track_and_position_whatever_the_order() {
    let ours = set(0.0, &CLASSES, &[("jazz/a.wav", 0), ("rock/a.wav", 1), ("jazz/a.wav", 0)]);
    // Another order, other extensions, other labels, one track more.
    let rows = [("rock/b.au", 0), ("rock/a.au", 0), ("jazz/a.au", 1), ("jazz/a.au", 1)];
    let theirs = set(10.0, &["rock", "jazz"], &rows);
    let joined = ours.joined(&theirs).unwrap();
    assert_eq!(joined.features(), &array![[[0.0, 12.0]], [[1.0, 11.0]], [[2.0, 13.0]]]);
    assert_eq!((joined.labels(), joined.classes()), (ours.labels(), ours.classes()));
    assert_eq!((joined.track_names(), joined.positions()), (ours.track_names(), ours.positions()));
}

#[test]
fn segments_without_a_counterpart_are_named() {
    let ours = set(0.0, &CLASSES, &[("jazz/a.wav", 0), ("jazz/a.wav", 0), ("rock/b.wav", 1)]);
    let error = ours.joined(&set(0.0, &CLASSES, &[("jazz/a.au", 0), ("rock/b.au", 1)])).unwrap_err();
    assert_eq!(error.to_string(), "segment 1 of track \"jazz/a.wav\" is missing in the other set");
    let error = ours.joined(&ours.select(&[0, 1])).unwrap_err();
    assert!(
        matches!(&error, Error::NoCounterpart { track, position: 0 } if track == "rock/b.wav"),
        "{error}"
    );
    let relabeled = set(0.0, &["rock", "jazz"], &[("jazz/a.wav", 0), ("jazz/a.wav", 0), ("rock/b.wav", 1)]);
    let error = ours.joined(&relabeled).unwrap_err();
    assert!(matches!(&error, Error::TrackInTwoClasses { track, .. } if track == "jazz/a.wav"), "{error}");
    let longer = FeatureSet::new(
        Array3::zeros((1, 2, 1)),
        vec![0],
        vec!["jazz".to_owned()],
        vec!["jazz/a.wav".to_owned()],
        None,
    );
    let error = ours.joined(&longer.unwrap()).unwrap_err();
    assert!(matches!(error, Error::FramesDiffer { expected: 1, actual: 2 }), "{error}");
    let unnamed =
        FeatureSet::new(Array3::zeros((1, 1, 1)), vec![0], vec!["jazz".to_owned()], Vec::new(), None);
    assert!(matches!(ours.joined(&unnamed.unwrap()).unwrap_err(), Error::Split(SplitError::TracksUnknown)));
}

#[test]
fn a_list_selects_its_tracks_and_names_the_unknown_ones() {
    let all =
        set(0.0, &CLASSES, &[("jazz/a.wav", 0), ("rock/b.wav", 1), ("jazz/c.wav", 0), ("rock/b.wav", 1)]);
    let list = |names: &[&str]| names.iter().copied().collect::<TrackList>();
    let part = all.including(&list(&["b.au", "jazz/a.wav"])).unwrap();
    assert_eq!(part.features(), &array![[[0.0]], [[1.0]], [[3.0]]]);
    assert_eq!(list(&["b.au", "jazz/a.wav"]).tracks_in(&all).unwrap(), [1, 0]);
    let message = all.including(&list(&["a", "jazz/d.wav"])).unwrap_err().to_string();
    assert_eq!(message, "entry 2 of the list, \"jazz/d.wav\", is not a track of the set");
    let message = all.including(&list(&["a", "b", "jazz/a.au"])).unwrap_err().to_string();
    assert_eq!(message, "entry 3 of the list, \"jazz/a.au\", repeats an earlier one");
}

#[test]
fn a_set_follows_another_and_segments_of_one_track_stay_one_track() {
    let ours = set(0.0, &CLASSES, &[("jazz/a.wav", 0), ("jazz/a.wav", 0), ("rock/b.wav", 1)]);
    let theirs = set(10.0, &CLASSES, &[("rock/b.wav", 1), ("jazz/c.wav", 0)]);
    let whole = ours.appended(&theirs).unwrap();
    assert_eq!(whole.features().iter().copied().collect::<Vec<_>>(), [0.0, 1.0, 2.0, 10.0, 11.0]);
    assert_eq!((whole.labels(), whole.track_ids()), ([0, 0, 1, 1, 0].as_slice(), [0, 0, 1, 1, 2].as_slice()));
    assert_eq!(whole.positions(), [0, 1, 0, 0, 0]);
}

#[test]
fn sets_that_do_not_go_together_are_not_appended() {
    let ours = set(0.0, &CLASSES, &[("jazz/a.wav", 0), ("rock/b.wav", 1)]);
    let error = ours.appended(&set(0.0, &["jazz", "pop"], &[("jazz/a.wav", 0)])).unwrap_err();
    assert_eq!(error.to_string(), "the classes of the two sets differ: jazz, rock and jazz, pop");
    let classes = CLASSES.map(str::to_owned).to_vec();
    let wide =
        FeatureSet::new(Array3::zeros((1, 1, 2)), vec![0], classes.clone(), vec!["jazz/a".into()], None);
    let error = ours.appended(&wide.unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "the shapes of the segments of the two sets differ: [1, 1] and [1, 2]");
    let nameless = FeatureSet::new(Array3::zeros((1, 1, 1)), vec![0], classes, vec![], None).unwrap();
    assert!(matches!(ours.appended(&nameless), Err(Error::Split(SplitError::TracksUnknown))));
    let error = ours.appended(&set(0.0, &CLASSES, &[("jazz/a.wav", 1)])).unwrap_err();
    assert!(matches!(error, Error::TrackInTwoClasses { .. }), "{error}");
}
