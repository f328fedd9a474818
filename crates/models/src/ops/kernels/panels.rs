use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

use super::{Memory, Scratch, for_each_piece};

/// The right-hand matrix `[depth, columns]` of a product as it lies in memory.
#[derive(Clone, Copy)]
pub(crate) enum Source<'a> {
    /// Row by row: element `(k, n)` is `data[k stride + n]`.
    Rows {
        /// The elements.
        data: &'a [f32],
        /// The distance from one row to the next.
        stride: usize,
    },
    /// Column by column, that is transposed: element `(k, n)` is `data[n stride + k]`.
    Columns {
        /// The elements.
        data: &'a [f32],
        /// The distance from one column to the next.
        stride: usize,
    },
}

/// The right-hand matrix `[depth, columns]` of a product, packed into strips as wide as a tile:
///
/// ```text
///  columns  0 .. width   width .. 2 width   ..
///          ┌────────────┬──────────────────┬────────────┐
///          │  strip 0   │     strip 1      │  ..     0 0│  depth rows
///          └────────────┴──────────────────┴────────────┘
/// ```
///
/// Each strip is contiguous, `[strip, depth, width]`, and the last one is padded with zeros. A number of columns that
/// is no multiple of the width costs as much as the next multiple, no more.
pub(crate) struct Panels {
    data: Scratch,
    depth: usize,
    columns: usize,
    width: usize,
}

impl Panels {
    /// Packs a matrix.
    pub(crate) fn new(source: Source, depth: usize, columns: usize, memory: &Memory) -> Self {
        Self::of_columns(source, depth, 0..columns, memory)
    }

    /// Packs a range of the columns of a matrix.
    pub(super) fn of_columns(source: Source, depth: usize, range: Range<usize>, memory: &Memory) -> Self {
        let width = width();
        let columns = range.len();
        let mut data = Scratch::new(memory, columns.div_ceil(width) * width * depth);
        let work = data.len();
        for_each_piece(&mut data, depth * width, work, |index, panel| {
            let first = range.start + index * width;
            let used = width.min(range.end - first);
            if used < width {
                panel.fill(0.0);
            }
            match source {
                Source::Rows { data, stride } => {
                    for (k, row) in panel.chunks_exact_mut(width).enumerate() {
                        row[..used].copy_from_slice(&data[k * stride + first..][..used]);
                    }
                }
                Source::Columns { data, stride } => {
                    for n in 0..used {
                        let column = &data[(first + n) * stride..][..depth];
                        for (row, &value) in panel.chunks_exact_mut(width).zip(column) {
                            row[n] = value;
                        }
                    }
                }
            }
        });
        Self { data, depth, columns, width }
    }

    pub(crate) fn depth(&self) -> usize {
        self.depth
    }

    pub(crate) fn columns(&self) -> usize {
        self.columns
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// A range of the rows of every strip, with the strip's first column.
    pub(super) fn strips(&self, rows: Range<usize>) -> impl Iterator<Item = (usize, &[f32])> {
        let (depth, width) = (self.depth, self.width);
        (0..self.columns.div_ceil(width)).map(move |strip| {
            (
                strip * width,
                &self.data[(strip * depth + rows.start) * width..(strip * depth + rows.end) * width],
            )
        })
    }
}

/// The width of a strip on this machine: two vectors.
pub(super) fn width() -> usize {
    struct Width;
    impl WithSimd for Width {
        type Output = usize;

        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) -> usize {
            2 * S::F32_LANES
        }
    }
    Arch::new().dispatch(Width)
}
