//! Whole networks in both forms: their predictions, gradients and losses agree, and what one has saved the other reads.

use candle_core::{Device, Tensor, Var};
use cepstrum_models::ops::Momentum;
use cepstrum_models::zoo::Architecture;
use cepstrum_models::{
    Adam, AverageWeights, BatchNorm, Callback, Checkpoint, Classifier, Clipping, Control, Conv2d, Dense,
    Dropout, DropoutRng, EarlyStopping, EpochReport, Flatten, GlobalAveragePool, Gru, MaxPool2d, OnEpoch,
    Optimizer, Result, Sequential, SequentialBuilder, Sgd, TrainConfig, Trainer, Weight,
};

use super::placed;
use crate::common::{SHAPE, set};
use crate::ops_support::reference::wide;
use crate::ops_support::{relative_error, values, var};

/// Relative to the largest value, through all layers of a network.
const TOLERANCE: f64 = 1e-4;

/// The same for gradients, which a normalization over a small batch divides by small deviations.
const GRADIENT_TOLERANCE: f64 = 1e-3;

/// The share of the loss by which two runs may differ.
const LOSS_TOLERANCE: f64 = 1e-3;

#[test]
fn every_network_of_the_zoo_has_the_same_logits_and_gradients() {
    let x = var(&[12, 40, 13, 1], 1, 1.0);
    for architecture in Architecture::all() {
        let shape = architecture.input_shape([40, 13]);
        let input = x.as_tensor().reshape([&[12], shape.as_slice()].concat()).unwrap();
        let builder = || Sequential::builder(shape.clone()).layers(architecture.layers([40, 13], 3)).seed(4);
        let networks = [builder(), placed(builder())].map(|builder| builder.build().unwrap());
        let [own, portable] = networks.each_ref().map(|network| values(&network.forward(&input).unwrap()));
        let error = relative_error(&portable, &wide(&own));
        assert!(error < TOLERANCE, "{architecture}: logits {error:e}");
        let d_logits = var(&[12, 3], 6, 0.5).as_tensor().detach();
        let [own, portable] = networks.each_ref().map(|network| {
            let tape = network.forward_train(&input, DropoutRng::Seeded { seed: 3, step: 8 }).unwrap();
            let gradients = network.backward(tape, d_logits.clone()).unwrap();
            gradients.iter().map(values).collect::<Vec<_>>()
        });
        let names: Vec<&str> = networks[0].trainable_weights().map(Weight::name).collect();
        assert_eq!(portable.len(), names.len());
        for ((own, portable), name) in own.iter().zip(&portable).zip(names) {
            let error = relative_error(portable, &wide(own));
            // The bias before a normalization has a gradient of zero, which is rounding alone on both sides.
            let is_zero = own.iter().chain(portable).all(|gradient| gradient.abs() < 1e-5);
            assert!(error < GRADIENT_TOLERANCE || is_zero, "{architecture}, {name}: {error:e}");
        }
    }
}

fn layers(builder: SequentialBuilder) -> SequentialBuilder {
    builder
        .layer(Conv2d::new(6, [3, 3]).relu().l2(1e-3))
        .layer(MaxPool2d::new([2, 2]))
        .layer(BatchNorm::new())
        .layer(Dropout::new(0.2))
        .layer(Flatten::new())
        .layer(Dense::new(16).relu())
        .layer(Dense::new(3))
        .seed(5)
}

fn builder() -> SequentialBuilder {
    Sequential::builder([SHAPE[0], SHAPE[1], 1])
}

fn own() -> Classifier {
    Classifier::new(layers(builder()).build().unwrap()).unwrap()
}

fn portable() -> Classifier {
    Classifier::new(layers(placed(builder())).build().unwrap()).unwrap()
}

fn config(epochs: usize) -> TrainConfig {
    let clipping = Clipping::GlobalNorm(2.0);
    TrainConfig { epochs, batch_size: 8, seed: 3, clipping, label_smoothing: 0.1, ..TrainConfig::default() }
}

/// The reports of a run's epochs.
fn trained(trainer: Trainer<'_>, model: &mut Classifier) -> Vec<EpochReport> {
    let mut reports = Vec::new();
    let record = OnEpoch(|report: &EpochReport| {
        reports.push(*report);
        Control::Continue
    });
    trainer.callback(record).fit(model, &set(48, 1), &set(24, 2)).unwrap();
    reports
}

fn assert_same_course(found: &[EpochReport], expected: &[EpochReport]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found.epoch, expected.epoch);
        let validation = |report: &EpochReport| report.validation_loss.unwrap();
        for (found, expected) in
            [(found.train_loss, expected.train_loss), (validation(found), validation(expected))]
        {
            assert!((found / expected - 1.0).abs() < LOSS_TOLERANCE, "{found} beside {expected}");
        }
    }
}

#[test]
fn training_takes_the_same_course() {
    let (adam, sgd) = (Adam::new(1e-3), Sgd::new(1e-3).momentum(Momentum::Nesterov(0.9)));
    let run = |model: &mut Classifier, optimizer: Box<dyn Optimizer>| {
        trained(Trainer::new(config(5)).optimizer(optimizer), model)
    };
    let expected = run(&mut own(), Box::new(adam.clone()));
    assert_same_course(&run(&mut portable(), Box::new(adam.tensor_operations())), &expected);
    let expected = run(&mut own(), Box::new(sgd.clone()));
    assert_same_course(&run(&mut portable(), Box::new(sgd.tensor_operations())), &expected);
}

#[test]
fn every_kind_of_clipping_takes_the_same_course() {
    for clipping in [Clipping::Off, Clipping::Value(0.05), Clipping::Norm(0.5), Clipping::GlobalNorm(0.5)] {
        let run = |mut model: Classifier, adam: Adam| {
            trained(Trainer::new(TrainConfig { clipping, ..config(2) }).optimizer(adam), &mut model)
        };
        let expected = run(own(), Adam::new(1e-3));
        assert_same_course(&run(portable(), Adam::new(1e-3).tensor_operations()), &expected);
    }
}

#[test]
fn a_checkpoint_of_one_form_resumes_in_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let model = |is_portable| if is_portable { portable() } else { own() };
    let adam = |is_portable: bool| {
        let adam = Adam::new(1e-3).weight_decay(1e-3);
        if is_portable { adam.tensor_operations() } else { adam }
    };
    let trainer = |epochs, is_portable| {
        Trainer::new(config(epochs))
            .optimizer(adam(is_portable))
            .callback(EarlyStopping::on_validation_loss(50).restore_best())
            .callback(AverageWeights::last(4))
    };
    let expected = trained(trainer(6, false), &mut own());
    for first in [false, true] {
        let path = folder.path().join(format!("{first}.checkpoint"));
        let interrupted = trainer(6, first).callback(Interruption).checkpoint(&path);
        interrupted.fit(&mut model(first), &set(48, 1), &set(24, 2)).unwrap_err();
        assert_eq!(Checkpoint::load(&path).unwrap().epoch(), 3);
        let found = trained(trainer(6, !first).resume(&path), &mut model(!first));
        assert_same_course(&found, &expected[3..]);
    }
}

/// A failure between the third epoch and the fourth.
struct Interruption;

impl Callback for Interruption {
    fn on_epoch_begin(&mut self, epoch: usize, learning_rate: f64) -> Result<f64> {
        if epoch == 4 { Err(std::io::Error::other("interrupted").into()) } else { Ok(learning_rate) }
    }
}

#[test]
fn a_file_of_one_form_predicts_the_same_in_the_other() {
    let mut model = portable();
    trained(Trainer::new(config(3)).optimizer(Adam::new(1e-3).tensor_operations()), &mut model);
    let mut bytes = Vec::new();
    model.write_to(&mut bytes).unwrap();
    let read = Classifier::from_bytes(&bytes).unwrap();
    let data = set(24, 7);
    let [expected, found] = [&model, &read].map(|model| model.predict_proba(&data).unwrap());
    let worst = expected.iter().zip(&found).fold(0.0_f32, |worst, (a, b)| worst.max((a - b).abs()));
    assert!(worst < 1e-5, "{worst:e}");
    let copy = model.try_clone().unwrap();
    assert_eq!(copy.predict_proba(&data).unwrap(), expected, "a copy keeps the form");
}

#[test]
fn layers_without_own_kernels_train_too() {
    let network = placed(builder())
        .layer(Conv2d::new(4, [3, 3]))
        .layer(MaxPool2d::new([3, 2]).stride([2, 1]))
        .layer(Gru::new(5).sequence())
        .layer(GlobalAveragePool::new())
        .layer(Dense::new(3))
        .seed(2)
        .build()
        .unwrap();
    let reports = trained(
        Trainer::new(config(12)).optimizer(Adam::new(0.01).tensor_operations()),
        &mut Classifier::new(network).unwrap(),
    );
    assert!(reports[11].train_loss < 0.8 * reports[0].train_loss, "{reports:?}");
}

#[test]
fn an_explanation_is_the_same_in_both_forms() {
    let (own, portable) = (own(), portable());
    let data = set(2, 9);
    let [expected, found] = [&own, &portable].map(|model| {
        let x = Var::from_tensor(&model.input(data.features()).unwrap()).unwrap();
        let logits = model.forward(&x).unwrap();
        values(logits.narrow(1, 1, 1).unwrap().sum_all().unwrap().backward().unwrap().get(&x).unwrap())
    });
    let error = relative_error(&found, &wide(&expected));
    assert!(error < TOLERANCE, "{error:e}");
}

#[test]
fn a_tensor_of_labels_may_stay_on_the_cpu() {
    let logits = var(&[4, 3], 1, 1.0);
    let labels = Tensor::new(&[0_u32, 2, 1, 1], &Device::Cpu).unwrap();
    let loss = super::ops::softmax_cross_entropy(&logits, &labels).unwrap();
    let expected = cepstrum_models::ops::softmax_cross_entropy(&logits, &labels).unwrap();
    assert!(relative_error(&values(&loss), &wide(&values(&expected))) < 1e-6);
}
