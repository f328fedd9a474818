//! Pictures: sizes, texts, and colors at known places.

use cepstrum_eval::plot::{self, Colormap, Style, Theme};
use cepstrum_eval::{ConfusionMatrix, EpochReport, Error, History};

use crate::pixels::{self, Pixels, texts};

fn matrix() -> ConfusionMatrix {
    let classes = ["blues".to_owned(), "jazz".to_owned(), "rock".to_owned()];
    ConfusionMatrix::from_counts(vec![vec![8, 2, 0], vec![0, 5, 5], vec![0, 0, 0]], &classes).unwrap()
}

fn history(n_epochs: usize) -> History {
    let epoch = |epoch: usize| EpochReport {
        epoch,
        epochs: 60,
        train_loss: 2.0 / epoch as f64,
        train_accuracy: 1.0 - 0.8 / epoch as f64,
        validation_loss: Some(1.0 + (epoch as f64 - 4.0).powi(2) / 50.0),
        validation_accuracy: Some(0.6),
        learning_rate: 1e-3,
        seconds: 1.0,
    };
    (1..=n_epochs).map(epoch).collect::<History>().with_majority_baseline(0.25)
}

#[test]
fn the_confusion_matrix_shows_counts_and_percentages_of_the_row() {
    let svg = plot::confusion(&matrix(), &Style::default()).to_svg().unwrap();
    let texts = texts(&svg);
    for text in ["8", "80 %", "2", "20 %", "5", "50 %", "–", "blues", "jazz", "rock", "True", "Predicted"] {
        assert!(texts.iter().any(|t| t == text), "{text} is not among {texts:?}");
    }
    assert!(texts[0].starts_with("Confusion matrix: accuracy 65.0 % of 20 segments"), "{}", texts[0]);
}

#[test]
fn a_cell_has_the_color_of_its_share() {
    for colormap in [Colormap::Viridis, Colormap::Greens] {
        let style = Style { colormap, scale: 1.0, ..Style::default() };
        let picture = plot::confusion(&matrix(), &style);
        let pixels = Pixels::of(&picture);
        let svg = picture.to_svg().unwrap();
        // Cells of 64 points with 0.8, 0.2 and 0 of the first row; there is no text in their upper left corners.
        let [left, top, ..] = pixels::frames(&svg)[0];
        for (column, share) in [0.8, 0.2, 0.0].into_iter().enumerate() {
            let x = left as u32 + 64 * column as u32 + 6;
            assert_eq!(pixels.at(x, top as u32 + 6), colormap.at(share), "{colormap:?} {share}");
        }
        // The matrix is one image with one pixel per cell, the color bar the other.
        let images = pixels::images(&svg);
        assert_eq!(
            images.iter().map(|image| (image.width, image.height)).collect::<Vec<_>>(),
            [(3, 3), (1, 256)]
        );
        assert_eq!(images[0].at(2, 1), colormap.at(0.5));
    }
}

#[test]
fn a_dark_picture_is_dark_and_twice_the_scale_has_four_times_the_pixels() {
    let light = Pixels::of(&plot::confusion(&matrix(), &Style { scale: 1.0, ..Style::default() }));
    let dark = Pixels::of(&plot::confusion(
        &matrix(),
        &Style { scale: 2.0, theme: Theme::Dark, ..Style::default() },
    ));
    assert_eq!(light.at(1, 1), [255, 255, 255]);
    assert!(dark.at(1, 1).iter().all(|&channel| channel < 40));
    assert_eq!([2 * light.width, 2 * light.height], [dark.width, dark.height]);
}

#[test]
fn the_history_marks_the_best_epoch_and_the_majority_baseline() {
    let svg = plot::history(&history(9), &Style::default()).to_svg().unwrap();
    let texts = texts(&svg);
    for text in [
        "Training history, 9 epochs",
        "training",
        "validation",
        "best epoch 4 (validation loss 1.000)",
        "commonest class (25.0 %)",
        "cross-entropy loss (log scale)",
        "accuracy (%)",
        "epoch",
    ] {
        assert!(texts.iter().any(|t| t == text), "{text} is not among {texts:?}");
    }
}

#[test]
fn histories_of_no_epoch_and_of_one_are_drawn() {
    for n_epochs in [0, 1] {
        let picture = plot::history(&history(n_epochs), &Style::default());
        assert!(picture.to_svg().unwrap().contains("epoch"));
        assert!(Pixels::of(&picture).width > 100);
    }
    assert!(plot::histories(&[], &Style::default()).to_svg().unwrap().contains("accuracy (%)"));
}

#[test]
fn losses_that_diverge_leave_a_gap_and_no_nan_in_the_file() {
    let mut broken: History = history(9).epochs().iter().copied().collect();
    broken.push(EpochReport {
        train_loss: f64::NAN,
        validation_loss: Some(f64::INFINITY),
        ..history(10).epochs()[9]
    });
    let svg = plot::history(&broken, &Style::default()).to_svg().unwrap();
    assert!(!svg.contains("NaN") && !svg.contains("inf"));
}

#[test]
fn no_text_leaves_the_picture_at_any_number_of_classes() {
    for n in [1_usize, 2, 5, 10, 50] {
        let long = |class: usize| format!("a class with an unusually long name, number {class}");
        for names in [(0..n).map(|class| format!("c{class}")).collect::<Vec<_>>(), (0..n).map(long).collect()]
        {
            let counts =
                (0..n).map(|t| (0..n).map(|p| (t * 7 + p * 3) as u64 % 11 + u64::from(t == p)).collect());
            let matrix = ConfusionMatrix::from_counts(counts.collect(), &names).unwrap();
            let pixels = Pixels::of(&plot::confusion(&matrix, &Style { scale: 1.0, ..Style::default() }));
            assert!(pixels.border_is([255, 255, 255]), "{n} classes, {}", names[0]);
        }
    }
}

#[test]
fn markup_in_names_stays_text() {
    let classes = ["R&B".to_owned(), "<script>".to_owned()];
    let matrix = ConfusionMatrix::from_counts(vec![vec![1, 0], vec![0, 1]], &classes).unwrap();
    let svg = plot::confusion(&matrix, &Style::default()).to_svg().unwrap();
    assert!(svg.contains("R&amp;B") && svg.contains("&lt;script&gt;") && !svg.contains("<script>"));
}

#[test]
fn a_picture_is_saved_by_its_extension_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let picture = plot::confusion(&matrix(), &Style::default());
    picture.save(folder.path().join("a.PNG")).unwrap();
    assert_eq!(&std::fs::read(folder.path().join("a.PNG")).unwrap()[..4], b"\x89PNG");
    picture.save(folder.path().join("a.svg")).unwrap();
    assert!(std::fs::read_to_string(folder.path().join("a.svg")).unwrap().starts_with("<svg "));
    assert!(matches!(picture.save(folder.path().join("a.jpg")), Err(Error::PictureFormat { .. })));
    let missing = picture.save(folder.path().join("none/a.png")).unwrap_err().to_string();
    assert!(missing.contains("none/a.png"), "{missing}");
}
