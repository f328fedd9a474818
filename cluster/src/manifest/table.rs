//! Manifests in files: comma-separated values, and Parquet.

use std::fs::File;

use arrow_array::cast::AsArray;
use arrow_array::{Array, StringArray};
use arrow_schema::DataType;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::{Manifest, Track};
use crate::{Error, Result};

/// The columns of a manifest: the known ones at fixed places, then the further ones.
struct Columns {
    /// Places of `path`, `label`, `group` and `bytes`.
    known: [Option<usize>; 4],
    further: Vec<usize>,
    names: Vec<String>,
}

const KNOWN: [&str; 4] = ["path", "label", "group", "bytes"];

impl Columns {
    fn new<'a>(header: impl Iterator<Item = &'a str>) -> Result<Self> {
        let header: Vec<_> = header.collect();
        let known = KNOWN.map(|name| header.iter().position(|column| *column == name));
        if known[0].is_none() {
            return Err(Error::MissingColumn { column: KNOWN[0], found: header.join(", ") });
        }
        let further: Vec<_> = (0..header.len()).filter(|&at| !known.contains(&Some(at))).collect();
        let names = further.iter().map(|&at| header[at].to_owned()).collect();
        Ok(Self { known, further, names })
    }

    /// The track of a row whose values `at` tells; empty text is no value.
    fn track<'a>(&self, row: usize, at: impl Fn(usize) -> Option<&'a str>) -> Result<Track> {
        let value = |at_column: usize| at(at_column).filter(|text| !text.is_empty());
        let text = |known: usize| self.known[known].and_then(value).map(str::to_owned);
        let bytes = text(3).map(|text| {
            text.parse().map_err(|_| Error::ManifestValue {
                row,
                column: KNOWN[3],
                bound: "a whole number",
                value: text,
            })
        });
        Ok(Track {
            path: text(0).unwrap_or_default(),
            label: text(1),
            group: text(2),
            bytes: bytes.transpose()?,
            further: self.further.iter().map(|&at| value(at).map(str::to_owned)).collect(),
        })
    }
}

pub(super) fn csv(path: &str) -> Result<Manifest> {
    let mut reader = csv::Reader::from_path(path)?;
    let columns = Columns::new(reader.headers()?.iter())?;
    let tracks = (1..).zip(reader.records()).map(|(row, record)| {
        let record = record?;
        columns.track(row, |at| record.get(at))
    });
    Ok(Manifest { tracks: tracks.collect::<Result<_>>()?, columns: columns.names })
}

pub(super) fn parquet(path: &str) -> Result<Manifest> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(path)?)?;
    let schema = builder.schema().clone();
    let columns = Columns::new(schema.fields().iter().map(|field| field.name().as_str()))?;
    let mut tracks = Vec::new();
    for batch in builder.build()? {
        let batch = batch?;
        let texts = batch.columns().iter().map(|column| arrow_cast::cast(column, &DataType::Utf8));
        let texts = texts.collect::<Result<Vec<_>, _>>()?;
        let texts: Vec<&StringArray> = texts.iter().map(AsArray::as_string).collect();
        for row in 0..batch.num_rows() {
            let at = |column: usize| texts[column].is_valid(row).then(|| texts[column].value(row));
            tracks.push(columns.track(tracks.len() + 1, at)?);
        }
    }
    Ok(Manifest { tracks, columns: columns.names })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, Int32Array, RecordBatch, UInt64Array};
    use parquet::arrow::ArrowWriter;

    use super::*;

    #[test]
    fn parquet_and_csv_are_read_alike() {
        let folder = tempfile::tempdir().unwrap();
        let name = |file: &str| folder.path().join(file).to_str().unwrap().to_owned();
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("year", Arc::new(Int32Array::from(vec![Some(1959), None]))),
            ("path", Arc::new(StringArray::from(vec!["a.mp3", "b.mp3"]))),
            ("bytes", Arc::new(UInt64Array::from(vec![None, Some(12)]))),
            ("group", Arc::new(StringArray::from(vec!["x", "y"]))),
        ];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let file = File::create(name("a.parquet")).unwrap();
        let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        std::fs::write(name("a.csv"), "year,path,bytes,group\n1959,a.mp3,,x\n,b.mp3,12,y\n").unwrap();
        assert_eq!(parquet(&name("a.parquet")).unwrap(), csv(&name("a.csv")).unwrap());
    }
}
