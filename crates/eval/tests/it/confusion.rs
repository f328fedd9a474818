//! The confusion matrix and its metrics, against scikit-learn.

use approx::assert_abs_diff_eq;
use cepstrum_eval::{ConfusionMatrix, Error, Evaluation};
use ndarray::array;
use proptest::prelude::*;

use crate::golden;

/// Both sides divide the same integers; only the order of the sums differs.
const ROUNDING: f64 = 1e-12;

fn classes(n: usize) -> Vec<String> {
    (0..n).map(|class| format!("class {class}")).collect()
}

#[test]
fn counts_and_ratios_equal_scikit_learns() {
    for case in golden::load().counts {
        let matrix =
            ConfusionMatrix::from_labels(&case.truth, &case.predicted, &classes(case.n_classes)).unwrap();
        for (truth, row) in case.confusion.iter().enumerate() {
            for (predicted, &count) in row.iter().enumerate() {
                assert_eq!(matrix.count(truth, predicted), count, "{}: [{truth}, {predicted}]", case.name);
            }
        }
        assert_abs_diff_eq!(matrix.accuracy(), case.accuracy, epsilon = ROUNDING);
        for (class, metrics) in matrix.per_class().iter().enumerate() {
            assert_abs_diff_eq!(metrics.precision, case.precision[class], epsilon = ROUNDING);
            assert_abs_diff_eq!(metrics.recall, case.recall[class], epsilon = ROUNDING);
            assert_abs_diff_eq!(metrics.f1, case.f1[class], epsilon = ROUNDING);
            assert_eq!(metrics.support, case.support[class], "{}", case.name);
        }
        for (average, expected) in
            [(matrix.macro_average(), case.r#macro), (matrix.weighted_average(), case.weighted)]
        {
            let [precision, recall, f1] = expected;
            assert_abs_diff_eq!(average.precision, precision, epsilon = ROUNDING);
            assert_abs_diff_eq!(average.recall, recall, epsilon = ROUNDING);
            assert_abs_diff_eq!(average.f1, f1, epsilon = ROUNDING);
        }
    }
}

#[test]
fn precision_and_recall_are_not_exchanged() {
    // All three of class 0 are predicted as class 0, and one of class 1 too: recall 1, precision 3/4.
    let matrix = ConfusionMatrix::from_counts(vec![vec![3, 0], vec![1, 6]], &classes(2)).unwrap();
    let first = &matrix.per_class()[0];
    assert_abs_diff_eq!(first.recall, 1.0);
    assert_abs_diff_eq!(first.precision, 0.75);
}

#[test]
fn bad_labels_are_named() {
    let wrong = ConfusionMatrix::from_labels(&[0, 1], &[0, 2], &classes(2)).unwrap_err();
    assert!(matches!(wrong, Error::LabelOutOfRange { position: 1, label: 2, n_classes: 2, .. }), "{wrong}");
    let short = ConfusionMatrix::from_labels(&[0, 1], &[0], &classes(2)).unwrap_err();
    assert!(matches!(short, Error::LengthMismatch { expected: 2, actual: 1, .. }));
    let none = ConfusionMatrix::from_labels(&[], &[], &classes(2)).unwrap_err();
    assert!(matches!(none, Error::Empty { .. }));
    let ragged = ConfusionMatrix::from_counts(vec![vec![1, 2], vec![3]], &classes(2)).unwrap_err();
    assert!(matches!(ragged, Error::LengthMismatch { expected: 2, actual: 1, .. }));
}

#[test]
fn a_stored_matrix_is_checked_when_it_is_read() {
    let matrix = ConfusionMatrix::from_counts(vec![vec![3, 0], vec![1, 6]], &classes(2)).unwrap();
    let json = serde_json::to_string(&matrix).unwrap();
    assert_eq!(serde_json::from_str::<ConfusionMatrix>(&json).unwrap(), matrix);
    let ragged = json.replace("[1,6]", "[1,6,2]");
    let error = serde_json::from_str::<ConfusionMatrix>(&ragged).unwrap_err().to_string();
    assert!(error.contains("expected 2 entries, found 3"), "{error}");
}

#[test]
fn matrices_of_folds_add_up() {
    let one = ConfusionMatrix::from_counts(vec![vec![3, 0], vec![1, 6]], &classes(2)).unwrap();
    let other = ConfusionMatrix::from_counts(vec![vec![1, 2], vec![0, 5]], &classes(2)).unwrap();
    let both = one.clone().merged(&other).unwrap();
    assert_eq!(both.count(0, 1), 2);
    assert_eq!(both.total(), one.total() + other.total());
    let other_classes =
        ConfusionMatrix::from_counts(vec![vec![1, 2], vec![0, 5]], &["a".into(), "b".into()]).unwrap();
    assert!(one.merged(&other_classes).is_err());
}

#[test]
fn an_evaluation_takes_the_first_maximum_and_rejects_invalid_probabilities() {
    let tied = Evaluation::from_probabilities(&[1, 0], array![[0.5, 0.5], [0.5, 0.5]], &classes(2)).unwrap();
    assert_eq!(tied.predicted(), [0, 0]);
    assert_abs_diff_eq!(tied.loss(), std::f64::consts::LN_2, epsilon = 1e-7);
    let nan = Evaluation::from_probabilities(&[1], array![[f32::NAN, 0.5]], &classes(2)).unwrap_err();
    assert!(matches!(nan, Error::NotAProbability { segment: 0, class: 0, .. }));
    let wide = Evaluation::from_probabilities(&[1], array![[0.2, 0.5, 0.3]], &classes(2)).unwrap_err();
    assert!(matches!(wide, Error::LengthMismatch { expected: 2, actual: 3, .. }));
    let certain_and_wrong = Evaluation::from_probabilities(&[1], array![[1.0, 0.0]], &classes(2)).unwrap();
    assert!(certain_and_wrong.loss().is_finite());
}

#[test]
fn the_printed_evaluation_names_every_class() {
    let evaluation =
        Evaluation::from_probabilities(&[0, 1, 1], array![[0.8, 0.2], [0.4, 0.6], [0.7, 0.3]], &classes(2))
            .unwrap();
    let text = evaluation.to_string();
    for part in ["accuracy 66.7 % of 3 segments", "class 0", "class 1", "macro average", "true \\ predicted"]
    {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}

proptest! {
    #[test]
    fn averages_lie_between_the_classes(pairs in prop::collection::vec((0_usize..5, 0_usize..5), 1..80)) {
        let (truth, predicted): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
        let matrix = ConfusionMatrix::from_labels(&truth, &predicted, &classes(5)).unwrap();
        let recalls: Vec<f64> = matrix.per_class().iter().map(|class| class.recall).collect();
        let low = recalls.iter().copied().fold(f64::INFINITY, f64::min);
        let high = recalls.iter().copied().fold(0.0, f64::max);
        prop_assert!((low - ROUNDING..=high + ROUNDING).contains(&matrix.macro_average().recall));
        // The recall weighted by support is the accuracy.
        prop_assert!((matrix.weighted_average().recall - matrix.accuracy()).abs() < ROUNDING);
        prop_assert_eq!(matrix.total() as usize, truth.len());
    }
}
