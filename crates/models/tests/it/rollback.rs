//! A run that fails before its first step is complete leaves every part of the model as it was.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

use candle_core::{Tensor, Var};
use cepstrum_dataset::{ExtractConfig, FeatureSet};
use cepstrum_models::{
    Adam, CalibratedTemperatures, Callback, Checkpoint, Classifier, DataSource, Dense, EarlyStopping,
    EpochReport, Error, Flatten, LearningRateSchedule, ModelMetadata, OodDetector, Optimizer, OptimizerState,
    Result, Sequential, Sgd, Standardization, StepReport, TrainConfig, TrainPlan, Trainer,
};
use ndarray::Array3;

use crate::common::{CLASSES, SHAPE, rewritten, set, weight_bits};

fn untrained() -> Classifier {
    let network = Sequential::builder(SHAPE).layer(Flatten::new()).layer(Dense::new(3)).build().unwrap();
    Classifier::new(network).unwrap()
}

fn config() -> TrainConfig {
    TrainConfig { epochs: 2, batch_size: 8, ..TrainConfig::default() }
}

/// A trained model with temperatures and an out-of-distribution detector.
fn complete() -> Classifier {
    let (mut model, data) = (untrained(), set(24, 1));
    Trainer::new(config()).fit_unvalidated(&mut model, &data).unwrap();
    let detector = OodDetector::fit(&data, &set(12, 2)).unwrap();
    model.with_temperatures(CalibratedTemperatures::new(1.5, 0.5).unwrap()).with_ood_detector(detector)
}

/// Data with other classes, other values and unknown feature settings.
fn other_data() -> FeatureSet {
    let features = set(24, 3).features().mapv(|value| 2.0 * value + 1.0);
    let classes = ["a", "b", "c"].map(str::to_owned).to_vec();
    FeatureSet::new(features, set(24, 3).labels().to_vec(), classes, Vec::new(), None).unwrap()
}

/// Every part of a model.
#[derive(Debug, PartialEq)]
struct Parts {
    weights: Vec<u32>,
    metadata: ModelMetadata,
    temperatures: CalibratedTemperatures,
    ood_detector: Option<OodDetector>,
}

impl Parts {
    fn of(model: &Classifier) -> Self {
        Self {
            weights: weight_bits(model),
            metadata: model.metadata().clone(),
            temperatures: model.temperatures(),
            ood_detector: model.ood_detector().cloned(),
        }
    }
}

/// Trains a complete model, which must fail and leave the model as it was; returns the error.
fn fails(trainer: Trainer<'_>, data: &(impl DataSource + ?Sized)) -> Error {
    let mut model = complete();
    let before = Parts::of(&model);
    assert!(before.ood_detector.is_some() && before.metadata.standardizer.is_some());
    let error = trainer.fit_unvalidated(&mut model, data).unwrap_err();
    assert_eq!(Parts::of(&model), before, "{error}");
    error
}

/// A callback that fails when the named method is called.
struct FailAt(&'static str);

impl FailAt {
    fn fail(&self, call: &str) -> Result<()> {
        if self.0 == call { Err(Error::callback(format!("on purpose: {call}"))) } else { Ok(()) }
    }
}

impl Callback for FailAt {
    fn on_train_begin(&mut self, _: &TrainPlan, model: &Classifier) -> Result<()> {
        assert!(self.0 != "panic", "on purpose");
        // During training the model has its new class names.
        assert_eq!(model.classes(), ["a", "b", "c"]);
        assert!(model.ood_detector().is_none());
        self.fail("on_train_begin")
    }

    fn on_epoch_begin(&mut self, _: usize, learning_rate: f64) -> Result<f64> {
        self.fail("on_epoch_begin").map(|()| learning_rate)
    }

    fn on_step_end(&mut self, _: &StepReport) -> Result<()> {
        self.fail("on_step_end")
    }
}

#[test]
fn when_a_callback_fails_before_the_first_step() {
    let data = other_data();
    for call in ["on_train_begin", "on_epoch_begin"] {
        let error = fails(Trainer::new(config()).callback(FailAt(call)), &data);
        assert_eq!(error.to_string(), format!("callback: on purpose: {call}"));
    }
    let stopping = EarlyStopping::on_validation_loss(3);
    let error = fails(Trainer::new(config()).callback(stopping), &data);
    assert!(matches!(error, Error::NeedsValidation { callback: "EarlyStopping" }), "{error}");
    let schedule = LearningRateSchedule::Steps(vec![(1, -1.0)]);
    let error = fails(Trainer::new(config()).callback(schedule), &data);
    assert_eq!(error.to_string(), "learning_rate must be above 0 and finite, is -1");
}

#[test]
fn when_a_callback_panics_before_the_first_step() {
    let (mut model, data) = (complete(), other_data());
    let before = Parts::of(&model);
    let trainer = Trainer::new(config()).callback(FailAt("panic"));
    assert!(catch_unwind(AssertUnwindSafe(|| trainer.fit_unvalidated(&mut model, &data))).is_err());
    assert_eq!(Parts::of(&model), before);
}

#[test]
fn after_the_first_step_the_model_belongs_to_its_new_data() {
    let (mut model, data) = (complete(), other_data());
    let before = Parts::of(&model);
    let trainer = Trainer::new(config()).callback(FailAt("on_step_end"));
    trainer.fit_unvalidated(&mut model, &data).unwrap_err();
    let after = Parts::of(&model);
    assert_ne!(after.weights, before.weights);
    assert_eq!(after.metadata.classes, ["a", "b", "c"]);
    assert_eq!((after.ood_detector, after.temperatures), (None, CalibratedTemperatures::default()));
    assert_ne!(after.metadata.standardizer, before.metadata.standardizer);
}

#[test]
fn when_the_first_loss_is_not_finite() {
    let features =
        Array3::from_shape_fn((24, SHAPE[0], SHAPE[1]), |(segment, ..)| 3e38 - segment as f32 * 1e37);
    let classes = ["a", "b", "c"].map(str::to_owned).to_vec();
    let data = FeatureSet::new(features, set(24, 1).labels().to_vec(), classes, Vec::new(), None).unwrap();
    let config = TrainConfig { standardize: Standardization::Off, ..config() };
    let error = fails(Trainer::new(config), &data);
    assert!(matches!(error, Error::Diverged { epoch: 1, step: 1, .. }), "{error}");
}

/// A source whose reads fail after a given number of them.
struct ReadsLeft {
    set: FeatureSet,
    reads: AtomicUsize,
}

impl DataSource for ReadsLeft {
    fn len(&self) -> usize {
        DataSource::len(&self.set)
    }

    fn segment_shape(&self) -> [usize; 2] {
        self.set.segment_shape()
    }

    fn classes(&self) -> &[String] {
        self.set.classes()
    }

    fn config(&self) -> Option<&ExtractConfig> {
        self.set.config()
    }

    fn read(&self, segments: &[usize], features: &mut [f32], labels: &mut [u32]) -> Result<()> {
        if self.reads.fetch_sub(1, Ordering::Relaxed) == 0 {
            return Err(std::io::Error::other("the disk is gone").into());
        }
        DataSource::read(&self.set, segments, features, labels)
    }
}

#[test]
fn when_the_first_batch_cannot_be_read() {
    // The checks before the first step read all 24 segments at once.
    let data = ReadsLeft { set: other_data(), reads: AtomicUsize::new(1) };
    let error = fails(Trainer::new(config()), &data);
    assert_eq!(error.to_string(), "the disk is gone");
}

/// An optimizer that changes the first weight, then fails.
#[derive(Debug)]
struct HalfStep;

impl Optimizer for HalfStep {
    fn learning_rate(&self) -> f64 {
        0.1
    }

    fn set_learning_rate(&mut self, _: f64) {}

    fn step(&mut self, weights: &[&Var], _: &[Tensor]) -> Result<()> {
        weights[0].set(&weights[0].zeros_like()?)?;
        Err(std::io::Error::other("half a step").into())
    }

    fn state(&self) -> Result<OptimizerState> {
        Ok(OptimizerState::new("half_step", 0.1))
    }

    fn restore(&mut self, _: OptimizerState) -> Result<()> {
        Ok(())
    }
}

#[test]
fn when_the_optimizer_fails_in_the_first_step() {
    let data = other_data();
    assert_eq!(fails(Trainer::new(config()).optimizer(HalfStep), &data).to_string(), "half a step");

    // An optimizer that was used on another network before.
    let network = Sequential::builder(SHAPE).layer(Flatten::new()).layer(Dense::new(4)).layer(Dense::new(3));
    let mut other = Classifier::new(network.build().unwrap()).unwrap();
    let mut adam = Adam::new(1e-3);
    Trainer::new(config()).optimizer(&mut adam).fit_unvalidated(&mut other, &data).unwrap();
    let error = fails(Trainer::new(config()).optimizer(&mut adam), &data);
    assert_eq!(error.to_string(), "optimizer step: 2 weights, 4 in the steps before");
}

#[test]
fn when_a_checkpoint_does_not_fit() {
    let folder = tempfile::tempdir().unwrap();
    let (path, data) = (folder.path().join("run.checkpoint"), other_data());
    let one = TrainConfig { epochs: 1, ..config() };
    Trainer::new(one).checkpoint(&path).fit_unvalidated(&mut untrained(), &data).unwrap();
    let bytes = std::fs::read(&path).unwrap();

    let error = fails(Trainer::new(config()).optimizer(Sgd::new(0.1)).resume(&path), &data);
    assert!(matches!(error.cause(), Error::State { .. }), "{error}");
    let trainer = Trainer::new(TrainConfig { batch_size: 4, ..config() });
    assert!(matches!(fails(trainer.resume(&path), &data).cause(), Error::OtherRun { .. }));
    let error = fails(Trainer::new(config()).callback(FailAt("on_train_begin")).resume(&path), &data);
    assert!(matches!(error, Error::Callback(_)), "{error}");
    // The weights are restored last, after optimizer and callbacks.
    let renamed = rewritten(&bytes, |_, tensors| {
        let bias = tensors.iter_mut().find(|(name, _)| name == "model/dense/bias").unwrap();
        bias.0 = "model/dense/offset".to_owned();
    });
    let checkpoint = Checkpoint::from_bytes(&renamed).unwrap();
    let error = fails(Trainer::new(config()).resume_from(checkpoint), &data);
    assert!(matches!(&error, Error::MissingWeight { weight } if weight == "dense/bias"), "{error}");
    // The checkpoint fits, but the first epoch fails.
    let error = fails(Trainer::new(config()).callback(FailAt("on_epoch_begin")).resume(&path), &data);
    assert!(matches!(error, Error::Callback(_)), "{error}");

    let mut model = complete();
    Trainer::new(config()).resume(&path).fit_unvalidated(&mut model, &data).unwrap();
    assert_eq!(model.classes(), ["a", "b", "c"]);
    assert_ne!(model.classes(), CLASSES);
}

/// Counts how often a run begins, ends and fails.
#[derive(Default)]
struct Ends {
    begun: usize,
    ended: usize,
    failed: Vec<String>,
}

impl Callback for Ends {
    fn on_train_begin(&mut self, _: &TrainPlan, _: &Classifier) -> Result<()> {
        self.begun += 1;
        Ok(())
    }

    fn on_train_end(&mut self, _: &cepstrum_models::TrainReport, _: &mut Classifier) -> Result<()> {
        self.ended += 1;
        Ok(())
    }

    fn on_train_error(&mut self, error: &Error) {
        self.failed.push(error.to_string());
    }
}

/// A callback that fails after the first epoch.
struct FailAfter;

impl Callback for FailAfter {
    fn on_epoch_end(&mut self, _: &EpochReport, _: &Classifier) -> Result<cepstrum_models::Control> {
        Err(Error::callback("late"))
    }
}

#[test]
fn callbacks_that_have_begun_learn_of_the_failure() {
    let data = other_data();
    let run = |trainer: Trainer<'_>| trainer.fit_unvalidated(&mut untrained(), &data);
    let mut ends = Ends::default();
    run(Trainer::new(config()).callback(&mut ends)).unwrap();
    assert_eq!((ends.begun, ends.ended, ends.failed.len()), (1, 1, 0));

    for failing in [Box::new(FailAfter) as Box<dyn Callback>, Box::new(FailAt("on_step_end"))] {
        let mut ends = Ends::default();
        let error = run(Trainer::new(config()).callback(failing).callback(&mut ends)).unwrap_err();
        assert_eq!((ends.begun, ends.ended, ends.failed), (1, 0, vec![error.to_string()]));
    }
    let (mut before, mut after) = (Ends::default(), Ends::default());
    let trainer = Trainer::new(config()).callback(&mut before).callback(FailAt("on_train_begin"));
    run(trainer.callback(&mut after)).unwrap_err();
    assert_eq!((before.begun, before.failed.len()), (1, 1));
    assert_eq!((after.begun, after.failed.len()), (0, 0));
}
