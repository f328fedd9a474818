//! Published networks whose weights come from files of their authors.
//!
//! [`MusiCnn`] is the one so far. Its weights are in the wheel of the Python package `musicnn` 0.1.0 (ISC license, 29 MB),
//! which is read as it is: no Python, no network. This crate does not ship them; get them once with
//!
//! ```sh
//! pip download musicnn==0.1.0 --no-deps
//! ```

mod back_end;
mod checkpoint;
mod crc32c;
mod front;
mod front_end;
mod musicnn;
mod tags;
mod weights;
mod wheel;
mod wire;

pub use checkpoint::{Checkpoint, CheckpointProblem};
#[doc(hidden)]
pub use crc32c::masked_crc32c;
pub use front::{MusiCnnFront, MusiCnnOutput};
pub use musicnn::{MusiCnn, MusiCnnWindows};
pub use tags::TAGS;
pub use wheel::WheelProblem;

/// The command that gets the weights.
pub(crate) const HOW_TO_GET: &str = "pip download musicnn==0.1.0 --no-deps";

/// Number of frames of a window: 187 of 16 ms, 3 seconds.
const WINDOW_FRAMES: usize = 187;
/// Mel bands of a frame.
const N_BANDS: usize = 96;
/// Channels that are pooled over time.
const POOLED: usize = 753;
/// Maximum and mean of each.
const MAX_MEAN: usize = 2 * POOLED;
/// Units of the last layer but one.
const PENULTIMATE: usize = 200;
/// Number of tags.
const N_TAGS: usize = TAGS.len();
/// Number added to every variance, `TensorFlow`'s default.
const EPSILON: f64 = 1e-3;
