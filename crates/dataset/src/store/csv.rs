//! A table of comma-separated values, one row per segment.

use std::io::{Read, Write};
use std::ops::Range;

use csv::{Reader, StringRecord, Writer};
use ndarray::{Array3, Axis};

use crate::table::{FINITE, csv_error, number};
use crate::{Error, FeatureSet, Result, StoreError, StoreFormat, TableError};

const CLASS: &str = "class";
const LABEL: &str = "label";
const PATH: &str = "path";
const POSITION: &str = "position";

pub(super) fn write(set: &FeatureSet, writer: impl Write) -> Result<()> {
    if let Some(class) = set.class_counts().iter().position(|&count| count == 0) {
        let what = format!("class {:?}, which has no segment", set.classes()[class]);
        return Err(Error::Store(StoreError::NotInFormat { format: StoreFormat::Csv, what }));
    }
    let mut out = Writer::from_writer(writer);
    let [n_frames, n_coefficients] = set.segment_shape();
    let mut header = vec![CLASS.to_owned(), LABEL.to_owned()];
    if set.has_tracks() {
        header.extend([PATH, POSITION].map(str::to_owned));
    }
    header.extend((0..n_frames).flat_map(|t| (0..n_coefficients).map(move |k| column(t, k))));
    out.write_record(&header).map_err(csv_error)?;
    for (i, segment) in set.features().axis_iter(Axis(0)).enumerate() {
        let label = set.labels()[i];
        out.write_field(&set.classes()[label]).map_err(csv_error)?;
        out.write_field(label.to_string()).map_err(csv_error)?;
        if set.has_tracks() {
            out.write_field(&set.track_names()[set.track_ids()[i]]).map_err(csv_error)?;
            out.write_field(set.positions()[i].to_string()).map_err(csv_error)?;
        }
        for value in segment {
            out.write_field(value.to_string()).map_err(csv_error)?;
        }
        out.write_record(None::<&[u8]>).map_err(csv_error)?;
    }
    Ok(out.flush()?)
}

/// The name of the column of coefficient `k` of frame `t`.
fn column(t: usize, k: usize) -> String {
    format!("frame_{t}_coefficient_{k}")
}

pub(super) fn read(reader: impl Read) -> Result<FeatureSet> {
    let mut reader = Reader::from_reader(reader);
    let columns = Columns::find(reader.headers().map_err(csv_error)?)?;
    let (mut values, mut labels, mut classes) = (Vec::new(), Vec::new(), Vec::<Option<String>>::new());
    let (mut tracks, mut positions) = (Vec::new(), Vec::new());
    let mut record = StringRecord::new();
    while reader.read_record(&mut record).map_err(csv_error)? {
        let row = Row { record: &record, line: record.position().map_or(0, csv::Position::line) };
        let label = row.label()?;
        let class = row.cell(0);
        if classes.len() <= label {
            classes.resize(label + 1, None);
        }
        let known = classes[label].get_or_insert_with(|| class.to_owned());
        if known != class {
            return Err(row.wrong(0, CLASS, "the class of the rows before with this label").into());
        }
        labels.push(label);
        if columns.has_tracks {
            tracks.push(row.cell(2).to_owned());
            positions.push(row.whole(3, POSITION, "a position from 0")?);
        }
        for (index, k) in columns.features.clone().zip(0..) {
            values
                .push(row.number(index, &|| column(k / columns.n_coefficients, k % columns.n_coefficients))?);
        }
    }
    if labels.is_empty() {
        return Err(TableError::NoRows.into());
    }
    let n_classes = classes.len();
    let classes: Vec<String> = classes.into_iter().flatten().collect();
    if classes.len() < n_classes {
        return Err(Error::LengthMismatch { what: "classes", expected: n_classes, actual: classes.len() });
    }
    let (shape, n_values) = ((labels.len(), columns.n_frames, columns.n_coefficients), values.len());
    let features = Array3::from_shape_vec(shape, values).map_err(|_| Error::LengthMismatch {
        what: "the table's values",
        expected: shape.0 * shape.1 * shape.2,
        actual: n_values,
    })?;
    let set = FeatureSet::new(features, labels, classes, tracks, None)?;
    if columns.has_tracks { set.with_positions(positions) } else { Ok(set) }
}

/// The places of the columns.
struct Columns {
    has_tracks: bool,
    features: Range<usize>,
    n_frames: usize,
    n_coefficients: usize,
}

impl Columns {
    fn find(header: &StringRecord) -> Result<Self> {
        let missing = |column: &str| TableError::MissingColumn { column: column.to_owned() };
        let expect = |index: usize, name: &str| match header.get(index) {
            Some(found) if found == name => Ok(()),
            _ => Err(missing(name)),
        };
        expect(0, CLASS)?;
        expect(1, LABEL)?;
        let has_tracks = header.get(2) == Some(PATH);
        if has_tracks {
            expect(3, POSITION)?;
        }
        let first = if has_tracks { 4 } else { 2 };
        // The last column has the last frame and coefficient in its name.
        let last = header.iter().next_back().and_then(parse_column).ok_or(TableError::NoFeatures)?;
        let (n_frames, n_coefficients) = (last.0.saturating_add(1), last.1.saturating_add(1));
        let n_columns = header.len() - first.min(header.len());
        if n_frames.checked_mul(n_coefficients) != Some(n_columns) {
            return Err(Error::LengthMismatch {
                what: "the table's columns of features",
                expected: n_frames.saturating_mul(n_coefficients),
                actual: n_columns,
            });
        }
        for (place, index) in (first..header.len()).enumerate() {
            expect(index, &column(place / n_coefficients, place % n_coefficients))?;
        }
        Ok(Self { has_tracks, features: first..header.len(), n_frames, n_coefficients })
    }
}

/// Frame and coefficient of a column's name.
fn parse_column(name: &str) -> Option<(usize, usize)> {
    let (frame, coefficient) = name.strip_prefix("frame_")?.split_once("_coefficient_")?;
    Some((frame.parse().ok()?, coefficient.parse().ok()?))
}

/// A row of the table.
struct Row<'a> {
    record: &'a StringRecord,
    line: u64,
}

impl Row<'_> {
    fn cell(&self, index: usize) -> &str {
        self.record.get(index).unwrap_or_default()
    }

    fn wrong(&self, index: usize, column: &str, expected: &'static str) -> TableError {
        let (line, column, value) = (self.line, column.to_owned(), self.cell(index).to_owned());
        TableError::Cell { line, column, value, expected }
    }

    fn whole(&self, index: usize, column: &str, expected: &'static str) -> Result<usize> {
        Ok(self.cell(index).parse().map_err(|_| self.wrong(index, column, expected))?)
    }

    /// The label, bounded so that a damaged one claims no memory.
    fn label(&self) -> Result<usize> {
        const MAX_CLASSES: usize = 1 << 16;
        let expected = "a label from 0 to 65,535";
        let label = self.whole(1, LABEL, expected)?;
        if label < MAX_CLASSES { Ok(label) } else { Err(self.wrong(1, LABEL, expected).into()) }
    }

    fn number(&self, index: usize, column: &dyn Fn() -> String) -> Result<f32> {
        Ok(number(self.cell(index)).ok_or_else(|| self.wrong(index, &column(), FINITE))?)
    }
}
