//! Features and parts of GTZAN that others published.

use std::path::Path;

use super::GENRES;
use crate::{FixedSplit, NpzConfig, Result, TableClasses, TableColumns, TableConfig, TableRows, TrackList};

/// The columns of features in the Kaggle set's tables, `features_30_sec.csv` and `features_3_sec.csv`: mean and variance
/// of chroma, level, spectral shape, zero crossings, harmonic and percussive parts and 20 MFCCs over a track or a segment,
/// and the tempo in beats per minute.
pub const FEATURE_COLUMNS: [&str; 57] = cepstrum_features::GENRE_COLUMNS;

/// Returns the layout of the Kaggle set's tables, for [`read_table`](crate::read_table): rows of tracks for
/// `features_30_sec.csv`, of [numbered segments](TableRows::NumberedSegments) for `features_3_sec.csv`.
///
/// ```
/// use cepstrum_dataset::{TableRows, gtzan, read_table_from};
///
/// let header = gtzan::FEATURE_COLUMNS.join(",");
/// let table = format!("filename,length,{header},label\nblues.00012.wav,661794{},blues\n", ",0.5".repeat(57));
/// let set = read_table_from(table.as_bytes(), &gtzan::feature_table(TableRows::Tracks))?;
/// assert_eq!(set.features().dim(), (1, 1, 57));
/// assert_eq!(set.track_names(), ["blues/blues.00012.wav"]);
/// assert_eq!(set.classes(), gtzan::GENRES);
/// # Ok::<(), cepstrum_dataset::Error>(())
/// ```
pub fn feature_table(rows: TableRows) -> TableConfig {
    TableConfig {
        track: "filename".to_owned(),
        class: "label".to_owned(),
        features: TableColumns::Named(FEATURE_COLUMNS.map(str::to_owned).to_vec()),
        classes: TableClasses::Named(GENRES.map(str::to_owned).to_vec()),
        rows,
    }
}

/// Returns the layout of the published tables of `MusiCNN`'s tags, for [`read_npz`](crate::read_npz): the probabilities of
/// 50 tags in windows of 3 s (`X`), the genres (`Y`) and the files (`IDS`).
///
/// # References
/// J. Pons and X. Serra, musicnn: pre-trained convolutional neural networks for music audio tagging (2019),
/// arXiv:1909.06654; the tables are those of `sklearn-audio-transfer-learning`.
pub fn tag_table() -> NpzConfig {
    NpzConfig {
        features: "X".to_owned(),
        labels: "Y".to_owned(),
        tracks: "IDS".to_owned(),
        classes: GENRES.map(str::to_owned).to_vec(),
    }
}

/// Reads the fault-filtered split, as published in three lists, from a folder: `train_filtered.txt`,
/// `valid_filtered.txt` and `test_filtered.txt`, with 443, 197 and 290 tracks.
///
/// No artist is on two sides, and repetitions and distortions are left out: a model's accuracy is far lower than on a
/// random split, and closer to that on other music.
///
/// # Errors
/// [`Error::InFile`](crate::Error::InFile) for a list that cannot be read.
///
/// # References
/// C. Kereliuk, B. L. Sturm and J. Larsen, Deep learning and music adversaries (2015), doi:10.1109/TMM.2015.2478068
pub fn filtered_split(folder: impl AsRef<Path>) -> Result<FixedSplit> {
    let read = |name: &str| TrackList::read(folder.as_ref().join(name));
    Ok(FixedSplit {
        train: read("train_filtered.txt")?,
        validation: read("valid_filtered.txt")?,
        test: read("test_filtered.txt")?,
    })
}
