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
        for list in [&split.train, &split.validation, &split.test] {
            list.tracks_in(&columns)?;
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
    /// What was tried on the tags, by cross-validation on training tracks, best first.
    tried: Vec<Tried>,
}

/// Measures everything and prints it.
pub(crate) fn run(folder: &Path, seeds: u64, json: bool) -> Result<()> {
    let published = Published::read(folder)?;
    let mut lines = columns::lines(&published, seeds)?;
    let (transfer, tried) = tags::lines(&published)?;
    lines.extend(transfer);
    if json {
        println!("{}", serde_json::to_string_pretty(&Results { lines, tried })?);
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
        "Tried for the last line, by five-fold cross-validation on the 443 training tracks; the lowest loss is chosen:\n"
    );
    println!("{}", tags::table(&tried));
    Ok(())
}
