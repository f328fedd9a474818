//! The training loop: learning, Keras's figures, the same bits for the same seed.

use candle_core::ModuleT;
use cepstrum_dataset::FeatureSet;
use cepstrum_models::{
    Adam, BatchNorm, Callback, ClassWeights, Classifier, Control, Conv2d, Dense, Dropout, EpochReport,
    Flatten, MaxPool2d, OnEpoch, Optimizer, PlateauConfig, Result, Sequential, Standardization, StepReport,
    StopReason, TrainConfig, Trainer,
};

use crate::common::{SHAPE, set, weight_bits};

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

/// Logistic regression, whose loss can be computed by hand.
pub(crate) fn linear() -> Classifier {
    let network = Sequential::builder(SHAPE).layer(Flatten::new()).layer(Dense::new(3).l2(1e-2)).build();
    Classifier::new(network.unwrap()).unwrap()
}

pub(crate) fn config(epochs: usize) -> TrainConfig {
    TrainConfig { epochs, batch_size: 8, seed: 11, ..TrainConfig::default() }
}

/// Trains a new model for three epochs; 50 segments leave a last batch of two.
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

/// Collects the reports of all steps.
#[derive(Default)]
pub(crate) struct Steps(pub(crate) Vec<StepReport>);

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
    // The weights are those after two epochs.
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
    second.restore(first.state().unwrap()).unwrap();
    step(&mut model, &mut first);
    step(&mut twin, &mut second);
    assert_eq!(weight_bits(&model), weight_bits(&twin));
    let foreign = cepstrum_models::OptimizerState { kind: "sgd".into(), ..first.state().unwrap() };
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
