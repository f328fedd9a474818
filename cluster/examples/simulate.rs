//! A simulation of one scheduler and many executors: how long a catalogue takes, and what gives way first.
//!
//! `docs/scale.md` tells where the default figures were measured, and compares a run of two executors with its simulation.
//!
//! ```sh
//! cargo run --example simulate -- --shards 40 --executors 2 --cores 1 --task-seconds 1.2 --failures-per-year 0
//! ```

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use clap::Parser;

/// The figures of a run.
#[derive(Clone, Debug, Parser)]
struct Figures {
    /// Number of shards
    #[arg(long, default_value_t = 600_000)]
    shards: usize,
    /// Numbers of executors, a row each
    #[arg(long, value_delimiter = ',', default_value = "10,100,1000")]
    executors: Vec<usize>,
    /// Cores of an executor
    #[arg(long, default_value_t = 16)]
    cores: usize,
    /// Mean time of a shard on one core, in seconds
    #[arg(long, default_value_t = 60.0)]
    task_seconds: f64,
    /// Standard deviation of that time, in parts of it
    #[arg(long, default_value_t = 0.1)]
    spread: f64,
    /// Time of the scheduler to deal a task and to take its result, in milliseconds; it deals one at a time
    #[arg(long, default_value_t = 5.0)]
    dispatch_ms: f64,
    /// Shards of a query: the next one begins when all are done
    #[arg(long, default_value_t = 4096)]
    wave: usize,
    /// Time between two queries, in seconds
    #[arg(long, default_value_t = 1.0)]
    between_waves: f64,
    /// Losses of an executor in a year of its running
    #[arg(long, default_value_t = 12.0)]
    failures_per_year: f64,
    /// Time until a loss is noticed, in seconds
    #[arg(long, default_value_t = 30.0)]
    notice: f64,
    /// Time until a lost executor is back, in seconds
    #[arg(long, default_value_t = 300.0)]
    repair: f64,
    /// Bytes that a shard reads
    #[arg(long, default_value_t = 1.0e9)]
    shard_bytes: f64,
    /// Requests of a shard to the object store
    #[arg(long, default_value_t = 200.0)]
    requests: f64,
    /// Network of an executor, in bytes per second
    #[arg(long, default_value_t = 1.25e9)]
    network: f64,
    /// Seed of the times and failures
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

const YEAR: f64 = 365.25 * 86_400.0;

/// What becomes of a run.
struct Outcome {
    /// Time of the whole run, in seconds.
    elapsed: f64,
    /// Core seconds of work that counts, and of work that was lost.
    useful: f64,
    lost: f64,
    failures: usize,
    /// Part of the time that the scheduler was dealing.
    scheduler: f64,
}

/// Numbers between 0 and 1 (Marsaglia's xorshift, 2003, doi:10.18637/jss.v008.i14).
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A time between failures at this rate.
    fn exponential(&mut self, rate: f64) -> f64 {
        if rate > 0.0 { -(1.0 - self.next()).ln() / rate } else { f64::INFINITY }
    }

    /// A number about 0 with deviation 1: the sum of twelve uniform ones.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.next()).sum::<f64>() - 6.0
    }
}

/// A core that is free from some time on. Times are in nanoseconds, which order as integers do.
type Core = Reverse<(u64, usize)>;

fn nanoseconds(seconds: f64) -> u64 {
    (seconds * 1e9) as u64
}

/// One run with this number of executors.
fn simulate(figures: &Figures, n_executors: usize) -> Outcome {
    let mut random = Random(figures.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let rate = figures.failures_per_year / YEAR;
    let mut fails_at: Vec<f64> = (0..n_executors).map(|_| random.exponential(rate)).collect();
    let mut free: BinaryHeap<Core> =
        (0..n_executors * figures.cores).map(|core| Reverse((0, core / figures.cores))).collect();
    let down = figures.notice + figures.repair;
    let transfer = figures.shard_bytes / (figures.network / figures.cores as f64);
    let (mut clock, mut dealt_until, mut end) = (0.0_f64, 0.0_f64, 0.0_f64);
    let mut outcome = Outcome { elapsed: 0.0, useful: 0.0, lost: 0.0, failures: 0, scheduler: 0.0 };
    let mut left = figures.shards;
    while left > 0 {
        let mut wave = left.min(figures.wave);
        left -= wave;
        while wave > 0 {
            let Some(Reverse((time, executor))) = free.pop() else { return outcome };
            let idle_since = time as f64 / 1e9;
            if idle_since >= fails_at[executor] + down {
                outcome.failures += 1;
                fails_at[executor] = idle_since + random.exponential(rate);
            }
            let start = idle_since.max(clock).max(dealt_until);
            dealt_until = start + figures.dispatch_ms / 1e3;
            outcome.scheduler += figures.dispatch_ms / 1e3;
            let work = figures.task_seconds * (1.0 + figures.spread * random.normal()).max(0.1);
            // The next track is read while one is decoded, so a slow network shows only where it is the slower.
            let work = work.max(transfer);
            let finish = dealt_until + work;
            if finish <= fails_at[executor] {
                outcome.useful += work;
                end = end.max(finish);
                wave -= 1;
                free.push(Reverse((nanoseconds(finish), executor)));
                continue;
            }
            // The shard is dealt again; the core comes back with its executor.
            outcome.lost += (fails_at[executor] - dealt_until).max(0.0);
            free.push(Reverse((nanoseconds(fails_at[executor] + down) + 1, executor)));
        }
        clock = end + figures.between_waves;
    }
    outcome.elapsed = end;
    outcome.scheduler /= end.max(f64::MIN_POSITIVE);
    outcome
}

fn main() {
    let figures = Figures::parse();
    println!(
        "| executors | cores | days | core hours | in use | lost work | losses | scheduler busy | GB/s read | requests/s |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    for &executors in &figures.executors {
        let outcome = simulate(&figures, executors);
        let cores = executors * figures.cores;
        let core_seconds = outcome.elapsed * cores as f64;
        println!(
            "| {executors} | {cores} | {:.3} ({:.1} s) | {:.0} | {:.1} % | {:.2} % | {} | {:.1} % | {:.1} | {:.0} |",
            outcome.elapsed / 86_400.0,
            outcome.elapsed,
            core_seconds / 3600.0,
            100.0 * outcome.useful / core_seconds,
            100.0 * outcome.lost / core_seconds,
            outcome.failures,
            100.0 * outcome.scheduler,
            figures.shards as f64 * figures.shard_bytes / outcome.elapsed / 1e9,
            figures.shards as f64 * figures.requests / outcome.elapsed,
        );
    }
}
