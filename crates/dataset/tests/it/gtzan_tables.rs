//! The published tables of GTZAN, skipped where they are missing.

use cepstrum_dataset::{FeatureSet, TableRows, TrackList, gtzan, read_npz, read_table};

use crate::common;

/// Mean of the column `tempo`, by pandas.
const TEMPO_MEAN: f64 = 119.505_363_263_039_19;
/// Mean of the column `mfcc20_var`, by pandas.
const MFCC20_VAR_MEAN: f64 = 70.126_096_169_948_58;

/// Mean of a column over the rows of a set.
fn mean(set: &FeatureSet, column: usize) -> f64 {
    set.features().outer_iter().map(|row| f64::from(row[[0, column]])).sum::<f64>() / set.len() as f64
}

#[test]
fn the_table_and_the_lists_name_the_same_tracks() {
    let Some(folder) = common::real_audio("gtzan-tables") else { return };
    let table = gtzan::feature_table(TableRows::Tracks);
    let set = read_table(folder.join("features_30_sec.csv"), &table).unwrap();
    assert_eq!(set.features().dim(), (1000, 1, 57));
    assert_eq!((set.classes(), set.class_counts()), (&gtzan::GENRES.map(str::to_owned)[..], vec![100; 10]));
    // Values are kept as `f32`: each is within 6e-8.
    assert!((mean(&set, 16) / TEMPO_MEAN - 1.0).abs() < 1e-6, "{}", mean(&set, 16));
    assert!((mean(&set, 56) / MFCC20_VAR_MEAN - 1.0).abs() < 1e-6, "{}", mean(&set, 56));

    let lists = gtzan::filtered_split(&folder).unwrap();
    let parts = [&lists.train, &lists.validation, &lists.test].map(|list| set.including(list).unwrap());
    assert_eq!(parts.each_ref().map(FeatureSet::len), [443, 197, 290]);
    let split = lists.indices(&set).unwrap().apply(&set);
    assert_eq!([split.train, split.validation, split.test], parts);
    let is_listed = |genre: &str, number: u8| {
        let name: TrackList = [format!("{genre}/{genre}.{number:05}.au")].into_iter().collect();
        parts.iter().any(|part| name.missing_in(part).unwrap().is_empty())
    };
    for repetition in gtzan::REPETITIONS {
        let Some((genre, number)) = repetition.of else { continue };
        let both = is_listed(repetition.genre, repetition.number) && is_listed(genre, number);
        assert!(!both, "{repetition:?}: the lists keep one file of a pair");
    }
    assert!(!gtzan::DISTORTIONS.into_iter().any(|(genre, number)| is_listed(genre, number)));
}

#[test]
fn the_tags_are_those_of_the_lists_and_join_the_table() {
    let Some(folder) = common::real_audio("gtzan-tables") else { return };
    let table = gtzan::feature_table(TableRows::Tracks);
    let table = read_table(folder.join("features_30_sec.csv"), &table).unwrap();
    let lists = gtzan::filtered_split(&folder).unwrap();
    for (name, list, n_windows, n_tracks) in
        [("train", &lists.train, 12_415, 443), ("test", &lists.test, 8_127, 290)]
    {
        let path = folder.join(format!("musicnn_msd_tags_{name}.npz"));
        let tags = read_npz(&path, &gtzan::tag_table()).unwrap();
        assert_eq!(tags.features().dim(), (n_windows, 1, 50));
        assert_eq!(tags.track_names().len(), n_tracks);
        assert_eq!(tags.including(list).unwrap(), tags);
        assert!(tags.features().iter().all(|&tag| (0.0..=1.0).contains(&tag)));
        let first: Vec<usize> = (0..tags.len()).filter(|&window| tags.positions()[window] == 0).collect();
        let joined = tags.select(&first).joined(&table).unwrap();
        assert_eq!(joined.features().dim(), (n_tracks, 1, 107));
        let named: TrackList = joined.track_names()[..1].iter().cloned().collect();
        let row = table.including(&named).unwrap();
        assert_eq!(
            joined.features().slice(ndarray::s![0, 0, 50..]),
            row.features().slice(ndarray::s![0, 0, ..])
        );
    }
}
