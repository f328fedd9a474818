//! Networks and layers as candle modules, and candle's modules as layers.

use candle_core::{DType, Device, Module, ModuleT, Tensor, Var};
use candle_nn::{Optimizer as _, VarBuilder, VarMap};
use cepstrum_models::{
    BatchNorm, CandleModule, Classifier, Conv2d, Dense, Dropout, DropoutRng, Error, Flatten, Layer,
    SeededInit, Sequential, TrainConfig, Trainer, ops, zoo,
};

use crate::common::{SHAPE, set};

const CPU: Device = Device::Cpu;

fn values(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

fn input(shape: &[usize]) -> Tensor {
    let count = shape.iter().product::<usize>();
    let values: Vec<f32> = (0..count).map(|i| ((i * 37 % 101) as f32 - 50.0) / 25.0).collect();
    Tensor::from_vec(values, shape, &CPU).unwrap()
}

fn network(seed: u64) -> Sequential {
    Sequential::builder([9, 7, 1])
        .layer(Conv2d::new(4, [3, 3]).relu())
        .layer(BatchNorm::new())
        .layer(Dropout::new(0.5))
        .layer(Flatten::new())
        .layer(Dense::new(3))
        .seed(seed)
        .build()
        .unwrap()
}

#[test]
fn at_inference_a_module_is_the_forward_pass() {
    let (network, x) = (network(1), input(&[2, 9, 7, 1]));
    let expected = values(&network.forward(&x).unwrap());
    assert_eq!(values(&network.inference().forward(&x).unwrap()), expected);
    assert_eq!(values(&network.forward_t(&x, false).unwrap()), expected);
    let layers = network.layers().iter();
    assert_eq!(values(&layers.fold(x, |x, layer| layer.forward_t(&x, false).unwrap())), expected);
}

#[test]
fn in_training_a_module_draws_and_moves_as_the_trainer_does() {
    let (mut by_candle, mut ours, x) = (network(1), network(1), input(&[4, 9, 7, 1]));
    by_candle.seed_dropout(7);
    for step in 0..3 {
        let tape = ours.forward_train(&x, DropoutRng::Seeded { seed: 7, step }).unwrap();
        assert_eq!(values(&by_candle.forward_t(&x, true).unwrap()), values(&tape.logits));
        ours.apply_moving(&tape.moving).unwrap();
    }
    for (ours, theirs) in ours.weights().zip(by_candle.weights()) {
        assert_eq!(values(ours.var()), values(theirs.var()), "{}", ours.name());
    }
}

#[test]
fn a_wrong_input_is_an_error_of_candles_that_names_the_shapes() {
    let error = network(1).forward_t(&input(&[2, 9, 8, 1]), true).unwrap_err();
    assert!(error.to_string().contains("[9, 7, 1]"), "{error}");
}

#[test]
fn our_layers_train_in_a_candle_network() {
    let variables = VarMap::new();
    let builder = VarBuilder::from_varmap(&variables, DType::F32, &CPU);
    let conv = Layer::new("conv", Conv2d::new(4, [3, 3]).relu(), [9, 7, 1], &builder).unwrap();
    let norm = Layer::new("norm", BatchNorm::new(), [7, 5, 4], &builder).unwrap();
    let linear = candle_nn::linear(7 * 5 * 4, 2, builder.pp("linear")).unwrap();
    let forward = |x: &Tensor, train| {
        let h = norm.forward_t(&conv.forward_t(x, train)?, train)?;
        linear.forward(&h.flatten_from(1)?)
    };
    let (x, labels) = (input(&[4, 9, 7, 1]), Tensor::new(&[0_u32, 1, 1, 0], &CPU).unwrap());
    let trainable = variables
        .data()
        .lock()
        .unwrap()
        .iter()
        .filter(|(name, _)| !name.contains("moving"))
        .map(|(_, var)| var.clone())
        .collect();
    let mut optimizer = candle_nn::SGD::new(trainable, 0.1).unwrap();
    let loss = || candle_nn::loss::cross_entropy(&forward(&x, true).unwrap(), &labels).unwrap();
    let before = loss().to_scalar::<f32>().unwrap();
    for _ in 0..20 {
        optimizer.backward_step(&loss()).unwrap();
    }
    let after = loss().to_scalar::<f32>().unwrap();
    assert!(after < 0.5 * before, "{before} {after}");
    assert_ne!(values(&variables.data().lock().unwrap()["norm/moving_mean"]), [0.0; 4]);
}

#[test]
fn a_candle_layer_trains_in_our_network() {
    let train = set(60, 1);
    let build = || {
        let variables = VarMap::new();
        let builder = VarBuilder::from_varmap(&variables, DType::F32, &CPU);
        let inputs = SHAPE[0] * SHAPE[1];
        let linear = candle_nn::linear(inputs, 8, builder.pp("linear")).unwrap();
        let seeded = SeededInit::builder(3, &CPU);
        for (name, hint) in [
            ("linear.weight", candle_nn::init::DEFAULT_KAIMING_NORMAL),
            ("linear.bias", candle_nn::init::ZERO),
        ] {
            let var = variables.data().lock().unwrap()[name].clone();
            var.set(&seeded.get_with_hints(var.shape(), name, hint).unwrap()).unwrap();
        }
        let network = Sequential::builder(SHAPE)
            .layer(Flatten::new())
            .layer(CandleModule::new(linear, [8]).variables(&variables))
            .layer(Dense::new(3))
            .build()
            .unwrap();
        (Classifier::new(network).unwrap(), variables)
    };
    let ((mut model, variables), (mut again, _)) = (build(), build());
    let before = values(&variables.data().lock().unwrap()["linear.weight"].copy().unwrap());
    let config = TrainConfig { epochs: 8, batch_size: 8, ..TrainConfig::default() };
    let report = Trainer::new(config.clone()).fit_unvalidated(&mut model, &train).unwrap();
    assert!(report.last.train_accuracy > 0.9, "{report:?}");
    assert_ne!(values(&variables.data().lock().unwrap()["linear.weight"]), before);
    // The same seed gives the same bits with a foreign layer, too.
    Trainer::new(config).fit_unvalidated(&mut again, &train).unwrap();
    for (one, other) in model.network().weights().zip(again.network().weights()) {
        assert_eq!(values(one.var()), values(other.var()), "{}", one.name());
    }
    let error = model.try_clone().unwrap_err();
    assert!(matches!(&error, Error::SharedModule { layer } if layer == "candle_module"), "{error}");
    let folder = tempfile::tempdir().unwrap();
    let error = model.save(folder.path().join("model.safetensors")).unwrap_err();
    assert!(error.to_string().contains("layer candle_module is a candle module"), "{error}");
}

#[test]
fn a_module_of_another_shape_is_an_error() {
    let builder = SeededInit::builder(0, &CPU);
    let linear = candle_nn::linear(5, 4, builder.pp("linear")).unwrap();
    let network = Sequential::builder([5]).layer(CandleModule::new(linear, [6])).build().unwrap();
    let error = network.forward(&input(&[2, 5])).unwrap_err();
    assert!(error.to_string().contains("returned shape [2, 4] instead of [2, 6]"), "{error}");
}

#[test]
fn a_variable_map_shares_the_weights() {
    let network = network(1);
    let map = network.var_map();
    assert_eq!(map.data().lock().unwrap().len(), network.weights().count());
    let bias = map.data().lock().unwrap()["dense/bias"].clone();
    bias.set(&Tensor::new(&[1.0_f32, 2.0, 3.0], &CPU).unwrap()).unwrap();
    assert_eq!(values(network.layers()[4].weights()[1].var()), [1.0, 2.0, 3.0]);
}

#[test]
fn weights_come_from_any_builder() {
    let first = network(1);
    let tensors = first.snapshot().unwrap();
    let named = || tensors.iter().map(|(name, tensor)| (name.to_owned(), tensor.clone())).collect();
    let build = |tensors| {
        let layers = first.layers().iter().map(|layer| layer.spec().clone());
        Sequential::builder([9, 7, 1]).layers(layers).build_from(&VarBuilder::from_tensors(
            tensors,
            DType::F32,
            &CPU,
        ))
    };
    let second = build(named()).unwrap();
    let x = input(&[2, 9, 7, 1]);
    assert_eq!(values(&second.forward(&x).unwrap()), values(&first.forward(&x).unwrap()));
    // Memory of its own: nothing that is done to the copy reaches the first.
    second
        .weights()
        .next()
        .unwrap()
        .var()
        .set(&Tensor::zeros((3, 3, 1, 4), DType::F32, &CPU).unwrap())
        .unwrap();
    assert_ne!(values(&second.forward(&x).unwrap()), values(&first.forward(&x).unwrap()));

    let mut short: std::collections::HashMap<String, Tensor> = named();
    short.remove("dense/bias");
    let error = build(short).unwrap_err();
    assert!(matches!(&error, Error::MissingWeight { weight } if weight == "dense/bias"), "{error}");
    let mut wrong: std::collections::HashMap<String, Tensor> = named();
    wrong.insert("dense/bias".into(), Tensor::zeros(4, DType::F32, &CPU).unwrap());
    let error = build(wrong).unwrap_err();
    assert!(
        matches!(&error, Error::WeightShape { weight, expected, actual }
            if weight == "dense/bias" && *expected == [3] && *actual == [4]),
        "{error}"
    );
}

#[test]
fn a_whole_network_trains_by_candles_optimizer() {
    let network = zoo::ffnn(5, [6, 4], 2, 1).unwrap();
    let network = network.network();
    let trainable: Vec<Var> = network.trainable_weights().map(|weight| weight.var().clone()).collect();
    let mut optimizer = candle_nn::AdamW::new_lr(trainable, 1e-2).unwrap();
    let (x, labels) = (input(&[4, 6, 4]), Tensor::new(&[0_u32, 1, 1, 0], &CPU).unwrap());
    let loss = || ops::softmax_cross_entropy(&network.forward_t(&x, true).unwrap(), &labels).unwrap();
    let before = loss().to_scalar::<f32>().unwrap();
    for _ in 0..20 {
        optimizer.backward_step(&loss()).unwrap();
    }
    assert!(loss().to_scalar::<f32>().unwrap() < 0.2 * before);
}
