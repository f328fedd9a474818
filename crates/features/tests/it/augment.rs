//! Random changes to recordings.

use cepstrum_features::dsp::{Error as DspError, Stft, StftConfig};
use cepstrum_features::{AudioAugmentation, Error};

const SAMPLE_RATE: u32 = 22_050;

fn none() -> AudioAugmentation {
    AudioAugmentation::default()
}

/// A tone of 440 Hz.
fn tone(seconds: f64) -> Vec<f64> {
    let n = (seconds * f64::from(SAMPLE_RATE)) as usize;
    (0..n).map(|i| 0.5 * (std::f64::consts::TAU * 440.0 * i as f64 / f64::from(SAMPLE_RATE)).sin()).collect()
}

fn power(samples: &[f64]) -> f64 {
    samples.iter().map(|x| x * x).sum::<f64>() / samples.len() as f64
}

/// The frequency of the strongest bin over the whole signal, Hz.
fn loudest(samples: &[f64]) -> f64 {
    let mut stft = Stft::<f64>::new(&StftConfig { n_fft: 8192, ..StftConfig::default() }).unwrap();
    let spectra = stft.process(samples).unwrap();
    let mut sums = vec![0.0; stft.n_bins()];
    for spectrum in spectra.chunks_exact(sums.len()) {
        for (sum, z) in sums.iter_mut().zip(spectrum) {
            *sum += z.norm_sqr();
        }
    }
    let best = sums.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0;
    best as f64 * f64::from(SAMPLE_RATE) / 8192.0
}

#[test]
fn the_default_changes_nothing_and_a_seed_has_its_bits() {
    let samples = tone(0.5);
    assert_eq!(none().apply(&samples, SAMPLE_RATE, 3).unwrap(), samples);
    let all = AudioAugmentation {
        tempo: 1.2,
        pitch: 2.0,
        room: Some([0.2, 0.5]),
        noise: Some([10.0, 20.0]),
        gain: 6.0,
    };
    let [first, again, other] = [3, 3, 4].map(|seed| all.apply(&samples, SAMPLE_RATE, seed).unwrap());
    assert_eq!(first, again);
    assert_ne!(first, other);
    let json = serde_json::to_string(&all).unwrap();
    assert_eq!(serde_json::from_str::<AudioAugmentation>(&json).unwrap(), all);
    assert!(serde_json::from_str::<AudioAugmentation>(r#"{"tempi": 1.1}"#).is_err());
}

#[test]
fn each_change_is_as_large_as_its_setting_and_touches_nothing_else() {
    let samples = tone(2.0);
    let (mut faster, mut slower, mut higher, mut lower, mut louder) = (0, 0, 0, 0, 0);
    for seed in 0..12 {
        let stretched =
            AudioAugmentation { tempo: 1.25, ..none() }.apply(&samples, SAMPLE_RATE, seed).unwrap();
        let rate = samples.len() as f64 / stretched.len() as f64;
        assert!((0.79..=1.26).contains(&rate), "{rate}");
        assert!((loudest(&stretched) - 440.0).abs() < 5.0);
        (faster, slower) = (faster + i32::from(rate > 1.02), slower + i32::from(rate < 0.98));

        let shifted = AudioAugmentation { pitch: 3.0, ..none() }.apply(&samples, SAMPLE_RATE, seed).unwrap();
        let steps = 12.0 * (loudest(&shifted) / 440.0).log2();
        assert!(shifted.len() == samples.len() && steps.abs() < 3.2, "{steps}");
        (higher, lower) = (higher + i32::from(steps > 0.3), lower + i32::from(steps < -0.3));

        let noisy = AudioAugmentation { noise: Some([10.0, 20.0]), ..none() }
            .apply(&samples, SAMPLE_RATE, seed)
            .unwrap();
        let added: Vec<f64> = noisy.iter().zip(&samples).map(|(a, b)| a - b).collect();
        let ratio = 10.0 * (power(&samples) / power(&added)).log10();
        assert!((9.8..=20.2).contains(&ratio), "{ratio}");

        let gained = AudioAugmentation { gain: 6.0, ..none() }.apply(&samples, SAMPLE_RATE, seed).unwrap();
        let gain = 10.0 * (power(&gained) / power(&samples)).log10();
        assert!(gain.abs() <= 6.0001, "{gain}");
        louder += i32::from(gain > 0.0);
    }
    assert!(faster > 0 && slower > 0 && higher > 0 && lower > 0, "{faster} {slower} {higher} {lower}");
    assert!(louder > 0 && louder < 12);
}

#[test]
fn a_room_keeps_the_direct_sound_and_decays_in_its_time() {
    let mut click = vec![0.0_f64; 22_050];
    click[100] = 1.0;
    let room = AudioAugmentation { room: Some([0.5, 0.5]), ..none() };
    let heard = room.apply(&click, SAMPLE_RATE, 0).unwrap();
    assert_eq!(heard.len(), click.len());
    assert!((heard[100] - 1.0).abs() < 1e-9 && heard[..100].iter().all(|x| x.abs() < 1e-9));
    let tail = |from: f64, to: f64| {
        let at = |seconds: f64| 101 + (seconds * f64::from(SAMPLE_RATE)) as usize;
        power(&heard[at(from)..at(to)])
    };
    // 60 dB in half a second: 24 dB in 0.2 s.
    let fall = 10.0 * (tail(0.0, 0.05) / tail(0.2, 0.25)).log10();
    assert!((fall - 24.0).abs() < 2.0, "{fall}");
    let energy: f64 = heard[101..].iter().map(|x| x * x).sum();
    assert!((energy - 0.25).abs() < 1e-3, "{energy}");
    assert!(heard[101 + 11_025..].iter().all(|x| x.abs() < 1e-9));
}

#[test]
fn silence_stays_silent_and_bad_settings_and_signals_are_named() {
    let all = AudioAugmentation { noise: Some([0.0, 0.0]), room: Some([0.1, 0.1]), gain: 6.0, ..none() };
    assert!(all.apply(&[0.0_f32; 500], SAMPLE_RATE, 0).unwrap().iter().all(|&x| x == 0.0));
    assert_eq!(none().apply::<f32>(&[], SAMPLE_RATE, 0), Err(Error::Dsp(DspError::EmptySignal)));
    assert_eq!(
        none().apply(&[0.0, f32::NAN], SAMPLE_RATE, 0),
        Err(Error::Dsp(DspError::NonFinite { index: 1 }))
    );
    let bad = [
        AudioAugmentation { tempo: 0.5, ..none() },
        AudioAugmentation { tempo: f64::NAN, ..none() },
        AudioAugmentation { pitch: -1.0, ..none() },
        AudioAugmentation { gain: f64::INFINITY, ..none() },
        AudioAugmentation { room: Some([0.5, 0.2]), ..none() },
        AudioAugmentation { noise: Some([f64::NAN, 1.0]), ..none() },
    ];
    for augmentation in bad {
        let error = augmentation.apply(&[0.5_f32; 4096], SAMPLE_RATE, 0).unwrap_err();
        assert!(matches!(error, Error::Dsp(DspError::Parameter { .. })), "{error}");
    }
}
