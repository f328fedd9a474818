//! Parity of the 57-column table with librosa 0.11 (`golden/make_columns.py`).

use cepstrum_dsp::Error as DspError;
use cepstrum_features::{ColumnStyle, Error, GENRE_COLUMNS, GenreColumns};

use crate::common::{field, flat, golden_of, wide};
use crate::rhythm::drums;

#[test]
fn rows_are_librosas() {
    /// Relative difference in double precision; of means, which are near 0 for the parts, relative to the deviation.
    const DOUBLE: f64 = 1e-6;
    /// The same in single precision, in which bins of rounding noise have other shapes.
    const SINGLE: f64 = 1e-3;
    for case in golden_of("columns.json", "columns") {
        let mut samples = drums(field(&case, "bpm"), field(&case, "seed"));
        samples.truncate(field(&case, "n"));
        let style: ColumnStyle = field(&case, "style");
        let expected = flat(&case["expected"]);
        let single = GenreColumns::new(style).unwrap().process(&samples).unwrap();
        let double = GenreColumns::new(style).unwrap().process(&wide(&samples)).unwrap();
        let mut failures = Vec::new();
        for (i, &expected_i) in expected.iter().enumerate() {
            let is_mean = i + 1 < expected.len() && GENRE_COLUMNS[i].ends_with("mean");
            let scale = expected_i.abs() + if is_mean { expected[i + 1].sqrt() } else { 0.0 };
            for (found, tolerance) in [(double[i], DOUBLE), (single[i], SINGLE)] {
                let relative = (found - expected_i).abs() / scale.max(1e-12);
                if relative.is_nan() || relative > tolerance {
                    failures.push(format!("{}: {found} {expected_i} {relative:.1e}", GENRE_COLUMNS[i]));
                }
            }
        }
        assert!(failures.is_empty(), "{style:?} {}", failures.join("\n"));
        assert!(
            (single[16] - expected[16]).abs() < 1e-6 && (double[16] - expected[16]).abs() < 1e-6,
            "tempo"
        );
    }
}

#[test]
fn silence_and_short_signals_have_rows() {
    for style in [ColumnStyle::Librosa, ColumnStyle::Kaggle] {
        let mut columns = GenreColumns::new(style).unwrap();
        for samples in [vec![0.0_f32; 30_000], vec![0.5], vec![0.5; 100], vec![0.1; 3000]] {
            let row = columns.process(&samples).unwrap();
            assert!(row.iter().all(|x| x.is_finite()), "{row:?}");
            let again = columns.clone().process(&samples).unwrap();
            assert!(row.iter().eq(&again), "a clone");
        }
        assert_eq!(columns.process(&[]).unwrap_err(), Error::Dsp(DspError::EmptySignal));
        assert_eq!(columns.process(&[f32::NAN]).unwrap_err(), Error::Dsp(DspError::NonFinite { index: 0 }));
    }
}
