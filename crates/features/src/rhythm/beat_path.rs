//! The dynamic program of beat tracking: `librosa.beat`, step by step.

use cepstrum_dsp::Float;

use super::Trim;

/// The envelope over its standard deviation, smoothed by a Gaussian of 1/32 of the period.
///
/// As librosa's own convolution does, it leaves out the first value where the window reaches beyond it.
pub(super) fn local_score<T: Float>(envelope: &[T], period: f64) -> Vec<f64> {
    let n = envelope.len();
    let mean = envelope.iter().map(|x| x.to_f64()).sum::<f64>() / n as f64;
    let squares: f64 = envelope.iter().map(|x| (x.to_f64() - mean).powi(2)).sum();
    let deviation = (squares / (n as f64 - 1.0)).sqrt() + T::MIN_POSITIVE.to_f64();
    let half = period as usize;
    let window: Vec<f64> =
        (0..=2 * half).map(|i| (-0.5 * ((i as f64 - half as f64) * 32.0 / period).powi(2)).exp()).collect();
    (0..n)
        .map(|i| {
            let (first, end) = ((i + half + 1).saturating_sub(n), (i + half).min(window.len()));
            let terms = (first..end).map(|k| window[k] * (envelope[i + half - k].to_f64() / deviation));
            terms.sum()
        })
        .collect()
}

/// The best predecessor of each frame as a beat, if any, and the best total of a path that ends there.
pub(super) fn path(scores: &[f64], period: f64, tightness: f64) -> (Vec<Option<usize>>, Vec<f64>) {
    let threshold = 0.01 * scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let (nearest, farthest) = ((period / 2.0).round_ties_even() as usize, 2 * period as usize);
    // Between neighboring beats lies at least one frame, even where half a period rounds to none.
    let nearest = nearest.max(1);
    let costs: Vec<f64> =
        (nearest..=farthest).map(|d| tightness * ((d as f64).ln() - period.ln()).powi(2)).collect();
    let (mut links, mut totals) = (vec![None; scores.len()], vec![0.0; scores.len()]);
    let mut started = false;
    for (i, &score) in scores.iter().enumerate() {
        let mut best: (f64, Option<usize>) = (f64::NEG_INFINITY, None);
        for (distance, cost) in (nearest..).zip(&costs) {
            let Some(before) = i.checked_sub(distance) else { break };
            let total = totals[before] - cost;
            if total > best.0 {
                best = (total, Some(before));
            }
        }
        totals[i] = if best.1.is_some() { score + best.0 } else { score };
        // Nothing precedes the first beat, which lies where the envelope first rises.
        if started || score >= threshold {
            links[i] = best.1;
            started = true;
        }
    }
    (links, totals)
}

/// The last local maximum that is at least half the median of all, or the last frame.
pub(super) fn last_beat(totals: &[f64]) -> usize {
    let n = totals.len();
    let is_peak = |i: usize| i > 0 && totals[i] > totals[i - 1] && (i + 1 == n || totals[i] >= totals[i + 1]);
    let mut peaks: Vec<f64> = (0..n).filter(|&i| is_peak(i)).map(|i| totals[i]).collect();
    peaks.sort_by(f64::total_cmp);
    let median = match peaks.len() {
        0 => 0.0,
        count if count % 2 == 1 => peaks[count / 2],
        count => f64::midpoint(peaks[count / 2 - 1], peaks[count / 2]),
    };
    (0..n).rev().find(|&i| is_peak(i) && totals[i] >= 0.5 * median).unwrap_or(n - 1)
}

/// The beats without the weak ones before the first and after the last frame above the threshold.
pub(super) fn trimmed(scores: &[f64], mut beats: Vec<usize>, trim: Trim) -> Vec<usize> {
    let threshold = match trim {
        Trim::Silent => 0.0,
        Trim::Weak => {
            let smooth = smoothed(&beats.iter().map(|&beat| scores[beat]).collect::<Vec<_>>(), scores.len());
            0.5 * (smooth.iter().map(|x| x * x).sum::<f64>() / smooth.len() as f64).sqrt()
        }
    };
    let first = scores.iter().position(|&score| score > threshold).unwrap_or(scores.len());
    let last = scores.iter().rposition(|&score| score > threshold).unwrap_or(0);
    beats.retain(|beat| (first..=last).contains(beat));
    beats
}

/// The convolution with a Hann window of five points without its first two values, at most `n` of them: as librosa cuts it, two
/// more than there are beats.
fn smoothed(beats: &[f64], n: usize) -> Vec<f64> {
    const WINDOW: [f64; 5] = [0.0, 0.5, 1.0, 0.5, 0.0];
    let term =
        |i: usize, k: usize| i.checked_sub(k).and_then(|j| beats.get(j)).map_or(0.0, |x| x * WINDOW[k]);
    (2..(n + 2).min(beats.len() + 4)).map(|i| (0..WINDOW.len()).map(|k| term(i, k)).sum()).collect()
}
