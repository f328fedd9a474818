//! The experiment's shapes.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use cepstrum_features::{LogMel, LogMelConfig, Mfcc, MfccConfig};

#[test]
fn three_seconds_give_130_frames_of_13_coefficients() {
    let samples = vec![0.25_f32; 66_150];
    let mut mfcc = Mfcc::new(&MfccConfig::default()).unwrap();
    assert_eq!(mfcc.process(&samples).unwrap().dim(), (130, 13));
    let mut log_mel = LogMel::new(&LogMelConfig::default()).unwrap();
    assert_eq!(log_mel.process(&samples).unwrap().dim(), (130, 128));
}
