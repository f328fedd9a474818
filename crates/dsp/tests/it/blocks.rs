//! Sums, extremes, matrices and running medians of blocks beside plain computations and SciPy, and the inverse transform
//! without a length beside librosa (`golden/make_separation.py`).

use cepstrum_dsp::block::{LANES, Lanes, Matrix, RunningMedian, extremes, maximum, peaks, spread, sum};
use cepstrum_dsp::{Error, Float, InverseStft, Stft, StftConfig};

use crate::common::{distance, field, flat, golden_of, noise};

/// A block whose lane `i` is the noise of seed `seed + i`.
fn block<T: Float>(n: usize, seed: u32) -> Vec<Lanes<T>> {
    let lanes: Vec<Vec<f64>> = (0..LANES as u32).map(|i| noise(n, seed + i)).collect();
    (0..n).map(|k| Lanes(std::array::from_fn(|lane| T::of(lanes[lane][k])))).collect()
}

fn lane<T: Float>(block: &[Lanes<T>], lane: usize) -> Vec<f64> {
    block.iter().map(|x| x.0[lane].to_f64()).collect()
}

fn check_medians<T: Float>() {
    for case in golden_of("separation.json", "medians") {
        let (n, size) = (field(&case, "n"), field(&case, "size"));
        let input = block::<T>(n, 9);
        let mut output = vec![Lanes::default(); n];
        let mut median = RunningMedian::new(size).unwrap();
        median.process_block(&input, &mut output).unwrap();
        assert!(distance(&lane(&output, 0), &flat(&case["expected"])) < 1e-7, "{size} of {n}");
        // Lanes do not mix, and a second run sees nothing of the first.
        let alone: Vec<Lanes<T>> = input.iter().map(|x| Lanes([x.0[5]; LANES])).collect();
        let mut again = vec![Lanes::default(); n];
        median.process_block(&alone, &mut again).unwrap();
        assert_eq!(lane(&output, 5), lane(&again, 2), "{size} of {n}");
    }
}

#[test]
fn running_medians_are_scipys() {
    check_medians::<f32>();
    check_medians::<f64>();
    let count = |actual| Error::Count { name: "the median's window", min: 1, max: 4096, actual };
    assert_eq!(RunningMedian::<f32>::new(0).unwrap_err(), count(0));
    assert_eq!(RunningMedian::<f32>::new(usize::MAX).unwrap_err(), count(usize::MAX));
    let mut median = RunningMedian::<f32>::new(3).unwrap();
    assert!(median.process_block(&block(4, 1), &mut [Lanes::default(); 3]).is_err());
    assert!(median.process_block(&[], &mut []).is_ok());
}

/// Equal values are the hard case of a sorted window: exactly one of them leaves.
#[test]
fn running_medians_of_few_values() {
    let input: Vec<Lanes<f32>> =
        block::<f32>(200, 3).iter().map(|x| Lanes(x.0.map(|x| (3.0 * x).round() + 0.0))).collect();
    let mut output = vec![Lanes::default(); input.len()];
    for size in [3_usize, 4, 17] {
        RunningMedian::new(size).unwrap().process_block(&input, &mut output).unwrap();
        for (first, medians) in output[size / 2..].iter().take(input.len() - size).enumerate() {
            for (lane, found) in medians.0.iter().enumerate() {
                let mut window: Vec<f32> = input[first..first + size].iter().map(|x| x.0[lane]).collect();
                window.sort_by(f32::total_cmp);
                assert_eq!(found.to_bits(), window[size / 2].to_bits(), "{size} at {first}");
            }
        }
    }
}

#[test]
fn extremes_are_the_ends_of_the_sorted_values() {
    for (n, k) in [(1, 1), (5, 5), (100, 1), (100, 9), (431, 30)] {
        let input = block::<f32>(n, 20);
        let mut smallest = vec![Lanes::default(); k];
        let mut largest = vec![Lanes::default(); k];
        extremes(&input, &mut smallest, &mut largest);
        for i in 0..LANES {
            let mut sorted = lane(&input, i);
            sorted.sort_by(f64::total_cmp);
            assert_eq!(lane(&smallest, i), sorted[..k]);
            sorted.reverse();
            assert_eq!(lane(&largest, i), sorted[..k]);
        }
    }
}

#[test]
fn sums_and_matrices_are_the_plain_sums() {
    for n in [1, 15, 16, 17, 1025] {
        let input = block::<f32>(n, 40);
        for n_out in [1, 2, 7, 8, 12, 17] {
            let values = noise(n * n_out, 50);
            let matrix = Matrix::<f32>::new(&values, n_out).unwrap();
            assert_eq!((matrix.n_in(), matrix.n_out()), (n, n_out));
            let mut output = vec![Lanes::default(); n_out];
            matrix.process_block(&input, &mut output).unwrap();
            for i in 0..LANES {
                let x = lane(&input, i);
                let column =
                    |c: usize| x.iter().zip(values[c..].iter().step_by(n_out)).map(|(x, m)| x * m).sum();
                let expected: Vec<f64> = (0..n_out).map(column).collect();
                assert!(distance(&lane(&output, i), &expected) < 1e-5, "{n} to {n_out}");
            }
        }
        let found = sum(&input);
        for i in 0..LANES {
            assert!((found.0[i].to_f64() - lane(&input, i).iter().sum::<f64>()).abs() < 1e-5, "{n}");
        }
    }
    for (values, n_out) in [(0, 1), (3, 2), (4, 0)] {
        assert!(matches!(Matrix::<f32>::new(&vec![0.0; values], n_out), Err(Error::BufferLength { .. })));
    }
}

#[test]
fn inverses_without_a_length_are_librosas() {
    for case in golden_of("separation.json", "inverses") {
        let config: StftConfig = field(&case, "config");
        let spectra = Stft::new(&config).unwrap().process(&noise(field(&case, "n_samples"), 3)).unwrap();
        let found = InverseStft::new(&config).unwrap().process_frames(&spectra).unwrap();
        assert!(distance(&found, &flat(&case["expected"])) < 1e-8, "{config:?}");
    }
    let mut inverse = InverseStft::<f64>::new(&StftConfig::default()).unwrap();
    let broken = Error::BufferLength { what: "the spectra", expected: 1025, actual: 0 };
    assert_eq!(inverse.process_frames(&[]).unwrap_err(), broken);
}

#[test]
fn spreads_maxima_and_peaks_are_the_plain_ones() {
    for n in [1_usize, 2, 3, 16, 33, 1025] {
        let input: Vec<Lanes<f64>> = block::<f64>(n, 60).iter().map(|x| Lanes(x.0.map(f64::abs))).collect();
        let positions: Vec<f64> = (0..n).map(|k| 10.0 * k as f64).collect();
        let totals = sum(&input);
        let center = Lanes(std::array::from_fn(|i| 5.0 * n as f64 + i as f64));
        let share = Lanes(totals.0.map(|total| 0.6 * total));
        let found = spread(&input, &positions, &center, &share).unwrap();
        let largest = maximum(&input);
        let mut marks = vec![Lanes::default(); n];
        peaks(&input, &Lanes([0.2; LANES]), &mut marks).unwrap();
        for i in 0..LANES {
            let x = lane(&input, i);
            let moment: f64 = x.iter().zip(&positions).map(|(x, p)| (p - center.0[i]).powi(2) * x).sum();
            assert!((found.moment.0[i] - moment).abs() < 1e-9 * moment.max(1.0), "{n}");
            let mut below = 0.0;
            let before = x.iter().take_while(|x| {
                below += **x;
                below < share.0[i]
            });
            assert_eq!(found.before.0[i] as usize, before.count(), "{n}");
            assert!((largest.0[i] - x.iter().copied().fold(0.0, f64::max)).abs() < 1e-300, "{n}");
            for (k, mark) in marks.iter().enumerate() {
                let is_peak = k > 0 && k + 1 < n && x[k] > x[k - 1].max(0.2) && x[k] >= x[k + 1];
                assert_eq!(mark.0[i] > 0.5, is_peak, "{k} of {n}");
            }
        }
    }
    assert!(spread::<f32>(&[Lanes::default()], &[], &Lanes::default(), &Lanes::default()).is_err());
    assert!(peaks::<f32>(&[Lanes::default()], &Lanes::default(), &mut []).is_err());
}
