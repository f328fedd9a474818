use crate::ops::args::Arg;
use crate::ops::kernels::{Offsets, RowLayout};
use crate::ops::{OpError, Result};

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

/// Output positions in one task, roughly: enough for a kernel's panels to be used often while they are in the cache.
const TASK_POSITIONS: usize = 120;

/// A kernel row of fewer elements is too short to be a product of its own.
const MIN_ROW_LEN: usize = 16;

impl Geometry {
    /// The sides of the arguments x, kernel and bias; an error unless they fit each other.
    pub(super) fn new([x, kernel, bias]: [Arg; 3]) -> Result<Self> {
        let [n, height, width, n_in] = x.axes()?;
        let [kh, kw, _, n_out] = kernel.axes()?;
        kernel.check_shape(&[kh, kw, n_in, n_out])?;
        bias.check_shape(&[n_out])?;
        kernel.check_not_empty()?;
        if kh > height || kw > width {
            return Err(OpError::KernelTooLarge { op: x.op, kernel: [kh, kw], image: [height, width] });
        }
        Ok(Self { n, height, width, n_in, kh, kw, n_out })
    }

    /// Height of the result.
    pub(super) fn out_height(&self) -> usize {
        self.height - self.kh + 1
    }

    /// Width of the result.
    pub(super) fn out_width(&self) -> usize {
        self.width - self.kw + 1
    }

    /// Elements of one image of the input.
    pub(super) fn image_len(&self) -> usize {
        self.height * self.width * self.n_in
    }

    /// Elements of one row of the input.
    pub(super) fn image_row_len(&self) -> usize {
        self.width * self.n_in
    }

    /// Elements of one image of the result.
    pub(super) fn out_len(&self) -> usize {
        self.out_height() * self.out_row_len()
    }

    /// Elements of one row of the result.
    pub(super) fn out_row_len(&self) -> usize {
        self.out_width() * self.n_out
    }

    /// Elements of a patch, the part of the image that enters one sum.
    pub(super) fn patch_len(&self) -> usize {
        self.kh * self.patch_row_len()
    }

    /// Elements of one row of a patch, which are consecutive in the image.
    pub(super) fn patch_row_len(&self) -> usize {
        self.kw * self.n_in
    }

    /// Whether patches are copied together first (im2col), because their rows are too short.
    pub(super) fn uses_im2col(&self) -> bool {
        self.kh > 1 && self.patch_row_len() < MIN_ROW_LEN
    }

    /// Images in one task: more than one where an image has few output positions.
    pub(super) fn task_images(&self) -> usize {
        TASK_POSITIONS.div_ceil(self.out_height() * self.out_width())
    }

    /// The offsets of every patch in the images of one task (`a`), and of its sums in those of the result (`c`).
    pub(super) fn offsets(&self) -> Vec<Offsets> {
        let positions = |image| {
            (0..self.out_height()).flat_map(move |i| (0..self.out_width()).map(move |j| (image, i, j)))
        };
        let offsets = |(p, (image, i, j)): (usize, (usize, usize, usize))| Offsets {
            a: image * self.image_len() + (i * self.width + j) * self.n_in,
            c: p * self.n_out,
        };
        (0..self.task_images()).flat_map(positions).enumerate().map(offsets).collect()
    }

    /// The offsets in the patches that [`im2col`](Self::im2col) copied from one image, and in the result.
    pub(super) fn im2col_offsets(&self) -> Vec<Offsets> {
        let n_positions = self.out_height() * self.out_width();
        (0..n_positions).map(|p| Offsets { a: p * self.patch_len(), c: p * self.n_out }).collect()
    }

    /// The first patch row of every output position, in all images.
    pub(super) fn row_layout(&self) -> RowLayout {
        RowLayout::grid([
            (self.n, self.image_len()),
            (self.out_height(), self.image_row_len()),
            (self.out_width(), self.n_in),
        ])
    }

    /// Copies the patches of some rows of the result, one after the other; `image` begins at the first of these rows.
    pub(super) fn im2col(&self, image: &[f32], n_rows: usize, patches: &mut Vec<f32>) {
        patches.clear();
        for i in 0..n_rows {
            for j in 0..self.out_width() {
                for u in 0..self.kh {
                    let start = ((i + u) * self.width + j) * self.n_in;
                    patches.extend_from_slice(&image[start..start + self.patch_row_len()]);
                }
            }
        }
    }
}
