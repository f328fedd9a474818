//! Adam and `AdamW`, as Keras computes them.

use candle_core::{Tensor, Var};

use super::{Optimizer, OptimizerState, check_step};
use crate::Result;
use crate::ops::{AdamConfig, AdamStep, Form, Slot, adam_step};

const KIND: &str = "adam";

/// Keras's default weight decay of `AdamW`.
const WEIGHT_DECAY: f64 = 0.004;

/// Adam in Keras's form: the bias correction is part of the learning rate, and epsilon is added to the uncorrected root.
/// With a weight decay it is [`AdamW`].
///
/// ```text
/// w -= learning_rate * sqrt(1 - beta_2^t) / (1 - beta_1^t) * m / (sqrt(v) + epsilon)
/// ```
///
/// # References
/// Kingma and Ba (2015), arXiv:1412.6980; `keras.optimizers.Adam`.
#[derive(Clone, Debug)]
pub struct Adam {
    learning_rate: f64,
    config: AdamConfig,
    step: u64,
    /// First and second moment of every weight.
    moments: Vec<[Slot; 2]>,
    form: Form,
}

impl Adam {
    /// Creates Adam with Keras's constants. 0.001 is Keras's default learning rate;
    /// [`Trainer::fit`](crate::Trainer::fit) checks that it is positive and finite.
    pub fn new(learning_rate: f64) -> Self {
        Self { learning_rate, config: AdamConfig::default(), step: 0, moments: Vec::new(), form: Form::Own }
    }

    /// Replaces the constants.
    #[must_use]
    pub fn config(self, config: AdamConfig) -> Self {
        Self { config, ..self }
    }

    /// Sets the weight decay, which makes this [`AdamW`].
    #[must_use]
    pub fn weight_decay(self, weight_decay: f64) -> Self {
        Self { config: AdamConfig { weight_decay, ..self.config }, ..self }
    }

    /// Lets the step on the CPU be that of all other devices; hidden, and public for the tests of this crate.
    #[doc(hidden)]
    #[must_use]
    pub fn tensor_operations(self) -> Self {
        Self { form: Form::Portable, ..self }
    }

    fn constants(&self) -> [(&'static str, f64); 4] {
        let AdamConfig { beta_1, beta_2, epsilon, weight_decay } = self.config;
        [("beta_1", beta_1), ("beta_2", beta_2), ("epsilon", epsilon), ("weight_decay", weight_decay)]
    }
}

impl Optimizer for Adam {
    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn set_learning_rate(&mut self, learning_rate: f64) {
        self.learning_rate = learning_rate;
    }

    fn step(&mut self, weights: &[&Var], gradients: &[Tensor]) -> Result<()> {
        if self.step == 0 {
            let zeros = |weight: &&Var| -> candle_core::Result<[Slot; 2]> {
                Ok([Slot::zeros(weight, self.form)?, Slot::zeros(weight, self.form)?])
            };
            self.moments = weights.iter().map(zeros).collect::<candle_core::Result<_>>()?;
        }
        check_step(weights, gradients, self.moments.iter().map(|[first, _]| first.len()))?;
        self.step += 1;
        let step = AdamStep { number: self.step, learning_rate: self.learning_rate, config: self.config };
        for ((weight, gradient), moments) in weights.iter().zip(gradients).zip(&mut self.moments) {
            adam_step(weight, gradient, moments, &step, self.form)?;
        }
        Ok(())
    }

    fn keeps_gradients(&self) -> bool {
        false
    }

    fn state(&self) -> Result<OptimizerState> {
        let slot = |at: usize| {
            let values = self.moments.iter().map(|moments| moments[at].to_vec());
            values.collect::<candle_core::Result<Vec<_>>>()
        };
        Ok(OptimizerState {
            kind: KIND.to_owned(),
            step: self.step,
            learning_rate: self.learning_rate,
            constants: self.constants().map(|(name, value)| (name.to_owned(), value)).into(),
            slots: vec![("first".to_owned(), slot(0)?), ("second".to_owned(), slot(1)?)],
        })
    }

    fn restore(&mut self, state: OptimizerState) -> Result<()> {
        state.check(KIND, &self.constants())?;
        let (step, learning_rate) = (state.step, state.learning_rate);
        let [first, second] = state.into_slots(["first", "second"])?;
        let pairs = first.into_iter().zip(second);
        self.moments = pairs.map(|(first, second)| [first, second].map(Slot::Host)).collect();
        (self.step, self.learning_rate) = (step, learning_rate);
        Ok(())
    }
}

/// Adam with decoupled weight decay: before every step all weights, biases too, lose the share
/// `learning_rate * weight_decay` of themselves.
///
/// Unlike a layer's L2 penalty the decay is neither part of the loss nor scaled by the moments. Checkpoints of `AdamW` and
/// of [`Adam`] with the same weight decay are interchangeable.
///
/// # References
/// Loshchilov and Hutter (2019), arXiv:1711.05101; `keras.optimizers.AdamW`.
#[derive(Clone, Debug)]
pub struct AdamW {
    adam: Adam,
}

impl AdamW {
    /// Creates `AdamW` with Keras's constants and its default weight decay of 0.004.
    pub fn new(learning_rate: f64) -> Self {
        Self { adam: Adam::new(learning_rate).weight_decay(WEIGHT_DECAY) }
    }

    /// Replaces the constants, the weight decay among them.
    #[must_use]
    pub fn config(self, config: AdamConfig) -> Self {
        Self { adam: self.adam.config(config) }
    }

    /// Sets the weight decay. Raise it against overfitting; 0.01 is a common choice.
    #[must_use]
    pub fn weight_decay(self, weight_decay: f64) -> Self {
        Self { adam: self.adam.weight_decay(weight_decay) }
    }
}

impl Optimizer for AdamW {
    fn learning_rate(&self) -> f64 {
        self.adam.learning_rate()
    }

    fn set_learning_rate(&mut self, learning_rate: f64) {
        self.adam.set_learning_rate(learning_rate);
    }

    fn step(&mut self, weights: &[&Var], gradients: &[Tensor]) -> Result<()> {
        self.adam.step(weights, gradients)
    }

    fn keeps_gradients(&self) -> bool {
        self.adam.keeps_gradients()
    }

    fn state(&self) -> Result<OptimizerState> {
        self.adam.state()
    }

    fn restore(&mut self, state: OptimizerState) -> Result<()> {
        self.adam.restore(state)
    }
}
