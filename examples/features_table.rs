//! Writes a table of features of a folder of class folders: the 57 columns of the Kaggle set's GTZAN tables.
//!
//! `cargo run --release --example features_table -- genres_original features.csv --kaggle`
//!
//! pandas and polars read the table, and so does `read_table` with `gtzan::feature_table` as a feature set for training.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, ensure};
use cepstrum::dataset::{AudioFolder, Collection, write_atomically};
use cepstrum::features::ndarray::{Array1, Array2, Axis};
use cepstrum::features::{
    Chroma, ChromaConfig, ColumnStyle, GENRE_COLUMNS, GenreColumns, Mfcc, MfccConfig, OnsetStrength,
    OnsetStrengthConfig, PolyFeatures, PolyFeaturesConfig, SpectralContrast, SpectralContrastConfig,
    SpectralFlatness, SpectralFlatnessConfig, Summary, SummaryConfig, tonnetz,
};
use clap::Parser;

/// Sample rate of the table, Hz.
const RATE: u32 = 22_050;
/// Number of samples of a track in the published table, and of the step and length of its segments.
const TRACK: usize = 661_794;
const STEP: usize = 66_150;
const SEGMENT: usize = 66_149;

/// Write mean and variance of chroma, level, spectral shape, zero crossings, harmonic and percussive part and 20 MFCCs, and
/// the tempo, a row per track
#[derive(Parser)]
struct Arguments {
    /// Folder with one folder of audio files per class
    data: PathBuf,
    /// Output table, .csv
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
    /// Number of threads; 0 for one per core
    #[arg(long, default_value_t = 0)]
    threads: usize,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let out = &arguments.out;
    ensure!(out.extension().is_some_and(|e| e == "csv"), "{}: the table is written as .csv", out.display());
    ensure!(out.parent().is_none_or(|parent| parent.join(".").is_dir()), "{}: no such folder", out.display());
    let folder = AudioFolder::scan(&arguments.data)?;
    let rows = rows(&folder, &arguments)?;
    let names = column_names(&arguments);
    write_atomically(out, |file| -> Result<()> {
        writeln!(file, "filename,length,{},label", names.join(","))?;
        rows.iter().flatten().try_for_each(|line| writeln!(file, "{line}"))?;
        Ok(())
    })?;
    folder.skipped().iter().for_each(|skipped| println!("skipped {skipped}"));
    let n: usize = rows.iter().map(Vec::len).sum();
    println!("{n} rows of {} columns from {} tracks in {}", names.len(), folder.n_tracks(), out.display());
    Ok(())
}

/// The lines of each track, in the order of the folder; a track that cannot be used has none, and is named.
fn rows(folder: &AudioFolder, arguments: &Arguments) -> Result<Vec<Vec<String>>> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = if arguments.threads == 0 { cores } else { arguments.threads };
    let (next, lines) = (AtomicUsize::new(0), Mutex::new(vec![Vec::new(); folder.n_tracks()]));
    let work = || -> Result<()> {
        let mut columns = Columns::new(arguments)?;
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= folder.n_tracks() {
                return Ok(());
            }
            match columns.track(folder, index, arguments) {
                Ok(found) => lines.lock().expect("no thread panics")[index] = found,
                Err(error) => println!("skipped {}: {error:#}", folder.track(index).name),
            }
        }
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().expect("no thread panics"))
    })?;
    Ok(lines.into_inner()?)
}

/// The extractors of a row.
struct Columns {
    genre: GenreColumns,
    more: Option<More>,
}

impl Columns {
    fn new(arguments: &Arguments) -> Result<Self> {
        let style = if arguments.kaggle { ColumnStyle::Kaggle } else { ColumnStyle::Librosa };
        let more = arguments.all.then(More::new).transpose()?;
        Ok(Self { genre: GenreColumns::new(style)?, more })
    }

    fn track(&mut self, folder: &AudioFolder, index: usize, arguments: &Arguments) -> Result<Vec<String>> {
        let mut samples = folder.load(index, RATE)?;
        if arguments.kaggle {
            samples.truncate(TRACK);
        }
        let track = folder.track(index);
        let class = &folder.classes()[track.class];
        let name = track.name.rsplit('/').next().unwrap_or(&track.name);
        if !arguments.segments {
            return Ok(vec![self.line(name, class, &samples)?]);
        }
        // The segments of `blues.00000.wav` are `blues.00000.0.wav` and so on.
        let (stem, extension) = name.rsplit_once('.').context("a file name without an extension")?;
        let segments = samples.chunks(STEP).filter(|segment| segment.len() >= SEGMENT).take(10);
        segments
            .enumerate()
            .map(|(i, segment)| self.line(&format!("{stem}.{i}.{extension}"), class, &segment[..SEGMENT]))
            .collect()
    }

    fn line(&mut self, name: &str, class: &str, samples: &[f32]) -> Result<String> {
        let mut values = self.genre.process(samples)?.to_vec();
        if let Some(more) = &mut self.more {
            values.extend(more.row(samples)?);
        }
        let values: Vec<String> = values.iter().map(f64::to_string).collect();
        Ok(format!("{},{},{},{}", quoted(name), samples.len(), values.join(","), quoted(class)))
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

fn column_names(arguments: &Arguments) -> Vec<String> {
    let mut names: Vec<String> = GENRE_COLUMNS.map(str::to_owned).to_vec();
    for (name, n) in MORE.into_iter().filter(|_| arguments.all) {
        names.extend((1..=n).flat_map(|i| [format!("{name}{i}_mean"), format!("{name}{i}_std")]));
    }
    names
}

/// A text as a field of comma-separated values.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
