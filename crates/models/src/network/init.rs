//! The values that weights start from.

use candle_core::{Device, Var};
use cepstrum_dataset::rng::stream;
use rand::Rng;

use crate::Result;
use crate::layer::{Init, WeightSpec};
use crate::random::standard_normal;

/// The initial weights of a layer, drawn one after the other from the stream `"init/<layer>"`.
pub(super) fn vars(layer: &str, specs: &[WeightSpec], seed: u64, device: &Device) -> Result<Vec<Var>> {
    let mut rng = stream(seed, &format!("init/{layer}"));
    specs
        .iter()
        .map(|spec| Ok(Var::from_vec(values(spec, &mut rng), spec.shape.as_slice(), device)?))
        .collect()
}

fn values(spec: &WeightSpec, rng: &mut impl Rng) -> Vec<f32> {
    let len = spec.shape.iter().product();
    match spec.init {
        Init::Zeros => vec![0.0; len],
        Init::Ones => vec![1.0; len],
        Init::GlorotUniform { fan_in, fan_out } => {
            let limit = glorot_limit(fan_in, fan_out);
            (0..len).map(|_| (2.0 * rng.random::<f32>() - 1.0) * limit).collect()
        }
        Init::Orthogonal { columns } => orthogonal(len / columns, columns, rng),
    }
}

/// Rows of normal numbers, each freed of its parts along those before it (Gram and Schmidt) and scaled to length 1.
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
fn glorot_limit(fan_in: usize, fan_out: usize) -> f32 {
    (6.0 / (fan_in + fan_out) as f64).sqrt() as f32
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
        let init = Init::GlorotUniform { fan_in: 100, fan_out: 50 };
        let spec =
            WeightSpec { name: "kernel", shape: vec![100, 50], init, trainable: true, penalized: true };
        let values = values(&spec, &mut stream(3, "init/test"));
        let limit = 0.2_f32;
        assert!(values.iter().all(|value| value.abs() <= limit));
        assert!(values.iter().any(|value| *value > 0.99 * limit));
        assert!(values.iter().any(|value| *value < -0.99 * limit));
        // The standard error of the variance over 5,000 draws is 1.3 % of limit^2 / 3.
        let variance = values.iter().map(|value| value * value).sum::<f32>() / values.len() as f32;
        assert!((variance / (limit * limit / 3.0) - 1.0).abs() < 0.06, "{variance}");
    }
}
