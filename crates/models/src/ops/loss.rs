use candle_core::{CpuStorage, CustomOp1, DType, Layout, Shape, Tensor};

use super::args::{Arg, slice, tensor, with_slice};
use super::in_place::in_place;
use super::rows::LogSumExp;
use super::{Memory, OpError, Result, portable};

/// The mean over the batch of `-ln softmax(logits)[label]`, finite for logits of any finite size.
///
/// # Shapes
/// `logits` `[n, n_classes]`, `labels` `[n]` of `u32`, which may stay on the CPU; the result has no axis. (Keras:
/// `SparseCategoricalCrossentropy(from_logits=True)`.)
///
/// # Errors
/// [`OpError::Label`] if a label is not below `n_classes`, [`OpError::Empty`] if there is no logit, [`OpError::Rank`] or
/// [`OpError::Shape`] if the shapes do not fit each other, [`OpError::Type`] or [`OpError::Device`] if a tensor holds
/// another type or the labels are on a third device.
pub fn softmax_cross_entropy(logits: &Tensor, labels: &Tensor) -> Result<Tensor> {
    softmax_cross_entropy_with(logits, labels, &Memory::none())
}

/// [`softmax_cross_entropy`] in the form of a memory.
pub(crate) fn softmax_cross_entropy_with(
    logits: &Tensor,
    labels: &Tensor,
    memory: &Memory,
) -> Result<Tensor> {
    const OP: &str = CrossEntropy::NAME;
    let [logits, labels] = Arg::named(OP, [("logits", logits), ("labels", labels)]);
    let [n, n_classes] = logits.axes()?;
    logits.check_not_empty()?;
    labels.check_shape(&[n])?;
    let labels = labels.of_type(DType::U32)?.to_vec1::<u32>()?;
    if let Some((row, &label)) = labels.iter().enumerate().find(|&(_, &label)| label as usize >= n_classes) {
        return Err(OpError::Label { op: OP, row, label, n_classes });
    }
    let logits = logits.float()?;
    if memory.is_portable(&logits) {
        let targets = portable::loss::one_hot(&labels, n_classes, &logits)?;
        return Ok(portable::loss::soft_cross_entropy(&logits, &targets)?);
    }
    Ok(logits.apply_op1(CrossEntropy { labels, n_classes })?)
}

/// The mean over the batch of `-sum over classes of target * ln softmax(logits)`, for targets that are no single class:
/// smoothed labels, mixed segments, weighted classes.
///
/// A row of targets need not sum to 1: its sum is the weight of the row. (Keras:
/// `CategoricalCrossentropy(from_logits=True)`, with the sample weights multiplied into the targets.)
///
/// # Shapes
/// `logits` and `targets` `[n, n_classes]`; the result has no axis. The targets are constants.
///
/// # Errors
/// [`OpError::Empty`] if there is no logit, [`OpError::Rank`] or [`OpError::Shape`] if the shapes do not fit each other,
/// [`OpError::Type`] or [`OpError::Device`] if a tensor does not hold `f32` or is not on the device of the first.
pub fn soft_cross_entropy(logits: &Tensor, targets: &Tensor) -> Result<Tensor> {
    soft_cross_entropy_with(logits, targets, &Memory::none())
}

/// [`soft_cross_entropy`] in the form of a memory.
pub(crate) fn soft_cross_entropy_with(logits: &Tensor, targets: &Tensor, memory: &Memory) -> Result<Tensor> {
    let [logits, targets] = Arg::named(SoftCrossEntropy::NAME, [("logits", logits), ("targets", targets)]);
    let [n, n_classes] = logits.axes()?;
    logits.check_not_empty()?;
    targets.check_shape(&[n, n_classes])?;
    let [logits, targets] = Arg::floats([logits, targets])?;
    if memory.is_portable(&logits) {
        return Ok(portable::loss::soft_cross_entropy(&logits, &targets)?);
    }
    let targets = targets.flatten_all()?.to_vec1()?;
    Ok(logits.apply_op1(SoftCrossEntropy { targets, n, n_classes })?)
}

/// The L2 penalty `factor * sum(kernel²)`, which Keras adds to the loss that it reports (`regularizers.L2`).
///
/// # Errors
/// [`OpError::Parameter`] if `factor` is negative or not finite, [`OpError::Type`] or [`OpError::Device`] if `kernel` does
/// not hold `f32` or is not on the device of the first.
pub fn l2_penalty(kernel: &Tensor, factor: f64) -> Result<Tensor> {
    l2_penalty_with(kernel, factor, &Memory::none())
}

/// [`l2_penalty`] in the form of a memory.
pub(crate) fn l2_penalty_with(kernel: &Tensor, factor: f64, memory: &Memory) -> Result<Tensor> {
    const OP: &str = L2Penalty::NAME;
    if !(0.0..f64::INFINITY).contains(&factor) {
        return Err(OpError::Parameter { op: OP, parameter: "factor", interval: "[0, inf)", value: factor });
    }
    let kernel = Arg { op: OP, name: "kernel", tensor: kernel }.float()?;
    if memory.is_portable(&kernel) {
        return Ok(portable::loss::l2_penalty(&kernel, factor)?);
    }
    Ok(kernel.apply_op1(L2Penalty { factor })?)
}

/// The gradient of a kernel with that of its [`l2_penalty`].
pub(crate) fn with_l2_gradient(gradient: &Tensor, kernel: &Tensor, factor: f64) -> Result<Tensor> {
    Ok((gradient + kernel.detach().affine(2.0 * factor, 0.0)?)?)
}

/// Adds the gradient of [`l2_penalty`] to that of a kernel, in place, on the CPU.
pub(crate) fn add_l2_gradient(gradient: &Tensor, kernel: &Tensor, factor: f64) -> Result<()> {
    let scale = (2.0 * factor) as f32;
    in_place("add_l2_gradient", gradient, kernel, |gradient, kernel| {
        for (gradient, kernel) in gradient.iter_mut().zip(kernel) {
            *gradient += scale * kernel;
        }
    })?;
    Ok(())
}

struct CrossEntropy {
    labels: Vec<u32>,
    n_classes: usize,
}

impl CrossEntropy {
    const NAME: &str = "softmax_cross_entropy";
}

impl CustomOp1 for CrossEntropy {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn cpu_fwd(&self, logits: &CpuStorage, layout: &Layout) -> candle_core::Result<(CpuStorage, Shape)> {
        let rows = slice::<f32>(logits, layout)?.chunks_exact(self.n_classes);
        let of_row = |(row, &label): (&[f32], &u32)| {
            let LogSumExp { largest, sum } = LogSumExp::of(row);
            sum.ln() + f64::from(largest) - f64::from(row[label as usize])
        };
        let total: f64 = rows.zip(&self.labels).map(of_row).sum();
        Ok((CpuStorage::F32(vec![(total / self.labels.len() as f64) as f32]), Shape::from(())))
    }

    fn bwd(&self, logits: &Tensor, _: &Tensor, grad: &Tensor) -> candle_core::Result<Option<Tensor>> {
        if !logits.track_op() {
            return Ok(None);
        }
        let share = f64::from(grad.to_scalar::<f32>()?) / self.labels.len() as f64;
        let mut d_logits = with_slice::<f32, _>(logits, |x| Ok(x.to_vec()))?;
        for (row, &label) in d_logits.chunks_exact_mut(self.n_classes).zip(&self.labels) {
            let terms = LogSumExp::of(row);
            for (class, x) in row.iter_mut().enumerate() {
                let target = f64::from(class == label as usize);
                *x = (share * (terms.probability(*x) - target)) as f32;
            }
        }
        tensor(d_logits, logits.dims()).map(Some)
    }
}

struct SoftCrossEntropy {
    targets: Vec<f32>,
    n: usize,
    n_classes: usize,
}

impl SoftCrossEntropy {
    const NAME: &str = "soft_cross_entropy";
}

impl CustomOp1 for SoftCrossEntropy {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn cpu_fwd(&self, logits: &CpuStorage, layout: &Layout) -> candle_core::Result<(CpuStorage, Shape)> {
        let rows = slice::<f32>(logits, layout)?.chunks_exact(self.n_classes);
        let of_row = |(row, targets): (&[f32], &[f32])| {
            let LogSumExp { largest, sum } = LogSumExp::of(row);
            let terms = row.iter().zip(targets).filter(|(_, target)| **target != 0.0);
            terms.map(|(&x, &target)| f64::from(target) * (sum.ln() - f64::from(x - largest))).sum::<f64>()
        };
        let total: f64 = rows.zip(self.targets.chunks_exact(self.n_classes)).map(of_row).sum();
        Ok((CpuStorage::F32(vec![(total / self.n as f64) as f32]), Shape::from(())))
    }

    fn bwd(&self, logits: &Tensor, _: &Tensor, grad: &Tensor) -> candle_core::Result<Option<Tensor>> {
        if !logits.track_op() {
            return Ok(None);
        }
        let share = f64::from(grad.to_scalar::<f32>()?) / self.n as f64;
        let mut d_logits = with_slice::<f32, _>(logits, |x| Ok(x.to_vec()))?;
        let targets = self.targets.chunks_exact(self.n_classes);
        for (row, targets) in d_logits.chunks_exact_mut(self.n_classes).zip(targets) {
            let terms = LogSumExp::of(row);
            let weight: f64 = targets.iter().copied().map(f64::from).sum();
            for (x, &target) in row.iter_mut().zip(targets) {
                *x = (share * (weight * terms.probability(*x) - f64::from(target))) as f32;
            }
        }
        tensor(d_logits, logits.dims()).map(Some)
    }
}

struct L2Penalty {
    factor: f64,
}

impl L2Penalty {
    const NAME: &str = "l2_penalty";
}

impl CustomOp1 for L2Penalty {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn cpu_fwd(&self, kernel: &CpuStorage, layout: &Layout) -> candle_core::Result<(CpuStorage, Shape)> {
        let sum = sum_of_squares(slice::<f32>(kernel, layout)?);
        Ok((CpuStorage::F32(vec![(self.factor * sum) as f32]), Shape::from(())))
    }

    fn bwd(&self, kernel: &Tensor, _: &Tensor, grad: &Tensor) -> candle_core::Result<Option<Tensor>> {
        if !kernel.track_op() {
            return Ok(None);
        }
        let scale = (2.0 * self.factor * f64::from(grad.to_scalar::<f32>()?)) as f32;
        with_slice::<f32, _>(kernel, |values| {
            tensor(values.iter().map(|&k| scale * k).collect(), kernel.dims()).map(Some)
        })
    }
}

/// The sum of squares in `f64`: in as many partial sums as fill a few vectors, added in a fixed order at the end.
fn sum_of_squares(values: &[f32]) -> f64 {
    const LANES: usize = 16;
    let (rows, rest) = values.as_chunks::<LANES>();
    let mut sums = [0.0_f64; LANES];
    for row in rows {
        for (sum, &value) in sums.iter_mut().zip(row) {
            *sum += f64::from(value) * f64::from(value);
        }
    }
    let rest: f64 = rest.iter().map(|&value| f64::from(value) * f64::from(value)).sum();
    sums.iter().sum::<f64>() + rest
}
