//! Log-mel spectrograms beside the crate `mel_spec` 0.5: `cargo bench --manifest-path benches/mel_spec/Cargo.toml`.
//!
//! Both process the same 30 s at 22,050 Hz with the same settings, on one thread. `mel_spec` uses the natural logarithm and a
//! symmetric window, so its values differ; it has no cosine transform.

use std::hint::black_box;

use cepstrum_features::{LogMel, LogMelConfig};
use criterion::{Criterion, criterion_group, criterion_main};
use mel_spec::mel::{BatchLogMelConfig, BatchLogMelSpectrogram};

fn log_mel(c: &mut Criterion) {
    let samples: Vec<f32> = (0..661_500_u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 8) as f32 / 16_777_216.0 - 0.5)
        .collect();
    let mut group = c.benchmark_group("log-mel 30 s");

    let mut ours = LogMel::new(&LogMelConfig::default()).expect("the default is legal");
    group.bench_function("cepstrum", |b| b.iter(|| ours.process(black_box(&samples))));

    let config = BatchLogMelConfig {
        sample_rate: 22_050,
        n_fft: 2048,
        win_length: 2048,
        hop_length: 512,
        n_mels: 128,
        ..Default::default()
    };
    let theirs = BatchLogMelSpectrogram::new(config).expect("a legal configuration");
    let mut scratch = theirs.scratch();
    group.bench_function("mel_spec 0.5", |b| {
        b.iter(|| theirs.compute_with_scratch(black_box(&samples), &mut scratch));
    });
    group.finish();
}

criterion_group!(benches, log_mel);
criterion_main!(benches);
