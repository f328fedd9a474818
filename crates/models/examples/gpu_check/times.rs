//! Times of steps, predictions and epochs on the device.

use std::error::Error;
use std::time::Instant;

use cepstrum_models::zoo::Architecture;
use cepstrum_models::{Callback, Result, Standardization, StepReport, TrainConfig, Trainer};
use serde_json::json;

use crate::training::learnable;
use crate::{Place, Size, adam, report};

/// Steps before the clock starts: they load kernels and fill the pools of memory.
const WARM_UP: usize = 3;

/// Times training steps at three batch sizes. A step's loss is downloaded before the next one begins, so that nothing runs
/// behind the clock's back but the last step's way back.
pub(crate) fn steps(place: &Place) -> std::result::Result<(), Box<dyn Error>> {
    let (batches, count): (&[usize], usize) = match place.size {
        Size::Full => (&[32, 256, 1024], 12),
        Size::Tiny => (&[8], 2),
    };
    for name in place.networks() {
        for &batch in batches {
            let data = learnable(place.shape(), batch * (WARM_UP + count), 3)?;
            let mut model = place.build(name.parse::<Architecture>()?, 1)?;
            let mut clock = Clock::default();
            trainer(batch).callback(&mut clock).fit_unvalidated(&mut model, &data)?;
            let milliseconds = clock.per_step().ok_or("no step was timed")?;
            report("step", json!({ "network": name, "batch": batch, "milliseconds": milliseconds }));
        }
    }
    Ok(())
}

/// Times predictions of many segments, the upload among it.
pub(crate) fn inference(place: &Place) -> std::result::Result<(), Box<dyn Error>> {
    let n = if place.size == Size::Tiny { 100 } else { 100_000 };
    let data = learnable(place.shape(), n, 4)?;
    for name in place.networks() {
        let model = place.build(name.parse::<Architecture>()?, 1)?;
        model.predict_proba(&learnable(place.shape(), 32, 4)?)?;
        let begun = Instant::now();
        model.predict_proba(&data)?;
        report(
            "inference",
            json!({ "network": name, "segments": n, "seconds": begun.elapsed().as_secs_f64() }),
        );
    }
    Ok(())
}

/// Times an epoch of as many segments as the reference experiment trains on, at its batch size of 32.
pub(crate) fn epoch(place: &Place) -> std::result::Result<(), Box<dyn Error>> {
    let n = if place.size == Size::Tiny { 64 } else { 5600 };
    let data = learnable(place.shape(), n, 5)?;
    for name in place.networks() {
        let mut model = place.build(name.parse::<Architecture>()?, 1)?;
        let begun = Instant::now();
        trainer(32).fit_unvalidated(&mut model, &data)?;
        let seconds = begun.elapsed().as_secs_f64();
        report("epoch", json!({ "network": name, "segments": n, "batch": 32, "seconds": seconds }));
    }
    Ok(())
}

fn trainer(batch_size: usize) -> Trainer<'static> {
    let standardize = Standardization::Off;
    let config = TrainConfig { epochs: 1, batch_size, seed: 1, standardize, ..TrainConfig::default() };
    Trainer::new(config).optimizer(adam(1e-4))
}

/// The ends of all steps.
#[derive(Default)]
struct Clock(Vec<Instant>);

impl Clock {
    /// The median time of a step, in milliseconds.
    fn per_step(&self) -> Option<f64> {
        let ends = self.0.get(WARM_UP - 1..)?;
        let mut times: Vec<f64> =
            ends.windows(2).map(|pair| pair[1].duration_since(pair[0]).as_secs_f64() * 1e3).collect();
        times.sort_by(f64::total_cmp);
        times.get(times.len() / 2).copied()
    }
}

impl Callback for Clock {
    fn on_step_end(&mut self, _report: &StepReport) -> Result<()> {
        self.0.push(Instant::now());
        Ok(())
    }
}
