//! The MFCC path, stage by stage and as a whole: `cargo bench -p cepstrum-features --features rayon --bench mfcc`.
//!
//! One thread except in `batch`, with the defaults of `MfccConfig` at 22,050 Hz. `benches/peers/mfcc.py` of the repository
//! compares with librosa and soxr.

use std::hint::black_box;

use cepstrum_dsp::block::{self, LANES, Lanes, PowerStft};
use cepstrum_dsp::{Dct, DctNorm, Error, MelConfig, MelFilterBank, Resampler, StftConfig};
use cepstrum_features::{Chroma, ChromaConfig, Descriptors, DescriptorsConfig, Mfcc, MfccConfig};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ndarray::Array2;
use realfft::RealFftPlanner;

const RATE: u32 = 22_050;

/// Noise that fades in and out twice per second, so that every bin is in use, loud and soft.
fn music(n: usize) -> Vec<f32> {
    let mut state = 1_u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / 16_777_216.0 - 0.5
    };
    (0..n).map(|i| noise() * (1.1 + (i as f32 * 12.6 / RATE as f32).sin())).collect()
}

fn seconds(s: usize) -> Vec<f32> {
    music(s * RATE as usize)
}

/// realfft's transforms of the same frames, with the copies that they need: the least cost of MFCCs by realfft.
fn floor(c: &mut Criterion) {
    let config = StftConfig::default();
    let padded = music(30 * RATE as usize + config.n_fft);
    let fft = RealFftPlanner::<f32>::new().plan_fft_forward(config.n_fft);
    let (mut frame, mut spectrum, mut scratch) =
        (fft.make_input_vec(), fft.make_output_vec(), fft.make_scratch_vec());
    c.bench_function("floor/realfft 30 s", |b| {
        b.iter(|| {
            for samples in padded.windows(config.n_fft).step_by(config.hop_length) {
                frame.copy_from_slice(samples);
                fft.process_with_scratch(&mut frame, &mut spectrum, &mut scratch)
                    .expect("the plan's lengths");
                black_box(&mut spectrum);
            }
        });
    });
}

/// Each stage, on the number of blocks in 30 s.
fn stages(c: &mut Criterion) {
    let samples = seconds(30);
    let (n_mels, n_mfcc) = (128, 13);
    let mut stft = PowerStft::new(&StftConfig::default()).expect("the default is legal");
    let blocks = stft.n_frames(samples.len()).div_ceil(LANES);
    let mut group = c.benchmark_group("stage 30 s");
    group.bench_function("power spectra", |b| {
        b.iter(|| {
            stft.for_each_block(&samples, |_, power| {
                black_box(power);
                Ok::<(), Error>(())
            })
        });
    });

    let bank = MelFilterBank::new(&MelConfig::default(), RATE, 2048).expect("the default is legal");
    let power: Vec<Lanes<f32>> = (0..bank.n_bins()).map(|k| Lanes([k as f32 + 0.1; LANES])).collect();
    let mut bands = vec![Lanes::default(); n_mels];
    group.bench_function("mel", |b| {
        b.iter(|| (0..blocks).try_for_each(|_| bank.process_block(black_box(&power), &mut bands)));
    });
    let energies = bands.clone();
    group.bench_function("decibels", |b| {
        b.iter(|| {
            for _ in 0..blocks {
                bands.copy_from_slice(&energies);
                black_box(block::to_db(&mut bands, 1e-10));
            }
        });
    });
    let dct = Dct::new(n_mels, n_mfcc, DctNorm::Orthonormal).expect("13 of 128");
    let mut out = vec![Lanes::default(); n_mfcc];
    group.bench_function("cosine transform", |b| {
        b.iter(|| {
            (0..blocks).try_for_each(|_| {
                bands.copy_from_slice(&energies);
                dct.process_block(black_box(&mut bands), &mut out)
            })
        });
    });
    group.finish();
}

fn whole(c: &mut Criterion) {
    let mut group = c.benchmark_group("mfcc");
    let mut mfcc = Mfcc::new(&MfccConfig::default()).expect("the default is legal");
    for length in [3, 30, 300] {
        let samples = seconds(length);
        mfcc.reserve(samples.len());
        let mut out = Array2::zeros((mfcc.n_frames(samples.len()), mfcc.n_mfcc()));
        group.throughput(Throughput::Elements(samples.len() as u64));
        group.bench_with_input(BenchmarkId::new("f32", format!("{length} s")), &samples, |b, samples| {
            b.iter(|| mfcc.process_into(samples, out.view_mut()));
        });
    }
    let samples: Vec<f64> = seconds(30).into_iter().map(f64::from).collect();
    let mut mfcc = Mfcc::new(&MfccConfig::default()).expect("the default is legal");
    group.bench_function("f64/30 s", |b| b.iter(|| mfcc.process(&samples)));
    group.finish();
}

fn stream(c: &mut Criterion) {
    let samples = seconds(30);
    let mut group = c.benchmark_group("stream 30 s");
    for (piece, grouped) in [(512, false), (512, true), (4096, false)] {
        let mut mfcc = Mfcc::new(&MfccConfig::default()).expect("the default is legal");
        let name = if grouped { "grouped" } else { "at once" };
        group.bench_function(BenchmarkId::new(name, piece), |b| {
            b.iter(|| {
                let stream = mfcc.stream();
                let mut stream = if grouped { stream.grouped() } else { stream };
                let mut n_frames = 0;
                for piece in samples.chunks(piece) {
                    n_frames += stream.push(piece).map_or(0, |frames| frames.len());
                }
                n_frames + stream.finish().map_or(0, |frames| frames.len())
            });
        });
    }
    group.finish();
}

#[cfg(feature = "rayon")]
fn batch(c: &mut Criterion) {
    let clips = vec![seconds(30); 16];
    let mut group = c.benchmark_group("batch of 16 x 30 s");
    group.sample_size(20);
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        group.bench_function(BenchmarkId::from_parameter(threads), |b| {
            b.iter(|| cepstrum_features::process_batch(&MfccConfig::default(), &clips, &pool));
        });
    }
    group.finish();
}

#[cfg(not(feature = "rayon"))]
fn batch(_: &mut Criterion) {}

fn descriptors(c: &mut Criterion) {
    let samples = seconds(30);
    let mut group = c.benchmark_group("features 30 s");
    let mut chroma = Chroma::new(&ChromaConfig::default()).expect("the default is legal");
    group.bench_function("chroma", |b| b.iter(|| chroma.process(&samples)));
    let mut descriptors = Descriptors::new(&DescriptorsConfig::default()).expect("the default is legal");
    group.bench_function("descriptors", |b| b.iter(|| descriptors.process(&samples)));
    group.finish();
}

/// Resampling of 30 s with a filter that is designed once, and the design.
fn resampling(c: &mut Criterion) {
    let mut group = c.benchmark_group("resample 30 s");
    for (from, to) in
        [(44_100, 22_050), (48_000, 22_050), (16_000, 22_050), (8_000, 22_050), (44_100, 16_000)]
    {
        let samples = music(30 * from as usize);
        let mut resampler = Resampler::new(from, to).expect("a usual ratio");
        let id = format!("{from} to {to}");
        group.bench_function(&id, |b| b.iter(|| resampler.process(&samples)));
    }
    group.bench_function("design 48000 to 22050", |b| b.iter(|| Resampler::<f32>::new(48_000, 22_050)));
    group.finish();
}

criterion_group!(benches, floor, stages, whole, stream, batch, descriptors, resampling);
criterion_main!(benches);
