//! Feature sets from comma-separated values, and the tables that are rejected.

use cepstrum_dataset::{
    Error, FeatureSet, Result, Table, TableClasses, TableColumns, TableConfig, TableError, TableFormat,
    TableRow, TableRows, read_table, read_table_from,
};
use ndarray::array;

const TABLE: &str = "name,tempo,rms,style\na.wav,120.5,0.1,jazz\nb.wav,96,2.5e-1,rock\nc.wav,-3,0,jazz\n";

fn config() -> TableConfig {
    TableConfig { track: "name".to_owned(), class: "style".to_owned(), ..TableConfig::default() }
}

fn read(table: &str, config: &TableConfig) -> Result<FeatureSet> {
    read_table_from(table.as_bytes(), config)
}

/// The message for a table that differs from [`TABLE`] in one place.
fn rejected(from: &str, to: &str, config: &TableConfig) -> String {
    let table = TABLE.replacen(from, to, 1);
    assert_ne!(table, TABLE, "{from}");
    read(&table, config).unwrap_err().to_string()
}

#[test]
fn a_table_becomes_a_set_with_a_segment_per_row() {
    let set = read(TABLE, &config()).unwrap();
    let expected = array![[[120.5, 0.1]], [[96.0, 0.25]], [[-3.0, 0.0]]];
    assert_eq!(set.features(), &expected);
    assert_eq!((set.classes(), set.labels()), (&["jazz".to_owned(), "rock".to_owned()][..], &[0, 1, 0][..]));
    assert_eq!(set.track_names(), ["jazz/a.wav", "rock/b.wav", "jazz/c.wav"]);
    assert_eq!((set.positions(), set.config()), (&[0; 3][..], None));
}

#[test]
fn columns_are_found_by_name_in_the_order_asked_for() {
    let named = TableColumns::Named(vec!["rms".to_owned(), "tempo".to_owned()]);
    let set = read(TABLE, &TableConfig { features: named, ..config() }).unwrap();
    assert_eq!(set.features().slice(ndarray::s![0, 0, ..]), array![0.1, 120.5]);
    let rest = TableColumns::AllExcept(vec!["tempo".to_owned()]);
    let set = read(TABLE, &TableConfig { features: rest, ..config() }).unwrap();
    assert_eq!(set.features(), &array![[[0.1]], [[0.25]], [[0.0]]]);
}

#[test]
fn named_classes_set_the_labels_and_a_folder_in_a_name_stays() {
    let classes = TableClasses::Named(["rock", "pop", "jazz"].map(str::to_owned).to_vec());
    let table = TABLE.replace("b.wav", "other/b.wav");
    let set = read(&table, &TableConfig { classes, ..config() }).unwrap();
    assert_eq!(set.labels(), [2, 0, 2]);
    assert_eq!(set.classes(), ["rock", "pop", "jazz"]);
    assert_eq!(set.track_names()[1], "other/b.wav");
}

#[test]
fn rows_of_segments_keep_their_tracks_and_positions() {
    let table = "name,x,style\nj.00.1.wav,1,jazz\nj.00.0.wav,2,jazz\nj.01.0.wav,3,jazz\nr.00.0.wav,4,rock\n";
    let rows = |rows| TableConfig { rows, ..config() };
    let set = read(table, &rows(TableRows::NumberedSegments)).unwrap();
    assert_eq!(set.track_names(), ["jazz/j.00.wav", "jazz/j.01.wav", "rock/r.00.wav"]);
    assert_eq!((set.track_ids(), set.positions()), (&[0, 0, 1, 2][..], &[1, 0, 0, 0][..]));

    let repeated = table.replace(".0.wav", ".1.wav");
    let message = read(&repeated, &rows(TableRows::NumberedSegments)).unwrap_err().to_string();
    assert_eq!(message, "line 3: \"j.00.1.wav\" is already in line 2");
    let set = read(&repeated, &rows(TableRows::Segments)).unwrap();
    assert_eq!((set.track_ids(), set.positions()), (&[0, 0, 1, 2][..], &[0, 1, 0, 0][..]));
    let message = read(TABLE, &rows(TableRows::NumberedSegments)).unwrap_err().to_string();
    assert!(message.starts_with("line 2, column \"name\": \"a.wav\" is not a name with"), "{message}");
}

#[test]
fn a_table_that_cannot_be_used_is_rejected_by_line_and_column() {
    let tempo = "line 3, column \"tempo\": ";
    for (value, message) in [
        ("NaN", "\"NaN\" is not a finite number"),
        ("fast", "\"fast\" is not a finite number"),
        ("", "\"\" is not a finite number"),
        ("-inf", "\"-inf\" is not a finite number"),
        ("1e39", "\"1e39\" is not a finite number"),
    ] {
        assert_eq!(rejected("96", value, &config()), format!("{tempo}{message}"));
    }
    for (from, to, message) in [
        ("style", "label", "the table has no column \"style\""),
        ("tempo", "name", "the table has two columns \"name\""),
        ("rms", "tempo", "the table has two columns \"tempo\""),
        ("c.wav", "a.wav", "line 4: \"a.wav\" is already in line 2"),
        ("b.wav", " ", "line 3, column \"name\": \"\" is not the name of a track"),
        ("rock", "", "line 3, column \"style\": \"\" is not one of the classes"),
    ] {
        assert_eq!(rejected(from, to, &config()), message);
    }
    let named = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    let missing = TableColumns::Named(named(&["tempo", "mfcc1"]));
    let error = read(TABLE, &TableConfig { features: missing, ..config() }).unwrap_err();
    assert!(
        matches!(&error, Error::Table(TableError::MissingColumn { column }) if column == "mfcc1"),
        "{error}"
    );
    let none = TableColumns::AllExcept(named(&["tempo", "rms"]));
    let error = read(TABLE, &TableConfig { features: none, ..config() }).unwrap_err();
    assert!(matches!(error, Error::Table(TableError::NoFeatures)), "{error}");
    let classes = TableClasses::Named(named(&["jazz"]));
    let message = read(TABLE, &TableConfig { classes, ..config() }).unwrap_err().to_string();
    assert_eq!(message, "line 3, column \"style\": \"rock\" is not one of the classes");
    let header = TABLE.lines().next().unwrap();
    assert!(matches!(read(header, &config()).unwrap_err(), Error::Table(TableError::NoRows)));
    let message = rejected(",0.1", "", &config());
    assert!(
        message.contains("not a table of comma-separated values") && message.contains("line: 2"),
        "{message}"
    );
    assert!(matches!(read("", &config()).unwrap_err(), Error::Table(TableError::MissingColumn { .. })));
}

#[test]
fn a_track_of_two_classes_and_the_file_are_named() {
    let rows = TableConfig { rows: TableRows::Segments, ..config() };
    let table = TABLE.replace("a.wav", "x/a.wav").replace("b.wav", "x/a.wav");
    let error = read(&table, &rows).unwrap_err();
    assert!(matches!(&error, Error::TrackInTwoClasses { track, .. } if track == "x/a.wav"), "{error}");

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("features.csv");
    std::fs::write(&path, TABLE.replace("96", "?")).unwrap();
    let error = read_table(&path, &config()).unwrap_err();
    assert_eq!(error.path(), Some(path.as_path()));
    assert!(error.to_string().ends_with("line 3, column \"tempo\": \"?\" is not a finite number"), "{error}");
    let error = read_table(folder.path().join("none.csv"), &config()).unwrap_err();
    assert!(matches!(error.cause(), Error::Io(_)), "{error}");
}

/// A table whose numbers need all of their digits, and whose names need quotes.
pub(crate) fn written() -> Table {
    let mut table = Table::new(["rms", "tempo"]).unwrap();
    let row = |name: &str, class: &str, values: [f64; 2]| TableRow {
        name: name.into(),
        length: 661_500,
        values: values.to_vec(),
        class: class.into(),
    };
    table.push(row("a,\"b\".wav", "jazz", [0.1 + 0.2, 120.5])).unwrap();
    table.push(row("c.wav", "drum, bass", [1e-7 / 3.0, -3.0])).unwrap();
    table
}

/// The set of [`written`].
pub(crate) fn check_written(set: &FeatureSet) {
    assert_eq!(set.features(), &array![[[0.3_f32, 120.5]], [[1e-7 / 3.0, -3.0]]]);
    assert_eq!(set.classes(), ["drum, bass", "jazz"]);
    assert_eq!(set.track_names(), ["jazz/a,\"b\".wav", "drum, bass/c.wav"]);
}

pub(crate) fn without_length() -> TableConfig {
    TableConfig { features: TableColumns::AllExcept(vec!["length".into()]), ..TableConfig::default() }
}

#[test]
fn a_written_table_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.CSV");
    written().save(&path).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with(
        "filename,length,rms,tempo,label\n\"a,\"\"b\"\".wav\",661500,0.30000000000000004,120.5,jazz\n"
    ));
    check_written(&read_table(&path, &without_length()).unwrap());
}

#[test]
fn tables_that_cannot_be_written_are_named() {
    let message = |error: Error| error.to_string();
    assert_eq!(message(Table::new(["a", "b", "a"]).unwrap_err()), "the table has two columns \"a\"");
    assert_eq!(message(Table::new(["a", "length"]).unwrap_err()), "the table has two columns \"length\"");
    assert_eq!(message(Table::new([""; 0]).unwrap_err()), "the table has no column of features");
    let row = TableRow { name: "a.wav".into(), values: vec![1.0], ..TableRow::default() };
    assert_eq!(message(written().push(row).unwrap_err()), "\"a.wav\" has 1 values for 2 columns");
    let error = written().save("table.xlsx").unwrap_err();
    assert_eq!(
        message(error),
        "table.xlsx: the extension \"xlsx\" is that of no table: use .csv or .parquet"
    );
    assert_eq!(TableFormat::of_path("a.parquet").is_ok(), cfg!(feature = "parquet"));
    #[cfg(not(feature = "parquet"))]
    for error in [written().save("t.parquet").unwrap_err(), read_table("t.parquet", &config()).unwrap_err()] {
        assert!(error.to_string().starts_with("t.parquet: built without Parquet"), "{error}");
    }
}
