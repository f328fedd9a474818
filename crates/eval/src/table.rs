//! Text tables and the formats of their cells.

use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};

pub(crate) use cepstrum_models::grouped;

/// A single rule, under the header.
const UNDERLINED_HEADER: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// A table whose first column is aligned left and whose other columns are aligned right, without trailing blanks.
pub(crate) fn aligned<'a>(
    header: impl IntoIterator<Item = &'a str>,
    rows: impl IntoIterator<Item = Vec<String>>,
) -> String {
    let mut table = Table::new();
    table.load_style(UNDERLINED_HEADER).set_header(header.into_iter().collect::<Vec<_>>());
    table.add_rows(rows);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.trim_fmt()
}

/// A share as a percentage with one decimal, without the percent sign.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.1}", 100.0 * share)
}
