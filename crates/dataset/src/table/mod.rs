//! Tables of features: comma-separated values, Parquet and `NumPy` archives as feature sets, and tables for data frames.

mod csv;
mod error;
pub(crate) mod npy;
pub(crate) mod npz;
#[cfg(feature = "parquet")]
mod parquet;
mod rows;
mod write;

pub(crate) use csv::csv_error;
pub use csv::{TableClasses, TableColumns, TableConfig, TableRows, read_table, read_table_from};
pub use error::TableError;
pub use npz::{NpzConfig, read_npz, read_npz_from};
pub use write::{Table, TableFormat, TableRow};

/// The need of every number.
pub(crate) const FINITE: &str = "a finite number";

/// The number in a cell, if it stays finite as `f32`.
pub(crate) fn number(cell: &str) -> Option<f32> {
    cell.trim().parse().ok().filter(|value: &f32| value.is_finite())
}

/// The name of a track as a folder of audio files would give it: a name without a folder gets that of its class.
fn track_name(name: &str, class: &str) -> String {
    if name.contains('/') { name.to_owned() } else { format!("{class}/{name}") }
}
