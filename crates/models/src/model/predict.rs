//! Predictions of a model and its loss and accuracy.

use candle_core::Tensor;
use ndarray::{Array2, ArrayRef3, ArrayView1};

use super::Classifier;
use crate::ops::{Memory, rows};
use crate::train::data::{Batches, check_config, check_labels, check_shape, validate_all};
use crate::{DataSource, Error, Metrics, Result};

/// Segments per forward pass on the CPU, whose caches hold few.
const BATCH: usize = 32;

/// Segments per forward pass on any other device, which computes many at once.
const DEVICE_BATCH: usize = 512;

impl Classifier {
    /// Computes the probability of every class for every segment.
    ///
    /// # Shapes
    /// `[n_segments, n_classes]`; every row sums to 1.
    ///
    /// # Errors
    /// [`Error::FeatureShape`], [`Error::Config`] when the features were extracted with other settings than those the
    /// model was trained on, [`Error::NonFiniteFeature`], [`Error::NoData`].
    pub fn predict_proba(&self, data: &(impl DataSource + ?Sized)) -> Result<Array2<f32>> {
        Ok(self.predict_log_proba(data)?.mapv_into(f32::exp))
    }

    /// Computes the natural logarithm of [`predict_proba`](Self::predict_proba), exact where a probability is almost 0.
    ///
    /// # Errors
    /// As [`predict_proba`](Self::predict_proba).
    pub fn predict_log_proba(&self, data: &(impl DataSource + ?Sized)) -> Result<Array2<f32>> {
        const PART: &str = "prediction";
        check_shape(data, self.network().input_shape())?;
        check_config(PART, self.config(), data.config())?;
        validate_all(PART, data, usize::MAX, |_, _| ())?;
        let (order, memory): (Vec<usize>, _) = ((0..data.len()).collect(), Memory::pooled());
        let mut out = Array2::zeros((0, self.n_classes()));
        for batch in self.batches(data).of(&order) {
            for row in self.network().forward_with(&batch?.x, &memory)?.to_vec2::<f32>()? {
                let row = rows::log_softmax(&row);
                out.push_row(ArrayView1::from(&row))
                    .map_err(|_| Error::NotClassifier { shape: vec![row.len()] })?;
            }
        }
        Ok(out)
    }

    /// Computes loss and accuracy on labeled data, as Keras's `evaluate` does.
    ///
    /// # Errors
    /// As [`predict_proba`](Self::predict_proba), and [`Error::Classes`] when the data's classes are not the model's.
    pub fn evaluate(&self, data: &(impl DataSource + ?Sized)) -> Result<Metrics> {
        const PART: &str = "evaluation";
        check_shape(data, self.network().input_shape())?;
        check_config(PART, self.config(), data.config())?;
        if data.classes() != self.classes() {
            let expected = format!("{:?}", self.classes());
            return Err(Error::Classes { part: PART, expected, actual: data.classes().to_vec() });
        }
        validate_all(PART, data, self.n_classes(), |_, _| ())?;
        self.measure(PART, data, &Memory::pooled())
    }

    /// Computes [`evaluate`](Self::evaluate) on data that was checked before.
    pub(crate) fn measure(
        &self,
        part: &'static str,
        data: &(impl DataSource + ?Sized),
        memory: &Memory,
    ) -> Result<Metrics> {
        let order: Vec<usize> = (0..data.len()).collect();
        let (mut loss, mut hits) = (0.0, 0);
        for batch in self.batches(data).of(&order) {
            let batch = batch?;
            check_labels(part, &order, &batch.labels, self.n_classes())?;
            let logits = self.network().forward_with(&batch.x, memory)?.to_vec2::<f32>()?;
            for (row, &label) in logits.iter().zip(&batch.labels) {
                loss -= f64::from(rows::log_softmax(row)[label as usize]);
                hits += usize::from(argmax(row) == label as usize);
            }
        }
        let penalty = match self.network().penalty()? {
            Some(penalty) => f64::from(penalty.to_scalar::<f32>()?),
            None => 0.0,
        };
        let n = data.len() as f64;
        Ok(Metrics { loss: loss / n + penalty, accuracy: hits as f64 / n })
    }

    /// Converts features to the network's input: standardized, in its input shape.
    ///
    /// # Shapes
    /// From `[n_segments, n_frames, n_coefficients]` to `[n_segments, ..input_shape]`.
    ///
    /// # Errors
    /// [`Error::FeatureShape`] when a segment has another shape than the network's input.
    pub fn input(&self, features: &ArrayRef3<f32>) -> Result<Tensor> {
        let (n, n_frames, n_coefficients) = features.dim();
        let expected = self.network().input_shape();
        if n_frames * n_coefficients != expected.iter().product::<usize>() {
            return Err(Error::FeatureShape { expected: expected.to_vec(), n_frames, n_coefficients });
        }
        let mut values: Vec<f32> = features.iter().copied().collect();
        if let Some(standardizer) = self.standardizer() {
            standardizer.apply(&mut values);
        }
        let shape: Vec<usize> = std::iter::once(n).chain(expected.iter().copied()).collect();
        Ok(Tensor::from_vec(values, shape, self.device())?)
    }

    fn batches<'a, D: DataSource + ?Sized>(&'a self, data: &'a D) -> Batches<'a, D> {
        Batches {
            data,
            standardizer: self.standardizer(),
            input_shape: self.network().input_shape(),
            batch_size: if self.device().is_cpu() { BATCH } else { DEVICE_BATCH },
            device: self.device(),
            augmentation: None,
        }
    }
}

/// Returns the index of the largest value, the first of equals: the rule by which every predicted class is chosen.
pub fn argmax(values: &[f32]) -> usize {
    let mut best = 0;
    for (at, value) in values.iter().enumerate() {
        if *value > values[best] {
            best = at;
        }
    }
    best
}
