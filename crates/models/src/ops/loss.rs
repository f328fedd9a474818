use candle_core::{CpuStorage, CustomOp1, DType, Layout, Result, Shape, Tensor};

use super::OpError;
use super::args::{Arg, slice, tensor, with_slice};

const OP: &str = "softmax_cross_entropy";

/// The mean over the batch of `-ln softmax(logits)[label]`, finite for logits of any finite size.
///
/// # Shapes
///
/// `logits` `[n, n_classes]`, `labels` `[n]` of `u32`; the result has no axis. (Keras:
/// `SparseCategoricalCrossentropy(from_logits=True)`.)
///
/// # Errors
///
/// When a label is not below `n_classes`, the batch is empty, shapes do not fit each other, or a tensor holds another
/// type or lies on another device.
pub fn softmax_cross_entropy(logits: &Tensor, labels: &Tensor) -> Result<Tensor> {
    let logits = Arg { op: OP, name: "logits", tensor: logits };
    let labels = Arg { op: OP, name: "labels", tensor: labels };
    let [n, n_classes] = logits.axes()?;
    logits.is_not_empty()?;
    labels.has_shape(&[n])?;
    let labels = labels.typed(DType::U32)?.to_vec1::<u32>()?;
    if let Some((row, &label)) = labels.iter().enumerate().find(|&(_, &label)| label as usize >= n_classes) {
        return Err(OpError::Label { op: OP, row, label, n_classes }.into());
    }
    logits.float()?.apply_op1(CrossEntropy { labels, n_classes })
}

/// The penalty `factor * sum(kernel²)`, which Keras adds to the loss it reports (`regularizers.L2`).
///
/// # Errors
///
/// When `factor` is negative or not finite, or `kernel` does not hold `f32` on the CPU.
pub fn l2_penalty(kernel: &Tensor, factor: f64) -> Result<Tensor> {
    const OP: &str = "l2_penalty";
    if !(0.0..f64::INFINITY).contains(&factor) {
        return Err(
            OpError::Parameter { op: OP, parameter: "factor", interval: "[0, inf)", value: factor }.into()
        );
    }
    Arg { op: OP, name: "kernel", tensor: kernel }.float()?.apply_op1(L2Penalty { factor })
}

struct CrossEntropy {
    labels: Vec<u32>,
    n_classes: usize,
}

impl CustomOp1 for CrossEntropy {
    fn name(&self) -> &'static str {
        OP
    }

    fn cpu_fwd(&self, logits: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let rows = slice::<f32>(logits, layout)?.chunks_exact(self.n_classes);
        let total: f64 = rows
            .zip(&self.labels)
            .map(|(row, &label)| {
                let (largest, sum) = log_sum_exp_parts(row);
                sum.ln() + f64::from(largest) - f64::from(row[label as usize])
            })
            .sum();
        Ok((CpuStorage::F32(vec![(total / self.labels.len() as f64) as f32]), Shape::from(())))
    }

    fn bwd(&self, logits: &Tensor, _: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        if !logits.track_op() {
            return Ok(None);
        }
        let share = f64::from(grad.to_scalar::<f32>()?) / self.labels.len() as f64;
        let mut d_logits = with_slice::<f32, _>(logits, |x| Ok(x.to_vec()))?;
        for (row, &label) in d_logits.chunks_exact_mut(self.n_classes).zip(&self.labels) {
            let (largest, sum) = log_sum_exp_parts(row);
            for (class, x) in row.iter_mut().enumerate() {
                let target = f64::from(class == label as usize);
                *x = (share * (f64::from(*x - largest).exp() / sum - target)) as f32;
            }
        }
        tensor(d_logits, logits.dims()).map(Some)
    }
}

/// The largest logit, and the sum of the exponentials of all with it taken off.
fn log_sum_exp_parts(row: &[f32]) -> (f32, f64) {
    let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    (largest, row.iter().map(|&x| f64::from(x - largest).exp()).sum())
}

struct L2Penalty {
    factor: f64,
}

impl CustomOp1 for L2Penalty {
    fn name(&self) -> &'static str {
        "l2_penalty"
    }

    fn cpu_fwd(&self, kernel: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let sum: f64 = slice::<f32>(kernel, layout)?.iter().map(|&k| f64::from(k) * f64::from(k)).sum();
        Ok((CpuStorage::F32(vec![(self.factor * sum) as f32]), Shape::from(())))
    }

    fn bwd(&self, kernel: &Tensor, _: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        if !kernel.track_op() {
            return Ok(None);
        }
        let scale = (2.0 * self.factor * f64::from(grad.to_scalar::<f32>()?)) as f32;
        with_slice::<f32, _>(kernel, |values| {
            tensor(values.iter().map(|&k| scale * k).collect(), kernel.dims()).map(Some)
        })
    }
}
