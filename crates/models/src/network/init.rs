//! Initial weights.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use candle_core::{DType, Device, Shape, Tensor};
use candle_nn::VarBuilder;
use candle_nn::init::{Init as Hint, NormalOrUniform};
use candle_nn::var_builder::SimpleBackend;
use cepstrum_dataset::rng::stream;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::layer::Init;
use crate::random::standard_normal;

/// Initial weights drawn from a seed: a backend of candle's [`VarBuilder`], for this crate's layers and candle's.
///
/// candle's own generator has no seed on the CPU. Here each layer draws from a stream of its own, `"init/<layer>"`, one
/// weight after the other: the same seed gives the same bits, and another layer does not shift them. The layer of a
/// weight is its name up to the last `/` or `.`. A weight that is called `recurrent_kernel` is orthogonal by rows, as in
/// Keras; every other one follows the hint of its layer.
///
/// ```
/// use candle_core::Device;
/// use cepstrum_models::SeededInit;
///
/// let linear = |seed| candle_nn::linear(4, 3, SeededInit::builder(seed, &Device::Cpu).pp("linear"));
/// assert_eq!(linear(7)?.weight().to_vec2::<f32>()?, linear(7)?.weight().to_vec2::<f32>()?);
/// assert_ne!(linear(7)?.weight().to_vec2::<f32>()?, linear(8)?.weight().to_vec2::<f32>()?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct SeededInit {
    seed: u64,
    /// The generator of every layer that has drawn before.
    streams: Mutex<BTreeMap<String, ChaCha8Rng>>,
}

impl SeededInit {
    /// A backend that draws from this seed.
    pub fn new(seed: u64) -> Self {
        Self { seed, streams: Mutex::default() }
    }

    /// A builder of `f32` weights on a device, with this backend.
    pub fn builder(seed: u64, device: &Device) -> VarBuilder<'static> {
        VarBuilder::from_backend(Box::new(Self::new(seed)), DType::F32, device.clone())
    }

    fn values(&self, name: &str, shape: &Shape, hint: Hint) -> Vec<f32> {
        let (layer, weight) = name.rsplit_once(['/', '.']).unwrap_or(("", name));
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        let rng =
            (streams.entry(layer.to_owned())).or_insert_with(|| stream(self.seed, &format!("init/{layer}")));
        match shape.dims() {
            &[rows, columns] if weight == RECURRENT_KERNEL && rows <= columns => {
                orthogonal(rows, columns, rng)
            }
            _ => draw(hint, shape, rng),
        }
    }
}

impl SimpleBackend for SeededInit {
    fn get(
        &self,
        shape: Shape,
        name: &str,
        hint: Hint,
        dtype: DType,
        device: &Device,
    ) -> candle_core::Result<Tensor> {
        let values = self.values(name, &shape, hint);
        Tensor::from_vec(values, shape, device)?.to_dtype(dtype)
    }

    fn get_unchecked(&self, name: &str, _dtype: DType, _device: &Device) -> candle_core::Result<Tensor> {
        candle_core::bail!("the initial values of {name} depend on its shape, which was not given")
    }

    fn contains_tensor(&self, _name: &str) -> bool {
        true
    }
}

/// Name of the weight that starts orthogonal.
const RECURRENT_KERNEL: &str = "recurrent_kernel";

/// candle's form of an initial distribution. It has none for orthogonal matrices: normal values of the same size stand
/// in for them where a builder does not know the weight's name.
pub(super) fn hint(init: Init) -> Hint {
    match init {
        Init::Zeros => Hint::Const(0.0),
        Init::Ones => Hint::Const(1.0),
        Init::GlorotUniform { fan_in, fan_out } => {
            let limit = glorot_limit(fan_in, fan_out);
            Hint::Uniform { lo: -limit, up: limit }
        }
        Init::Orthogonal { columns } => Hint::Randn { mean: 0.0, stdev: (columns as f64).powf(-0.5) },
    }
}

/// Values of candle's distributions, drawn from a generator.
fn draw(hint: Hint, shape: &Shape, rng: &mut impl Rng) -> Vec<f32> {
    let n = shape.elem_count();
    match hint {
        Hint::Const(value) => vec![value as f32; n],
        Hint::Uniform { lo, up } => uniform(n, lo, up, rng),
        Hint::Randn { mean, stdev } => (0..n).map(|_| (mean + stdev * standard_normal(rng)) as f32).collect(),
        Hint::Kaiming { dist, fan, non_linearity } => {
            let deviation = non_linearity.gain() / (fan.for_shape(shape) as f64).sqrt();
            match dist {
                NormalOrUniform::Normal => {
                    (0..n).map(|_| (deviation * standard_normal(rng)) as f32).collect()
                }
                NormalOrUniform::Uniform => {
                    let limit = 3_f64.sqrt() * deviation;
                    uniform(n, -limit, limit, rng)
                }
            }
        }
    }
}

fn uniform(n: usize, lo: f64, up: f64, rng: &mut impl Rng) -> Vec<f32> {
    let (middle, half) = ((0.5 * (lo + up)) as f32, (0.5 * (up - lo)) as f32);
    (0..n).map(|_| middle + (2.0 * rng.random::<f32>() - 1.0) * half).collect()
}

/// Rows of normal values, orthogonal to each other and of norm 1 by the Gram-Schmidt process.
///
/// Saxe et al. (2014), arXiv:1312.6120.
fn orthogonal(n_rows: usize, columns: usize, rng: &mut impl Rng) -> Vec<f32> {
    let mut rows: Vec<Vec<f64>> = Vec::with_capacity(n_rows);
    for _ in 0..n_rows {
        let mut row: Vec<f64> = (0..columns).map(|_| standard_normal(rng)).collect();
        for before in &rows {
            let part: f64 = before.iter().zip(&row).map(|(a, b)| a * b).sum();
            row.iter_mut().zip(before).for_each(|(value, before)| *value -= part * before);
        }
        let length = row.iter().map(|value| value * value).sum::<f64>().sqrt();
        rows.push(row.into_iter().map(|value| value / length).collect());
    }
    rows.into_iter().flatten().map(|value| value as f32).collect()
}

/// Half the width of Glorot and Bengio's uniform distribution, `sqrt(6 / (fan_in + fan_out))`.
///
/// Glorot and Bengio (2010), *Understanding the difficulty of training deep feedforward neural networks*, AISTATS.
fn glorot_limit(fan_in: usize, fan_out: usize) -> f64 {
    (6.0 / (fan_in + fan_out) as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orthogonal_rows_are_orthogonal_and_of_length_one() {
        let values = orthogonal(20, 60, &mut stream(3, "init/test"));
        for (i, a) in values.chunks_exact(60).enumerate() {
            for (j, b) in values.chunks_exact(60).enumerate() {
                let product: f32 = a.iter().zip(b).map(|(a, b)| a * b).sum();
                let expected = if i == j { 1.0 } else { 0.0 };
                assert!((product - expected).abs() < 1e-5, "{i} {j} {product}");
            }
        }
    }

    #[test]
    fn glorot_values_fill_their_interval() {
        let init = hint(Init::GlorotUniform { fan_in: 100, fan_out: 50 });
        let values = SeededInit::new(3).values("test/kernel", &(100, 50).into(), init);
        let limit = 0.2_f32;
        assert!(values.iter().all(|value| value.abs() <= limit));
        assert!(values.iter().any(|value| *value > 0.99 * limit));
        assert!(values.iter().any(|value| *value < -0.99 * limit));
        // The standard error of the variance over 5,000 draws is 1.3 % of limit^2 / 3.
        let variance = values.iter().map(|value| value * value).sum::<f32>() / values.len() as f32;
        assert!((variance / (limit * limit / 3.0) - 1.0).abs() < 0.06, "{variance}");
    }
}
