//! The training loop: it learns, reports Keras's figures, and repeats to the bit.

use std::sync::Mutex;

use crate::common::{SHAPE, set, weight_bits};
use candle_core::ModuleT;
use cepstrum_dataset::FeatureSet;
use cepstrum_dataset::progress::Progress;
use cepstrum_models::{
    Adam, BatchNorm, Callback, ClassWeights, Classifier, Control, Conv2d, Dense, Dropout, EarlyStopping,
    EpochReport, Error, Flatten, LearningRateSchedule, MaxPool2d, ModelCheckpoint, OnEpoch, Optimizer,
    PlateauConfig, ReduceOnPlateau, Result, Sequential, ShowProgress, Standardization, StepReport,
    StopReason, TrainConfig, TrainPlan, Trainer,
};

fn model(seed: u64) -> Classifier {
    let network = Sequential::builder([SHAPE[0], SHAPE[1], 1])
        .layer(Conv2d::new(6, [3, 3]).relu().l2(1e-3))
        .layer(MaxPool2d::new([2, 2]))
        .layer(BatchNorm::new())
        .layer(Dropout::new(0.2))
        .layer(Flatten::new())
        .layer(Dense::new(16).relu())
        .layer(Dropout::new(0.3))
        .layer(Dense::new(3))
        .seed(seed)
        .build()
        .unwrap();
    Classifier::new(network).unwrap()
}

/// Logistic regression: a loss that can be computed by hand.
fn linear() -> Classifier {
    let network = Sequential::builder(SHAPE).layer(Flatten::new()).layer(Dense::new(3).l2(1e-2)).build();
    Classifier::new(network.unwrap()).unwrap()
}

fn config(epochs: usize) -> TrainConfig {
    TrainConfig { epochs, batch_size: 8, seed: 11, ..TrainConfig::default() }
}

/// Trains a new model for three epochs; 50 segments make a last batch of two.
fn trained(seed: u64) -> (Vec<u32>, EpochReport) {
    let mut model = model(seed);
    let report = Trainer::new(config(3)).optimizer(Adam::new(1e-2)).fit(&mut model, &set(50, 1), &set(30, 2));
    (weight_bits(&model), EpochReport { seconds: 0.0, ..report.unwrap().last })
}

#[test]
fn a_small_cnn_learns() {
    let (train, validation) = (set(120, 1), set(60, 2));
    let mut model = model(1);
    let report =
        Trainer::new(config(12)).optimizer(Adam::new(5e-3)).fit(&mut model, &train, &validation).unwrap();
    assert_eq!((report.epochs, report.stop_reason), (12, StopReason::Completed));
    let metrics = model.evaluate(&validation).unwrap();
    assert!(metrics.accuracy > 0.9, "{metrics:?}");
    assert_eq!(report.last.validation_accuracy, Some(metrics.accuracy));
    assert_eq!(report.last.validation_loss, Some(metrics.loss));
    assert_eq!(model.classes(), crate::common::CLASSES);
    assert_eq!(model.config(), train.config());
    let probabilities = model.predict_proba(&validation).unwrap();
    assert_eq!(probabilities.dim(), (60, 3));
    assert!(probabilities.rows().into_iter().all(|row| (row.sum() - 1.0).abs() < 1e-5));
}

#[test]
fn the_same_seed_gives_the_same_bits_for_any_number_of_threads() {
    let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let one = pool(1).install(|| trained(4));
    assert_eq!(one, pool(1).install(|| trained(4)));
    assert_eq!(one, pool(2).install(|| trained(4)));
    assert_eq!(one, pool(4).install(|| trained(4)));
    assert_ne!(one.0, trained(5).0);
}

#[test]
fn the_reported_loss_is_keras() {
    let train = set(20, 1);
    let mut model = linear();
    let mut steps = Steps::default();
    let trainer = Trainer::new(TrainConfig { standardize: Standardization::Off, ..config(1) });
    let report = trainer.callback(&mut steps).fit_unvalidated(&mut model, &train).unwrap();
    // Batches of 8, 8 and 4: the mean weighs each by its size.
    let sizes = [8.0, 8.0, 4.0];
    let losses: Vec<f64> = steps.0.iter().map(|step| step.loss).collect();
    assert_eq!(losses.len(), 3);
    let mean = losses.iter().zip(sizes).map(|(loss, size)| loss * size).sum::<f64>() / 20.0;
    assert!((report.last.train_loss - mean).abs() < 1e-12);
    assert_eq!(report.last.validation_loss, None);

    // evaluate() = mean cross-entropy + 0.01 * sum(kernel^2)
    let kernel = model.network().weights().next().unwrap().var().flatten_all().unwrap();
    let squares: f64 = kernel.to_vec1::<f32>().unwrap().iter().map(|w| f64::from(*w).powi(2)).sum();
    let log_proba = model.predict_log_proba(&train).unwrap();
    let cross_entropy: f64 =
        train.labels().iter().enumerate().map(|(i, label)| -f64::from(log_proba[[i, *label]])).sum::<f64>()
            / 20.0;
    let metrics = model.evaluate(&train).unwrap();
    let expected = cross_entropy + 0.01 * squares;
    assert!((metrics.loss / expected - 1.0).abs() < 1e-5, "{} {expected}", metrics.loss);
}

#[derive(Default)]
struct Steps(Vec<StepReport>);

impl Callback for Steps {
    fn on_step_end(&mut self, report: &StepReport) -> Result<()> {
        self.0.push(*report);
        Ok(())
    }
}

#[test]
fn the_standardizer_is_fitted_on_the_training_part_and_kept() {
    let (train, validation) = (set(40, 1), set(40, 2));
    let mut model = linear();
    Trainer::new(config(1)).fit(&mut model, &train, &validation).unwrap();
    let standardizer = model.standardizer().unwrap();
    let features = train.features();
    for coefficient in 0..SHAPE[1] {
        let column = features.slice(ndarray::s![.., .., coefficient]);
        let mean = column.mean().unwrap();
        let deviation = column.mapv(|x| (x - mean) * (x - mean)).mean().unwrap().sqrt();
        assert!((standardizer.mean()[coefficient] - mean).abs() < 1e-3);
        assert!((standardizer.deviation()[coefficient] - deviation).abs() < 1e-3);
    }
    let x = model.input(validation.features()).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
    let expected = (validation.features()[[0, 0, 5]] - standardizer.mean()[5]) / standardizer.deviation()[5];
    assert_eq!(x[5], expected);

    let off = TrainConfig { standardize: Standardization::Off, ..config(1) };
    Trainer::new(off).fit(&mut model, &train, &validation).unwrap();
    assert_eq!(model.standardizer(), None);
}

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

#[test]
fn a_batch_larger_than_the_data_is_all_of_it() {
    let train: FeatureSet = set(10, 1);
    let run = |batch_size| {
        let mut model = linear();
        let config = TrainConfig { batch_size, ..config(2) };
        Trainer::new(config).fit_unvalidated(&mut model, &train).unwrap();
        weight_bits(&model)
    };
    assert_eq!(run(10), run(1000));
}

#[test]
fn a_panic_in_a_callback_leaves_a_usable_model() {
    let (train, mut model) = (set(20, 1), linear());
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let bomb = OnEpoch(|report| {
            assert!(report.epoch < 2, "on purpose");
            Control::Continue
        });
        Trainer::new(config(5)).callback(bomb).fit_unvalidated(&mut model, &train)
    }));
    assert!(outcome.is_err());
    // Two epochs were trained; the weights are theirs.
    let mut twin = linear();
    Trainer::new(config(2)).fit_unvalidated(&mut twin, &train).unwrap();
    assert_eq!(weight_bits(&model), weight_bits(&twin));
    assert!(model.evaluate(&train).unwrap().loss.is_finite());
}

#[test]
fn an_optimizer_continues_from_its_state() {
    let mut model = linear();
    let (mut first, train) = (Adam::new(0.01), set(8, 1));
    let x = model.input(train.features()).unwrap();
    let step = |model: &mut Classifier, optimizer: &mut Adam| {
        let logits = model.network().forward_t(&x, true).unwrap();
        let store = logits.sqr().unwrap().sum_all().unwrap().backward().unwrap();
        let weights: Vec<_> = model.network().trainable_weights().map(cepstrum_models::Weight::var).collect();
        let gradients: Vec<_> = weights.iter().map(|weight| store.get(weight).unwrap().clone()).collect();
        optimizer.step(&weights, &gradients).unwrap();
    };
    step(&mut model, &mut first);
    let mut twin = model.try_clone().unwrap();
    let mut second = Adam::new(0.5);
    second.restore(first.state()).unwrap();
    step(&mut model, &mut first);
    step(&mut twin, &mut second);
    assert_eq!(weight_bits(&model), weight_bits(&twin));
    let foreign = cepstrum_models::OptimizerState { kind: "sgd".into(), ..first.state() };
    assert!(second.restore(foreign).unwrap_err().to_string().contains("saved by sgd, not by adam"));
}

#[test]
fn an_epoch_has_the_bits_of_candles_tape() {
    use cepstrum_models::{Weight, ops};
    use rand::seq::SliceRandom;

    let (data, seed, batch_size) = (set(20, 1), 11, 8);
    let (mut trained, mut by_hand) = (model(1), model(1));
    let config = TrainConfig { standardize: Standardization::Off, ..config(1) };
    Trainer::new(config).optimizer(Adam::new(1e-2)).fit_unvalidated(&mut trained, &data).unwrap();

    let mut order: Vec<usize> = (0..20).collect();
    order.shuffle(&mut cepstrum_dataset::rng::stream(seed, "shuffle/1"));
    let mut optimizer = Adam::new(1e-2);
    by_hand.network_mut().seed_dropout(seed);
    for segments in order.chunks(batch_size) {
        let part = data.select(segments);
        let x = by_hand.input(part.features()).unwrap();
        let labels: Vec<u32> = part.labels().iter().map(|label| *label as u32).collect();
        let labels = candle_core::Tensor::new(labels, by_hand.device()).unwrap();
        let network = by_hand.network_mut();
        let logits = network.forward_t(&x, true).unwrap();
        let loss = ops::softmax_cross_entropy(&logits, &labels).unwrap();
        let loss = (loss + network.penalty().unwrap().unwrap()).unwrap();
        let mut store = loss.backward().unwrap();
        let weights: Vec<_> = network.trainable_weights().map(Weight::var).collect();
        let gradients: Vec<_> = weights.iter().map(|weight| store.remove(weight).unwrap()).collect();
        optimizer.step(&weights, &gradients).unwrap();
    }
    assert!(weight_bits(&trained) == weight_bits(&by_hand));
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

#[test]
fn a_trainer_can_move_to_another_thread() {
    let mut losses = Vec::new();
    let keep = OnEpoch(|report| {
        losses.push(report.train_loss);
        Control::Continue
    });
    let trainer = Trainer::new(config(2)).optimizer(Adam::new(1e-2)).callback(keep);
    let report = std::thread::scope(|scope| {
        scope.spawn(|| trainer.fit_unvalidated(&mut linear(), &set(16, 1)).unwrap()).join().unwrap()
    });
    assert_eq!(losses.len(), report.epochs);
}

#[test]
fn settings_that_a_file_leaves_out_have_their_defaults() {
    assert_eq!(serde_json::from_str::<TrainConfig>("{}").unwrap(), TrainConfig::default());
    let config: TrainConfig =
        serde_json::from_str(r#"{"epochs": 3, "class_weights": "balanced", "augmentation": {"shift": 2}}"#)
            .unwrap();
    assert_eq!((config.epochs, config.batch_size, config.augmentation.shift), (3, 32, 2));
    assert_eq!(config.class_weights, ClassWeights::Balanced);
    let plateau = PlateauConfig { factor: 0.5, min_learning_rate: 1e-5, ..PlateauConfig::default() };
    let written = serde_json::to_string(&plateau).unwrap();
    assert_eq!(serde_json::from_str::<PlateauConfig>(&written).unwrap(), plateau);
    assert_eq!(serde_json::from_str::<PlateauConfig>(r#"{"patience": 4}"#).unwrap().factor, 0.1);
}
