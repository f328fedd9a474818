//! The compression of mel bands by `log10(scale x + 1)`.

use cepstrum_dsp::DecibelConfig;
use cepstrum_features::{Error, LogMel, LogMelConfig, LogScale, Mfcc, MfccConfig};

use crate::common::{signal, wide};

/// Rounding of values up to 7 in double precision.
const F64: f64 = 1e-9;
/// Rounding of values up to 7 in single precision, transform included.
const F32: f32 = 1e-4;

#[test]
fn values_are_those_of_the_formula() {
    for name in ["mix", "click", "silence", "square", "fade", "denormal"] {
        let samples = signal(name);
        let config = LogMelConfig::musicnn();
        // The same bands in decibels, as fine as they come.
        let decibel = DecibelConfig { amin: 1e-300, top_db: None, ..DecibelConfig::default() };
        let fine = LogMelConfig { log: LogScale::Decibel, decibel, ..config.clone() };
        let power = LogMel::<f64>::new(&fine).unwrap().process(&wide(&samples)).unwrap();
        let expected = power.mapv(|db| (10_000.0 * 10.0_f64.powf(db / 10.0) + 1.0).log10());
        let double = LogMel::<f64>::new(&config).unwrap().process(&wide(&samples)).unwrap();
        let single = LogMel::<f32>::new(&config).unwrap().process(&samples).unwrap();
        assert_eq!(double.dim(), (samples.len() / 256 + 1, 96));
        for ((expected, double), single) in expected.iter().zip(&double).zip(&single) {
            assert!((expected - double).abs() < F64, "{name}: {expected} {double}");
            assert!((*expected as f32 - single).abs() < F32, "{name}: {expected} {single}");
        }
        if name == "silence" {
            assert!(single.iter().all(|value| value.abs() < 1e-6));
        }
    }
}

#[test]
fn a_stream_has_the_bits_of_the_whole() {
    let samples = signal("mix");
    let mut log_mel = LogMel::new(&LogMelConfig::musicnn()).unwrap();
    let whole = log_mel.process(&samples).unwrap();
    let mut stream = log_mel.stream();
    let mut streamed = Vec::new();
    for piece in samples.chunks(313) {
        streamed.extend(stream.push(piece).unwrap().flatten().copied());
    }
    streamed.extend(stream.finish().unwrap().flatten().copied());
    assert!(whole.iter().map(|x: &f32| x.to_bits()).eq(streamed.iter().map(|x| x.to_bits())));
    let config = MfccConfig { log_mel: LogMelConfig::musicnn(), ..MfccConfig::default() };
    assert!(Mfcc::new(&config).unwrap().process(&samples).unwrap().iter().all(|x: &f32| x.is_finite()));
}

#[test]
fn a_grouped_stream_returns_eight_frames_at_a_time_and_the_rest_at_the_end() {
    let config = LogMelConfig::musicnn();
    let samples = signal("mix");
    let mut log_mel = LogMel::new(&config).unwrap();
    let whole = log_mel.process(&samples).unwrap();
    let mut stream = log_mel.stream().grouped();
    let (mut streamed, mut counts) = (Vec::new(), Vec::new());
    for piece in samples.chunks(config.stft.hop_length) {
        let frames = stream.push(piece).unwrap();
        counts.push(frames.len());
        streamed.extend(frames.flatten().copied());
    }
    let rest = stream.finish().unwrap();
    assert!(rest.len() > 0 && rest.len() < 16);
    streamed.extend(rest.flatten().copied());
    assert!(counts.iter().all(|&count| count == 0 || count == 8) && counts.contains(&8), "{counts:?}");
    assert!(whole.iter().map(|x: &f32| x.to_bits()).eq(streamed.iter().map(|x| x.to_bits())));
}

#[test]
fn a_loud_signal_stays_finite_and_an_illegal_scale_is_named() {
    let loud = vec![1e18_f32; 4000];
    let found = LogMel::new(&LogMelConfig::musicnn()).unwrap().process(&loud).unwrap();
    assert!(found.iter().all(|x| x.is_finite()));
    for scale in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e300] {
        let config = LogMelConfig { log: LogScale::Log10OfScaled { scale }, ..LogMelConfig::default() };
        let error = LogMel::<f32>::new(&config).unwrap_err();
        assert!(matches!(error, Error::LogScale { .. }) && error.to_string().contains("above 0"), "{error}");
    }
}

#[test]
fn the_default_is_serialized_as_before() {
    let text = serde_json::to_string(&LogMelConfig::default()).unwrap();
    assert!(!text.contains("\"log\""), "{text}");
    assert_eq!(serde_json::from_str::<LogMelConfig>(&text).unwrap(), LogMelConfig::default());
    let text = serde_json::to_string(&LogMelConfig::musicnn()).unwrap();
    assert!(text.contains(r#""log":{"log10_of_scaled":{"scale":10000.0}}"#), "{text}");
    assert_eq!(serde_json::from_str::<LogMelConfig>(&text).unwrap(), LogMelConfig::musicnn());
}
