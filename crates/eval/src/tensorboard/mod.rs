//! `TensorBoard` logs: scalars, histograms, images and text, written while a model is trained.
//!
//! Each run has a folder; `tensorboard --logdir FOLDER_OF_RUNS` shows them together. The format is `TFRecord` framing
//! around protocol buffers, both written here without `TensorFlow`.
//!
//! # References
//! `tensorflow/core/lib/io/record_writer.cc` (framing), `tensorboard/compat/proto/{event,summary}.proto`.

mod callback;
mod proto;
mod record;
mod writer;

pub use callback::TensorBoard;
pub use writer::EventWriter;
