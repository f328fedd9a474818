use std::path::Path;

use anyhow::{Context, Result};
use cepstrum::dataset::synth::{SyntheticConfig, SyntheticSet};
use cepstrum::dataset::{
    AudioFolder, Collection, ExtractConfig, Extraction, FeatureSet, Segment, Skipped, load_audio,
};
use cepstrum::eval::{DataSummary, Figure, SkippedFile};

use super::arguments::Arguments;
use super::explore;
use super::pretrained::Pretrained;

/// Features, their origin, and the files that could not be used.
pub(super) struct Data {
    pub(super) features: FeatureSet,
    pub(super) summary: DataSummary,
    pub(super) skipped: Vec<SkippedFile>,
    /// One track of every class; `None` where only features are given.
    pub(super) overview: Option<Figure>,
    /// What a published network makes of the same tracks, where one was given.
    pub(super) pretrained: Option<Pretrained>,
}

/// Loads stored features, or extracts them from a folder of audio or from the synthetic set.
pub(super) fn gather(arguments: &Arguments) -> Result<Data> {
    if let Some(path) = &arguments.features {
        let features = FeatureSet::load(path)?;
        let summary = DataSummary::from_features(&features, path.display().to_string());
        return Ok(Data { features, summary, skipped: Vec::new(), overview: None, pretrained: None });
    }
    let segment = arguments.segment_seconds.map_or_else(Segment::default, Segment::Seconds);
    let config = ExtractConfig { segment, ..Default::default() };
    if let Some(folder) = &arguments.data {
        let audio = AudioFolder::scan(folder)?;
        let unreadable = audio.skipped().iter().map(|skipped| record(folder, skipped)).collect();
        return extract(&audio, config, folder.display().to_string(), unreadable, arguments);
    }
    let name = format!("synthetic set, seed {}", arguments.settings.seed);
    extract(&synthetic(arguments)?, config, name, Vec::new(), arguments)
}

/// The synthetic set that stands in where no audio is given.
fn synthetic(arguments: &Arguments) -> Result<SyntheticSet> {
    let tracks_per_class = if arguments.quick { 6 } else { 16 };
    Ok(SyntheticSet::new(SyntheticConfig {
        tracks_per_class,
        seed: arguments.settings.seed,
        ..Default::default()
    })?)
}

/// The samples of a track by its name, where its audio may be embedded in the report; `None` where only features are given.
pub(crate) fn embeddable(name: &str, sample_rate: u32, arguments: &Arguments) -> Result<Option<Vec<f32>>> {
    if arguments.features.is_some() {
        return Ok(None);
    }
    if let Some(folder) = &arguments.data {
        let embed = arguments.embed_audio.then(|| load_audio(folder.join(name), sample_rate));
        return Ok(embed.transpose()?);
    }
    let set = synthetic(arguments)?;
    let index = (0..set.n_tracks()).find(|&index| set.track(index).name == name);
    Ok(index.map(|index| set.load(index, sample_rate)).transpose()?)
}

/// Extracts features, and draws one track of every class.
fn extract(
    collection: &impl Collection,
    config: ExtractConfig,
    source: String,
    mut skipped: Vec<SkippedFile>,
    arguments: &Arguments,
) -> Result<Data> {
    let overview = explore::one_of_each(collection, &config.features)?;
    let pretrained = match &arguments.pretrained {
        None => None,
        Some(wheel) => Some(Pretrained::extract(wheel, config.segment, |config, front| {
            arguments.say(format_args!("MusiCNN listens to {} tracks", collection.n_tracks()))?;
            let extraction = Extraction::new(config).front(front);
            Ok(extraction.progress(arguments.settings.console.progress()).run(collection)?.features)
        })?),
    };
    let extracted = Extraction::new(config)
        .progress(arguments.settings.console.progress())
        .threads(arguments.settings.threads)
        .run(collection)
        .with_context(|| format!("cannot extract features from {source}"))?;
    skipped.extend(extracted.skipped.iter().map(|skipped| record(Path::new(""), skipped)));
    let summary = DataSummary::from_features(&extracted.features, source);
    Ok(Data { features: extracted.features, summary, skipped, overview, pretrained })
}

/// The record of a skipped file.
fn record(folder: &Path, skipped: &Skipped) -> SkippedFile {
    SkippedFile { path: folder.join(&skipped.path), cause: skipped.cause.to_string() }
}
