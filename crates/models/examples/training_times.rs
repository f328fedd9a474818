//! Times training and inference on request, for `benches/peers/train.py`.
//!
//! Each line on standard input is a request. The answer is one line of JSON: `COUNT` pairs of wall-clock and processor time
//! (of all cores together), in milliseconds.
//!
//! - `step MODEL BATCH COUNT`: training steps on batches of that size;
//! - `epoch MODEL SEGMENTS COUNT`: training runs of one epoch each;
//! - `inference MODEL SEGMENTS COUNT`: predictions for all segments;
//! - `gemm SIDE COUNT`: candle's products of square matrices, the yardstick;
//! - `memory MODEL SEGMENTS`: one epoch; the answer is the peak resident memory beyond the data, in megabytes.
//!
//! `MODEL` is the name of a network of the zoo: `ffnn1`, `cnn:256-128-64-32`, `crnn`, ...

use std::error::Error;
use std::io::{BufRead, Write};
use std::time::Instant;

use candle_core::{DType, Device, Tensor};
use cepstrum_dataset::FeatureSet;
use cepstrum_models::zoo::Architecture;
use cepstrum_models::{
    Adam, Callback, Classifier, Result as ModelResult, Standardization, StepReport, TrainConfig, Trainer,
};
use ndarray::Array3;

const SHAPE: [usize; 2] = [130, 13];
const CLASSES: usize = 10;

fn main() -> Result<(), Box<dyn Error>> {
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split_whitespace().collect();
        let times = match *words.as_slice() {
            ["step", model, batch, count] => steps(model.parse()?, batch.parse()?, count.parse()?)?,
            ["epoch", model, segments, count] => epochs(model.parse()?, segments.parse()?, count.parse()?)?,
            ["inference", model, segments, count] => {
                inference(model.parse()?, segments.parse()?, count.parse()?)?
            }
            ["gemm", side, count] => gemm(side.parse()?, count.parse()?)?,
            ["memory", model, segments] => {
                println!("{:.1}", memory(model.parse()?, segments.parse()?)?);
                std::io::stdout().flush()?;
                continue;
            }
            _ => return Err(format!("not a request: {line:?}").into()),
        };
        println!("{}", serde_json::to_string(&times)?);
        std::io::stdout().flush()?;
    }
    Ok(())
}

fn steps(architecture: Architecture, batch: usize, count: usize) -> Result<Vec<[f64; 2]>, Box<dyn Error>> {
    let (data, mut model) = (data(batch * (count + 1))?, build(architecture)?);
    let mut clock = Clock { last: Instants::now()?, times: Vec::new() };
    trainer(batch).callback(&mut clock).fit_unvalidated(&mut model, &data)?;
    Ok(clock.times.split_off(1)) // the first includes the preparations
}

fn epochs(
    architecture: Architecture,
    segments: usize,
    count: usize,
) -> Result<Vec<[f64; 2]>, Box<dyn Error>> {
    let data = data(segments)?;
    (0..count)
        .map(|_| {
            let mut model = build(architecture)?;
            let begun = Instants::now()?;
            trainer(32).fit_unvalidated(&mut model, &data)?;
            Ok(begun.elapsed()?)
        })
        .collect()
}

fn inference(
    architecture: Architecture,
    segments: usize,
    count: usize,
) -> Result<Vec<[f64; 2]>, Box<dyn Error>> {
    let (data, model) = (data(segments)?, build(architecture)?);
    (0..count)
        .map(|_| {
            let begun = Instants::now()?;
            model.predict_proba(&data)?;
            Ok(begun.elapsed()?)
        })
        .collect()
}

fn gemm(side: usize, count: usize) -> Result<Vec<[f64; 2]>, Box<dyn Error>> {
    let matrix = Tensor::ones((side, side), DType::F32, &Device::Cpu)?;
    (0..count)
        .map(|_| {
            let begun = Instants::now()?;
            matrix.matmul(&matrix)?;
            Ok(begun.elapsed()?)
        })
        .collect()
}

fn memory(architecture: Architecture, segments: usize) -> Result<f64, Box<dyn Error>> {
    let data = data(segments)?;
    let before = resident("VmRSS:")?;
    let mut model = build(architecture)?;
    trainer(32).fit_unvalidated(&mut model, &data)?;
    Ok(resident("VmHWM:")? - before)
}

/// An entry of Linux's status of this process, in megabytes.
fn resident(key: &str) -> Result<f64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(key)).ok_or("no such line")?;
    Ok(line.trim().trim_end_matches(" kB").trim().parse::<f64>()? * 1024.0 / 1e6)
}

fn build(architecture: Architecture) -> ModelResult<Classifier> {
    architecture.build(SHAPE, CLASSES, 1)
}

fn trainer(batch_size: usize) -> Trainer<'static> {
    let standardize = Standardization::Off;
    let config = TrainConfig { epochs: 1, batch_size, seed: 1, standardize, ..TrainConfig::default() };
    Trainer::new(config).optimizer(Adam::new(1e-4))
}

/// Pseudorandom segments: times do not depend on the data.
fn data(n: usize) -> Result<FeatureSet, cepstrum_dataset::Error> {
    let mut state = 1_u32;
    let features = Array3::from_shape_fn((n, SHAPE[0], SHAPE[1]), |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    });
    let labels = (0..n).map(|segment| segment % CLASSES).collect();
    FeatureSet::new(features, labels, (0..CLASSES).map(|c| c.to_string()).collect(), Vec::new(), None)
}

/// A callback that records the time from the end of one step to the end of the next.
struct Clock {
    last: Instants,
    times: Vec<[f64; 2]>,
}

impl Callback for Clock {
    fn on_step_end(&mut self, _report: &StepReport) -> ModelResult<()> {
        self.times.push(self.last.elapsed()?);
        self.last = Instants::now()?;
        Ok(())
    }
}

/// A moment in wall-clock time and in the processor time of this process.
struct Instants {
    clock: Instant,
    processors: f64,
}

impl Instants {
    fn now() -> std::io::Result<Self> {
        Ok(Self { clock: Instant::now(), processors: processors()? })
    }

    /// Milliseconds since then.
    fn elapsed(&self) -> std::io::Result<[f64; 2]> {
        let clock = self.clock.elapsed().as_secs_f64() * 1e3;
        Ok([clock, processors()? - self.processors])
    }
}

/// Processor time of the threads of this process, in milliseconds; 0 on systems other than Linux.
fn processors() -> std::io::Result<f64> {
    let mut nanoseconds = 0.0;
    let Ok(threads) = std::fs::read_dir("/proc/self/task") else { return Ok(0.0) };
    for thread in threads {
        let account = std::fs::read_to_string(thread?.path().join("schedstat"))?;
        nanoseconds += account.split(' ').next().and_then(|ran| ran.parse::<f64>().ok()).unwrap_or(0.0);
    }
    Ok(nanoseconds / 1e6)
}
