use anyhow::Result;
use cepstrum::dataset::{Collection, FeatureConfig};
use cepstrum::eval::plot;
use cepstrum::eval::{Figure, Section, TrackAnalysis};

/// The most classes in one picture; of more, the first are drawn.
const MAX_CLASSES: usize = 12;

/// Draws the first readable track of every class in four views.
pub(super) fn one_of_each(collection: &impl Collection, config: &FeatureConfig) -> Result<Option<Figure>> {
    let mut tracks = Vec::new();
    for (class, name) in collection.classes().iter().enumerate().take(MAX_CLASSES) {
        let of_class = (0..collection.n_tracks()).filter(|&index| collection.track(index).class == class);
        let mut readable = of_class.filter_map(|index| collection.load(index, config.sample_rate()).ok());
        // The extraction reports files that cannot be read.
        if let Some(track) = readable.find_map(|samples| TrackAnalysis::compute(&samples, config).ok()) {
            tracks.push((name, track));
        }
    }
    if tracks.is_empty() {
        return Ok(None);
    }
    let rows: Vec<_> = tracks.iter().map(|(name, track)| track.views(name)).collect();
    let caption = "One track of every class: waveform, magnitude spectrum, spectrogram and MFCCs.";
    Ok(Some(Figure::draw(Section::Tracks, caption, |style| plot::overview(&rows, style))?))
}
