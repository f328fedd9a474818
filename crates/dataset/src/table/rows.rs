//! The rows of a table, read one after the other.

use std::collections::{BTreeSet, HashMap};

use csv::StringRecord;
use ndarray::Array3;

use super::csv::{TableClasses, TableColumns, TableConfig, TableRows};
use super::{FINITE, TableError, number, track_name};
use crate::{Error, FeatureSet, Result};

/// A column's place and name.
struct Column {
    index: usize,
    name: String,
}

/// The columns that are read.
pub(super) struct Columns {
    track: Column,
    class: Column,
    features: Vec<Column>,
}

impl Columns {
    pub(super) fn find(header: &StringRecord, config: &TableConfig) -> Result<Self> {
        let find = |name: &str| -> Result<Column> {
            let mut places = header.iter().enumerate().filter(|(_, column)| *column == name);
            match (places.next(), places.next()) {
                (Some((index, _)), None) => Ok(Column { index, name: name.to_owned() }),
                (None, _) => Err(TableError::MissingColumn { column: name.to_owned() }.into()),
                _ => Err(TableError::DuplicateColumn { column: name.to_owned() }.into()),
            }
        };
        let (track, class) = (find(&config.track)?, find(&config.class)?);
        let features = match &config.features {
            TableColumns::Named(names) => names.iter().map(|name| find(name)).collect::<Result<Vec<_>>>()?,
            TableColumns::AllExcept(names) => {
                names.iter().try_for_each(|name| find(name).map(drop))?;
                let taken = |name: &str| {
                    name == config.track || name == config.class || names.iter().any(|other| other == name)
                };
                header.iter().filter(|name| !taken(name)).map(find).collect::<Result<Vec<_>>>()?
            }
        };
        if features.is_empty() {
            return Err(TableError::NoFeatures.into());
        }
        Ok(Self { track, class, features })
    }
}

/// The contents of the rows so far.
#[derive(Default)]
pub(super) struct Rows {
    values: Vec<f32>,
    classes: Vec<String>,
    tracks: Vec<String>,
    positions: Vec<usize>,
    /// The line of every row that must not be repeated.
    lines: HashMap<(String, usize), u64>,
    /// The number of rows of every track.
    counts: HashMap<String, usize>,
}

impl Rows {
    pub(super) fn push(
        &mut self,
        columns: &Columns,
        record: &StringRecord,
        line: u64,
        config: &TableConfig,
    ) -> Result<()> {
        let cell = |column: &Column| record.get(column.index).unwrap_or_default().trim();
        let wrong = |column: &Column, expected| TableError::Cell {
            line,
            column: column.name.clone(),
            value: cell(column).to_owned(),
            expected,
        };
        let (name, class) = (cell(&columns.track), cell(&columns.class));
        if name.is_empty() {
            return Err(wrong(&columns.track, "the name of a track").into());
        }
        let is_known = match &config.classes {
            TableClasses::Sorted => !class.is_empty(),
            TableClasses::Named(classes) => classes.iter().any(|known| known == class),
        };
        if !is_known {
            return Err(wrong(&columns.class, "one of the classes").into());
        }
        let (track, position) = match config.rows {
            TableRows::Tracks => (name.to_owned(), Some(0)),
            TableRows::Segments => (name.to_owned(), None),
            TableRows::NumberedSegments => {
                let expected = "a name with the segment's number before its extension";
                let (track, number) = numbered(name).ok_or_else(|| wrong(&columns.track, expected))?;
                (track, Some(number))
            }
        };
        let track = track_name(&track, class);
        let first = position.and_then(|position| self.lines.insert((track.clone(), position), line));
        if let Some(first) = first {
            return Err(TableError::DuplicateRow { line, name: name.to_owned(), first }.into());
        }
        let count = self.counts.entry(track.clone()).or_default();
        self.positions.push(position.unwrap_or(*count));
        *count += 1;
        self.tracks.push(track);
        self.classes.push(class.to_owned());
        for column in &columns.features {
            self.values.push(number(cell(column)).ok_or_else(|| wrong(column, FINITE))?);
        }
        Ok(())
    }

    pub(super) fn into_set(self, columns: &Columns, config: &TableConfig) -> Result<FeatureSet> {
        if self.classes.is_empty() {
            return Err(TableError::NoRows.into());
        }
        let classes: Vec<String> = match &config.classes {
            TableClasses::Sorted => {
                self.classes.iter().collect::<BTreeSet<_>>().into_iter().cloned().collect()
            }
            TableClasses::Named(classes) => classes.clone(),
        };
        let label_of: HashMap<&str, usize> =
            classes.iter().enumerate().map(|(label, class)| (class.as_str(), label)).collect();
        let labels: Vec<usize> = self.classes.iter().map(|class| label_of[class.as_str()]).collect();
        let shape = (labels.len(), 1, columns.features.len());
        let actual = self.values.len();
        let features = Array3::from_shape_vec(shape, self.values).map_err(|_| Error::LengthMismatch {
            what: "the table's values",
            expected: shape.0 * shape.2,
            actual,
        })?;
        FeatureSet::new(features, labels, classes, self.tracks, None)?.with_positions(self.positions)
    }
}

/// `blues.00012.3.wav` as the track `blues.00012.wav` and the number 3.
fn numbered(name: &str) -> Option<(String, usize)> {
    let (stem, extension) = name.rsplit_once('.')?;
    let (track, number) = stem.rsplit_once('.')?;
    Some((format!("{track}.{extension}"), number.parse().ok()?))
}
