//! Synthetic data of any number of classes, for the gallery and for the tests of the pictures.

use cepstrum_eval::metrics::RocCurve;
use cepstrum_eval::plot::FrameRate;
use cepstrum_eval::{ConfusionMatrix, EpochReport, Error, Evaluation, History, ModelRun, SplitBy};
use cepstrum_models::explain::DeletionInsertion;
use ndarray::{Array2, Axis};

pub(crate) const RATE: FrameRate = FrameRate { hop_length: 512, sample_rate: 22_050 };

const GENRES: [&str; 10] =
    ["blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock"];

/// Names of classes; the fourth is too long for any picture.
pub(crate) fn classes(n: usize) -> Vec<String> {
    let name = |class: usize| match (class, GENRES.get(class)) {
        (3, _) => "a very long class name that nobody could fit anywhere".to_owned(),
        (_, Some(genre)) => (*genre).to_owned(),
        (_, None) => format!("R&B no. {class}"),
    };
    (0..n).map(name).collect()
}

/// Names of classes and their numbers of tracks.
pub(crate) fn counts(n_classes: usize) -> Vec<(String, usize)> {
    let count = |(class, name)| (name, 100 - class * 7 % 40);
    classes(n_classes).into_iter().enumerate().map(count).collect()
}

/// Two splits and three seeds of every model.
pub(crate) fn results(n_models: usize) -> Vec<ModelRun> {
    let names = ["ffnn1", "ffnn5", "cnn:32-32-32-32", "cnn:256-128-64-32"];
    let mut runs = Vec::new();
    for model in 0..n_models {
        let name = names.get(model).map_or_else(|| format!("cnn number {model}"), |name| (*name).to_owned());
        let accuracy = 0.52 + 0.35 * model as f64 / n_models as f64;
        for seed in 0..3 {
            for (split, loss) in [(SplitBy::Segment, 0.0), (SplitBy::Track, 0.17)] {
                let test_accuracy = accuracy - loss + 0.02 * (seed as f64 - 1.0);
                runs.push(ModelRun { test_accuracy, ..ModelRun::new(name.as_str(), split, seed) });
            }
        }
    }
    runs
}

/// A matrix with a strong diagonal and an empty row.
pub(crate) fn matrix(n_classes: usize) -> Result<ConfusionMatrix, Error> {
    let count = |truth: usize, predicted: usize| match () {
        () if truth + 1 == n_classes && n_classes > 2 => 0,
        () if truth == predicted => 180 + (truth * 37 % 90) as u64,
        () => {
            (truth * 31 + predicted * 17 + truth * predicted * 7) as u64 % 23
                * u64::from((truth + predicted).is_multiple_of(3))
        }
    };
    let counts = (0..n_classes).map(|t| (0..n_classes).map(|p| count(t, p)).collect()).collect();
    ConfusionMatrix::from_counts(counts, &classes(n_classes))
}

/// A training run of a number of epochs; the more epochs, the slower it learns.
pub(crate) fn history(epochs: usize) -> History {
    let wave = |epoch: usize, factor: f64| (epoch as f64 * factor).sin();
    let epoch = |epoch: usize| {
        let t = epoch as f64 / (epochs as f64 * 0.3);
        EpochReport {
            epoch,
            epochs: 60,
            train_loss: 2.2 * (-t).exp() + 0.12,
            train_accuracy: 1.0 - 0.88 * (-t).exp() - 0.03,
            validation_loss: Some(
                1.6 * (-1.3 * t).exp() + 0.55 + 0.08 * t * t / 4.0 + 0.05 * wave(epoch, 1.9),
            ),
            validation_accuracy: Some(0.78 - 0.6 * (-1.2 * t).exp() + 0.02 * wave(epoch, 2.3)),
            learning_rate: 1e-4,
            seconds: 1.5,
        }
    };
    (1..=epochs).map(epoch).collect::<History>().with_majority_baseline(0.1)
}

/// Four hundred segments, mostly correct, with overconfident predictions.
pub(crate) fn evaluation(n_classes: usize) -> Result<Evaluation, Error> {
    let truth: Vec<usize> = (0..400).map(|i| i * 7 % n_classes).collect();
    let mut probabilities = Array2::from_shape_fn((400, n_classes), |(i, class)| {
        let score =
            ((i * 131 + class * 977) as f32 * 0.7).sin() * 2.2 + if class == truth[i] { 2.6 } else { 0.0 };
        (1.6 * score).exp()
    });
    for mut row in probabilities.axis_iter_mut(Axis(0)) {
        let sum = row.sum();
        row.mapv_inplace(|value| value / sum);
    }
    Evaluation::from_probabilities(&truth, probabilities, &classes(n_classes))
}

pub(crate) fn roc_curves(n_classes: usize) -> Result<Vec<(String, RocCurve)>, Error> {
    let evaluation = evaluation(n_classes)?;
    let curve = |(class, name)| Ok((name, evaluation.roc_curve(class)?));
    classes(n_classes).into_iter().enumerate().map(curve).collect()
}

/// Deletion and insertion curves of two useful maps and of a random one.
pub(crate) fn deletion_insertion() -> [(&'static str, DeletionInsertion); 3] {
    let curves = |sharpness: f32| {
        let falling = |i: i32| 0.08 + 0.8 * (1.0 - i as f32 / 20.0).powf(sharpness);
        let deletion: Vec<f32> = (0..=20).map(falling).collect();
        let insertion = deletion.iter().map(|p| 0.96 - p).collect();
        DeletionInsertion { deletion, insertion }
    };
    [("SmoothGrad", curves(5.0)), ("Grad-CAM of conv2d_3", curves(2.2)), ("random", curves(0.9))]
}

/// The views of one track.
pub(crate) struct Track {
    pub(crate) samples: Vec<f32>,
    pub(crate) frequencies: Vec<f32>,
    pub(crate) magnitudes: Vec<f32>,
    pub(crate) spectrogram: Array2<f32>,
    pub(crate) mfcc: Array2<f32>,
}

pub(crate) fn track() -> Track {
    let sample = |seconds: f32| {
        let beat = (-(seconds * 2.0).fract() * 6.0).exp();
        0.7 * beat * (seconds * 1400.0).sin() + 0.1 * (seconds * 9000.0).sin()
    };
    let frequencies: Vec<f32> = (0..20_000).map(|i| i as f32 * 11_025.0 / 20_000.0).collect();
    Track {
        samples: (0..22_050 * 8).map(|i| sample(i as f32 / 22_050.0)).collect(),
        magnitudes: frequencies
            .iter()
            .map(|f| 900.0 * (-f / 900.0).exp() * (1.0 + (f / 37.0).sin()).abs())
            .collect(),
        frequencies,
        spectrogram: Array2::from_shape_fn((345, 257), |(t, bin)| {
            -(bin as f32) / 3.5 + 12.0 * (t as f32 / 9.0).sin() + 6.0 * (bin as f32 / 5.0).cos()
        }),
        mfcc: Array2::from_shape_fn((345, 13), |(t, c)| match c {
            0 => -320.0 + 60.0 * (t as f32 / 8.0).sin(),
            _ => 90.0 / c as f32 * (t as f32 / (5 + c) as f32).cos(),
        }),
    }
}
