//! Parity of harmonic-percussive separation with librosa 0.11 (`golden/make_effects.py`), refusals, and what holds for any
//! signal.

use cepstrum_dsp::{Error as DspError, Float, InverseStft, StftConfig};
use cepstrum_features::{Error, Hpss, HpssConfig, Mask};
use ndarray::{Array2, ArrayView2};

use crate::common::{distance, field, flat, golden_of, noise, signal, wide};

/// The golden file keeps every 97th value.
const STEP: usize = 97;

fn thinned<T: Float>(values: &[T]) -> Vec<f64> {
    values.iter().step_by(STEP).map(|x| x.to_f64()).collect()
}

/// Magnitudes of a signal, `[n_frames, n_bins]`.
fn magnitudes<T: Float>(config: &StftConfig, samples: &[T]) -> Array2<T> {
    let mut stft = cepstrum_dsp::Stft::new(config).unwrap();
    let values = stft.process(samples).unwrap().iter().map(|z| z.norm_sqr().sqrt()).collect();
    Array2::from_shape_vec((stft.n_frames(samples.len()), stft.n_bins()), values).unwrap()
}

fn check<T: Float>(samples: &[T], config: &HpssConfig, expected: &serde_json::Value, tolerance: f64) {
    let mut hpss = Hpss::<T>::new(config).unwrap();
    let masks = hpss.masks(magnitudes(&config.stft, samples).view()).unwrap();
    let parts = hpss.process(samples).unwrap();
    let flat_mask = |mask: ArrayView2<'_, T>| thinned(mask.as_slice().unwrap());
    for (name, found, expected) in [
        ("harmonic mask", flat_mask(masks.harmonic.view()), &expected["masks"][0]),
        ("percussive mask", flat_mask(masks.percussive.view()), &expected["masks"][1]),
        ("harmonic part", thinned(&parts.harmonic), &expected["parts"][0]),
        ("percussive part", thinned(&parts.percussive), &expected["parts"][1]),
    ] {
        let found = distance(found, &flat(expected));
        assert!(found < tolerance, "{name}: {found:e} {config:?}");
    }
    assert_eq!(hpss.harmonic(samples).unwrap(), parts.harmonic);
    assert_eq!(hpss.percussive(samples).unwrap(), parts.percussive);
}

#[test]
fn separation_is_librosas() {
    /// Where both medians are rounding noise, as between the lines of a tone in single precision, masks are too.
    const SINGLE: f64 = 2e-3;
    const DOUBLE: f64 = 1e-7;
    for case in golden_of("effects.json", "hpss") {
        let config: HpssConfig = field(&case, "config");
        let name = case["signal"].as_str().unwrap();
        let samples = signal(name);
        // The spectrum of a click and of a square wave is made of equal or vanishing values: which of two medians is
        // larger is rounding noise, which a hard mask turns into 0 and 1.
        check(&wide(&samples), &config, &case, DOUBLE);
        if config.mask != Mask::Hard && name == "mix" {
            check(&samples, &config, &case, SINGLE);
        }
    }
}

#[test]
fn parts_sum_to_the_signal() {
    let samples = noise(6000, 7);
    for mask in [Mask::Soft { power: 2.0 }, Mask::Soft { power: 1.0 }] {
        let config = HpssConfig { mask, ..Default::default() };
        let mut hpss = Hpss::new(&config).unwrap();
        let parts = hpss.process(&samples).unwrap();
        let sum: Vec<f64> = parts.harmonic.iter().zip(&parts.percussive).map(|(h, p)| h + p).collect();
        assert!(distance(sum, &samples) < 1e-12);
        // The spectra return to the same signals, as many whole hops as there are.
        let spectra = hpss.spectra(&samples).unwrap();
        let back = InverseStft::new(&config.stft).unwrap().process_frames(&spectra.harmonic).unwrap();
        assert_eq!(back.len(), 512 * 11);
        assert!(distance(back, &parts.harmonic[..512 * 11]) < 1e-12);
    }
}

/// What lasts and what is broad exchange their parts when time and frequency do.
#[test]
fn the_transposed_spectrogram_has_the_other_mask() {
    let values: Vec<f64> = noise(40 * 50, 8).iter().map(|x| x.abs()).collect();
    let spectrogram = Array2::from_shape_vec((40, 50), values).unwrap();
    let masks = |view: ArrayView2<'_, f64>, lengths: [usize; 2]| {
        let config =
            HpssConfig { harmonic_length: lengths[0], percussive_length: lengths[1], ..Default::default() };
        Hpss::new(&config).unwrap().masks(view).unwrap()
    };
    let (straight, turned) = (masks(spectrogram.view(), [7, 12]), masks(spectrogram.t(), [12, 7]));
    assert_eq!(straight.harmonic, turned.percussive.t());
    assert_eq!(straight.percussive, turned.harmonic.t());
}

#[test]
fn illegal_settings_and_signals_are_named() {
    let refused = |change: fn(&mut HpssConfig)| {
        let mut config = HpssConfig::default();
        change(&mut config);
        Hpss::<f32>::new(&config).unwrap_err()
    };
    for (error, expected) in [
        (refused(|c| c.harmonic_margin = 0.5), "harmonic_margin"),
        (refused(|c| c.percussive_margin = f64::NAN), "percussive_margin"),
        (refused(|c| c.mask = Mask::Soft { power: 0.0 }), "the mask's power"),
        (refused(|c| c.mask = Mask::Soft { power: f64::INFINITY }), "the mask's power"),
    ] {
        assert!(
            matches!(&error, Error::Dsp(DspError::Parameter { name, .. }) if *name == expected),
            "{error}"
        );
    }
    assert!(matches!(refused(|c| c.harmonic_length = 0), Error::Dsp(DspError::Count { .. })));
    let mut hpss = Hpss::<f32>::new(&HpssConfig::default()).unwrap();
    assert_eq!(hpss.process(&[]).unwrap_err(), Error::Dsp(DspError::EmptySignal));
    assert_eq!(hpss.process(&[f32::NAN]).unwrap_err(), Error::Dsp(DspError::NonFinite { index: 0 }));
    assert_eq!(hpss.process(&[0.5]).unwrap().harmonic.len(), 1);
    assert!(hpss.process_into(&[0.5; 9], &mut [0.0; 9], &mut [0.0; 8]).is_err());
    assert!(hpss.masks(Array2::zeros((0, 5)).view()).is_err());
    let bad = Error::Dsp(DspError::NonFinite { index: 3 });
    let mut spectrogram = Array2::zeros((2, 3));
    spectrogram[[1, 0]] = f32::INFINITY;
    assert_eq!(hpss.masks(spectrogram.view()).unwrap_err(), bad);
}
