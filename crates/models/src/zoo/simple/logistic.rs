//! Multinomial logistic regression.

use candle_core::{Device, Tensor};
use cepstrum_dataset::FeatureSet;
use ndarray::{Array2, ArrayRef2, ArrayView1, Axis};
use rayon::prelude::*;

use super::lbfgs::{self, Lbfgs};
use super::{FittedModel, Summaries, by_track, fitted};
use crate::{Classifier, Dense, Error, Result, Summarized};

/// Rows of one partial sum; it depends on nothing but the data, so that sums have the same bits on any number of threads.
const ROWS: usize = 256;

/// Multinomial logistic regression with an L2 penalty on standardized summaries, fitted to convergence; scikit-learn's
/// `make_pipeline(StandardScaler(), LogisticRegression(C=strength))`.
///
/// ```text
/// minimize over W, b:  sum over i of -ln softmax(W x[i] + b)[label[i]] + sum(W^2) / (2 strength)
/// ```
///
/// ```
/// use cepstrum_dataset::FeatureSet;
/// use cepstrum_models::zoo::LogisticRegression;
/// use ndarray::Array3;
///
/// // Two classes that differ in the mean of the first coefficient.
/// let values = Array3::from_shape_fn((40, 9, 2), |(segment, t, c)| {
///     (t as f32 + c as f32).sin() + if c == 0 && segment % 2 == 0 { 1.0 } else { 0.0 }
/// });
/// let labels = (0..40).map(|segment| segment % 2).collect();
/// let set = FeatureSet::new(values, labels, vec!["up".into(), "down".into()], vec![], None)?;
/// let fitted = LogisticRegression::default().fit(&set, None)?;
/// assert_eq!(fitted.model.evaluate(&set)?.accuracy, 1.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
/// Liu and Nocedal (1989), *On the limited memory BFGS method for large scale optimization*, doi:10.1007/BF01589116.
#[derive(Clone, Debug, PartialEq)]
pub struct LogisticRegression {
    /// Inverse strengths of the penalty, above 0 and finite: scikit-learn's `C`. The one with most validation tracks right
    /// is kept, of equals the one with the lower cross-entropy. Without validation data the first is used. Small values
    /// suit few tracks with many segments each. Default 1, 0.1, 0.01, 0.001, 0.0001.
    pub strengths: Vec<f64>,
    /// Values that the summary consists of. Default [`Summarized::Values`].
    pub summarized: Summarized,
    /// Largest number of iterations per strength, at least 1. Default 1,000, which real data does not reach.
    pub max_iterations: usize,
}

impl Default for LogisticRegression {
    fn default() -> Self {
        let strengths = vec![1.0, 0.1, 0.01, 0.001, 0.0001];
        Self { strengths, summarized: Summarized::Values, max_iterations: 1_000 }
    }
}

impl LogisticRegression {
    /// A regression of this strength alone.
    pub fn with_strength(strength: f64) -> Self {
        Self { strengths: vec![strength], ..Self::default() }
    }

    /// Fits the regression, once per strength where there are validation data.
    ///
    /// # Errors
    /// [`Error::Setting`] for no strength, one that is not above 0 and finite, or no iteration, and those of
    /// [`MajorityClass::fit`](super::MajorityClass::fit).
    pub fn fit(&self, training: &FeatureSet, validation: Option<&FeatureSet>) -> Result<FittedModel> {
        self.check()?;
        let summaries = Summaries::compute(training, validation, self.summarized)?;
        let candidates = if validation.is_some() { self.strengths.as_slice() } else { &self.strengths[..1] };
        let (n_values, n_classes) = (summaries.values.ncols(), training.n_classes());
        let mut parameters = vec![0.0; (n_values + 1) * n_classes];
        let (mut best, mut iterations): (Option<(_, _, _)>, _) = (None, 0);
        for &strength in candidates {
            let objective = Objective {
                x: &summaries.values,
                labels: training.labels(),
                n_classes,
                penalty: 1.0 / (strength * training.labels().len() as f64),
            };
            let config = Lbfgs { max_iterations: self.max_iterations, tolerance: 1e-8, ..Lbfgs::default() };
            // Each strength starts where the one before it ended.
            let found = lbfgs::minimize(|at| objective.evaluate(at), parameters, &config);
            parameters = found.at;
            iterations += found.iterations;
            let model = model(&summaries, &parameters, n_classes)?;
            let score = match validation {
                Some(validation) if candidates.len() > 1 => {
                    let tracks = by_track(&model, validation)?;
                    (tracks.accuracy, -tracks.loss)
                }
                _ => (0.0, 0.0),
            };
            if best.as_ref().is_none_or(|(highest, ..)| score > *highest) {
                best = Some((score, model, strength));
            }
        }
        let Some((_, model, strength)) = best else { return Err(Error::NoData { part: "training" }) };
        fitted(model, [Some(training), validation], iterations, summaries.begun, Some(strength))
    }

    fn check(&self) -> Result<()> {
        let unsound = self.strengths.iter().find(|strength| !(**strength > 0.0 && strength.is_finite()));
        let bound = "one or more numbers above 0 and finite";
        if let Some(&value) = unsound.or(self.strengths.is_empty().then_some(&0.0)) {
            return Err(Error::Setting { setting: "strengths", bound, value });
        }
        if self.max_iterations == 0 {
            return Err(Error::Setting { setting: "max_iterations", bound: "at least 1", value: 0.0 });
        }
        Ok(())
    }
}

/// The model with these parameters: `[n_values, n_classes]`, then the biases.
fn model(summaries: &Summaries<'_>, parameters: &[f64], n_classes: usize) -> Result<Classifier> {
    let n_values = summaries.values.ncols();
    let parameters: Vec<f32> = parameters.iter().map(|value| *value as f32).collect();
    let (kernel, bias) = parameters.split_at(n_values * n_classes);
    let weights = vec![
        ("dense/kernel".to_owned(), Tensor::from_slice(kernel, (n_values, n_classes), &Device::Cpu)?),
        ("dense/bias".to_owned(), Tensor::from_slice(bias, n_classes, &Device::Cpu)?),
    ];
    summaries.model(vec![Dense::new(n_classes).into()], weights)
}

/// The mean cross-entropy with the penalty `penalty / 2 * sum(W^2)`.
struct Objective<'a> {
    x: &'a Array2<f64>,
    labels: &'a [usize],
    n_classes: usize,
    penalty: f64,
}

impl Objective<'_> {
    /// The value and its gradient.
    fn evaluate(&self, parameters: &[f64]) -> (f64, Vec<f64>) {
        let (n, n_values) = self.x.dim();
        let n_kernel = n_values * self.n_classes;
        let pieces: Vec<(f64, Vec<f64>)> = (0..n.div_ceil(ROWS))
            .into_par_iter()
            .map(|piece| {
                let rows = piece * ROWS..n.min((piece + 1) * ROWS);
                self.piece(&self.x.slice_axis(Axis(0), rows.clone().into()), &self.labels[rows], parameters)
            })
            .collect();
        let (mut value, mut gradient) = (0.0, vec![0.0; parameters.len()]);
        for (loss, part) in pieces {
            value += loss;
            gradient.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
        }
        let scale = 1.0 / n as f64;
        value *= scale;
        for part in &mut gradient {
            *part *= scale;
        }
        for (gradient, weight) in gradient.iter_mut().zip(&parameters[..n_kernel]) {
            *gradient += self.penalty * weight;
            value += 0.5 * self.penalty * weight * weight;
        }
        (value, gradient)
    }

    /// The sum of the cross-entropies of some rows and its gradient.
    fn piece(&self, x: &ArrayRef2<f64>, labels: &[usize], parameters: &[f64]) -> (f64, Vec<f64>) {
        let (kernel, bias) = parameters.split_at(x.ncols() * self.n_classes);
        let kernel = ndarray::ArrayView2::from_shape((x.ncols(), self.n_classes), kernel);
        let Ok(kernel) = kernel else { return (0.0, vec![0.0; parameters.len()]) };
        let mut scores = x.dot(&kernel) + ArrayView1::from(bias);
        let mut loss = 0.0;
        for (mut row, &label) in scores.rows_mut().into_iter().zip(labels) {
            let highest = row.fold(f64::NEG_INFINITY, |a, &b| a.max(b));
            let log_sum = highest + row.iter().map(|score| (score - highest).exp()).sum::<f64>().ln();
            loss += log_sum - row[label];
            row.mapv_inplace(|score| (score - log_sum).exp());
            row[label] -= 1.0;
        }
        let mut gradient: Vec<f64> = x.t().dot(&scores).iter().copied().collect();
        gradient.extend(scores.sum_axis(Axis(0)));
        (loss, gradient)
    }
}
