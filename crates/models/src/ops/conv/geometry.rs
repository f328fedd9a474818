use crate::ops::OpError;
use crate::ops::args::Arg;
use crate::ops::kernels::RowLayout;

/// The sides of a convolution: images `[n, height, width, n_in]`, kernel `[kh, kw, n_in, n_out]`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Geometry {
    pub(super) n: usize,
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) n_in: usize,
    pub(super) kh: usize,
    pub(super) kw: usize,
    pub(super) n_out: usize,
}

/// Sums in a task, about: enough for a kernel's panels to be used often while they are in the cache.
const TASK_SUMS: usize = 120;

/// Below this many consecutive numbers a kernel's row is too short to be a product of its own.
const SHORT: usize = 16;

impl Geometry {
    /// The sides of these arguments, when they fit each other.
    pub(super) fn new(x: Arg, kernel: Arg, bias: Arg) -> candle_core::Result<Self> {
        let [n, height, width, n_in] = x.axes()?;
        let [kh, kw, _, n_out] = kernel.axes()?;
        kernel.has_shape(&[kh, kw, n_in, n_out])?;
        bias.has_shape(&[n_out])?;
        kernel.is_not_empty()?;
        if kh > height || kw > width {
            let (kernel, image) = ((kh, kw), (height, width));
            return Err(OpError::KernelTooLarge { op: x.op, kernel, image }.into());
        }
        Ok(Self { n, height, width, n_in, kh, kw, n_out })
    }

    /// Height of the result.
    pub(super) fn rows(&self) -> usize {
        self.height - self.kh + 1
    }

    /// Width of the result.
    pub(super) fn columns(&self) -> usize {
        self.width - self.kw + 1
    }

    /// Numbers in an image of the input.
    pub(super) fn image(&self) -> usize {
        self.height * self.width * self.n_in
    }

    /// Numbers in a row of the input.
    pub(super) fn image_row(&self) -> usize {
        self.width * self.n_in
    }

    /// Numbers in a row of the result.
    pub(super) fn result_row(&self) -> usize {
        self.columns() * self.n_out
    }

    /// Numbers that one row of the kernel covers in the image, where they are consecutive.
    pub(super) fn kernel_row(&self) -> usize {
        self.kw * self.n_in
    }

    /// Numbers that enter one sum.
    pub(super) fn depth(&self) -> usize {
        self.kh * self.kernel_row()
    }

    /// Whether the numbers of a sum are better copied together first.
    pub(super) fn gathers(&self) -> bool {
        self.kh > 1 && self.kernel_row() < SHORT
    }

    /// Images in a task: more than one where an image has few sums.
    pub(super) fn task_images(&self) -> usize {
        TASK_SUMS.div_ceil(self.rows() * self.columns())
    }

    /// Numbers in an image of the result.
    pub(super) fn result(&self) -> usize {
        self.rows() * self.result_row()
    }

    /// Where every sum's numbers begin, in the images of a task of the input and in those of the result.
    pub(super) fn places(&self) -> Vec<(usize, usize)> {
        let positions =
            |image| (0..self.rows()).flat_map(move |i| (0..self.columns()).map(move |j| (image, i, j)));
        let place = |(p, (image, i, j)): (usize, (usize, usize, usize))| {
            (image * self.image() + (i * self.width + j) * self.n_in, p * self.n_out)
        };
        (0..self.task_images()).flat_map(positions).enumerate().map(place).collect()
    }

    /// The same when each sum's numbers have been [gathered](Self::gather).
    pub(super) fn gathered_places(&self) -> Vec<(usize, usize)> {
        (0..self.rows() * self.columns()).map(|p| (p * self.depth(), p * self.n_out)).collect()
    }

    /// The input's rows that the sums of all images run over, for one row of the kernel.
    pub(super) fn runs(&self) -> RowLayout {
        RowLayout::grid([
            (self.n, self.image()),
            (self.rows(), self.image_row()),
            (self.columns(), self.n_in),
        ])
    }

    /// Copies together the numbers of every sum of some rows of the result; `image` begins at the first of them.
    pub(super) fn gather(&self, image: &[f32], n_rows: usize, patches: &mut Vec<f32>) {
        patches.clear();
        for i in 0..n_rows {
            for j in 0..self.columns() {
                for u in 0..self.kh {
                    let start = ((i + u) * self.width + j) * self.n_in;
                    patches.extend_from_slice(&image[start..start + self.kernel_row()]);
                }
            }
        }
    }
}
