//! Presets have their owners' numbers (`golden/make_presets.py`).

use cepstrum_features::{LogMel, LogMelConfig};

use crate::common::{distance, field, flat, golden_of, signal, wide};

#[test]
fn whispers_input_is_its_own() {
    for case in golden_of("presets.json", "whisper") {
        let mut samples = signal(case["signal"].as_str().unwrap());
        samples.resize(12_000, 0.0);
        let (n_mels, shape): (usize, [usize; 2]) = (field(&case, "n_mels"), field(&case, "shape"));
        let mut log_mel = LogMel::new(&LogMelConfig::whisper(n_mels)).unwrap();
        let decibels = log_mel.process(&wide(&samples)).unwrap();
        // The last frame is dropped.
        assert_eq!([decibels.nrows() - 1, decibels.ncols()], shape);
        let values = decibels.iter().take(shape[0] * shape[1]).map(|x| (x / 10.0 + 4.0) / 4.0);
        let thinned: Vec<f64> = values.step_by(13).collect();
        assert!(distance(thinned, &flat(&case["expected"])) < 1e-6, "{n_mels}");
    }
}
