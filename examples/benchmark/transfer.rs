//! Models on a track's features or on those of its windows, cross-validated by track.

use anyhow::Result;
use cepstrum::dataset::FeatureSet;
use cepstrum::eval::Evaluation;
use cepstrum::models::zoo::{KNeighbors, LogisticRegression};
use cepstrum::models::{Adam, Classifier, Dense, Dropout, Flatten, Sequential, TrainConfig, Trainer, Vote};
use ndarray::{Array1, Array2, Axis, stack};

/// Number of folds.
const K: usize = 5;
/// Seeds of the network, whose probabilities are averaged.
const NETWORK_SEEDS: u64 = 3;

/// A way to learn, with its setting.
#[derive(Clone, Copy)]
pub(crate) enum Learner {
    /// Logistic regression with scikit-learn's `C`.
    Logistic(f64),
    /// The nearest neighbors.
    Neighbors(usize),
    /// A hidden layer of 64 units with half of them dropped, and an L2 penalty.
    Network(f64),
}

impl Learner {
    pub(crate) fn describe(self) -> String {
        match self {
            Self::Logistic(strength) => format!("logistic regression, C = {strength}"),
            Self::Neighbors(k) => format!("{k} nearest neighbors"),
            Self::Network(penalty) => format!("network of 64 units, penalty {penalty}"),
        }
    }

    fn fit(self, training: &FeatureSet) -> Result<Vec<Classifier>> {
        Ok(match self {
            Self::Logistic(strength) => {
                vec![LogisticRegression::with_strength(strength).fit(training, None)?.model]
            }
            Self::Neighbors(k) => {
                vec![KNeighbors { ks: vec![k], ..KNeighbors::default() }.fit(training, None)?.model]
            }
            Self::Network(penalty) => {
                (0..NETWORK_SEEDS).map(|seed| network(training, penalty, seed)).collect::<Result<_>>()?
            }
        })
    }
}

fn network(training: &FeatureSet, penalty: f64, seed: u64) -> Result<Classifier> {
    let network = Sequential::builder(training.segment_shape())
        .layer(Flatten::new())
        .layer(Dense::new(64).relu().l2(penalty))
        .layer(Dropout::new(0.5))
        .layer(Dense::new(training.n_classes()).l2(penalty))
        .seed(seed)
        .build()?;
    let mut model = Classifier::new(network)?;
    let config = TrainConfig { epochs: 100, seed, ..TrainConfig::default() };
    Trainer::new(config).optimizer(Adam::new(1e-3)).fit_unvalidated(&mut model, training)?;
    Ok(model)
}

/// The probabilities of tracks, `[n_tracks, n_classes]`, in the order of the set's track names.
pub(crate) type Probabilities = Array2<f32>;

/// Fits to one set and predicts the tracks of another: windows agree, and so do networks of several seeds.
pub(crate) fn predict(learner: Learner, training: &FeatureSet, test: &FeatureSet) -> Result<Probabilities> {
    let of_models = learner
        .fit(training)?
        .iter()
        .map(|model| {
            Ok(Evaluation::from_model(model, test)?.by_track(Vote::default())?.probabilities().clone())
        })
        .collect::<Result<Vec<_>>>()?;
    combined(&of_models.iter().collect::<Vec<_>>())
}

/// The normalized geometric mean of several models' probabilities.
pub(crate) fn combined(of_models: &[&Probabilities]) -> Result<Probabilities> {
    let (n_tracks, n_classes) = of_models.first().map_or((0, 0), |first| first.dim());
    let mut mean = Array2::zeros((n_tracks, n_classes));
    for (track, mut row) in mean.outer_iter_mut().enumerate() {
        let rows: Vec<Array1<f32>> = of_models.iter().map(|model| model.row(track).ln()).collect();
        let views: Vec<_> = rows.iter().map(|row| row.view()).collect();
        row.assign(&Vote::default().combine(&stack(Axis(0), &views)?, 1.0));
    }
    Ok(mean)
}

/// The fold of every track: the tracks of a genre in the order of their numbers, cut into `K` runs of equal length.
///
/// GTZAN numbers the tracks of an artist one after the other. Folds that are drawn at random put them on both sides, and
/// the figure then says more about artists than about genres.
pub(crate) fn folds(set: &FeatureSet) -> Vec<usize> {
    let mut label_of = vec![0; set.track_names().len()];
    for (&track, &label) in set.track_ids().iter().zip(set.labels()) {
        label_of[track] = label;
    }
    let mut fold_of = vec![0; label_of.len()];
    for label in 0..set.n_classes() {
        let mut tracks: Vec<usize> = (0..label_of.len()).filter(|&track| label_of[track] == label).collect();
        tracks.sort_by_key(|&track| &set.track_names()[track]);
        for (place, &track) in tracks.iter().enumerate() {
            fold_of[track] = place * K / tracks.len();
        }
    }
    fold_of
}

/// Predicts every track by a model that was fitted to the other folds.
pub(crate) fn out_of_fold(learner: Learner, set: &FeatureSet, fold_of: &[usize]) -> Result<Probabilities> {
    let mut probabilities = Array2::zeros((set.track_names().len(), set.n_classes()));
    for fold in 0..K {
        let is_out = |row: &usize| fold_of[set.track_ids()[*row]] == fold;
        let (out, rest): (Vec<usize>, Vec<usize>) = (0..set.len()).partition(is_out);
        let of_fold = predict(learner, &set.select(&rest), &set.select(&out))?;
        let tracks = (0..fold_of.len()).filter(|&track| fold_of[track] == fold);
        for (track, row) in tracks.zip(of_fold.outer_iter()) {
            probabilities.row_mut(track).assign(&row);
        }
    }
    Ok(probabilities)
}
