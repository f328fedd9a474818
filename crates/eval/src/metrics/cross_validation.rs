//! Training and measuring a model fold by fold.

use cepstrum_dataset::{FeatureSet, KFold, Split};
use cepstrum_models::Classifier;

use super::{Evaluation, Spread, Vote};
use crate::{Error, Result};

/// The outcome of a cross-validation.
#[derive(Clone, Debug, PartialEq)]
pub struct CrossValidation {
    /// The evaluation of every fold on its test part, in order; together the test parts cover the set once.
    pub folds: Vec<Evaluation>,
}

impl CrossValidation {
    /// Draws the folds, has `train` build and train a model for each, and measures it on the fold's test part.
    ///
    /// `train` receives the number of the fold and its parts; it must not look at the test part.
    ///
    /// ```
    /// # use cepstrum_dataset::{FeatureSet, KFold};
    /// # use cepstrum_models::{Adam, TrainConfig, Trainer, zoo};
    /// use cepstrum_eval::{CrossValidation, Error};
    ///
    /// # let label = |i: usize| i / 2 % 2;
    /// # let features = ndarray::Array3::from_shape_fn((24, 4, 3), |(i, t, c)| label(i) as f32 + (i + t + c) as f32 / 60.0);
    /// # let classes = vec!["jazz".to_owned(), "rock".to_owned()];
    /// # let tracks = (0..24).map(|i| format!("{}/{}", ["jazz", "rock"][label(i)], i / 2)).collect();
    /// # let set = FeatureSet::new(features, (0..24).map(label).collect(), classes, tracks, None)?;
    /// let outcome = CrossValidation::run(&set, &KFold { k: 3, ..KFold::default() }, |_, parts| {
    ///     let mut model = zoo::ffnn(4, set.segment_shape(), set.n_classes(), 7)?;
    ///     let trainer = Trainer::new(TrainConfig { epochs: 2, ..TrainConfig::default() });
    ///     trainer.optimizer(Adam::new(0.01)).fit(&mut model, &parts.train, &parts.validation)?;
    ///     Ok::<_, Error>(model)
    /// })?;
    /// println!("{}", outcome.accuracy()?); // 0.833 ± 0.144 (3 values, 0.667 to 0.917)
    /// # assert_eq!(outcome.folds.len(), 3);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`KFold::folds`], of `train` and of [`Evaluation::from_model`].
    pub fn run<E: From<Error>>(
        set: &FeatureSet,
        folds: &KFold<'_>,
        mut train: impl FnMut(usize, &Split) -> std::result::Result<Classifier, E>,
    ) -> std::result::Result<Self, E> {
        let indices = folds.folds(set).map_err(Error::from)?;
        let mut evaluations = Vec::with_capacity(indices.len());
        for (fold, indices) in indices.iter().enumerate() {
            let parts = indices.apply(set);
            let model = train(fold, &parts)?;
            evaluations.push(Evaluation::from_model(&model, &parts.test)?);
        }
        Ok(Self { folds: evaluations })
    }

    /// Mean and spread of the accuracy over segments.
    ///
    /// # Errors
    /// [`Error::Empty`] without a fold.
    pub fn accuracy(&self) -> Result<Spread> {
        Spread::from_values(&self.folds.iter().map(Evaluation::accuracy).collect::<Vec<_>>())
    }

    /// Mean and spread of the accuracy over whole tracks.
    ///
    /// # Errors
    /// As [`Evaluation::by_track`].
    pub fn track_accuracy(&self, vote: Vote) -> Result<Spread> {
        let tracks: Result<Vec<f64>> =
            self.folds.iter().map(|fold| Ok(fold.by_track(vote)?.accuracy())).collect();
        Spread::from_values(&tracks?)
    }
}
