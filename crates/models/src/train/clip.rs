//! Gradient clipping.

use candle_core::Tensor;
use serde::{Deserialize, Serialize};

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

    pub(super) fn apply(self, gradients: &mut [Tensor]) -> Result<()> {
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
            let mut gradients = [values(&[5, 3], 1, 1.0), values(&[4], 2, 0.2)];
            clipping.apply(&mut gradients).unwrap();
            for (at, gradient) in gradients.iter().enumerate() {
                let expected = case["gradients"][at]["values"].as_array().unwrap();
                let actual = gradient.flatten_all().unwrap().to_vec1::<f32>().unwrap();
                for (actual, expected) in actual.iter().zip(expected) {
                    let expected = expected.as_f64().unwrap();
                    assert!(
                        (f64::from(*actual) - expected).abs() < 1e-6,
                        "{clipping:?}: {actual} {expected}"
                    );
                }
            }
        }
    }
}
