//! Small sets of audio, jobs on them, and their results.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use cepstrum_cluster::cepstrum_dataset::{ExtractConfig, Segment, write_wav};
use cepstrum_cluster::{
    Job, JobSettings, Manifest, Objects, Roots, Storage, Work, Worker, commit, plan, remaining, run_local,
};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

pub(crate) const RATE: u32 = 22_050;

/// Samples of a tone with its overtones, different for each number.
pub(crate) fn tone(number: usize, seconds: f64) -> Vec<f32> {
    let pitch = 0.02 + 0.003 * (number % 17) as f32;
    let length = (seconds * f64::from(RATE)) as usize;
    (0..length).map(|i| 0.4 * (pitch * i as f32).sin() + 0.2 * (2.7 * pitch * i as f32).cos()).collect()
}

/// A folder with audio, a manifest and room for results.
pub(crate) struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    /// Writes tracks `class/number.wav` of 2 to 8 seconds in two classes, and their manifest.
    pub(crate) fn new(n_tracks: usize) -> Self {
        let bench = Self { folder: tempfile::tempdir().unwrap() };
        let mut rows = String::from("path,label,group,year\n");
        for number in 0..n_tracks {
            let class = ["even", "odd"][number % 2];
            let path = bench.path(&format!("music/{class}/{number:03}.wav"));
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            write_wav(&path, &tone(number, 2.0 + (number * 5 % 7) as f64), RATE).unwrap();
            let (group, year) = (number / 4, 1950 + number);
            writeln!(rows, "music/{class}/{number:03}.wav,{class},g{group},{year}").unwrap();
        }
        fs::write(bench.path("tracks.csv"), rows).unwrap();
        bench
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// Adds a row to the manifest.
    pub(crate) fn add_row(&self, row: &str) {
        let text = fs::read_to_string(self.path("tracks.csv")).unwrap();
        fs::write(self.path("tracks.csv"), text + row + "\n").unwrap();
    }

    pub(crate) fn storage(&self, out: &str) -> Storage {
        Storage::open(&self.text(out), &Objects::start().unwrap()).unwrap()
    }

    pub(crate) fn worker(&self) -> Worker {
        let roots = Roots::new(&[self.text("")]).unwrap();
        Worker::new("test", roots, Objects::start().unwrap())
    }

    /// Plans a job in shards of this many bytes.
    pub(crate) fn plan(&self, job: Job, out: &str, shard_bytes: u64) -> cepstrum_cluster::Result<Job> {
        let manifest = Manifest::read(&self.text("tracks.csv"), &Objects::start()?)?;
        plan(job, &manifest, &self.storage(out), &self.worker(), shard_bytes)
    }

    /// Runs a job to its end.
    pub(crate) fn run(&self, job: Job, out: &str, shard_bytes: u64, threads: usize) -> Job {
        let job = self.plan(job, out, shard_bytes).unwrap();
        let storage = self.storage(out);
        let shards = remaining(&job, &storage).unwrap();
        run_local(&self.worker(), &job, &storage, &shards, threads, |_| {}).unwrap();
        commit(&job, &storage).unwrap();
        job
    }

    /// The files of an output folder with their bytes.
    pub(crate) fn files(&self, out: &str) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        collect(&self.path(out), Path::new(""), &mut files);
        files
    }
}

fn collect(root: &Path, within: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(root.join(within)).unwrap() {
        let name = within.join(entry.unwrap().file_name());
        if root.join(&name).is_dir() {
            collect(root, &name, files);
        } else {
            files.insert(name.clone(), fs::read(root.join(&name)).unwrap());
        }
    }
}

pub(crate) fn config() -> ExtractConfig {
    ExtractConfig { segment: Segment::Seconds(1.0), ..ExtractConfig::default() }
}

pub(crate) fn job() -> Job {
    Job::new(Work::Extract(config()), JobSettings::default()).unwrap()
}

/// All rows of the tables of a folder.
pub(crate) fn rows(folder: &Path) -> Vec<arrow_array::RecordBatch> {
    let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    let read = |path: PathBuf| {
        let file = fs::File::open(path).unwrap();
        ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap()
    };
    names.into_iter().flat_map(read).map(|batch| batch.unwrap()).collect()
}
