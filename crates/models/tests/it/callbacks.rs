//! Callbacks: schedules, early stopping, models saved on the way, progress.

use std::sync::Mutex;

use cepstrum_dataset::progress::Progress;
use cepstrum_models::{
    Adam, AverageWeights, Callback, Classifier, Control, EarlyStopping, EpochReport, Error,
    LearningRateSchedule, ModelCheckpoint, OnEpoch, PlateauConfig, ReduceOnPlateau, Result, ShowProgress,
    Standardization, StepReport, StopReason, TrainConfig, TrainPlan, Trainer, Weights,
};

use crate::common::{set, weight_bits};
use crate::training::{Steps, config, linear};

/// The report of an epoch with this validation loss.
fn report(epoch: usize, loss: f64) -> EpochReport {
    EpochReport {
        epoch,
        epochs: 100,
        train_loss: 1.0,
        train_accuracy: 0.0,
        validation_loss: Some(loss),
        validation_accuracy: Some(0.0),
        learning_rate: 1e-3,
        seconds: 0.0,
    }
}

/// The epoch at which early stopping ends a run with these validation losses.
fn watch(stopping: &mut EarlyStopping, model: &Classifier, losses: &[f64]) -> Option<usize> {
    losses.iter().zip(1..).find_map(|(&loss, epoch)| {
        (stopping.on_epoch_end(&report(epoch, loss), model).unwrap() == Control::Stop).then_some(epoch)
    })
}

#[test]
fn early_stopping_waits_as_keras_does() {
    let model = linear();
    let losses = [3.0, 2.0, 2.5, 2.0, 2.2, 1.9, 1.9, 1.9, 1.9, 1.9];
    for (patience, expected) in [(1, Some(3)), (2, Some(4)), (3, Some(5)), (4, Some(10)), (5, None)] {
        let mut stopping = EarlyStopping::on_validation_loss(patience);
        assert_eq!(watch(&mut stopping, &model, &losses), expected, "patience {patience}");
    }
}

#[test]
fn early_stopping_restores_the_best_weights_when_asked() {
    // At this rate a linear model overshoots from the first epochs on, so that the last is not the best.
    let (train, validation) = (set(30, 1), set(60, 2));
    let run = |stopping: EarlyStopping| {
        let mut model = linear();
        let mut stopping = stopping;
        let mut losses = Vec::new();
        let report = Trainer::new(config(60))
            .optimizer(Adam::new(0.3))
            .callback(&mut stopping)
            .callback(OnEpoch(|report| {
                losses.push(report.validation_loss.unwrap());
                Control::Continue
            }))
            .fit(&mut model, &train, &validation)
            .unwrap();
        assert_eq!(report.stop_reason, StopReason::Stopped);
        assert_eq!(report.epochs, stopping.best_epoch() + 4);
        (model.evaluate(&validation).unwrap().loss, losses)
    };
    let (kept, losses) = run(EarlyStopping::on_validation_loss(4));
    let best = losses.iter().copied().fold(f64::INFINITY, f64::min);
    assert_eq!(kept, *losses.last().unwrap());
    let (restored, same) = run(EarlyStopping::on_validation_loss(4).restore_best());
    assert_eq!(same, losses);
    assert_eq!(restored, best);
    assert!(restored < kept);
}

#[test]
fn schedules_are_the_reference_experiments() {
    let rates = |mut schedule: LearningRateSchedule, epochs: usize| {
        let mut rate = 0.01;
        (1..=epochs)
            .map(|epoch| {
                rate = schedule.on_epoch_begin(epoch, rate).unwrap();
                rate
            })
            .collect::<Vec<_>>()
    };
    let falling = rates(LearningRateSchedule::ExponentialAfter { after: 10, decay: 0.1 }, 12);
    assert!(falling[..10].iter().all(|rate| *rate == 0.01));
    assert!((falling[10] - 0.01 * (-0.1_f64).exp()).abs() < 1e-15);
    assert!((falling[11] - 0.01 * (-0.2_f64).exp()).abs() < 1e-15);
    let steps = rates(LearningRateSchedule::cnn(), 200);
    let count = |wanted| steps.iter().filter(|rate| **rate == wanted).count();
    // Keras's epochs 0 to 25, 26 to 100, 101 to 199.
    assert_eq!((count(1e-4), count(5e-5), count(3e-5)), (26, 75, 99));
}

#[test]
fn the_cosine_rises_and_falls() {
    let mut schedule = LearningRateSchedule::Cosine { warmup: 2, epochs: 6, highest: 0.4, lowest: 0.1 };
    let rates: Vec<f64> = (1..=8).map(|epoch| schedule.on_epoch_begin(epoch, 9.0).unwrap()).collect();
    let eighth = |part: f64| 0.1 + 0.15 * (1.0 + (std::f64::consts::PI * part / 4.0).cos());
    let expected = [0.2, 0.4, eighth(1.0), eighth(2.0), eighth(3.0), 0.1, 0.1, 0.1];
    for (rate, expected) in rates.iter().zip(expected) {
        assert!((rate - expected).abs() < 1e-12, "{rates:?}");
    }
    let mut schedule = LearningRateSchedule::Cosine { warmup: 0, epochs: 3, highest: 0.4, lowest: 0.0 };
    let rates = [1, 2, 3].map(|epoch| schedule.on_epoch_begin(epoch, 9.0).unwrap());
    assert!((rates[0] - 0.4).abs() < 1e-12 && (rates[1] - 0.2).abs() < 1e-12 && rates[2] < 1e-12);
    // Epochs count from 1, but a caller of the trait may count from 0.
    assert_eq!(schedule.on_epoch_begin(0, 9.0).unwrap(), 0.4);
    let mut schedule = LearningRateSchedule::Cosine { warmup: 2, epochs: 6, highest: 0.4, lowest: 0.1 };
    assert!(schedule.on_epoch_begin(0, 9.0).unwrap().is_finite());
}

#[test]
fn a_plateau_lowers_the_rate_as_in_keras() {
    // Printed by keras 3.15.1, ReduceLROnPlateau(factor=0.5, patience=2, min_delta=0.01, cooldown=1, min_lr=0.02) at 0.1.
    let losses = [1.0, 0.995, 0.994, 0.993, 0.992, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9];
    let expected = [0.1, 0.1, 0.1, 0.05, 0.05, 0.025, 0.025, 0.025, 0.02, 0.02, 0.02, 0.02];
    let config =
        PlateauConfig { factor: 0.5, patience: 2, min_delta: 0.01, cooldown: 1, min_learning_rate: 0.02 };
    let (model, mut schedule, mut rate) = (linear(), ReduceOnPlateau::new(config), 0.1);
    let plan = TrainPlan { epochs: 12, steps: 1, n_training: 1, n_validation: 1, first_epoch: 1 };
    schedule.on_train_begin(&plan, &model).unwrap();
    for (epoch, (loss, expected)) in (1..).zip(losses.into_iter().zip(expected)) {
        rate = schedule.on_epoch_begin(epoch, rate).unwrap();
        assert!((rate - expected).abs() < 1e-12, "epoch {epoch}: {rate}");
        schedule.on_epoch_end(&report(epoch, loss), &model).unwrap();
    }
    let plan = TrainPlan { n_validation: 0, ..plan };
    assert!(schedule.on_train_begin(&plan, &model).is_err());
}

#[test]
fn the_best_models_are_saved_on_the_way() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let model = linear();
    let mut best = ModelCheckpoint::best(path("best.safetensors"));
    let mut every = ModelCheckpoint::every_epoch(path("at-{epoch}.safetensors"));
    for (epoch, loss) in (1..).zip([2.0, 1.0, 1.5]) {
        best.on_epoch_end(&report(epoch, loss), &model).unwrap();
        every.on_epoch_end(&report(epoch, loss), &model).unwrap();
        assert!(path(&format!("at-000{epoch}.safetensors")).exists());
        if epoch == 2 {
            assert!(path("best.safetensors").exists());
            std::fs::remove_file(path("best.safetensors")).unwrap();
        }
    }
    assert!(!path("best.safetensors").exists(), "the third epoch was not the best");
    let loaded = Classifier::load(path("at-0003.safetensors")).unwrap();
    assert_eq!(weight_bits(&loaded), weight_bits(&model));
}

#[test]
fn the_schedules_rate_is_the_optimizers() {
    let mut model = linear();
    let mut steps = Steps::default();
    Trainer::new(config(3))
        .optimizer(Adam::new(0.5))
        .callback(LearningRateSchedule::Steps(vec![(2, 0.25), (3, 0.125)]))
        .callback(&mut steps)
        .fit_unvalidated(&mut model, &set(8, 1))
        .unwrap();
    assert_eq!(steps.0.iter().map(|step| step.learning_rate).collect::<Vec<_>>(), [0.5, 0.25, 0.125]);
}

#[test]
fn a_closure_can_stop_a_run() {
    let mut model = linear();
    let stop = OnEpoch(|report| if report.epoch == 2 { Control::Stop } else { Control::Continue });
    let report = Trainer::new(config(9)).callback(stop).fit_unvalidated(&mut model, &set(8, 1)).unwrap();
    assert_eq!((report.epochs, report.stop_reason), (2, StopReason::Stopped));
}

/// Counts the calls of a job.
#[derive(Default)]
struct Calls(Mutex<Vec<String>>);

impl Calls {
    fn add(&self, call: &str) {
        self.0.lock().unwrap().push(call.to_owned());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Progress for Calls {
    fn start(&self, total: u64, what: &str) {
        self.add(&format!("start {total} {what}"));
    }

    fn advance(&self, n: u64) {
        if n > 0 {
            self.add("advance");
        }
    }

    fn message(&self, _: &str) {}

    fn finish(&self) {
        self.add("finish");
    }
}

#[test]
fn progress_ends_when_the_run_ends_and_when_it_fails() {
    let (data, calls) = (set(16, 1), Calls::default());
    Trainer::new(config(1)).callback(ShowProgress(&calls)).fit_unvalidated(&mut linear(), &data).unwrap();
    assert_eq!(calls.take(), ["start 2 steps", "advance", "advance", "finish"]);

    let config = TrainConfig { standardize: Standardization::Off, ..config(3) };
    let trainer = Trainer::new(config).optimizer(Adam::new(1e38)).callback(ShowProgress(&calls));
    let error = trainer.fit_unvalidated(&mut linear(), &data).unwrap_err();
    assert!(matches!(error, Error::Diverged { epoch: 1, step: 2, .. }), "{error}");
    assert_eq!(calls.take(), ["start 6 steps", "advance", "finish"]);
}

/// Keeps a copy of the weights after every epoch.
struct Copies(Vec<Weights>);

impl Callback for Copies {
    fn on_epoch_end(&mut self, _report: &EpochReport, model: &Classifier) -> Result<Control> {
        self.0.push(model.network().snapshot()?);
        Ok(Control::Continue)
    }
}

fn values(weights: &Weights) -> Vec<f32> {
    weights.iter().flat_map(|(_, tensor)| tensor.flatten_all().unwrap().to_vec1::<f32>().unwrap()).collect()
}

#[test]
fn averaged_weights_are_the_mean_of_the_last_epochs() {
    // A rounding error of a mean of a few values of the size of 1.
    const ROUNDING: f32 = 1e-6;
    let data = set(30, 1);
    for (epochs, last) in [(7, 3), (7, 1), (2, 5)] {
        let (mut model, mut copies) = (linear(), Copies(Vec::new()));
        let trainer = Trainer::new(config(epochs)).callback(&mut copies).callback(AverageWeights::last(last));
        trainer.fit_unvalidated(&mut model, &data).unwrap();
        let averaged = values(&model.network().snapshot().unwrap());
        let copies: Vec<Vec<f32>> = copies.0.iter().rev().take(last).map(values).collect();
        assert_eq!(copies.len(), last.min(epochs));
        for (at, averaged) in averaged.into_iter().enumerate() {
            let mean = copies.iter().map(|copy| copy[at]).sum::<f32>() / copies.len() as f32;
            assert!((averaged - mean).abs() < ROUNDING, "{last} of {epochs}: {averaged} {mean}");
        }
    }
    let trainer = Trainer::new(config(2)).callback(AverageWeights::last(0));
    let error = trainer.fit_unvalidated(&mut linear(), &data).unwrap_err();
    assert_eq!(error.to_string(), "average_weights.epochs must be at least 1, is 0");
}

/// Fails in an epoch.
struct Interrupt {
    epoch: usize,
}

impl Callback for Interrupt {
    fn on_step_end(&mut self, report: &StepReport) -> Result<()> {
        if report.epoch == self.epoch { Err(Error::callback("interrupted")) } else { Ok(()) }
    }
}

#[test]
fn averaging_resumes_to_the_same_bits() {
    let data = set(30, 1);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.checkpoint");
    let mut whole = linear();
    let trainer = || Trainer::new(config(6)).callback(AverageWeights::last(4));
    trainer().fit_unvalidated(&mut whole, &data).unwrap();
    // Interrupted by an error after the fourth epoch, two of the averaged ones done.
    trainer()
        .callback(Interrupt { epoch: 5 })
        .checkpoint(&path)
        .fit_unvalidated(&mut linear(), &data)
        .unwrap_err();
    let mut resumed = linear();
    trainer().resume(&path).fit_unvalidated(&mut resumed, &data).unwrap();
    assert_eq!(weight_bits(&resumed), weight_bits(&whole));
}
