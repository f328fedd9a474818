//! The columns of the table.

use anyhow::{Context, Result};
use cepstrum::dataset::{AudioFolder, Collection, TableRow};
use cepstrum::features::{
    Chroma, ChromaConfig, ColumnStyle, GENRE_COLUMNS, GenreColumns, Mfcc, MfccConfig, OnsetStrength,
    OnsetStrengthConfig, PolyFeatures, PolyFeaturesConfig, SpectralContrast, SpectralContrastConfig,
    SpectralFlatness, SpectralFlatnessConfig, Summary, SummaryConfig, tonnetz,
};
use ndarray::{Array1, Array2, Axis};

/// Sample rate of the table, Hz.
const RATE: u32 = 22_050;
/// Number of samples of a track in the published table, and of the step and length of its segments.
const TRACK: usize = 661_794;
const STEP: usize = 66_150;
const SEGMENT: usize = 66_149;

/// The extractors of a row.
pub(super) struct Columns {
    genre: GenreColumns,
    /// Cuts every track to the length that it has in the published tables.
    cuts_tracks: bool,
    more: Option<More>,
}

impl Columns {
    pub(super) fn new(kaggle: bool, all: bool) -> Result<Self> {
        let style = if kaggle { ColumnStyle::Kaggle } else { ColumnStyle::Librosa };
        let more = all.then(More::new).transpose()?;
        Ok(Self { genre: GenreColumns::new(style)?, cuts_tracks: kaggle, more })
    }

    /// The rows of a track: one, or one per segment.
    pub(super) fn track(
        &mut self,
        folder: &AudioFolder,
        index: usize,
        by_segment: bool,
    ) -> Result<Vec<TableRow>> {
        let mut samples = folder.load(index, RATE)?;
        if self.cuts_tracks {
            samples.truncate(TRACK);
        }
        let track = folder.track(index);
        let class = &folder.classes()[track.class];
        let name = track.name.rsplit('/').next().unwrap_or(&track.name);
        if !by_segment {
            return Ok(vec![self.row(name, class, &samples)?]);
        }
        // The segments of `blues.00000.wav` are `blues.00000.0.wav` and so on.
        let (stem, extension) = name.rsplit_once('.').context("a file name without an extension")?;
        let segments = samples.chunks(STEP).filter(|segment| segment.len() >= SEGMENT).take(10);
        segments
            .enumerate()
            .map(|(i, segment)| self.row(&format!("{stem}.{i}.{extension}"), class, &segment[..SEGMENT]))
            .collect()
    }

    fn row(&mut self, name: &str, class: &str, samples: &[f32]) -> Result<TableRow> {
        let mut values = self.genre.process(samples)?.to_vec();
        if let Some(more) = &mut self.more {
            values.extend(more.row(samples)?);
        }
        Ok(TableRow { name: name.to_owned(), length: samples.len() as u64, values, class: class.to_owned() })
    }
}

/// The columns of `--all`.
struct More {
    contrast: SpectralContrast,
    flatness: SpectralFlatness,
    lines: PolyFeatures,
    chroma: Chroma,
    onset: OnsetStrength,
    mfcc: Mfcc,
}

/// Names and numbers of the features of [`More`].
const MORE: [(&str, usize); 6] = [
    ("spectral_contrast", 7),
    ("spectral_flatness", 1),
    ("poly_features", 2),
    ("tonnetz", 6),
    ("onset_strength", 1),
    ("delta_mfcc", 13),
];

impl More {
    fn new() -> Result<Self> {
        Ok(Self {
            contrast: SpectralContrast::new(&SpectralContrastConfig::default())?,
            flatness: SpectralFlatness::new(&SpectralFlatnessConfig::default())?,
            lines: PolyFeatures::new(&PolyFeaturesConfig::default())?,
            chroma: Chroma::new(&ChromaConfig::default())?,
            onset: OnsetStrength::new(&OnsetStrengthConfig::default())?,
            mfcc: Mfcc::new(&MfccConfig::default())?,
        })
    }

    /// Mean and standard deviation of each value of each feature.
    fn row(&mut self, samples: &[f32]) -> Result<Vec<f64>> {
        let config = SummaryConfig { quantiles: Vec::new() };
        let column = |values: Array1<f32>| values.insert_axis(Axis(1));
        let features: [Array2<f32>; 5] = [
            self.contrast.process(samples)?,
            column(self.flatness.process(samples)?),
            self.lines.process(samples)?,
            tonnetz(self.chroma.process(samples)?.view())?,
            column(self.onset.process(samples)?),
        ];
        let mut summaries =
            features.iter().map(|f| Summary::new(f.view(), &config)).collect::<Result<Vec<_>, _>>()?;
        summaries.push(Summary::of_delta(self.mfcc.process(samples)?.view(), 9, &config)?);
        let pairs = summaries.iter().flat_map(|s| s.mean.iter().zip(&s.standard_deviation));
        Ok(pairs.flat_map(|(&mean, &deviation)| [mean, deviation]).collect())
    }
}

/// The names of the columns.
pub(super) fn names(all: bool) -> Vec<String> {
    let mut names: Vec<String> = GENRE_COLUMNS.map(str::to_owned).to_vec();
    for (name, n) in MORE.into_iter().filter(|_| all) {
        names.extend((1..=n).flat_map(|i| [format!("{name}{i}_mean"), format!("{name}{i}_std")]));
    }
    names
}
