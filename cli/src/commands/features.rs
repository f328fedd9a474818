//! `cepstrum features`.

mod columns;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, ensure};
use cepstrum::dataset::progress::Progress;
use cepstrum::dataset::{AudioFolder, Collection, Table, TableFormat, TableRow};
use rayon::prelude::*;
use serde_json::json;

use super::check_folder_of;
use crate::settings::Settings;
use columns::Columns;

/// The arguments of `cepstrum features`.
///
/// A row holds mean and variance of chroma, level, spectral shape, zero crossings, harmonic and percussive part and 20 MFCCs, and
/// the tempo. pandas and polars read the table, and so does `read_table` of the library with `gtzan::feature_table`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cepstrum features genres_original features.csv --kaggle")]
pub(crate) struct Features {
    /// Folder with one folder of audio files per class
    data: PathBuf,
    /// Output table: .csv, or .parquet in a build with the feature `parquet`
    out: PathBuf,
    /// Follow the published tables of GTZAN instead of librosa 0.11
    #[arg(long)]
    kaggle: bool,
    /// A row per segment of 3 s instead of one per track
    #[arg(long)]
    segments: bool,
    /// Add mean and standard deviation of spectral contrast, flatness, line fit, tonal centroids, onset strength and the
    /// deltas of 13 MFCCs
    #[arg(long)]
    all: bool,
}

impl Features {
    pub(crate) fn run(self, settings: &Settings) -> Result<ExitCode> {
        let (console, out) = (settings.console, &self.out);
        TableFormat::of_path(out)?;
        check_folder_of(out)?;
        let folder = AudioFolder::scan(&self.data)?;
        settings.interrupt.wait_for_command();
        let tracks = self.rows(&folder, settings)?;
        let (mut table, mut skipped) = (Table::new(columns::names(self.all))?, Vec::new());
        for (index, rows) in tracks.into_iter().enumerate() {
            match rows {
                Some(Ok(rows)) => rows.into_iter().try_for_each(|row| table.push(row))?,
                Some(Err(error)) => skipped.push(format!("{}: {error:#}", folder.track(index).name)),
                None => {}
            }
        }
        ensure!(!table.rows().is_empty(), "{}: no track could be used", self.data.display());
        table.save(out)?;
        let skipped: Vec<String> = folder.skipped().iter().map(ToString::to_string).chain(skipped).collect();
        for skipped in &skipped {
            console.warn(format_args!("skipped {skipped}"));
        }
        let (n, n_columns, n_tracks) = (table.rows().len(), table.columns().len(), folder.n_tracks());
        console.text(format_args!(
            "{n} rows of {n_columns} columns from {n_tracks} tracks in {}",
            out.display()
        ))?;
        console.object(&json!({ "table": out, "rows": n, "columns": n_columns, "skipped": skipped }))?;
        Ok(settings.exit_code(skipped.len()))
    }

    /// The rows of each track, in the order of the folder; `None` for tracks that an interruption left out.
    fn rows(&self, folder: &AudioFolder, settings: &Settings) -> Result<Vec<Option<Result<Vec<TableRow>>>>> {
        let progress = settings.console.progress();
        progress.start(folder.n_tracks() as u64, "tracks");
        let extractors = || Columns::new(self.kaggle, self.all);
        extractors()?;
        let rows = (0..folder.n_tracks())
            .into_par_iter()
            .map_init(extractors, |columns, index| {
                if settings.interrupt.is_asked() {
                    return None;
                }
                let rows = match columns {
                    Ok(columns) => columns.track(folder, index, self.segments),
                    Err(error) => Err(anyhow::anyhow!("{error:#}")),
                };
                progress.advance(1);
                Some(rows)
            })
            .collect();
        progress.finish();
        Ok(rows)
    }
}
