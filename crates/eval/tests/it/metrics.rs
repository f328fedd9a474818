//! Metrics of probabilities and of tracks, against scikit-learn and `scipy`.

use approx::{assert_abs_diff_eq, assert_relative_eq};
use cepstrum_eval::metrics::{Bootstrap, Calibration, McNemar, RocCurve, Spread, TemperatureScaling, Vote};
use cepstrum_eval::{Error, Evaluation};
use ndarray::{Array2, Axis, array};

use crate::golden::{self, Scored, rows};

/// Both sides add the same `f32` probabilities in another order.
const ROUNDING: f64 = 1e-9;
/// Both minimizers stop when the temperature changes by less than about this.
const MINIMUM: f64 = 1e-5;

fn classes(n: usize) -> Vec<String> {
    (0..n).map(|class| format!("class {class}")).collect()
}

fn evaluation(case: &Scored) -> Evaluation {
    let probabilities = rows(&case.probabilities);
    let n_classes = probabilities.ncols();
    Evaluation::from_probabilities(&case.truth, probabilities, &classes(n_classes)).unwrap()
}

#[test]
fn loss_ranking_and_top_k_equal_scikit_learns() {
    for case in golden::load().probabilities {
        let evaluation = evaluation(&case);
        assert_abs_diff_eq!(evaluation.loss(), case.log_loss, epsilon = ROUNDING);
        for (class, (area, expected)) in evaluation.roc_auc().into_iter().zip(&case.auc).enumerate() {
            assert!((area.unwrap() - expected).abs() < ROUNDING, "{}: class {class}", case.name);
        }
        assert_abs_diff_eq!(evaluation.roc_auc_macro().unwrap(), case.auc_macro, epsilon = ROUNDING);
        let curve = evaluation.roc_curve(0).unwrap();
        let [false_positive, true_positive] = &case.roc_first_class;
        assert_abs_diff_eq!(curve.false_positive[..], false_positive[..], epsilon = ROUNDING);
        assert_abs_diff_eq!(curve.true_positive[..], true_positive[..], epsilon = ROUNDING);
        for (i, expected) in case.top_k.iter().enumerate() {
            assert_abs_diff_eq!(evaluation.top_k_accuracy(i + 1), *expected, epsilon = ROUNDING);
        }
        assert_abs_diff_eq!(evaluation.top_k_accuracy(1), evaluation.accuracy(), epsilon = ROUNDING);
        assert_abs_diff_eq!(evaluation.top_k_accuracy(case.top_k.len() + 1), 1.0);
    }
}

#[test]
fn a_selection_is_the_evaluation_of_those_segments_alone() {
    for case in golden::load().probabilities {
        let tracks: Vec<usize> = (0..case.truth.len()).map(|segment| segment / 3).collect();
        let whole = evaluation(&case).with_tracks(&tracks).unwrap();
        let segments: Vec<usize> = (0..case.truth.len()).rev().step_by(2).collect();
        let pick = |values: &[usize]| segments.iter().map(|&segment| values[segment]).collect::<Vec<_>>();
        let probabilities = rows(&case.probabilities).select(Axis(0), &segments);
        let alone =
            Evaluation::from_probabilities(&pick(&case.truth), probabilities, whole.classes()).unwrap();
        assert_eq!(whole.select(&segments).unwrap(), alone.with_tracks(&pick(&tracks)).unwrap());
        assert!(matches!(whole.select(&[]), Err(Error::Empty { .. })));
    }
}

#[test]
fn tied_scores_count_half() {
    let ties = golden::load().ties;
    let positive: Vec<bool> = ties.truth.iter().map(|&truth| truth == 1).collect();
    let curve = RocCurve::from_scores(&positive, &ties.score).unwrap();
    assert_abs_diff_eq!(curve.area(), ties.auc, epsilon = ROUNDING);
    assert_abs_diff_eq!(RocCurve::from_scores(&[true, false, true], &[0.5; 3]).unwrap().area(), 0.5);
}

#[test]
fn a_ranking_without_positives_is_undefined() {
    let one_class =
        Evaluation::from_probabilities(&[0, 0], array![[0.8, 0.2], [0.4, 0.6]], &classes(2)).unwrap();
    assert_eq!(one_class.roc_auc(), [None, None]);
    assert_eq!(one_class.roc_auc_macro(), None);
    assert!(matches!(one_class.roc_curve(1), Err(Error::Undefined { .. })));
    assert!(matches!(one_class.roc_curve(2), Err(Error::LabelOutOfRange { .. })));
    assert!(matches!(RocCurve::from_scores(&[true, false], &[f64::NAN, 0.5]), Err(Error::Undefined { .. })));
}

#[test]
fn calibration_equals_scikit_learns_and_guos() {
    for case in golden::load().probabilities {
        let evaluation = evaluation(&case);
        let calibration = Calibration::from_evaluation(&evaluation, case.bins.len()).unwrap();
        assert_abs_diff_eq!(calibration.expected_error, case.ece, epsilon = ROUNDING);
        assert_abs_diff_eq!(calibration.brier, case.brier, epsilon = ROUNDING);
        for (bin, &(count, confidence, accuracy)) in calibration.bins.iter().zip(&case.bins) {
            assert_eq!(bin.count, count);
            if let (Some(confidence), Some(accuracy)) = (confidence, accuracy) {
                assert_abs_diff_eq!(bin.confidence, confidence, epsilon = ROUNDING);
                assert_abs_diff_eq!(bin.accuracy, accuracy, epsilon = ROUNDING);
            }
        }
        assert!(Calibration::from_evaluation(&evaluation, 0).is_err());
    }
}

#[test]
fn the_temperature_equals_scipys_and_keeps_the_predictions() {
    for case in golden::load().probabilities {
        let evaluation = evaluation(&case);
        let temperature = TemperatureScaling::fit(&evaluation);
        assert_relative_eq!(temperature.value(), case.temperature, max_relative = MINIMUM);
        let after = temperature.recalibrate(&evaluation).unwrap();
        // The probabilities are `f32`: the loss agrees to their rounding.
        assert_abs_diff_eq!(after.loss(), case.tempered_log_loss, epsilon = 1e-6);
        assert!(after.loss() < evaluation.loss());
        assert_eq!(after.predicted(), evaluation.predicted());
    }
    assert!(TemperatureScaling::new(0.0).is_err() && TemperatureScaling::new(f64::NAN).is_err());
}

#[test]
fn mcnemar_equals_scipys() {
    for case in golden::load().mcnemar {
        let test = McNemar::from_counts(case.only_first, case.only_second);
        assert_relative_eq!(test.exact, case.exact, max_relative = ROUNDING);
        assert_relative_eq!(test.statistic, case.statistic, max_relative = ROUNDING);
        assert_relative_eq!(test.chi_squared, case.chi_squared, max_relative = ROUNDING);
    }
}

#[test]
fn mcnemar_counts_the_segments_that_one_model_alone_classifies_correctly() {
    let truth = [0, 0, 0, 1, 1];
    let of = |predicted: [usize; 5]| {
        let mut probabilities = Array2::zeros((5, 2));
        for (i, class) in predicted.into_iter().enumerate() {
            probabilities[[i, class]] = 1.0;
        }
        Evaluation::from_probabilities(&truth, probabilities, &classes(2)).unwrap()
    };
    let test = McNemar::from_evaluations(&of([0, 0, 0, 1, 0]), &of([1, 1, 0, 1, 1])).unwrap();
    assert_eq!((test.only_first, test.only_second), (2, 1));
    let other = Evaluation::from_probabilities(&[1], array![[0.0, 1.0]], &classes(2)).unwrap();
    assert!(McNemar::from_evaluations(&of([0; 5]), &other).is_err());
}

#[test]
fn the_interval_over_tracks_equals_scipys() {
    let golden = golden::load().bootstrap;
    let right: Vec<u8> = golden.tracks.concat();
    let track_ids: Vec<usize> =
        (0..golden.tracks.len()).flat_map(|t| vec![t; golden.tracks[t].len()]).collect();
    let mut probabilities = Array2::zeros((right.len(), 2));
    for (i, &right) in right.iter().enumerate() {
        probabilities[[i, 1 - usize::from(right)]] = 1.0;
    }
    let segments = Evaluation::from_probabilities(&vec![0; right.len()], probabilities, &classes(2)).unwrap();
    let tracks = segments.clone().with_tracks(&track_ids).unwrap();
    let bootstrap = Bootstrap { resamples: 20_000, ..Bootstrap::default() };
    let interval = bootstrap.accuracy(&tracks).unwrap();
    // The ends vary by about 0.001 at 20,000 resamples.
    assert_abs_diff_eq!(interval.estimate, golden.accuracy, epsilon = ROUNDING);
    assert_abs_diff_eq!(interval.low, golden.low, epsilon = 0.004);
    assert_abs_diff_eq!(interval.high, golden.high, epsilon = 0.004);
    assert_eq!(interval, bootstrap.accuracy(&tracks).unwrap());
    let narrow = bootstrap.accuracy(&segments).unwrap();
    assert!(narrow.high - narrow.low < interval.high - interval.low);
    assert!(Bootstrap { level: 1.0, ..bootstrap }.accuracy(&tracks).is_err());
    assert!(Bootstrap { resamples: 1, ..bootstrap }.accuracy(&tracks).is_err());
}

#[test]
fn tracks_are_classified_by_the_vote_of_their_segments() {
    let golden = golden::load().voting;
    let segments =
        Evaluation::from_probabilities(&golden.truth, rows(&golden.probabilities), &classes(3)).unwrap();
    assert!(matches!(segments.by_track(Vote::Majority), Err(Error::Undefined { .. })));
    let segments = segments.with_tracks(&golden.track_ids).unwrap();
    for (vote, expected) in [(Vote::MeanLogProbability, &golden.mean_log), (Vote::Majority, &golden.majority)]
    {
        let tracks = segments.by_track(vote).unwrap();
        assert_eq!(tracks.truth(), golden.track_truth);
        for (row, expected) in tracks.probabilities().outer_iter().zip(expected) {
            for (&p, &expected) in row.iter().zip(expected) {
                assert_abs_diff_eq!(f64::from(p), expected, epsilon = 1e-6);
            }
        }
    }
    let mut mixed = golden.truth.clone();
    mixed[0] = 0;
    let mixed = Evaluation::from_probabilities(&mixed, rows(&golden.probabilities), &classes(3)).unwrap();
    assert!(mixed.with_tracks(&golden.track_ids).unwrap().by_track(Vote::Majority).is_err());
}

#[test]
fn the_spread_over_folds_equals_numpys() {
    let golden = golden::load().folds;
    let spread = Spread::from_values(&golden.values).unwrap();
    assert_abs_diff_eq!(spread.mean, golden.mean, epsilon = ROUNDING);
    assert_abs_diff_eq!(spread.deviation, golden.deviation, epsilon = ROUNDING);
    assert_abs_diff_eq!(Spread::from_values(&[0.5]).unwrap().deviation, 0.0);
    assert!(Spread::from_values(&[]).is_err());
}

#[test]
fn a_temperature_is_used_only_where_it_helps_on_other_tracks() {
    let classes = ["jazz".to_owned(), "rock".to_owned()];
    // Every tenth segment is wrong at a confidence of 0.999: all folds agree that this is too much.
    let evaluate =
        |confidence: f32, n: usize, is_wrong: &dyn Fn(usize) -> bool| {
            let truth: Vec<usize> = (0..n).map(|segment| usize::from(is_wrong(segment))).collect();
            let probabilities = ndarray::Array2::from_shape_fn((n, 2), |(_, class)| {
                if class == 0 { confidence } else { 1.0 - confidence }
            });
            Evaluation::from_probabilities(&truth, probabilities, &classes).unwrap()
        };
    let overconfident = evaluate(0.999, 200, &|segment| segment % 7 == 0);
    let temperature = TemperatureScaling::cross_fitted(&overconfident).unwrap();
    assert_eq!(temperature, TemperatureScaling::fit(&overconfident));
    assert!(temperature.value() > 2.0);
    // One wrong track of twelve: without it the others ask for a temperature near 0, which it then pays for.
    let few = evaluate(0.9, 12, &|segment| segment == 5);
    assert!(TemperatureScaling::fit(&few).value() < 1.0);
    let none = TemperatureScaling::new(1.0).unwrap();
    assert_eq!(TemperatureScaling::cross_fitted(&few).unwrap(), none);
    let one = evaluate(0.9, 1, &|_| false);
    assert_eq!(TemperatureScaling::cross_fitted(&one).unwrap(), none);
}
