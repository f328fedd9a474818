//! The first layers of all windows of a song at once.
//!
//! Neighboring windows overlap, and the convolutions of a frame that lies inside of both are the same. They are computed
//! once per song. Where a kernel reaches over the edge of a window, which is padded with zeros there, a window has values
//! of its own:
//!
//! ```text
//!   window 0  ├3┼───────────── 181 ─────────────┼3┤               timbral kernels see 3 frames to each side
//!   window 1            ├3┼───────────── 181 ─────────────┼3┤
//!                         └── the same values ──┘
//! ```
//!
//! The timbral sums are recomputed at those 6 frames, over the part of the kernel that lies inside. The temporal kernels
//! are long: there the part that lies *outside* is the shorter one, and is subtracted from the sum over the whole kernel.

use std::ops::Range;

use rayon::prelude::*;

use super::weights::MusiCnnWeights;
use super::{N_BANDS, WINDOW_FRAMES};
use crate::Result;
use crate::ops::{Activation, ColumnExtrema, Init, Memory, Offsets, Panels, Product, RowGroup, Source};

/// Frames of a timbral kernel, and frames of zeros that it sees beyond each end of a window.
const TIMBRAL_FRAMES: usize = 7;
pub(super) const PADDING: usize = TIMBRAL_FRAMES / 2;
/// Filters of one timbral and of one temporal convolution.
const TIMBRAL: usize = 204;
const TEMPORAL: usize = 51;
/// Channels of the front end.
pub(super) const FRONT: usize = 2 * TIMBRAL + 3 * TEMPORAL;
/// Rows of one task: enough for a strip of a kernel to be used often while it is in the cache.
const TASK_ROWS: usize = 16;
const TASK_FRAMES: usize = 8;

/// A batch normalization at inference: `scale x + shift`.
pub(super) struct Affine {
    pub(super) scale: Vec<f32>,
    pub(super) shift: Vec<f32>,
}

impl Affine {
    /// The normalization of this number in the checkpoint, whose epsilon is 1e-3.
    pub(super) fn new(weights: &MusiCnnWeights, layer: &str) -> Result<Self> {
        let part = |name: &str| weights.values(&format!("{layer}/{name}"));
        let (gamma, beta, mean) = (part("gamma")?, part("beta")?, part("moving_mean")?);
        let scale = |(gamma, variance): (&f32, f32)| {
            f64::from(*gamma) / (f64::from(variance) + super::EPSILON).sqrt()
        };
        let scale: Vec<f64> = gamma.iter().zip(part("moving_variance")?).map(scale).collect();
        let shift = beta.iter().zip(&mean).zip(&scale);
        let shift =
            shift.map(|((beta, mean), scale)| (f64::from(*beta) - f64::from(*mean) * scale) as f32).collect();
        Ok(Self { scale: scale.into_iter().map(|scale| scale as f32).collect(), shift })
    }

    /// Normalizes rows in place.
    pub(super) fn apply(&self, rows: &mut [f32]) {
        for row in rows.chunks_exact_mut(self.scale.len()) {
            for ((value, scale), shift) in row.iter_mut().zip(&self.scale).zip(&self.shift) {
                *value = *value * scale + shift;
            }
        }
    }
}

/// One convolution with the rectifier, normalization and maximum over all bands behind it.
struct Branch {
    kernel: Panels,
    /// The kernel with its signs changed, for temporal branches.
    negative: Option<Panels>,
    /// Frames of the kernel.
    n_frames: usize,
    /// Bands of the kernel.
    n_bands: usize,
    bias: Vec<f32>,
    norm: Affine,
}

impl Branch {
    fn new(weights: &MusiCnnWeights, conv: &str, norm: &str) -> Result<Self> {
        let kernel = weights.get(&format!("{conv}/kernel"))?;
        let [n_frames, n_bands, n_out] = [kernel.dim(0)?, kernel.dim(1)?, kernel.dim(3)?];
        let values = weights.values(&format!("{conv}/kernel"))?;
        let pack = |values: &[f32]| {
            let source = Source::Rows { data: values, stride: n_out };
            Panels::new(source, n_frames * n_bands, n_out, &Memory::none())
        };
        let negative = (n_bands == 1).then(|| pack(&values.iter().map(|value| -value).collect::<Vec<_>>()));
        Ok(Self {
            kernel: pack(&values),
            negative,
            n_frames,
            n_bands,
            bias: weights.values(&format!("{conv}/bias"))?,
            norm: Affine::new(weights, norm)?,
        })
    }

    fn n_out(&self) -> usize {
        self.bias.len()
    }

    /// Finishes sums without bias, the largest and the smallest over all bands. The rectifier keeps their order, and so
    /// does a normalization with a positive scale; one with a negative scale reverses it.
    fn finish(&self, high: &[f32], low: &[f32], out: &mut [f32]) {
        let sums = high.iter().zip(low).zip(&self.bias);
        let norms = self.norm.scale.iter().zip(&self.norm.shift);
        for ((out, ((high, low), bias)), (scale, shift)) in out.iter_mut().zip(sums).zip(norms) {
            let sum = if *scale >= 0.0 { high } else { low };
            *out = (sum + bias).max(0.0) * scale + shift;
        }
    }
}

/// The two timbral and three temporal convolutions.
pub(super) struct FrontEnd {
    timbral: [Branch; 2],
    temporal: [Branch; 3],
}

/// A spectrogram after the first normalization, and the windows cut from it.
pub(super) struct Song<'a> {
    /// `[n_frames, N_BANDS]`.
    frames: &'a [f32],
    /// `[N_BANDS, n_frames]`.
    bands: Vec<f32>,
    n_frames: usize,
    /// First frame of every window, ascending.
    starts: &'a [usize],
}

impl<'a> Song<'a> {
    pub(super) fn new(frames: &'a [f32], starts: &'a [usize]) -> Self {
        let n_frames = frames.len() / N_BANDS;
        let mut bands = vec![0.0; frames.len()];
        for (t, frame) in frames.chunks_exact(N_BANDS).enumerate() {
            for (band, value) in frame.iter().enumerate() {
                bands[band * n_frames + t] = *value;
            }
        }
        Self { frames, bands, n_frames, starts }
    }

    /// The windows that a frame lies in.
    fn windows_of(&self, frame: usize) -> Range<usize> {
        self.starts.partition_point(|start| start + WINDOW_FRAMES <= frame)
            ..self.starts.partition_point(|start| *start <= frame)
    }
}

impl FrontEnd {
    pub(super) fn new(weights: &MusiCnnWeights) -> Result<Self> {
        let branch = |i: usize| {
            let conv = if i == 0 { "conv2d".to_owned() } else { format!("conv2d_{i}") };
            Branch::new(weights, &conv, &format!("batch_normalization_{}", i + 1))
        };
        Ok(Self { timbral: [branch(0)?, branch(1)?], temporal: [branch(2)?, branch(3)?, branch(4)?] })
    }

    /// The values of every window, `[n_windows, PADDING + WINDOW_FRAMES + PADDING, FRONT]`, with zeros in the padding.
    pub(super) fn windows(&self, song: &Song<'_>) -> Vec<f32> {
        let (timbral, cells) = self.timbral(song);
        let temporal = self.temporal(song);
        let mut out = vec![0.0; song.starts.len() * (WINDOW_FRAMES + 2 * PADDING) * FRONT];
        let windows = out.par_chunks_mut((WINDOW_FRAMES + 2 * PADDING) * FRONT).enumerate();
        windows.for_each(|(window, out)| {
            for local in 0..WINDOW_FRAMES {
                let row = &mut out[(PADDING + local) * FRONT..][..FRONT];
                let (left, right) = row.split_at_mut(2 * TIMBRAL);
                let cell = cells[window * WINDOW_FRAMES + local];
                left.copy_from_slice(&timbral[cell * 2 * TIMBRAL..][..2 * TIMBRAL]);
                let frame = song.starts[window] + local;
                let (first, values) = &temporal[frame - song.starts[0]];
                right.copy_from_slice(&values[(window - first) * 3 * TEMPORAL..][..3 * TEMPORAL]);
            }
        });
        out
    }

    /// The rows `[n_rows, 2 TIMBRAL]` that differ, and the row of every frame of every window.
    fn timbral(&self, song: &Song<'_>) -> (Vec<f32>, Vec<usize>) {
        let (mut rows, mut cells) = (Vec::new(), Vec::with_capacity(song.starts.len() * WINDOW_FRAMES));
        let mut shared = vec![None; song.n_frames];
        for &start in song.starts {
            for local in 0..WINDOW_FRAMES {
                // The rows of the kernel that lie inside of the window.
                let inside =
                    PADDING.saturating_sub(local)..TIMBRAL_FRAMES.min(WINDOW_FRAMES + PADDING - local);
                let frame = start + local;
                let mut add = || {
                    rows.push((frame, inside.clone()));
                    rows.len() - 1
                };
                let is_whole = inside.len() == TIMBRAL_FRAMES;
                cells.push(if is_whole { *shared[frame].get_or_insert_with(add) } else { add() });
            }
        }
        let tasks = rows.par_chunks(TASK_ROWS).map(|rows| {
            let mut out = vec![0.0; rows.len() * 2 * TIMBRAL];
            let (mut high, mut low) = (vec![0.0; rows.len() * TIMBRAL], vec![0.0; rows.len() * TIMBRAL]);
            for (index, branch) in self.timbral.iter().enumerate() {
                let group = |(frame, inside): &(usize, Range<usize>)| RowGroup {
                    a: (frame + inside.start - PADDING) * N_BANDS,
                    depth: inside.start * branch.n_bands..inside.end * branch.n_bands,
                };
                ColumnExtrema {
                    a: song.frames,
                    b: &branch.kernel,
                    groups: &rows.iter().map(group).collect::<Vec<_>>(),
                    n_rows: N_BANDS - branch.n_bands + 1,
                    row_stride: 1,
                    run: branch.n_bands,
                    pitch: N_BANDS,
                    base: &[],
                    high: &mut high,
                    low: &mut low,
                }
                .run();
                for (row, out) in out.chunks_exact_mut(2 * TIMBRAL).enumerate() {
                    let sums = row * TIMBRAL..(row + 1) * TIMBRAL;
                    branch.finish(&high[sums.clone()], &low[sums], &mut out[index * TIMBRAL..][..TIMBRAL]);
                }
            }
            out
        });
        (tasks.collect::<Vec<_>>().concat(), cells)
    }

    /// Of every frame from the first window on: the first window that it lies in, and its values in that window and the
    /// ones after it, `[n_windows, 3 TEMPORAL]`.
    fn temporal(&self, song: &Song<'_>) -> Vec<(usize, Vec<f32>)> {
        let first = song.starts.first().copied().unwrap_or(0);
        let end = song.starts.last().map_or(first, |start| start + WINDOW_FRAMES);
        let frames: Vec<usize> = (first..end).collect();
        let tasks = frames.par_chunks(TASK_FRAMES).map(|frames| {
            let mut sums = Vec::new();
            let values = frames.iter().map(|&frame| {
                let windows = song.windows_of(frame);
                let mut out = vec![0.0; windows.len() * 3 * TEMPORAL];
                for (index, branch) in self.temporal.iter().enumerate() {
                    branch.temporal(song, frame, &mut sums, |position, high, low| {
                        branch.finish(high, low, &mut out[(position * 3 + index) * TEMPORAL..][..TEMPORAL]);
                    });
                }
                (windows.start, out)
            });
            values.collect::<Vec<_>>()
        });
        tasks.collect::<Vec<_>>().concat()
    }
}

impl Branch {
    /// Calls `sink` with the largest and the smallest sums of a frame in each of its windows, by their order.
    fn temporal(
        &self,
        song: &Song<'_>,
        frame: usize,
        sums: &mut Vec<f32>,
        mut sink: impl FnMut(usize, &[f32], &[f32]),
    ) {
        // TensorFlow's 'same' padding of an even kernel: one frame less before than behind.
        let before = (self.n_frames - 1) / 2;
        let tap = |tap: usize| frame + tap - before;
        let inside_of = |range: Range<usize>| {
            (before + range.start).saturating_sub(frame)..self.n_frames.min(range.end + before - frame)
        };
        let windows = song.windows_of(frame);
        let whole = inside_of(0..song.n_frames);
        let is_shared = windows.len() > 1;
        if is_shared {
            self.whole_sums(song, tap(whole.start), whole.clone(), sums);
        }
        let (mut high, mut low) = ([0.0; TEMPORAL], [0.0; TEMPORAL]);
        for (position, window) in windows.enumerate() {
            let start = song.starts[window];
            let inside = inside_of(start..start + WINDOW_FRAMES);
            let (left, right) = (whole.start..inside.start, inside.end..whole.end);
            let outside = if left.is_empty() { right } else { left };
            let (kernel, depth, base) = match &self.negative {
                Some(negative) if is_shared && whole.len() - outside.len() == inside.len() => {
                    (negative, outside, sums.as_slice())
                }
                _ => (&self.kernel, inside, &[][..]),
            };
            let groups = [RowGroup { a: tap(depth.start), depth }];
            ColumnExtrema {
                a: &song.bands,
                b: kernel,
                groups: &groups,
                n_rows: N_BANDS,
                row_stride: song.n_frames,
                run: self.n_frames,
                pitch: 0,
                base,
                high: &mut high,
                low: &mut low,
            }
            .run();
            sink(position, &high, &low);
        }
    }

    /// The sums of every band, `[N_BANDS, n_out]`, over all of the kernel that lies inside of the song.
    fn whole_sums(&self, song: &Song<'_>, first: usize, depth: Range<usize>, sums: &mut Vec<f32>) {
        let n_out = self.n_out();
        sums.resize(N_BANDS * n_out, 0.0);
        let offsets = |band| Offsets { a: band * song.n_frames + first, c: band * n_out };
        let rows: Vec<_> = (0..N_BANDS).map(offsets).collect();
        let (init, activation) = (Init::Zero, Activation::Linear);
        Product { a: &song.bands, b: &self.kernel, depth, rows: &rows, c: sums, init, activation }.run();
    }
}
