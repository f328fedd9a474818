//! The Parquet export, read back by the `parquet` crate; `check_stores.py` reads it with pandas and polars.
#![cfg(feature = "parquet")]

use std::fs::File;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type, UInt32Type};
use cepstrum_dataset::{ExtractConfig, FeatureSet, Segment, TableConfig, read_table};
use ndarray::Array3;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::tables;

fn set(n: usize) -> FeatureSet {
    let features = Array3::from_shape_fn((n, 3, 2), |(i, j, k)| (i * 6 + j * 2 + k) as f32);
    let tracks = (0..n).map(|i| format!("jazz/{}.wav", i / 4)).collect();
    let config = ExtractConfig { segment: Segment::Seconds(1.5), ..ExtractConfig::default() };
    FeatureSet::new(features, vec![0; n], vec!["jazz".into()], tracks, Some(config)).unwrap()
}

#[test]
fn every_row_has_its_class_track_start_and_features() {
    let folder = tempfile::tempdir().unwrap();
    let folder = std::env::var_os("CEPSTRUM_STORES").map_or_else(|| folder.path().to_owned(), Into::into);
    let path = folder.join("set.parquet");
    set(2_500).export_parquet(&path).unwrap();

    let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(&path).unwrap()).unwrap();
    let metadata = builder.metadata().file_metadata().key_value_metadata().unwrap().clone();
    assert!(metadata.iter().any(|pair| pair.key == "classes" && pair.value.as_deref() == Some("[\"jazz\"]")));
    assert_eq!(builder.metadata().num_row_groups(), 3);
    let mut row = 0;
    for batch in builder.build().unwrap() {
        let batch = batch.unwrap();
        let paths = batch.column_by_name("path").unwrap().as_string::<i32>();
        let tracks = batch.column_by_name("track").unwrap().as_primitive::<UInt32Type>();
        let starts = batch.column_by_name("start_second").unwrap().as_primitive::<Float64Type>();
        let features = batch.column_by_name("features").unwrap().as_fixed_size_list();
        for i in 0..batch.num_rows() {
            assert_eq!(paths.value(i), format!("jazz/{}.wav", row / 4));
            assert_eq!(tracks.value(i) as usize, row / 4);
            assert!((starts.value(i) - (row % 4) as f64 * 1.5).abs() < 1e-12);
            let values = features.value(i);
            let expected: Vec<f32> = (0..6).map(|k| (row * 6 + k) as f32).collect();
            assert_eq!(values.as_primitive::<Float32Type>().values().to_vec(), expected);
            row += 1;
        }
    }
    assert_eq!(row, 2_500);
}

#[test]
fn a_set_without_tracks_or_configuration_is_exported() {
    let plain = FeatureSet::new(Array3::ones((2, 1, 1)), vec![0, 0], vec!["a".into()], vec![], None).unwrap();
    let mut bytes = Vec::new();
    plain.write_parquet(&mut bytes).unwrap();
    assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
}

#[test]
fn a_table_is_written_and_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let folder = std::env::var_os("CEPSTRUM_STORES").map_or_else(|| folder.path().to_owned(), Into::into);
    let path = folder.join("table.parquet");
    tables::written().save(&path).unwrap();
    tables::check_written(&read_table(&path, &tables::without_length()).unwrap());

    let config = TableConfig { class: "style".into(), ..tables::without_length() };
    let error = read_table(&path, &config).unwrap_err();
    assert!(error.to_string().ends_with("table.parquet: the table has no column \"style\""), "{error}");
    let whole = std::fs::read(&path).unwrap();
    let cut = folder.join("cut.parquet");
    std::fs::write(&cut, &whole[..whole.len() / 2]).unwrap();
    let error = read_table(&cut, &tables::without_length()).unwrap_err();
    assert!(error.to_string().contains("cut.parquet: not a Parquet table: "), "{error}");
}
