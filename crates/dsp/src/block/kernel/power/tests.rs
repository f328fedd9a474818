use super::{Plan, PowerKernel};
use crate::block::arch::{Portable, Wide};
use crate::block::{Dispatch, LANES, Lanes};

/// Noise of a linear congruential generator, `[LANES][n_fft]`.
fn frames(n_fft: usize) -> Vec<Vec<f32>> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / 16_777_216.0 - 0.5
    };
    (0..LANES).map(|_| (0..n_fft).map(|_| next()).collect()).collect()
}

/// Two lengths are enough: all share their code, and the golden tests compare every length with `Stft`.
#[test]
#[cfg_attr(not(target_arch = "x86_64"), ignore = "there are no wide vectors for this architecture")]
fn wide_vectors_agree_with_plain_loops() {
    let wide = f32::wide().expect("this test needs a CPU with AVX2 and FMA, to have anything to compare");
    compare::<16, 16>(wide, 512);
    compare::<32, 32>(wide, 2048);
}

fn compare<const R: usize, const C: usize>(wide: Wide, n_fft: usize) {
    let window: Vec<f64> = (0..n_fft).map(|n| 0.5 + 0.5 * n as f64 / n_fft as f64).collect();
    let frames = frames(n_fft);
    let frames = std::array::from_fn(|lane| frames[lane].as_slice());
    let mut plan = Plan::new(&window, |x| x as f32).expect("a supported length");
    let mut expected = vec![Lanes::default(); n_fft / 2 + 1];
    PowerKernel { plan: &mut plan, frames, power: &mut expected }.passes::<Portable, R, C>(Portable);
    let mut found = vec![Lanes::default(); n_fft / 2 + 1];
    f32::power(wide, PowerKernel { plan: &mut plan, frames, power: &mut found });
    for (a, b) in expected.iter().zip(&found) {
        for (a, b) in a.0.iter().zip(b.0) {
            assert!((a - b).abs() < 1e-5 * n_fft as f32, "{n_fft}: {a} {b}");
        }
    }
}
