//! Gradient clipping.

use candle_core::Tensor;
use serde::{Deserialize, Serialize};

use crate::ops::Form;
use crate::{Error, Result};

/// The limit on gradients before a step, as in Keras's optimizers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clipping {
    /// No limit. The default.
    #[default]
    Off,
    /// Every element is clamped to `-limit..=limit`; Keras's `clipvalue`. It may change the direction of the step.
    Value(f64),
    /// The gradient of every weight is scaled to a norm of at most this; Keras's `clipnorm`.
    Norm(f64),
    /// All gradients are scaled together, to a common norm of at most this; Keras's `global_clipnorm`. It keeps the
    /// direction of the step, so prefer it; 1.0 is a common choice.
    ///
    /// # References
    /// Pascanu, Mikolov and Bengio (2013), arXiv:1211.5063.
    GlobalNorm(f64),
}

impl Clipping {
    pub(super) fn check(self) -> Result<()> {
        match self {
            Self::Value(value) | Self::Norm(value) | Self::GlobalNorm(value)
                if !(value > 0.0 && value.is_finite()) =>
            {
                Err(Error::Setting { setting: "clipping", bound: "above 0 and finite", value })
            }
            _ => Ok(()),
        }
    }

    /// Limits gradients of which the first tells the device. Norms stay on every device but the CPU, where they are summed
    /// in `f64`.
    pub(super) fn apply(self, gradients: &mut [Tensor], form: Form) -> Result<()> {
        match gradients.first() {
            Some(first) if form.on(first.device()) == Form::Portable => Ok(self.apply_there(gradients)?),
            _ => self.apply_here(gradients),
        }
    }

    fn apply_here(self, gradients: &mut [Tensor]) -> Result<()> {
        match self {
            Self::Off => {}
            Self::Value(limit) => {
                for gradient in gradients {
                    *gradient = gradient.clamp(-limit as f32, limit as f32)?;
                }
            }
            Self::Norm(limit) => {
                for gradient in gradients {
                    let norm = square_sum(gradient)?.sqrt();
                    limit_norm(gradient, norm, limit)?;
                }
            }
            Self::GlobalNorm(limit) => {
                let mut sum = 0.0;
                for gradient in gradients.iter() {
                    sum += square_sum(gradient)?;
                }
                for gradient in gradients {
                    limit_norm(gradient, sum.sqrt(), limit)?;
                }
            }
        }
        Ok(())
    }

    /// Limits gradients without a value that leaves their device.
    fn apply_there(self, gradients: &mut [Tensor]) -> candle_core::Result<()> {
        match self {
            Self::Off => {}
            Self::Value(limit) => {
                for gradient in gradients {
                    let bound = |value: f64| Tensor::full(value as f32, gradient.shape(), gradient.device());
                    let clamped = gradient.maximum(&bound(-limit)?)?.minimum(&bound(limit)?)?;
                    *gradient = clamped;
                }
            }
            Self::Norm(limit) => {
                for gradient in gradients {
                    let factor = shrinkage(&gradient.sqr()?.sum_all()?, limit)?;
                    *gradient = gradient.broadcast_mul(&factor)?;
                }
            }
            Self::GlobalNorm(limit) => {
                let sums = gradients.iter().map(|gradient| gradient.sqr()?.sum_all());
                let sums = sums.collect::<candle_core::Result<Vec<_>>>()?;
                let Some((first, rest)) = sums.split_first() else { return Ok(()) };
                let total = rest.iter().try_fold(first.clone(), |total, sum| total + sum)?;
                let factor = shrinkage(&total, limit)?;
                for gradient in gradients {
                    *gradient = gradient.broadcast_mul(&factor)?;
                }
            }
        }
        Ok(())
    }
}

/// The factor `limit / max(norm, limit)`, at most 1, of a norm whose square is given.
fn shrinkage(square: &Tensor, limit: f64) -> candle_core::Result<Tensor> {
    let bound = Tensor::full(limit as f32, square.shape(), square.device())?;
    square.sqrt()?.maximum(&bound)?.recip()?.affine(limit, 0.0)
}

/// Scales a gradient of this norm down to the limit.
fn limit_norm(gradient: &mut Tensor, norm: f64, limit: f64) -> Result<()> {
    if norm > limit {
        *gradient = gradient.affine(limit / norm, 0.0)?;
    }
    Ok(())
}

/// The sum of squares, in `f64` and in the order of the elements: the same for any number of threads.
fn square_sum(gradient: &Tensor) -> Result<f64> {
    let values = gradient.flatten_all()?.to_vec1::<f32>()?;
    Ok(values.into_iter().map(|value| f64::from(value) * f64::from(value)).sum())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use candle_core::Device;
    use serde_json::Value;

    use super::*;

    /// Pseudo-random values by the hash of `tests/golden/make_ops.py`.
    fn values(shape: &[usize], salt: u64, scale: f64) -> Tensor {
        let count = shape.iter().product::<usize>() as u64;
        let value = |place: u64| {
            let mixed = (place + salt * 1_000_003) * 2_654_435_761 % (1 << 32);
            let mixed = (mixed ^ (mixed >> 15)) * 2_246_822_519 % (1 << 32);
            (((mixed >> 8) as f64 / f64::from(1 << 23) - 1.0) * scale) as f32
        };
        Tensor::from_vec((0..count).map(value).collect(), shape, &Device::Cpu).unwrap()
    }

    fn check(what: &str, actual: &Tensor, expected: &Value) {
        let actual = actual.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        for (actual, expected) in actual.iter().zip(expected.as_array().unwrap()) {
            let expected = expected.as_f64().unwrap();
            assert!((f64::from(*actual) - expected).abs() < 1e-6, "{what}: {actual} {expected}");
        }
    }

    #[test]
    fn clipping_is_that_of_keras() {
        let golden: Value = serde_json::from_str(include_str!("../../tests/golden/ops.json")).unwrap();
        let cases: Vec<_> = golden["cases"].as_array().unwrap().iter().collect();
        let cases: Vec<_> = cases.into_iter().filter(|case| case["op"] == "clipping").collect();
        assert_eq!(cases.len(), 4);
        for case in cases {
            let (kind, limit) = case["settings"].as_object().unwrap().iter().next().unwrap();
            let limit = limit.as_f64().unwrap();
            let clipping = match kind.as_str() {
                "clipvalue" => Clipping::Value(limit),
                "clipnorm" => Clipping::Norm(limit),
                _ => Clipping::GlobalNorm(limit),
            };
            for form in [Form::Own, Form::Portable] {
                let mut gradients = [values(&[5, 3], 1, 1.0), values(&[4], 2, 0.2)];
                clipping.apply(&mut gradients, form).unwrap();
                for (gradient, expected) in gradients.iter().zip(case["gradients"].as_array().unwrap()) {
                    check(&format!("{clipping:?}, {form:?}"), gradient, &expected["values"]);
                }
            }
        }
    }
}
