//! The stack of layers: shapes, names, purity.

use candle_core::{Device, ModuleT, Tensor, Var};
use cepstrum_models::{
    BatchNorm, Conv2d, Dense, Dropout, DropoutRng, Error, Flatten, LayerProblem, MaxPool2d, Sequential, Tape,
    ops,
};

fn small(seed: u64) -> Sequential {
    Sequential::builder([9, 7, 1])
        .layer(Conv2d::new(4, [3, 3]).relu().l2(1e-2))
        .layer(MaxPool2d::new([2, 2]))
        .layer(BatchNorm::new())
        .layer(Dropout::new(0.5))
        .layer(Flatten::new())
        .layer(Dense::new(8).relu())
        .layer(Dropout::new(0.3))
        .layer(Dense::new(3))
        .seed(seed)
        .build()
        .unwrap()
}

fn input(n: usize) -> Tensor {
    let values: Vec<f32> = (0..n * 63).map(|i| ((i * 37 % 101) as f32 - 50.0) / 25.0).collect();
    Tensor::from_vec(values, (n, 9, 7, 1), &Device::Cpu).unwrap()
}

fn values(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

fn weights(network: &Sequential) -> Vec<Vec<f32>> {
    network.weights().map(|weight| values(weight.var())).collect()
}

#[test]
fn problems_name_the_layer() {
    let problem = |builder: cepstrum_models::SequentialBuilder| match builder.build().unwrap_err() {
        Error::Layer { layer, problem } => (layer, problem),
        other => panic!("{other}"),
    };
    let image = || Sequential::builder([8, 8, 1]);
    let (layer, found) = problem(image().layer(Conv2d::new(4, [3, 3])).layer(Conv2d::new(4, [7, 1])));
    assert_eq!(layer, "conv2d_1");
    assert_eq!(found, LayerProblem::KernelTooLarge { kernel: [7, 1], height: 6, width: 6 });
    let (layer, found) = problem(image().layer(Dense::new(4)));
    assert_eq!(layer, "dense");
    assert!(found.to_string().contains("put a Flatten before it"), "{found}");
    let (_, found) = problem(image().layer(Flatten::new()).layer(Dense::new(0)));
    assert_eq!(found, LayerProblem::Zero { field: "units" });
    for rate in [-0.1, 1.0, f64::NAN] {
        let (_, found) = problem(image().layer(Dropout::new(rate)));
        assert!(matches!(found, LayerProblem::OutOfRange { field: "rate", .. }), "{found}");
    }
    let (_, found) = problem(image().layer(Flatten::new()).layer(Dense::new(2).l2(-1.0)));
    assert!(matches!(found, LayerProblem::OutOfRange { field: "l2", .. }), "{found}");
    let (_, found) = problem(image().layer(MaxPool2d::new([2, 2]).stride([0, 2])));
    assert_eq!(found, LayerProblem::Zero { field: "stride height" });
    let (_, found) = problem(image().layer(BatchNorm { momentum: 1.5, ..BatchNorm::new() }));
    assert!(matches!(found, LayerProblem::OutOfRange { field: "momentum", .. }), "{found}");
    assert!(matches!(image().build().unwrap_err(), Error::NoLayers));
    let empty = Sequential::builder([0, 8]).layer(Flatten::new()).build();
    assert!(matches!(empty.unwrap_err(), Error::EmptyInput { .. }));
}

#[test]
fn a_wrong_input_shape_is_an_error() {
    let network = small(0);
    for shape in [vec![2, 9, 7], vec![2, 9, 8, 1], vec![0, 9, 7, 1]] {
        let x = Tensor::zeros(shape.clone(), candle_core::DType::F32, &Device::Cpu).unwrap();
        let error = network.forward(&x).unwrap_err();
        assert!(matches!(&error, Error::InputShape { actual, .. } if *actual == shape), "{error}");
    }
}

#[test]
fn one_seed_gives_one_network() {
    assert_eq!(weights(&small(1)), weights(&small(1)));
    assert_ne!(weights(&small(1)), weights(&small(2)));
}

#[test]
fn another_layer_does_not_shift_the_numbers_of_the_first() {
    let one = Sequential::builder([5]).layer(Dense::new(4)).seed(3).build().unwrap();
    let two = Sequential::builder([5]).layer(Dense::new(4)).layer(Dense::new(2)).seed(3).build().unwrap();
    assert_eq!(weights(&one)[0], weights(&two)[0]);
}

#[test]
fn a_copy_has_weights_of_its_own() {
    let network = small(1);
    let copy = network.try_clone().unwrap();
    let before = weights(&network);
    assert_eq!(weights(&copy), before);
    let first = copy.weights().next().unwrap().var();
    first.set(&first.zeros_like().unwrap()).unwrap();
    assert_eq!(weights(&network), before);
}

#[test]
fn layers_in_two_parts_give_what_all_give() {
    let (network, x) = (small(1), input(3));
    let half = network.forward_layers(&x, 0..3).unwrap();
    let whole = network.forward_layers(&half, 3..8).unwrap();
    assert_eq!(values(&whole), values(&network.forward(&x).unwrap()));
    assert!(matches!(network.forward_layers(&x, 0..9).unwrap_err(), Error::LayerRange { n_layers: 8, .. }));
}

#[test]
fn memory_that_is_used_again_was_nobodys() {
    // Large enough for its memory to wait for the next result; the first layer hands the input on.
    let network = Sequential::builder([60, 40, 1])
        .layer(Flatten::new())
        .layer(Dense::new(2000).relu())
        .layer(Flatten::new())
        .layer(Dense::new(1500).relu())
        .seed(1)
        .build()
        .unwrap();
    let x = Tensor::arange(0_f32, 2.0 * 2400.0, &Device::Cpu).unwrap().affine(1e-3, -1.0).unwrap();
    let x = x.reshape((2, 60, 40, 1)).unwrap();
    let before = values(&x);
    let first = network.forward(&x).unwrap();
    let kept = values(&first);
    let second = network.forward(&x).unwrap();
    assert_eq!(values(&second), kept);
    assert_eq!(values(&first), kept);
    assert_eq!(values(&x), before);
}

/// Gradients of all weights by the loss of a training pass, in the network's order.
fn gradients(network: &Sequential, tape: Tape) -> Vec<Vec<f32>> {
    let labels = Tensor::from_slice(&[0_u32, 1, 2, 1], 4, &Device::Cpu).unwrap();
    let logits = Var::from_tensor(&tape.logits).unwrap();
    let loss = ops::softmax_cross_entropy(&logits, &labels).unwrap();
    let d_logits = loss.backward().unwrap().remove(&logits).unwrap();
    network.backward(tape, d_logits).unwrap().iter().map(values).collect()
}

#[test]
fn two_forwards_before_a_backward_do_not_mix() {
    let network = small(5);
    let (first, second) = (input(4), input(4).affine(-0.5, 0.25).unwrap());
    let dropout = |step| DropoutRng::Seeded { seed: 9, step };
    let alone = gradients(&network, network.forward_train(&first, dropout(0)).unwrap());
    let tape = network.forward_train(&first, dropout(0)).unwrap();
    let other = network.forward_train(&second, dropout(1)).unwrap();
    network.forward(&second).unwrap();
    assert_eq!(gradients(&network, tape), alone);
    assert_ne!(gradients(&network, other), alone);
}

#[test]
fn two_candle_forwards_before_a_backward_do_not_mix() {
    let mut network = small(5);
    let (first, second) = (input(4), input(4).affine(-0.5, 0.25).unwrap());
    let loss = |network: &Sequential, x: &Tensor| {
        let labels = Tensor::from_slice(&[0_u32, 1, 2, 1], 4, &Device::Cpu).unwrap();
        ops::softmax_cross_entropy(&network.forward_t(x, true).unwrap(), &labels).unwrap()
    };
    let of = |network: &Sequential, loss: &Tensor| -> Vec<Vec<f32>> {
        let store = loss.backward().unwrap();
        network.trainable_weights().map(|weight| values(store.get(weight.var()).unwrap())).collect()
    };
    network.seed_dropout(9);
    let alone = of(&network, &loss(&network, &first));
    network.seed_dropout(9);
    let (one, other) = (loss(&network, &first), loss(&network, &second));
    assert_eq!(of(&network, &one), alone);
    assert_ne!(of(&network, &other), alone);
}

#[test]
fn a_training_pass_changes_nothing_until_it_is_applied() {
    let mut network = small(5);
    let before = weights(&network);
    let tape = network.forward_train(&input(4), DropoutRng::Off).unwrap();
    assert_eq!(weights(&network), before);
    network.apply_moving(&tape.moving).unwrap();
    let changed: Vec<_> = network
        .weights()
        .zip(&before)
        .filter(|(weight, before)| values(weight.var()) != **before)
        .map(|(weight, _)| weight.name().to_owned())
        .collect();
    assert_eq!(changed, ["batch_normalization/moving_mean", "batch_normalization/moving_variance"]);
}

#[test]
fn moving_statistics_follow_keras_rule() {
    let norm = BatchNorm { momentum: 0.75, ..BatchNorm::new() };
    let mut network = Sequential::builder([1]).layer(norm).build().unwrap();
    let x = Tensor::from_slice(&[1.0_f32, 3.0, 5.0, 7.0], (4, 1), &Device::Cpu).unwrap();
    let tape = network.forward_train(&x, DropoutRng::Off).unwrap();
    network.apply_moving(&tape.moving).unwrap();
    let moved = weights(&network);
    assert_eq!(moved[2], [0.25 * 4.0]);
    assert_eq!(moved[3], [0.75 + 0.25 * 5.0]); // 5 is the biased variance
}

#[test]
fn dropout_is_a_function_of_seed_and_step() {
    let (network, x) = (small(5), input(4));
    let logits = |dropout| values(&network.forward_train(&x, dropout).unwrap().logits);
    let at = |seed, step| logits(DropoutRng::Seeded { seed, step });
    assert_eq!(at(1, 7), at(1, 7));
    assert_ne!(at(1, 7), at(1, 8));
    assert_ne!(at(1, 7), at(2, 7));
    assert_ne!(at(1, 7), logits(DropoutRng::Off));
}

#[test]
fn several_threads_share_a_network() {
    let (network, x) = (small(5), input(4));
    let expected = values(&network.forward(&x).unwrap());
    let train = gradients(&network, network.forward_train(&x, DropoutRng::Off).unwrap());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..10 {
                    assert_eq!(values(&network.forward(&x).unwrap()), expected);
                    let tape = network.forward_train(&x, DropoutRng::Off).unwrap();
                    assert_eq!(gradients(&network, tape), train);
                }
            });
        }
    });
}

#[test]
fn the_input_has_a_gradient_when_it_is_asked_for() {
    let network = small(5);
    let x = Var::from_tensor(&input(2)).unwrap();
    let score = network.forward(&x).unwrap().narrow(1, 0, 1).unwrap().sum_all().unwrap();
    let store = score.backward().unwrap();
    assert_eq!(store.get(&x).unwrap().dims(), [2, 9, 7, 1]);
    assert!(values(store.get(&x).unwrap()).iter().any(|value| *value != 0.0));
    assert!(network.trainable_weights().all(|weight| store.get(weight.var()).is_none()));
}

#[test]
fn weights_of_another_network_are_refused_whole() {
    let mut network = small(1);
    let before = weights(&network);
    let other = Sequential::builder([5]).layer(Dense::new(4)).build().unwrap();
    let error = network.set_weights(&other.snapshot().unwrap()).unwrap_err();
    assert!(matches!(&error, Error::MissingWeight { weight } if weight == "conv2d/kernel"), "{error}");
    let wider = Sequential::builder([9, 7, 1]).layer(Conv2d::new(5, [3, 3])).build().unwrap();
    let error = network.set_weights(&wider.snapshot().unwrap()).unwrap_err();
    assert!(matches!(&error, Error::WeightShape { expected, .. } if *expected == [3, 3, 1, 4]), "{error}");
    assert_eq!(weights(&network), before);
}
