//! Training, measuring and calibrating one model: the same for `train`, `compare` and the notebook.

use anyhow::Result;
use cepstrum::dataset::{FeatureSet, Split, SplitConfig, SplitUnit};
use cepstrum::eval::metrics::Bootstrap;
use cepstrum::eval::{CalibrationRun, Evaluation, ModelRun, SplitBy};
use cepstrum::models::candle_core::Device;
use cepstrum::models::zoo::{FittedModel, ModelName};
use cepstrum::models::{Classifier, OodDetector, TrainReport, Trainer};

use crate::interrupt::Interrupt;
use crate::settings::Settings;

/// A model to train and its data.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fit<'a> {
    pub(crate) name: ModelName,
    pub(crate) training: &'a FeatureSet,
    /// The data on which a network is watched and a simple model chooses its setting.
    pub(crate) validation: Option<&'a FeatureSet>,
    /// Maximum number of epochs; `None` for the network's own.
    pub(crate) epochs: Option<usize>,
    pub(crate) seed: u64,
    pub(crate) device: &'a Device,
    /// A wish to end stops a network after the epoch in hand.
    pub(crate) interrupt: &'a Interrupt,
}

impl<'a> Fit<'a> {
    /// A model on the training part of a split, with its validation part if that has segments.
    pub(crate) fn new(
        name: ModelName,
        split: &'a Split,
        device: &'a Device,
        Settings { seed, interrupt, .. }: &'a Settings,
    ) -> Self {
        let validation = Some(&split.validation).filter(|part| !part.is_empty());
        Self { name, training: &split.train, validation, epochs: None, seed: *seed, device, interrupt }
    }

    /// Trains the model.
    pub(crate) fn run(self) -> Result<(Classifier, TrainReport)> {
        self.run_with(|_, trainer| Ok(trainer))
    }

    /// Trains the model; `prepare` sees a network before its training and adds callbacks.
    pub(crate) fn run_with<'t>(
        self,
        prepare: impl FnOnce(&Classifier, Trainer<'t>) -> Result<Trainer<'t>>,
    ) -> Result<(Classifier, TrainReport)> {
        let Self { name, training, validation, epochs, seed, device, interrupt } = self;
        let network = match name {
            ModelName::Network(network) => network,
            ModelName::Simple(simple) => {
                let FittedModel { model, report, .. } = simple.fit(training, validation)?;
                return Ok((model, report));
            }
        };
        let shape = training.segment_shape();
        let mut model = network.build_on(device, shape, training.n_classes(), seed)?;
        let config = network.config(shape, epochs.unwrap_or_else(|| network.epochs()), seed);
        let trainer = prepare(&model, network.trainer(config))?.callback(interrupt.clone());
        let report = match validation {
            Some(validation) => trainer.fit(&mut model, training, validation)?,
            None => trainer.fit_unvalidated(&mut model, training)?,
        };
        Ok((model, report))
    }
}

/// A trained model with its evaluation on the test part and its entry in the record.
#[derive(Debug)]
pub(crate) struct Trained {
    pub(crate) model: Classifier,
    pub(crate) evaluation: Evaluation,
    pub(crate) run: ModelRun,
}

/// Measures a model, which the record calls `label`, on the test part of the split by `unit`, fits its temperatures on held-out
/// segments, and its detector of unknown music where there are segments enough.
pub(crate) fn measure(
    (mut model, report): (Classifier, TrainReport),
    label: &str,
    split: &Split,
    unit: SplitUnit<'_>,
    seed: u64,
) -> Result<Trained> {
    let evaluation = Evaluation::from_model(&model, &split.test)?;
    let run = ModelRun::new(label, split_by(unit), seed).with_training(&model, &report);
    let mut run = run.with_evaluation(&evaluation, &Bootstrap { seed, ..Bootstrap::default() })?;
    if let Some((held_out, segments, rest)) = held_out(&model, split, &evaluation, unit, seed)? {
        if !split.validation.is_empty() {
            run = run.with_validation(&held_out)?;
        }
        let calibration = CalibrationRun::fit(&held_out, &rest)?;
        model = model.with_temperatures(calibration.temperatures()?);
        // The covariance of more values than segments is degenerate, and large.
        if 2 * split.train.segment_shape()[1] < split.train.len() {
            model = model.with_ood_detector(OodDetector::fit(&split.train, &segments)?);
        }
        run.calibration = Some(calibration);
    }
    Ok(Trained { model, evaluation, run })
}

/// The split's name in the record.
pub(crate) fn split_by(unit: SplitUnit<'_>) -> SplitBy {
    match unit {
        SplitUnit::Segment => SplitBy::Segment,
        _ => SplitBy::Track,
    }
}

/// Returns the evaluation of held-out segments on which the temperatures are fitted, the segments themselves, and the
/// evaluation of those on which the effect is measured: the validation and the test part, or two halves of the test part
/// where there is no validation part. `None` where the test part cannot be halved.
fn held_out(
    model: &Classifier,
    split: &Split,
    test: &Evaluation,
    unit: SplitUnit<'_>,
    seed: u64,
) -> Result<Option<(Evaluation, FeatureSet, Evaluation)>> {
    if !split.validation.is_empty() {
        let validation = Evaluation::from_model(model, &split.validation)?;
        return Ok(Some((validation, split.validation.clone(), test.clone())));
    }
    let halves = SplitConfig { unit, train_share: 0.5, validation_share: 0.0, seed }.indices(&split.test);
    let Ok(halves) = halves else { return Ok(None) };
    let segments = split.test.select(&halves.train);
    Ok(Some((test.select(&halves.train)?, segments, test.select(&halves.test)?)))
}
