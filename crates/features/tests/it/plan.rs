//! A plan of features has the values of each feature alone, to the last bit.

use cepstrum_dsp::{Error as DspError, Float, Padding, StftConfig, Window};
use cepstrum_features::{
    Chroma, ChromaConfig, Descriptors, DescriptorsConfig, Error, Feature, FeaturePlan, LogMel, LogMelConfig,
    Mfcc, MfccConfig, OnsetStrength, OnsetStrengthConfig, PolyFeatures, PolyFeaturesConfig, SpectralContrast,
    SpectralContrastConfig, SpectralFlatness, SpectralFlatnessConfig, Spectrum, Tuning,
};
use ndarray::{Array2, Axis, stack};

use crate::common::{signal, wide};

/// All features over one transform, one of them with another that reads magnitudes.
fn features(stft: &StftConfig) -> Vec<Feature> {
    let stft = || stft.clone();
    let log_mel = LogMelConfig { stft: stft(), ..LogMelConfig::default() };
    let magnitudes = LogMelConfig { spectrum: Spectrum::Magnitude, ..log_mel.clone() };
    vec![
        Feature::LogMel(magnitudes),
        Feature::Chroma(ChromaConfig { stft: stft(), ..ChromaConfig::default() }),
        Feature::Mfcc(MfccConfig { log_mel: log_mel.clone(), ..MfccConfig::default() }),
        Feature::Descriptors(DescriptorsConfig { stft: stft(), ..DescriptorsConfig::default() }),
        Feature::Chroma(ChromaConfig { stft: stft(), tuning: Tuning::Fixed(0.2), ..ChromaConfig::default() }),
        Feature::SpectralContrast(SpectralContrastConfig {
            stft: stft(),
            ..SpectralContrastConfig::default()
        }),
        Feature::SpectralFlatness(SpectralFlatnessConfig { stft: stft(), power: 1.0, amin: 1e-10 }),
        Feature::PolyFeatures(PolyFeaturesConfig { stft: stft(), ..PolyFeaturesConfig::default() }),
        Feature::OnsetStrength(OnsetStrengthConfig { log_mel, ..OnsetStrengthConfig::default() }),
    ]
}

fn alone<T: Float>(feature: &Feature, samples: &[T]) -> Array2<T> {
    match feature {
        Feature::LogMel(config) => LogMel::new(config).unwrap().process(samples).unwrap(),
        Feature::Mfcc(config) => Mfcc::new(config).unwrap().process(samples).unwrap(),
        Feature::Chroma(config) => Chroma::new(config).unwrap().process(samples).unwrap(),
        Feature::SpectralContrast(config) => SpectralContrast::new(config).unwrap().process(samples).unwrap(),
        Feature::PolyFeatures(config) => PolyFeatures::new(config).unwrap().process(samples).unwrap(),
        Feature::SpectralFlatness(config) => {
            SpectralFlatness::new(config).unwrap().process(samples).unwrap().insert_axis(Axis(1))
        }
        Feature::OnsetStrength(config) => {
            OnsetStrength::new(config).unwrap().process(samples).unwrap().insert_axis(Axis(1))
        }
        Feature::Descriptors(config) => {
            let found = Descriptors::new(config).unwrap().process(samples).unwrap();
            let columns =
                [&found.centroid, &found.bandwidth, &found.rolloff, &found.zero_crossing_rate, &found.rms];
            stack(Axis(1), &columns.map(|column| column.view())).unwrap()
        }
    }
}

fn check<T: Float>(features: &[Feature], samples: &[T]) {
    let mut plan = FeaturePlan::<T>::new(features).unwrap();
    // A second signal sees nothing of the first.
    plan.process(&samples[..samples.len() / 2]).unwrap();
    let found = plan.process(samples).unwrap();
    for (feature, found) in features.iter().zip(&found) {
        assert_eq!(*found, alone(feature, samples), "{feature:?}");
    }
}

#[test]
fn plans_have_the_bits_of_each_feature_alone() {
    let other =
        StftConfig { n_fft: 1000, hop_length: 250, padding: Padding::Reflect, ..StftConfig::default() };
    let hamming = StftConfig { window: Window::Hamming, ..StftConfig::default() };
    let list = [&StftConfig::default(), &other, &hamming].map(features).concat();
    assert_eq!(FeaturePlan::<f32>::new(&list).unwrap().n_transforms(), 3);
    for name in ["mix", "silence", "fade"] {
        check(&list, &signal(name));
        check(&list, &wide(&signal(name)));
    }
}

#[test]
fn outputs_are_checked() {
    let mut plan = FeaturePlan::<f32>::new(&features(&StftConfig::default())).unwrap();
    assert_eq!((plan.n_features(), plan.n_transforms()), (9, 1));
    let samples = signal("mix");
    let mut out: Vec<Array2<f32>> = plan.shapes(samples.len()).into_iter().map(Array2::zeros).collect();
    let error = plan.process_into(&samples, &mut out[1..]).unwrap_err();
    let what = "the list of outputs";
    assert_eq!(error, Error::Dsp(DspError::BufferLength { what, expected: 9, actual: 8 }));
    out[3] = Array2::zeros((1, 5));
    let error = plan.process_into(&samples, &mut out).unwrap_err();
    assert_eq!(error, Error::OutputShape { expected: [16, 5], actual: [1, 5] });
    assert_eq!(plan.process(&[]).unwrap_err(), Error::Dsp(DspError::EmptySignal));
    assert_eq!(FeaturePlan::<f32>::new(&[]).unwrap().process(&samples), Ok(Vec::new()));
    let illegal = Feature::SpectralFlatness(SpectralFlatnessConfig { power: 0.0, ..Default::default() });
    assert!(FeaturePlan::<f32>::new(&[illegal]).is_err());
}
