//! Any configuration, legal or absurd, of the features that `properties.rs` leaves out: a value or a documented error, no
//! panic, and nothing that is not finite by surprise.

use cepstrum_dsp::{Float, Padding, StftConfig, Symmetry, Window};
use cepstrum_features::{
    Bandwidth, ChromaCqt, ChromaCqtConfig, Cqt, CqtConfig, CqtScale, Edges, Error, Fbank, FbankConfig,
    FbankLog, FrameEnergy, KaldiMfcc, KaldiMfccConfig, Norm, Offset, PcenConfig, PlpConfig, Result,
    SilenceConfig, Spectrum, Tempo, TempoConfig, Tempogram, TempogramConfig, Tuning, fourier_tempogram, pcen,
    pitch_shift, plp, split, stack_memory, time_stretch,
};
use ndarray::Array2;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::common::noise;

/// A count: mostly small, sometimes zero or absurd.
fn count(most: usize) -> impl Strategy<Value = usize> {
    prop_oneof![8 => 1..=most, 1 => Just(0_usize), 1 => usize::MAX / 4..=usize::MAX]
}

/// A setting: mostly up to `most`, sometimes of any kind.
fn number(most: f64) -> impl Strategy<Value = f64> {
    prop_oneof![8 => 0.0..most, 1 => any::<f64>()]
}

fn padding() -> impl Strategy<Value = Padding> {
    prop_oneof![Just(Padding::None), Just(Padding::Zero), Just(Padding::Reflect), Just(Padding::Edge)]
}

fn window() -> impl Strategy<Value = Window> {
    prop_oneof![Just(Window::Hann), Just(Window::Povey), Just(Window::Rectangular), Just(Window::Hamming)]
}

fn norm() -> impl Strategy<Value = Norm> {
    prop_oneof![
        Just(Norm::None),
        Just(Norm::Maximum),
        Just(Norm::Minimum),
        Just(Norm::Count),
        number(4.0).prop_map(Norm::Power)
    ]
}

/// Noise, silence, a constant, denormals, and values so large that sums of their squares overflow in single precision only
/// where that is documented.
fn signal() -> impl Strategy<Value = Vec<f32>> {
    (0_usize..3000, 0_u32..1000, 0_usize..4).prop_map(|(n, seed, kind)| match kind {
        0 => noise(n, seed).iter().map(|&x| x as f32).collect(),
        1 => vec![0.0; n],
        2 => vec![0.5; n],
        _ => noise(n, seed).iter().map(|x| (1e-40 * x) as f32).collect(),
    })
}

fn finite<'a, T: Float>(found: Result<impl IntoIterator<Item = &'a T>>) -> Result<bool> {
    Ok(found?.into_iter().all(|x| x.is_finite()))
}

/// A value is finite, and an error has a text.
fn sound(found: Result<bool>) -> bool {
    match found {
        Ok(finite) => finite,
        Err(Error::OutputShape { .. }) => false,
        Err(error) => !error.to_string().is_empty(),
    }
}

fn cqt_config() -> impl Strategy<Value = CqtConfig> {
    let bandwidth = prop_oneof![
        Just(Bandwidth::ConstantQ),
        Just(Bandwidth::Erb),
        number(30.0).prop_map(|hz| Bandwidth::Added { hz })
    ];
    let scale = prop_oneof![Just(CqtScale::Length), Just(CqtScale::None)];
    let tuning = prop_oneof![Just(Tuning::Estimated), number(0.5).prop_map(Tuning::Fixed)];
    let counts = (count(400), count(20), count(12));
    // A lowest frequency near zero is legal and has filters of a million samples: left to its own test.
    let f_min = prop_oneof![8 => 60.0..2000.0_f64, 1 => Just(-1.0), 1 => Just(f64::NAN), 1 => Just(1e300)];
    (counts, f_min, tuning, (norm(), number(1.5), window()), bandwidth, scale, padding()).prop_map(
        |(
            (hop_length, n_bins, bins_per_octave),
            f_min,
            tuning,
            (norm, sparsity, window),
            bandwidth,
            scale,
            padding,
        )| {
            CqtConfig {
                hop_length,
                f_min,
                n_bins,
                bins_per_octave,
                tuning,
                norm,
                sparsity,
                window,
                bandwidth,
                scale,
                padding,
                ..CqtConfig::default()
            }
        },
    )
}

fn fbank_config() -> impl Strategy<Value = FbankConfig> {
    let edges = prop_oneof![Just(Edges::Snip), Just(Edges::Mirror)];
    let offset = prop_oneof![Just(Offset::Removed), Just(Offset::Kept)];
    let spectrum = prop_oneof![Just(Spectrum::Power), Just(Spectrum::Magnitude)];
    let log = prop_oneof![
        number(1.0).prop_map(|least| FbankLog::Floor { least }),
        number(1.0).prop_map(|offset| FbankLog::Offset { offset })
    ];
    let energy = prop_oneof![Just(FrameEnergy::None), Just(FrameEnergy::Raw), Just(FrameEnergy::Windowed)];
    let symmetry = prop_oneof![Just(Symmetry::Periodic), Just(Symmetry::Symmetric)];
    let counts = (count(600), count(300), count(40));
    (counts, (edges, offset, number(1.0)), (window(), symmetry), spectrum, number(400.0), log, energy)
        .prop_map(
            |(
                (frame_length, hop_length, n_mels),
                (edges, offset, preemphasis),
                (window, symmetry),
                spectrum,
                f_min,
                log,
                energy,
            )| {
                FbankConfig {
                    frame_length,
                    hop_length,
                    edges,
                    offset,
                    preemphasis,
                    window,
                    symmetry,
                    spectrum,
                    n_mels,
                    f_min,
                    log,
                    energy,
                    ..FbankConfig::default()
                }
            },
        )
}

proptest! {
    // The same draws in every run; the fuzz target `config` draws others.
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, rng_seed: RngSeed::Fixed(0), ..ProptestConfig::default() })]

    #[test]
    fn constant_q_transforms(config in cqt_config(), samples in signal()) {
        let found = Cqt::new(&config).and_then(|mut cqt| finite(Ok(&cqt.magnitudes(&samples)?)));
        prop_assert!(sound(found), "{config:?}");
    }

    #[test]
    fn chroma_of_constant_q_transforms(
        n_chroma in count(14), per_class in 1_usize..4, n_octaves in count(3), norm in norm(),
        threshold in number(1.0), samples in signal(),
    ) {
        let config = ChromaCqtConfig {
            f_min: 200.0, n_chroma, n_octaves, bins_per_octave: n_chroma.saturating_mul(per_class), norm, threshold,
            ..ChromaCqtConfig::default()
        };
        let found = ChromaCqt::new(&config).and_then(|mut chroma| finite(Ok(&chroma.process(&samples)?)));
        prop_assert!(sound(found), "{config:?}");
    }

    #[test]
    fn speech_features(config in fbank_config(), n_mfcc in count(40), lifter in number(30.0), samples in signal()) {
        let found = Fbank::new(&config).and_then(|mut fbank| finite(Ok(&fbank.process(&samples)?)));
        prop_assert!(sound(found), "{config:?}");
        let config = KaldiMfccConfig { n_mfcc, lifter, fbank: config };
        let found = KaldiMfcc::new(&config).and_then(|mut mfcc| finite(Ok(&mfcc.process(&samples)?)));
        prop_assert!(sound(found), "{config:?}");
    }

    #[test]
    fn rhythms(
        win_length in count(500), window in window(), norm in norm(), numbers in (number(300.0), number(3.0), number(20.0)),
        hop_length in count(1000), envelope in signal(),
    ) {
        let envelope: Vec<f32> = envelope.iter().take(600).map(|x| x.abs()).collect();
        let config = TempogramConfig { win_length, window, norm };
        let found = Tempogram::new(&config).and_then(|mut tempogram| finite(Ok(&tempogram.process(&envelope)?)));
        prop_assert!(sound(found), "{config:?}");
        let (start_bpm, std_bpm, ac_size) = numbers;
        let config = TempoConfig { hop_length, start_bpm, std_bpm, ac_size, ..TempoConfig::default() };
        let found = Tempo::new(&config).and_then(|mut tempo| Ok(tempo.process(&envelope)?.is_finite()));
        prop_assert!(sound(found), "{config:?}");
        let config = PlpConfig { hop_length, win_length, tempo_min: Some(start_bpm), ..PlpConfig::default() };
        prop_assert!(sound(plp(&envelope, &config).map(|pulse| pulse.iter().all(|x| x.is_finite()))), "{config:?}");
        let tempogram = fourier_tempogram(&envelope, win_length);
        prop_assert!(sound(tempogram.map(|found| found.iter().all(|z| z.re.is_finite() && z.im.is_finite()))));
    }

    #[test]
    fn channel_energies_and_memories(
        numbers in (number(1.0), number(3.0), number(1.0), number(1.0), number(1e-3)), hop_length in count(1000),
        n_steps in count(5), delay in -3_isize..3, samples in signal(),
    ) {
        let n = samples.len() / 3;
        let energies = Array2::from_shape_fn((n, 3), |(t, k)| samples[3 * t + k].abs());
        let (gain, bias, power, time_constant, eps) = numbers;
        let config = PcenConfig { hop_length, gain, bias, power, time_constant, eps, ..PcenConfig::default() };
        prop_assert!(sound(finite(pcen(energies.view(), &config).as_ref().map_err(Clone::clone))), "{config:?}");
        let found = stack_memory(energies.view(), n_steps, delay);
        prop_assert!(sound(finite(found.as_ref().map_err(Clone::clone))), "{n_steps} {delay}");
    }

    #[test]
    fn effects(
        n_fft in count(600), hop_length in count(300), window in window(), rate in number(3.0), n_steps in -80.0..80.0_f64,
        top_db in number(100.0), samples in signal(),
    ) {
        let config = StftConfig { n_fft, hop_length, window, ..StftConfig::default() };
        let all_finite = |found: Result<Vec<f32>>| sound(found.map(|x| x.iter().all(|x| x.is_finite())));
        // Below this a signal of thousands becomes one of a million: the same code, for minutes.
        if !(0.0..0.05).contains(&rate) {
            prop_assert!(all_finite(time_stretch(&samples, rate, &config)), "{rate} {config:?}");
        }
        prop_assert!(all_finite(pitch_shift(&samples[..samples.len() / 8], n_steps, &config)), "{n_steps} {config:?}");
        let config = SilenceConfig { top_db, frame_length: n_fft, hop_length };
        prop_assert!(sound(split(&samples, &config).map(|parts| parts.iter().all(|part| part.start < part.end))));
    }
}
