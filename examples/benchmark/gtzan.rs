//! GTZAN by its published tables: 57 columns of features, `MusiCNN`'s tags, and the fault-filtered split.

use std::path::Path;

use anyhow::Result;
use cepstrum::dataset::{FeatureSet, TableRows, gtzan, read_npz, read_table};
use serde::Serialize;

use crate::measure::{self, Line};
use crate::tags::{self, Tried};
use crate::{columns, inputs};

/// The tables and the split.
pub(crate) struct Published {
    /// The 57 columns of all 1,000 tracks.
    pub(crate) columns: FeatureSet,
    pub(crate) split: cepstrum::dataset::FixedSplit,
    /// Windows of the training and the test tracks, by their 50 tags.
    pub(crate) tags: [FeatureSet; 2],
}

impl Published {
    fn read(folder: &Path) -> Result<Self> {
        let layout = gtzan::feature_table(TableRows::Tracks);
        let columns = read_table(folder.join("features_30_sec.csv"), &layout)?;
        let split = gtzan::filtered_split(folder)?;
        for (list, name) in [(&split.train, "train"), (&split.validation, "valid"), (&split.test, "test")] {
            let file = folder.join(format!("{name}_filtered.txt"));
            list.tracks_in(&columns).map_err(|error| error.in_file(file))?;
        }
        let tags = |name: &str| read_npz(folder.join(name), &gtzan::tag_table());
        let tags = [tags("musicnn_msd_tags_train.npz")?, tags("musicnn_msd_tags_test.npz")?];
        // The tags are those of the lists: no other track may train a model or test it.
        let tags = [tags[0].including(&split.train)?, tags[1].including(&split.test)?];
        Ok(Self { columns, split, tags })
    }
}

#[derive(Serialize)]
struct Results {
    lines: Vec<Line>,
    /// The candidates on the tags, by cross-validation on training tracks, best first.
    tried: Vec<Tried>,
    /// Share of tracks that logistic regression on the columns gets right: in that cross-validation, and in the validation
    /// part.
    columns_inside_and_outside: [f64; 2],
}

/// Measures everything and prints it.
pub(crate) fn run(folder: &Path, seeds: u64, json: bool) -> Result<()> {
    let published = Published::read(folder)?;
    let mut lines = columns::lines(&published, seeds)?;
    let (transfer, tried) = tags::lines(&published)?;
    lines.extend(transfer);
    let columns_inside_and_outside = tags::columns_elsewhere(&published)?;
    if json {
        let results = Results { lines, tried, columns_inside_and_outside };
        println!("{}", serde_json::to_string_pretty(&results)?);
        return Ok(());
    }
    println!(
        "GTZAN, 57 columns: {} tracks; tags: {} windows",
        published.columns.len(),
        inputs::n_windows(&published)
    );
    println!(
        "random: 70 % of the tracks of every genre for training, 30 % for testing, a split per draw\n\
         filtered: the fault-filtered split, whose artists are on one side: 443 tracks for training, 197 for validation \
         (the tags have none of them), 290 for testing\n"
    );
    println!("{}\n", measure::table(&lines));
    println!(
        "Tried on the tags, by five-fold cross-validation on the 443 training tracks; the lowest loss is chosen:\n"
    );
    println!("{}\n", tags::table(&tried));
    let [inside, outside] = columns_inside_and_outside.map(|share| 100.0 * share);
    println!(
        "Columns alone: {inside:.1} % in this cross-validation, {outside:.1} % on the validation part, whose artists are \
         others. So the last line is chosen among models of tags alone."
    );
    Ok(())
}
