//! The shapes of the reference experiment, and the defaults.

use cepstrum_dsp::{DctNorm, DctType, MelNorm, MelScale, Padding, Reference, Window};
use cepstrum_features::{
    Chroma, ChromaConfig, Descriptors, DescriptorsConfig, LogMel, LogMelConfig, Mfcc, MfccConfig, Spectrum,
};

#[test]
fn three_seconds_have_130_frames_of_13_coefficients() {
    let samples = vec![0.25_f32; 66_150];
    let mut mfcc = Mfcc::new(&MfccConfig::default()).unwrap();
    assert_eq!(mfcc.process(&samples).unwrap().dim(), (130, 13));
    let mut log_mel = LogMel::new(&LogMelConfig::default()).unwrap();
    assert_eq!(log_mel.process(&samples).unwrap().dim(), (130, 128));
}

/// The defaults of `librosa.feature.mfcc`, except the number of coefficients, which is the reference experiment's.
#[test]
fn the_defaults_are_librosas() {
    let MfccConfig { n_mfcc, dct_type, dct_norm, lifter, log_mel } = MfccConfig::default();
    assert_eq!((n_mfcc, dct_type, dct_norm, lifter), (13, DctType::Two, DctNorm::Orthonormal, 0.0));
    assert_eq!((log_mel.sample_rate, log_mel.spectrum), (22_050, Spectrum::Power));
    let stft = log_mel.stft;
    assert_eq!((stft.n_fft, stft.hop_length, stft.win_length), (2048, 512, None));
    assert_eq!((stft.window, stft.padding), (Window::Hann, Padding::Zero));
    let mel = log_mel.mel;
    assert_eq!((mel.n_mels, mel.f_min, mel.f_max), (128, 0.0, None));
    assert_eq!((mel.scale, mel.norm), (MelScale::Slaney, MelNorm::Slaney));
    let decibel = log_mel.decibel;
    assert_eq!((decibel.reference, decibel.amin, decibel.top_db), (Reference::Value(1.0), 1e-10, Some(80.0)));
}

/// A clone of a planned worker computes the same bits.
#[test]
fn clones_compute_the_same() {
    let samples: Vec<f32> = (0..22_050).map(|i| (i as f32 * 0.03).sin()).collect();
    let mut mfcc = Mfcc::new(&MfccConfig::default()).unwrap();
    let mut copy = mfcc.clone();
    assert_eq!(copy.process(&samples), mfcc.process(&samples));
    let mut chroma = Chroma::new(&ChromaConfig::default()).unwrap();
    assert_eq!(chroma.clone().process(&samples), chroma.process(&samples));
    let mut descriptors = Descriptors::new(&DescriptorsConfig::default()).unwrap();
    assert_eq!(descriptors.clone().process(&samples), descriptors.process(&samples));
}
