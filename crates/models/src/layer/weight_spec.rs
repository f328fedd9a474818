//! The weights that a layer asks its network to create.

/// A weight to be created: its name within the layer, its shape and its initial values.
#[derive(Clone, Debug)]
pub(crate) struct WeightSpec {
    pub(crate) name: &'static str,
    pub(crate) shape: Vec<usize>,
    pub(crate) init: Init,
    pub(crate) trainable: bool,
    /// Whether the layer's L2 factor applies (kernels, not biases).
    pub(crate) penalized: bool,
}

impl WeightSpec {
    /// A trainable, penalized kernel with Glorot-uniform values.
    pub(super) fn kernel(shape: Vec<usize>, fan_in: usize, fan_out: usize) -> Self {
        let init = Init::GlorotUniform { fan_in, fan_out };
        Self { name: "kernel", shape, init, trainable: true, penalized: true }
    }

    /// A trainable vector without penalty.
    pub(super) fn vector(name: &'static str, length: usize, init: Init) -> Self {
        Self { name, shape: vec![length], init, trainable: true, penalized: false }
    }

    /// The same weight, not trainable.
    pub(super) fn fixed(self) -> Self {
        Self { trainable: false, ..self }
    }
}

/// The distribution of a weight's initial values.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Init {
    /// Glorot and Bengio's uniform distribution.
    GlorotUniform {
        fan_in: usize,
        fan_out: usize,
    },
    /// Rows of this length, orthogonal to each other and of norm 1; there are at most as many rows as columns.
    Orthogonal {
        columns: usize,
    },
    Zeros,
    Ones,
}
