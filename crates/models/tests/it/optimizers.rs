//! Optimizers: user-defined ones, checks of steps and saved states, and candle's trait.

use candle_core::{DType, Device, Tensor, Var};
use candle_nn::{Module, Optimizer as _, VarBuilder, VarMap};
use cepstrum_models::ops::Momentum;
use cepstrum_models::{
    Adam, AdamConfig, AdamW, CandleOptimizer, Classifier, Dense, Error, Flatten, Optimizer, OptimizerState,
    Result, Sequential, Sgd, StateProblem, StepProblem, TrainConfig, Trainer,
};

use crate::common::{SHAPE, set, weight_bits};
use crate::ops_support::{tensor, values, var};

fn linear() -> Classifier {
    let network = Sequential::builder(SHAPE).layer(Flatten::new()).layer(Dense::new(3)).build().unwrap();
    Classifier::new(network).unwrap()
}

fn config(epochs: usize) -> TrainConfig {
    TrainConfig { epochs, batch_size: 8, ..TrainConfig::default() }
}

/// An optimizer that moves along the mean of this gradient and the last one, which it keeps.
#[derive(Debug)]
struct Averaging {
    last: Vec<Tensor>,
    /// Copies of their values, made in the step that received them.
    copies: Vec<Vec<f32>>,
    steps: usize,
}

impl Optimizer for Averaging {
    fn learning_rate(&self) -> f64 {
        0.01
    }

    fn set_learning_rate(&mut self, _: f64) {}

    fn step(&mut self, weights: &[&Var], gradients: &[Tensor]) -> Result<()> {
        for (kept, copy) in self.last.iter().zip(&self.copies) {
            assert_eq!(&values(kept), copy, "a kept gradient has changed after step {}", self.steps);
        }
        for (at, (weight, gradient)) in weights.iter().zip(gradients).enumerate() {
            let sum = self.last.get(at).map_or_else(|| Ok(gradient.clone()), |last| last + gradient)?;
            weight.set(&(weight.as_tensor() - (sum * 0.005)?)?)?;
        }
        self.last = gradients.to_vec();
        self.copies = gradients.iter().map(values).collect();
        self.steps += 1;
        Ok(())
    }

    fn state(&self) -> Result<OptimizerState> {
        Ok(OptimizerState::new("averaging", 0.01))
    }

    fn restore(&mut self, _: OptimizerState) -> Result<()> {
        Ok(())
    }
}

#[test]
fn an_optimizer_may_keep_the_gradients_it_was_given() {
    let mut optimizer = Averaging { last: Vec::new(), copies: Vec::new(), steps: 0 };
    let mut model = linear();
    Trainer::new(config(3)).optimizer(&mut optimizer).fit_unvalidated(&mut model, &set(24, 1)).unwrap();
    assert_eq!(optimizer.steps, 9);
    assert_eq!(optimizer.last.iter().map(values).collect::<Vec<_>>(), optimizer.copies);
}

#[test]
fn a_box_and_a_reference_are_optimizers_too() {
    let trained = |trainer: Trainer<'_>| {
        let mut model = linear();
        trainer.fit_unvalidated(&mut model, &set(24, 1)).unwrap();
        weight_bits(&model)
    };
    let plain = trained(Trainer::new(config(2)).optimizer(Adam::new(0.01)));
    let boxed: Box<dyn Optimizer> = Box::new(Adam::new(0.01));
    assert!(!boxed.keeps_gradients());
    assert_eq!(trained(Trainer::new(config(2)).optimizer(boxed)), plain);
    let mut lent = Adam::new(0.01);
    assert_eq!(trained(Trainer::new(config(2)).optimizer(&mut lent)), plain);
    assert_eq!(lent.state().unwrap().step, 6);
}

#[test]
fn adamw_is_adam_with_keras_weight_decay() {
    let run = |mut optimizer: Box<dyn Optimizer>| {
        let weight = var(&[3, 2], 1, 1.0);
        for step in 0..4 {
            optimizer.step(&[&weight], &[var(&[3, 2], 2 + step, 0.3).as_tensor().clone()]).unwrap();
        }
        (values(&weight), optimizer.state().unwrap())
    };
    let expected = run(Box::new(Adam::new(0.01).weight_decay(0.004)));
    assert_eq!(run(Box::new(AdamW::new(0.01))), expected);
    let config = AdamConfig { weight_decay: 0.004, ..AdamConfig::default() };
    assert_eq!(run(Box::new(AdamW::new(0.01).weight_decay(0.5).config(config))), expected);
    assert_ne!(run(Box::new(AdamW::new(0.01).weight_decay(0.01))).0, expected.0);
}

fn optimizers() -> Vec<Box<dyn Optimizer>> {
    vec![
        Box::new(Adam::new(0.01)),
        Box::new(AdamW::new(0.01)),
        Box::new(Sgd::new(0.01).momentum(Momentum::Classic(0.9))),
    ]
}

#[test]
fn a_step_that_does_not_fit_is_refused_and_changes_nothing() {
    let (a, b, c) = (var(&[3, 2], 1, 1.0), var(&[4], 2, 1.0), var(&[2], 3, 1.0));
    let gradient = |weight: &Var| weight.as_tensor().ones_like().unwrap();
    for mut optimizer in optimizers() {
        let problem = |optimizer: &mut Box<dyn Optimizer>, weights: &[&Var], gradients: &[Tensor]| {
            let before: Vec<_> = weights.iter().map(|weight| values(weight)).collect();
            let state = optimizer.state().unwrap();
            let error = optimizer.step(weights, gradients).unwrap_err();
            assert_eq!(weights.iter().map(|weight| values(weight)).collect::<Vec<_>>(), before);
            assert_eq!(optimizer.state().unwrap().step, state.step);
            match error {
                Error::Step { problem } => problem,
                other => panic!("{other}"),
            }
        };
        // A failed first step does not bind the optimizer to its weights.
        let found = problem(&mut optimizer, &[&a, &b], &[gradient(&a)]);
        assert_eq!(found, StepProblem::GradientCount { expected: 2, actual: 1 });
        assert_eq!(found.to_string(), "1 gradients for 2 weights");
        optimizer.step(&[&a, &b], &[gradient(&a), gradient(&b)]).unwrap();

        let found = problem(&mut optimizer, &[&a], &[gradient(&a)]);
        assert_eq!(found, StepProblem::WeightCount { expected: 2, actual: 1 });
        let found = problem(&mut optimizer, &[&a, &b, &c], &[gradient(&a), gradient(&b), gradient(&c)]);
        assert_eq!(found, StepProblem::WeightCount { expected: 2, actual: 3 });
        let found = problem(&mut optimizer, &[&a, &c], &[gradient(&a), gradient(&c)]);
        assert_eq!(found, StepProblem::WeightSize { weight: 1, expected: 4, actual: 2 });
        let found = problem(&mut optimizer, &[&a, &b], &[gradient(&a), tensor(&[2, 2], vec![0.0; 4])]);
        let (expected, actual) = (vec![4], vec![2, 2]);
        assert_eq!(found, StepProblem::GradientShape { weight: 1, expected, actual });
        optimizer.step(&[&a, &b], &[gradient(&a), gradient(&b)]).unwrap();
    }
}

#[test]
fn a_state_with_missing_or_surplus_values_is_refused() {
    let (a, b) = (var(&[3, 2], 1, 1.0), var(&[4], 2, 1.0));
    let gradients = [a.as_tensor().ones_like().unwrap(), b.as_tensor().ones_like().unwrap()];
    for (mut optimizer, mut other) in optimizers().into_iter().zip(optimizers()) {
        optimizer.step(&[&a, &b], &gradients).unwrap();
        let good = optimizer.state().unwrap();
        let last = good.slots.len() - 1;
        let slot = good.slots[last].0.clone();
        let mut problem = |change: &dyn Fn(&mut OptimizerState)| {
            let mut state = good.clone();
            change(&mut state);
            match other.restore(state).unwrap_err() {
                Error::State { problem, .. } => problem,
                other => panic!("{other}"),
            }
        };
        let found = problem(&|state| drop(state.slots.pop()));
        assert_eq!(found, StateProblem::Missing { what: format!("slot `{slot}`") });
        let found = problem(&|state| state.slots.push(("third".into(), Vec::new())));
        assert_eq!(found, StateProblem::Surplus { what: "slot `third`".into() });
        let found = problem(&|state| drop(state.constants.pop()));
        assert!(matches!(found, StateProblem::Missing { .. }), "{found}");
        if last > 0 {
            // The two moments have to agree; a single slot is first compared at the next step.
            let found = problem(&|state| drop(state.slots[1].1.pop()));
            let what = "vectors in slot `second`".to_owned();
            assert_eq!(found, StateProblem::Count { what, expected: 2, actual: 1 });
            let found = problem(&|state| state.slots[1].1[1].push(0.0));
            let what = "values in vector 1 of slot `second`".to_owned();
            assert_eq!(found, StateProblem::Count { what, expected: 4, actual: 5 });
        }
        let mut short = good.clone();
        short.slots.iter_mut().for_each(|(_, vectors)| vectors.truncate(1));
        other.restore(short).unwrap();
        let error = other.step(&[&a, &b], &gradients).unwrap_err();
        assert_eq!(error.to_string(), "optimizer step: 2 weights, 1 in the steps before");
        // A state after some steps, but without values, does not start anew.
        let mut empty = good.clone();
        empty.slots.iter_mut().for_each(|(_, vectors)| vectors.clear());
        other.restore(empty).unwrap();
        assert!(matches!(other.step(&[&a, &b], &gradients), Err(Error::Step { .. })));
        other.restore(good).unwrap();
        other.step(&[&a, &b], &gradients).unwrap();
    }
}

/// A plain candle network of two layers with fixed weights.
fn plain() -> (VarMap, impl Module) {
    let variables = VarMap::new();
    let builder = VarBuilder::from_varmap(&variables, DType::F32, &Device::Cpu);
    let network = candle_nn::seq()
        .add(candle_nn::linear(6, 5, builder.pp("first")).unwrap())
        .add(candle_nn::Activation::Relu)
        .add(candle_nn::linear(5, 3, builder.pp("second")).unwrap());
    for (salt, variable) in (1..).zip(named(&variables)) {
        variable.set(var(variable.dims(), salt, 0.5).as_tensor()).unwrap();
    }
    (variables, network)
}

/// The variables in the order of their names.
fn named(variables: &VarMap) -> Vec<Var> {
    let data = variables.data().lock().unwrap();
    let sorted: std::collections::BTreeMap<_, _> = data.iter().collect();
    sorted.into_values().cloned().collect()
}

fn plain_loss(network: &impl Module) -> Tensor {
    let x = var(&[4, 6], 9, 1.0);
    let labels = Tensor::new(&[0_u32, 2, 1, 1], &Device::Cpu).unwrap();
    candle_nn::loss::cross_entropy(&network.forward(&x).unwrap(), &labels).unwrap()
}

#[test]
fn behind_candles_trait_an_optimizer_computes_the_same_bits() {
    fn check<O: Optimizer + Clone>(optimizer: &O) {
        let (variables, network) = plain();
        let mut bound = CandleOptimizer::new(named(&variables), optimizer.clone()).unwrap();
        assert_eq!(bound.learning_rate(), 0.01);
        bound.set_learning_rate(0.02);
        let before = plain_loss(&network).to_scalar::<f32>().unwrap();
        for _ in 0..7 {
            bound.backward_step(&plain_loss(&network)).unwrap();
        }
        assert!(plain_loss(&network).to_scalar::<f32>().unwrap() < before);

        let (by_hand, network) = plain();
        let mut optimizer = optimizer.clone();
        optimizer.set_learning_rate(0.02);
        let weights = named(&by_hand);
        let weights: Vec<&Var> = weights.iter().collect();
        for _ in 0..7 {
            let store = plain_loss(&network).backward().unwrap();
            let gradients: Vec<Tensor> =
                weights.iter().map(|weight| store.get(weight.as_tensor()).unwrap().clone()).collect();
            Optimizer::step(&mut optimizer, &weights, &gradients).unwrap();
        }
        let bits = |variables: &VarMap| {
            let all = named(variables).into_iter().flat_map(|variable| values(&variable));
            all.map(f32::to_bits).collect::<Vec<_>>()
        };
        assert_eq!(bits(&variables), bits(&by_hand));
        assert_eq!(bound.optimizer().state().unwrap(), optimizer.state().unwrap());
    }
    check(&Adam::new(0.01));
    check(&AdamW::new(0.01));
    check(&Sgd::new(0.01).momentum(Momentum::Nesterov(0.9)));
}

#[test]
fn behind_candles_trait_a_variable_without_gradient_is_an_error() {
    let (variables, network) = plain();
    let mut all = named(&variables);
    all.push(var(&[2], 1, 1.0));
    let mut bound = CandleOptimizer::new(all, Adam::new(0.01)).unwrap();
    let error = bound.backward_step(&plain_loss(&network)).unwrap_err();
    assert!(error.to_string().contains("weight `4` has no gradient"), "{error}");
    assert_eq!(bound.into_inner().state().unwrap().step, 0);
}
