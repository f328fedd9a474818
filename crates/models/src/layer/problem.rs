//! Errors in the configuration or the place of a layer.

/// An error in the configuration or the input shape of one layer; [`Error::Layer`](crate::Error::Layer) adds its name.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LayerProblem {
    /// The input has another number of axes than the layer takes.
    #[error("needs an input of {expected} axes (without the batch), got shape {shape:?}{}", hint(*.expected))]
    Rank {
        /// Number of axes that the layer takes.
        expected: usize,
        /// Shape of the input.
        shape: Vec<usize>,
    },
    /// A count that must be positive is 0.
    #[error("{field} must be at least 1")]
    Zero {
        /// Name of the count.
        field: &'static str,
    },
    /// The kernel is larger than the input it slides over.
    #[error("kernel {kernel:?} does not fit an input of {height} x {width} (there is no padding)")]
    KernelTooLarge {
        /// Height and width of the kernel.
        kernel: [usize; 2],
        /// Height of the input.
        height: usize,
        /// Width of the input.
        width: usize,
    },
    /// A real number outside its range.
    #[error("{field} must be {range}, got {value}")]
    OutOfRange {
        /// Name of the setting.
        field: &'static str,
        /// The range in words.
        range: &'static str,
        /// The value.
        value: f64,
    },
}

fn hint(expected: usize) -> &'static str {
    if expected == 1 { ": put a Flatten before it" } else { "" }
}

/// Fails unless every count is positive.
pub(super) fn positive(counts: &[(&'static str, usize)]) -> Result<(), LayerProblem> {
    match counts.iter().find(|(_, count)| *count == 0) {
        Some(&(field, _)) => Err(LayerProblem::Zero { field }),
        None => Ok(()),
    }
}

/// Fails unless the factor of an L2 penalty is finite and not negative.
pub(super) fn l2_factor(value: f64) -> Result<(), LayerProblem> {
    if value.is_finite() && value >= 0.0 {
        return Ok(());
    }
    Err(LayerProblem::OutOfRange { field: "l2", range: "finite and at least 0", value })
}

/// Height, width and channels of an image-like input.
pub(super) fn image(input: &[usize]) -> Result<[usize; 3], LayerProblem> {
    <[usize; 3]>::try_from(input).map_err(|_| LayerProblem::Rank { expected: 3, shape: input.to_vec() })
}
