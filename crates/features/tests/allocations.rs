//! `process_into` does not touch the heap. A binary of its own, because it replaces the allocator, with a single test,
//! because others would allocate at the same time.
#![allow(
    unsafe_code,
    reason = "`GlobalAlloc` is an unsafe trait; this allocator counts and delegates to the system's"
)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use cepstrum_features::{
    ChromaConfig, DescriptorsConfig, Fbank, FbankConfig, Feature, FeaturePlan, LogMel, LogMelConfig, Mfcc,
    MfccConfig, OnsetStrengthConfig, SpectralContrastConfig, Tuning,
};
use ndarray::Array2;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: every call is passed to the system's allocator unchanged; counting does not allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|n| n.set(n.get() + 1));
        // SAFETY: the caller upholds the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller upholds the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.with(|n| n.set(n.get() + 1));
        // SAFETY: the caller upholds the contract of `realloc`.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// The number of allocations of `work` on this thread.
fn allocations(work: impl FnOnce()) -> usize {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get() - before
}

#[test]
fn process_into_allocates_nothing() {
    let samples = vec![0.25_f32; 30 * 22_050];
    // A power of two is transformed eight frames at once, 2,000 one by one.
    for n_fft in [2048, 2000] {
        let mut config = MfccConfig::default();
        config.log_mel.stft.n_fft = n_fft;
        let mut mfcc = Mfcc::new(&config).unwrap();
        let mut out = Array2::zeros((mfcc.n_frames(samples.len()), mfcc.n_mfcc()));
        assert_eq!(allocations(|| mfcc.process_into(&samples, out.view_mut()).unwrap()), 0, "n_fft {n_fft}");
        let mut copy = mfcc.clone();
        assert_eq!(
            allocations(|| copy.process_into(&samples, out.view_mut()).unwrap()),
            0,
            "a clone, n_fft {n_fft}"
        );
    }

    let doubles = vec![0.25_f64; 22_050];
    let mut mfcc = Mfcc::new(&MfccConfig::default()).unwrap();
    let mut out = Array2::zeros((mfcc.n_frames(doubles.len()), mfcc.n_mfcc()));
    assert_eq!(allocations(|| mfcc.process_into(&doubles, out.view_mut()).unwrap()), 0, "f64");

    let fixed = ChromaConfig { tuning: Tuning::Fixed(0.0), ..ChromaConfig::default() };
    let mut plan = FeaturePlan::new(&[
        Feature::Mfcc(MfccConfig::default()),
        Feature::Chroma(fixed),
        Feature::Descriptors(DescriptorsConfig::default()),
        Feature::SpectralContrast(SpectralContrastConfig::default()),
        Feature::OnsetStrength(OnsetStrengthConfig::default()),
    ])
    .unwrap();
    // The first signal of a length sets the sizes.
    let mut found = plan.process(&samples).unwrap();
    assert_eq!(allocations(|| plan.process_into(&samples, &mut found).unwrap()), 0, "a plan");

    let mut fbank = Fbank::new(&FbankConfig::default()).unwrap();
    let mut out = Array2::zeros((fbank.n_frames(samples.len()), fbank.n_columns()));
    assert_eq!(allocations(|| fbank.process_into(&samples, out.view_mut()).unwrap()), 0, "filter banks");

    // Longer than the space that is reserved from the start.
    let long = vec![0.25_f32; 120 * 22_050];
    let mut log_mel = LogMel::new(&LogMelConfig::default()).unwrap();
    let mut out = Array2::zeros((log_mel.n_frames(long.len()), log_mel.n_mels()));
    log_mel.reserve(long.len());
    assert_eq!(allocations(|| log_mel.process_into(&long, out.view_mut()).unwrap()), 0, "reserved");

    // The counter works.
    assert!(allocations(|| drop(log_mel.process(&samples).unwrap())) > 0);
}
