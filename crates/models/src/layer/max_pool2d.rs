//! A two-dimensional maximum.

use candle_core::Tensor;
use serde::{Deserialize, Serialize};

use super::problem::{image, positive};
use super::{LayerOps, LayerProblem};
use crate::ops::{self, Memory, Pool2d};

/// A two-dimensional maximum with TensorFlow's `same` padding; Keras's `MaxPooling2D(..., padding="same")`.
///
/// The padding is split evenly with the odd cell at the end, and a padded cell never wins.
///
/// # Shapes
/// `[height, width, channels]` to `[ceil(height / sh), ceil(width / sw), channels]`; no weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MaxPool2d {
    /// Height and width of the window, in cells, 1 to 255.
    pub window: [usize; 2],
    /// Distance between windows along height and width, in cells, 1 to 255; `[2, 2]` unless set.
    pub stride: [usize; 2],
}

impl MaxPool2d {
    /// Windows of this size at every second row and column.
    pub fn new(window: [usize; 2]) -> Self {
        Self { window, stride: [2, 2] }
    }

    /// The same layer with another stride.
    #[must_use]
    pub fn stride(self, stride: [usize; 2]) -> Self {
        Self { stride, ..self }
    }
}

impl MaxPool2d {
    /// The window as the operation takes it.
    pub(super) fn pool(&self) -> Pool2d {
        Pool2d { window: self.window, stride: self.stride }
    }
}

impl LayerOps for MaxPool2d {
    fn base_name(&self) -> &'static str {
        "max_pooling2d"
    }

    fn class_name(&self) -> &'static str {
        "MaxPooling2D"
    }

    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, LayerProblem> {
        let ([wh, ww], [sh, sw]) = (self.window, self.stride);
        positive(&[
            ("window height", wh),
            ("window width", ww),
            ("stride height", sh),
            ("stride width", sw),
        ])?;
        let [height, width, channels] = image(input)?;
        Ok(vec![height.div_ceil(sh), width.div_ceil(sw), channels])
    }

    fn infer(&self, x: &Tensor, _weights: &[Tensor], memory: &Memory) -> ops::Result<Tensor> {
        ops::max_pool2d_with(x, self.pool(), memory)
    }
}
