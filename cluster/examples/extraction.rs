//! The tracks of a manifest by `Extraction` alone: what a job on one machine and on an engine are measured against.
//!
//! ```sh
//! cargo run --example extraction -- tracks.csv ROOT THREADS
//! ```

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result};
use cepstrum_cluster::cepstrum_dataset::{
    Collection, ExtractConfig, Extraction, Result as DatasetResult, SampleSink, Track, load_audio,
    stream_audio,
};
use cepstrum_cluster::{Manifest, Objects};

/// The tracks of a manifest, all of one class.
struct Tracks {
    root: PathBuf,
    manifest: Manifest,
    classes: Vec<String>,
}

impl Collection for Tracks {
    fn classes(&self) -> &[String] {
        &self.classes
    }

    fn n_tracks(&self) -> usize {
        self.manifest.tracks.len()
    }

    fn track(&self, index: usize) -> Track {
        Track { name: self.manifest.tracks[index].path.clone(), class: 0 }
    }

    fn load(&self, index: usize, sample_rate: u32) -> DatasetResult<Vec<f32>> {
        load_audio(self.root.join(&self.manifest.tracks[index].path), sample_rate)
    }

    fn stream(&self, index: usize, sample_rate: u32, sink: &mut SampleSink<'_>) -> DatasetResult<()> {
        stream_audio(self.root.join(&self.manifest.tracks[index].path), sample_rate, sink)
    }
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [manifest, root, threads] = arguments.as_slice() else {
        anyhow::bail!("arguments: MANIFEST ROOT THREADS");
    };
    let manifest = Manifest::read(manifest, &Objects::start()?)?;
    let tracks = Tracks { root: root.into(), manifest, classes: vec!["all".to_owned()] };
    let threads = threads.parse().context("THREADS")?;
    let start = Instant::now();
    let extracted = Extraction::new(ExtractConfig::default()).threads(threads).run(&tracks)?;
    let seconds = start.elapsed().as_secs_f64();
    let (segments, skipped) = (extracted.features.len(), extracted.skipped.len());
    println!("{segments} segments, {skipped} tracks skipped, {seconds:.2} s; {}", extracted.spent);
    Ok(())
}
