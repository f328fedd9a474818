//! Adam, as Keras computes it.

use candle_core::{Tensor, Var};

use super::{Optimizer, OptimizerState};
use crate::Result;
use crate::ops::{AdamConfig, AdamMoments, AdamStep, adam_update};

const KIND: &str = "adam";

/// Adam in Keras's form: the bias correction is part of the rate, and epsilon is added to the root that is not
/// corrected. With a weight decay it is `AdamW`.
///
/// `w -= rate * sqrt(1 - beta_2^t) / (1 - beta_1^t) * m / (sqrt(v) + epsilon)`
///
/// # References
/// Kingma and Ba (2015), arXiv:1412.6980; Loshchilov and Hutter (2019), arXiv:1711.05101; `keras.optimizers.Adam` and
/// `AdamW`.
#[derive(Clone, Debug)]
pub struct Adam {
    learning_rate: f64,
    config: AdamConfig,
    step: u64,
    moments: Vec<AdamMoments>,
}

impl Adam {
    /// Keras's constants at this learning rate, which [`Trainer::fit`](crate::Trainer::fit) checks.
    pub fn new(learning_rate: f64) -> Self {
        Self { learning_rate, config: AdamConfig::default(), step: 0, moments: Vec::new() }
    }

    /// The same with other constants.
    pub fn config(self, config: AdamConfig) -> Self {
        Self { config, ..self }
    }

    /// `AdamW`: before every step all weights, biases too, lose the share `rate * weight_decay` of themselves. Keras's
    /// default is 0.004. Unlike a layer's L2 penalty it is neither part of the loss nor scaled by the moments.
    pub fn weight_decay(self, weight_decay: f64) -> Self {
        Self { config: AdamConfig { weight_decay, ..self.config }, ..self }
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
        if self.moments.is_empty() {
            self.moments = weights.iter().map(|weight| AdamMoments::zeros(weight.elem_count())).collect();
        }
        self.step += 1;
        let step = AdamStep { number: self.step, learning_rate: self.learning_rate, config: self.config };
        for ((weight, gradient), moments) in weights.iter().zip(gradients).zip(&mut self.moments) {
            adam_update(weight, gradient, moments, &step)?;
        }
        Ok(())
    }

    fn state(&self) -> OptimizerState {
        let slot =
            |values: fn(&AdamMoments) -> &Vec<f32>| self.moments.iter().map(|m| values(m).clone()).collect();
        OptimizerState {
            kind: KIND.to_owned(),
            step: self.step,
            learning_rate: self.learning_rate,
            constants: self.constants().map(|(name, value)| (name.to_owned(), value)).into(),
            slots: vec![("first".to_owned(), slot(|m| &m.first)), ("second".to_owned(), slot(|m| &m.second))],
        }
    }

    fn restore(&mut self, mut state: OptimizerState) -> Result<()> {
        state.check(KIND, &self.constants())?;
        let (first, second) = (state.take("first")?, state.take("second")?);
        self.moments =
            first.into_iter().zip(second).map(|(first, second)| AdamMoments { first, second }).collect();
        self.step = state.step;
        self.learning_rate = state.learning_rate;
        Ok(())
    }
}
