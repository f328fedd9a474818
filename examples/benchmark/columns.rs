//! The 57 columns of the Kaggle table.

use anyhow::{Context, Result};
use cepstrum::dataset::{FeatureSet, SplitConfig, SplitIndices};
use cepstrum::eval::Evaluation;
use cepstrum::models::Classifier;
use cepstrum::models::zoo::{Architecture, Ffnn, KNeighbors, LogisticRegression, MajorityClass};

use crate::gtzan::Published;
use crate::measure::{Draws, Line};

/// Strengths of the regression's penalty that are compared (scikit-learn's `C`).
const STRENGTHS: [f64; 5] = [1.0, 0.3, 0.1, 0.03, 0.01];
/// Most seeds of a network.
const NETWORK_SEEDS: u64 = 3;

#[derive(Clone, Copy)]
enum Model {
    Majority,
    Neighbors,
    /// With scikit-learn's default strength.
    Logistic,
    /// With the strength that validation tracks choose.
    ChosenLogistic,
    Ffnn5,
}

impl Model {
    const ALL: [Self; 5] =
        [Self::Majority, Self::Neighbors, Self::Logistic, Self::ChosenLogistic, Self::Ffnn5];

    fn name(self) -> &'static str {
        match self {
            Self::Majority => "majority",
            Self::Neighbors => "k nearest neighbors",
            Self::Logistic => "logistic regression, C = 1",
            Self::ChosenLogistic => "logistic regression, C chosen",
            Self::Ffnn5 => "ffnn5",
        }
    }

    /// Fits the model to training and validation tracks; what it has to choose, it chooses on the validation tracks after
    /// a fit to the training tracks alone.
    fn fit(self, table: &FeatureSet, parts: &SplitIndices, seed: u64) -> Result<Classifier> {
        let (training, validation) = (table.select(&parts.train), table.select(&parts.validation));
        let all = table.select(&[parts.train.as_slice(), &parts.validation].concat());
        match self {
            Self::Majority => Ok(MajorityClass::default().fit(&all, None)?.model),
            Self::Neighbors => {
                let k =
                    KNeighbors::default().fit(&training, Some(&validation))?.chosen.context("no number")?;
                Ok(KNeighbors { ks: vec![k as usize], ..KNeighbors::default() }.fit(&all, None)?.model)
            }
            Self::Logistic => Ok(LogisticRegression::with_strength(1.0).fit(&all, None)?.model),
            Self::ChosenLogistic => {
                let regression =
                    LogisticRegression { strengths: STRENGTHS.to_vec(), ..LogisticRegression::default() };
                let strength = regression.fit(&training, Some(&validation))?.chosen.context("no strength")?;
                Ok(LogisticRegression::with_strength(strength).fit(&all, None)?.model)
            }
            Self::Ffnn5 => {
                let network = Architecture::Ffnn(Ffnn::BatchNorm);
                let shape = table.segment_shape();
                let mut model = network.build(shape, table.n_classes(), seed)?;
                let config = network.config(shape, network.epochs(), seed);
                network.trainer(config).fit_unvalidated(&mut model, &all)?;
                Ok(model)
            }
        }
    }
}

/// Every model on random splits and on the filtered one.
pub(crate) fn lines(published: &Published, seeds: u64) -> Result<Vec<Line>> {
    let table = &published.columns;
    let random = |seed| SplitConfig { seed, ..SplitConfig::default() }.indices(table);
    let filtered = published.split.indices(table)?;
    let mut lines = Vec::new();
    for model in Model::ALL {
        let is_network = matches!(model, Model::Ffnn5);
        let n_random = if is_network { seeds.min(NETWORK_SEEDS) } else { seeds };
        let mut draws = Draws::new(table.classes());
        for seed in 0..n_random {
            add(&mut draws, model, table, &random(seed)?, seed)?;
        }
        lines.push(draws.line("57 columns", model.name(), "random")?);
        let mut draws = Draws::new(table.classes());
        for seed in 0..if is_network { n_random } else { 1 } {
            add(&mut draws, model, table, &filtered, seed)?;
        }
        lines.push(draws.line("57 columns", model.name(), "filtered")?);
    }
    lines.sort_by_key(|line| line.split == "filtered");
    Ok(lines)
}

fn add(draws: &mut Draws, model: Model, table: &FeatureSet, parts: &SplitIndices, seed: u64) -> Result<()> {
    let fitted = model.fit(table, parts, seed)?;
    let evaluation = Evaluation::from_model(&fitted, &table.select(&parts.test))?;
    draws.add(&evaluation, parts.test.iter().map(|&row| table.track_ids()[row]))
}
