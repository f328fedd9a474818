//! Any legal configuration and any signal: documented shapes, finite results, and streams with the bits of the whole.

use cepstrum_dsp::{
    DctNorm, DctType, DecibelConfig, Error as DspError, Float, MelConfig, MelNorm, MelScale, Padding,
    Reference, StftConfig, Window,
};
use cepstrum_features::{
    BeatTracker, BeatTrackerConfig, Chroma, ChromaConfig, Descriptors, DescriptorsConfig, Error, Hpss,
    HpssConfig, LogMelConfig, LogScale, Mfcc, MfccConfig, OnsetStrength, OnsetStrengthConfig, PeakPick,
    PolyFeatures, PolyFeaturesConfig, Pyin, PyinConfig, SpectralContrast, SpectralContrastConfig,
    SpectralFlatness, SpectralFlatnessConfig, Spectrum, Tuning, Yin, YinConfig, delta, onset_detect, tonnetz,
};
use proptest::prelude::*;

use crate::common::noise;

fn window() -> impl Strategy<Value = Window> {
    prop_oneof![
        Just(Window::Hann),
        Just(Window::Hamming),
        Just(Window::Blackman),
        Just(Window::BlackmanHarris),
        Just(Window::Rectangular),
        (0.0..30.0).prop_map(|beta| Window::Kaiser { beta }),
    ]
}

/// Lengths that are transformed eight frames at once, and any others; hops up to those longer than any signal.
fn stft() -> impl Strategy<Value = StftConfig> {
    let n_fft = prop_oneof![Just(128_usize), Just(256), Just(1024), 1_usize..300];
    let padding =
        prop_oneof![Just(Padding::None), Just(Padding::Zero), Just(Padding::Reflect), Just(Padding::Edge)];
    let hop = prop_oneof![9 => 1_usize..400, 1 => usize::MAX / 4..=usize::MAX];
    (n_fft, hop, 0.0..1.0_f64, window(), padding).prop_map(|(n_fft, hop, share, window, padding)| {
        let win_length =
            (share < 0.5).then(|| 1 + (share * 2.0 * n_fft as f64) as usize).map(|w| w.min(n_fft));
        StftConfig { n_fft, hop_length: hop, win_length, window, padding }
    })
}

fn mel() -> impl Strategy<Value = MelConfig> {
    let scale = prop_oneof![Just(MelScale::Slaney), Just(MelScale::Htk)];
    let norm = prop_oneof![Just(MelNorm::Slaney), Just(MelNorm::None)];
    (1_usize..40, 0.0..4000.0_f64, proptest::option::of(4100.0..11_025.0_f64), scale, norm)
        .prop_map(|(n_mels, f_min, f_max, scale, norm)| MelConfig { n_mels, f_min, f_max, scale, norm })
}

fn decibel() -> impl Strategy<Value = DecibelConfig> {
    let reference = prop_oneof![Just(Reference::Maximum), (0.0..10.0_f64).prop_map(Reference::Value)];
    (reference, 1e-20..1e-2_f64, proptest::option::of(0.0..120.0_f64))
        .prop_map(|(reference, amin, top_db)| DecibelConfig { reference, amin, top_db })
}

fn config() -> impl Strategy<Value = MfccConfig> {
    let spectrum = prop_oneof![Just(Spectrum::Power), Just(Spectrum::Magnitude)];
    let norm = prop_oneof![Just(DctNorm::Orthonormal), Just(DctNorm::None)];
    let kind = prop_oneof![Just(DctType::One), Just(DctType::Two), Just(DctType::Three)];
    (stft(), mel(), decibel(), spectrum, (kind, norm), 0.0..1.0_f64, 0.0..40.0_f64).prop_map(
        |(stft, mel, decibel, spectrum, (kind, dct_norm), share, lifter)| MfccConfig {
            n_mfcc: 1 + (share * mel.n_mels as f64) as usize,
            dct_type: if mel.n_mels == 1 { DctType::Two } else { kind },
            dct_norm,
            lifter,
            log_mel: LogMelConfig {
                sample_rate: 22_050,
                stft,
                spectrum,
                mel,
                decibel,
                log: LogScale::Decibel,
            },
        },
    )
}

/// Noise of any loudness, silence, a click, a constant, a full-scale square wave, denormals.
fn signal() -> impl Strategy<Value = Vec<f32>> {
    let n = prop_oneof![0_usize..10, 0_usize..3000];
    (n, 0_u32..1000, 0_usize..7).prop_map(|(n, seed, kind)| {
        let scaled = |scale: f64| noise(n, seed).iter().map(|x| (x * scale) as f32).collect();
        match kind {
            0 => scaled(1.0),
            1 => scaled(1e30),
            2 => scaled(1e-40),
            3 => vec![0.0; n],
            4 => (0..n).map(|i| if i == n / 2 { 1.0 } else { 0.0 }).collect(),
            5 => vec![0.5; n],
            _ => (0..n).map(|i| if i / 25 % 2 == 0 { 1.0 } else { -1.0 }).collect(),
        }
    })
}

/// Returns whether this is the documented error of a signal without a frame.
fn is_the_right_refusal(error: &Error, stft: &StftConfig, n_samples: usize) -> bool {
    match error {
        Error::Dsp(DspError::EmptySignal) => n_samples == 0,
        Error::Dsp(DspError::SignalTooShort { n_fft, .. }) => {
            stft.padding == Padding::None && n_samples < *n_fft && *n_fft == stft.n_fft
        }
        _ => false,
    }
}

fn check_mfcc<T: Float>(config: &MfccConfig, samples: &[T]) -> Result<(), TestCaseError> {
    let mut mfcc = Mfcc::<T>::new(config).unwrap();
    let stft = &config.log_mel.stft;
    match mfcc.process(samples) {
        Ok(found) => {
            let pad = if stft.padding == Padding::None { 0 } else { stft.n_fft / 2 };
            let n_frames = 1 + (samples.len() + 2 * pad - stft.n_fft) / stft.hop_length;
            prop_assert_eq!(found.dim(), (n_frames, config.n_mfcc));
            prop_assert!(found.iter().all(|x| x.is_finite()), "{:?}", found);
        }
        Err(error) => prop_assert!(is_the_right_refusal(&error, stft, samples.len()), "{error}"),
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(0), ..Default::default() })]

    #[test]
    fn coefficients_have_the_documented_shape_and_are_finite(config in config(), samples in signal()) {
        check_mfcc(&config, &samples)?;
        check_mfcc(&config, &samples.iter().map(|&x| f64::from(x)).collect::<Vec<_>>())?;
    }

    #[test]
    fn a_stream_has_the_bits_of_the_whole(config in config(), samples in signal(), pieces in prop::collection::vec(1_usize..700, 1..6), grouped in any::<bool>()) {
        let mut mfcc = Mfcc::new(&config).unwrap();
        let Ok(whole) = mfcc.process(&samples) else { return Ok(()) };
        let peak = mfcc.peak_db(&samples).unwrap();
        let mut stream = mfcc.stream_with_peak(peak).unwrap();
        if grouped {
            stream = stream.grouped();
        }
        let mut streamed: Vec<f32> = Vec::new();
        let (mut rest, mut sizes) = (samples.as_slice(), pieces.iter().cycle());
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(rest.len().min(*sizes.next().unwrap()));
            streamed.extend(stream.push(piece).unwrap().flatten());
            rest = after;
        }
        streamed.extend(stream.finish().unwrap().flatten());
        let bits = |x: &f32| x.to_bits();
        prop_assert!(whole.iter().map(bits).eq(streamed.iter().map(bits)));
    }

    #[test]
    fn descriptors_chroma_and_deltas_are_finite(stft in stft(), samples in signal()) {
        // The powers of louder samples overflow in single precision.
        prop_assume!(samples.iter().all(|x| x.abs() < 1e15));
        let config = DescriptorsConfig { stft: stft.clone(), ..Default::default() };
        if let Ok(found) = Descriptors::new(&config).unwrap().process(&samples) {
            let all = [found.centroid, found.bandwidth, found.rolloff, found.zero_crossing_rate, found.rms];
            prop_assert!(all.iter().all(|values| values.iter().all(|x| x.is_finite())));
        }
        for tuning in [Tuning::Estimated, Tuning::Fixed(0.2)] {
            let config = ChromaConfig { stft: stft.clone(), tuning, ..Default::default() };
            if let Ok(found) = Chroma::new(&config).unwrap().process(&samples) {
                prop_assert!(found.iter().all(|x| (0.0..=1.0).contains(x)));
                if found.nrows() >= 5 {
                    let delta = delta(found.view(), 5, 1).unwrap();
                    prop_assert_eq!(delta.dim(), found.dim());
                    prop_assert!(delta.iter().all(|x| x.is_finite()));
                }
            }
        }
    }

    #[test]
    fn features_of_spectra_are_finite(stft in stft(), samples in signal(), order in 0_usize..4) {
        prop_assume!(samples.iter().all(|x| x.abs() < 1e15));
        let config = SpectralContrastConfig { stft: stft.clone(), n_bands: 3, ..Default::default() };
        // A short transform has no bin in some band.
        if let Ok(mut contrast) = SpectralContrast::new(&config)
            && let Ok(found) = contrast.process(&samples)
        {
            prop_assert_eq!(found.dim(), (contrast.n_frames(samples.len()), 4));
            prop_assert!(found.iter().all(|x| (0.0..=160.0).contains(x)), "{:?}", found);
        }
        let config = SpectralFlatnessConfig { stft: stft.clone(), ..Default::default() };
        if let Ok(found) = SpectralFlatness::new(&config).unwrap().process(&samples) {
            prop_assert!(found.iter().all(|x| (0.0..1.001).contains(x)), "{:?}", found);
        }
        let config = PolyFeaturesConfig { stft: stft.clone(), order, ..Default::default() };
        if let Ok(mut poly) = PolyFeatures::new(&config)
            && let Ok(found) = poly.process(&samples)
        {
            prop_assert_eq!(found.dim(), (poly.n_frames(samples.len()), order + 1));
            prop_assert!(found.iter().all(|x| x.is_finite()), "{:?}", found);
        }
        let config = ChromaConfig { stft, tuning: Tuning::Fixed(0.0), ..Default::default() };
        if let Ok(chroma) = Chroma::new(&config).unwrap().process(&samples) {
            let found = tonnetz(chroma.view()).unwrap();
            prop_assert!(found.iter().all(|x| (-1.001..1.001).contains(x)), "{:?}", found);
        }
    }

    #[test]
    fn parts_onsets_and_beats_are_finite(stft in stft(), samples in signal(), lag in 1_usize..5, max_size in 1_usize..9) {
        prop_assume!(samples.iter().all(|x| x.abs() < 1e15));
        let hpss = HpssConfig { stft: stft.clone(), harmonic_length: lag, percussive_length: max_size, ..Default::default() };
        if let Ok(parts) = Hpss::new(&hpss).unwrap().process(&samples) {
            prop_assert_eq!((parts.harmonic.len(), parts.percussive.len()), (samples.len(), samples.len()));
            prop_assert!(parts.harmonic.iter().chain(&parts.percussive).all(|x| x.is_finite()));
        }
        let log_mel = LogMelConfig { stft, mel: MelConfig { n_mels: 20, ..Default::default() }, ..Default::default() };
        let onset = OnsetStrengthConfig { log_mel, lag, max_size, ..Default::default() };
        let Ok(envelope) = OnsetStrength::new(&onset).unwrap().process(&samples) else { return Ok(()) };
        prop_assert!(envelope.iter().all(|x| (0.0..=80.001).contains(x)), "{:?}", envelope);
        let envelope = envelope.to_vec();
        let onsets = onset_detect(&envelope, &PeakPick::onsets(22_050, onset.log_mel.stft.hop_length).unwrap()).unwrap();
        prop_assert!(onsets.is_sorted() && onsets.iter().all(|&t| t < envelope.len()));
        // A long hop leaves too few frames for a tempo.
        if let Ok(mut tracker) = BeatTracker::new(&BeatTrackerConfig { onset, ..Default::default() }) {
            let beats = tracker.track(&envelope).unwrap();
            prop_assert!(beats.tempo.is_finite() && beats.tempo >= 0.0, "{:?}", beats);
            prop_assert!(beats.frames.is_sorted() && beats.frames.iter().all(|&t| t < envelope.len()), "{:?}", beats);
        }
    }

    #[test]
    fn pitches_are_in_range(samples in signal(), f_min in 60.0..200.0_f64, octaves in 0.5..4.0_f64, hop_length in 100_usize..3000) {
        prop_assume!(samples.iter().all(|x| x.abs() < 1e15));
        let yin = YinConfig { f_min, f_max: f_min * octaves.exp2(), frame_length: 1024, hop_length, ..Default::default() };
        if let Ok(track) = Yin::new(&yin).unwrap().process(&samples) {
            prop_assert!(track.iter().all(|hz| hz.is_finite() && *hz > 0.0));
        }
        // Few bins, and a wide step between distant frames, are refused.
        if let Ok(mut pyin) = Pyin::new(&PyinConfig { yin, n_thresholds: 20, resolution: 0.5, ..Default::default() })
            && let Ok(track) = pyin.process(&samples)
        {
            prop_assert_eq!(track.f0.len(), pyin.n_frames(samples.len()));
            prop_assert!(track.f0.iter().flatten().all(|hz| (f_min * 0.99..yin.f_max * 1.01).contains(hz)));
            prop_assert!(track.voiced_probability.iter().all(|p| (0.0..=1.0).contains(p)));
        }
    }
}
