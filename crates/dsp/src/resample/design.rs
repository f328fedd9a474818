//! The chain of low-pass filters that reproduces libsoxr's results.
//!
//! The chain was derived from measurements of libsoxr's HQ quality, not from its source: the response to impulses at every
//! phase of a ratio determines the whole filter, and Kaiser-windowed sincs were fitted to the spectra of about thirty
//! ratios by least squares. They agree to 3e-7, the rounding noise of libsoxr's single precision, with one cut-off and a
//! few rules:
//!
//! - A falling rate is first halved by short half-band filters until the ratio is below 4. A rate that rises by more than
//!   4 is computed from a quarter of it, by a last filter that does not affect the pass band.
//! - One sharp filter forms the transition band, from 0.91374 to 1 of half the lower rate. If the remaining ratio has
//!   no factor above 4, or a product of at most 5, nothing more is needed.
//! - Other ratios have a second filter of 12 to 16 taps, which interpolates between the phases and lowers the end of the
//!   pass band by about 0.01 dB.
//! - The stop band's attenuation is shared between the stages: every additional stage increases the sharp filter's beta,
//!   and its length in proportion.
//!
//! The unit of time is one sample of the lower rate, the unit of frequency half the lower rate.

use super::low_pass::LowPass;
use super::pre_ringing::PreRinging;
use super::ratio::lowest_terms;

/// The cut-off of the sharp filter: midway between the end of the pass band, 0.91374, and the beginning of the stop band, 1.
const CUTOFF: f64 = 0.956_871_8;
/// The `beta` of a single stage, which attenuates by 126.4 dB.
const BETA: f64 = 13.04;
/// Increase of `beta` per dB of attenuation.
const BETA_PER_DB: f64 = 0.1115;
/// Length of the sharp filter per unit of `beta`.
const LENGTH_PER_BETA: f64 = 14.757;
/// The `beta` of the wide stage.
const WIDE_BETA: f64 = 14.065;
/// The cut-off of the wide stage where the rate rises.
const RISING: f64 = 1.817_85;
/// The cut-off of the wide stage where the rate falls by 1.5 to 2.
const FALLING_FAR: f64 = 1.8065;
/// The cut-off of the wide stage elsewhere, as nodes `(rate of the sharp filter's taps, cut-off)` of a linear interpolation.
const FALLING: [(f64, f64); 10] = [
    (2.02, 1.834),
    (2.15, 1.945),
    (2.1769, 1.9693),
    (2.4, 2.151),
    (2.7, 2.413),
    (2.7563, 2.4654),
    (2.9025, 2.5906),
    (3.3, 2.923),
    (3.6, 3.17),
    (3.95, 3.484),
];

/// One filter of the chain, with the rate of its output in units of the lower rate.
#[derive(Debug, Clone, Copy)]
struct Stage {
    filter: LowPass,
    rate: f64,
}

/// The filters for a reduced ratio, in the order of their application.
#[derive(Debug, Clone)]
pub(super) struct Design {
    /// Rate of the input, in units of the lower rate.
    rate: f64,
    halvings: Vec<Stage>,
    sharp: Stage,
    wide: Option<Stage>,
    wide_first: bool,
}

impl Design {
    pub(super) fn new(up: usize, down: usize) -> Self {
        let low = up.min(down) as f64;
        let (rate, target) = (down as f64 / low, up as f64 / low);
        let n_halvings = (0..20).take_while(|&s| down >= (4 * up) << s).count();
        let widened = up > 4 * down && !is_simple(up, down);
        // The remaining ratio, `l:m` in lowest terms.
        let (l, m) = lowest_terms(up << n_halvings, if widened { 4 * down } else { down });
        let ratio = m as f64 / l as f64;
        let single = is_simple(l, m);
        let n_stages = 1 + n_halvings + usize::from(widened);
        let sharing = 20.0 * (n_stages as f64).log10() + if single { 0.0 } else { 20.0 * 2.0_f64.log10() };
        let beta = BETA + BETA_PER_DB * sharing;

        // The rate at which the sharp filter has its taps.
        let taps_rate = match ratio {
            r if single => l as f64 * r.max(1.0),
            r if r < 1.0 || (r > 1.5 && r < 2.0) => 2.0,
            r if r <= 1.5 => 2.0 * r,
            r => r,
        };
        let step = if single && (l, m) == (4, 1) { 8.0 } else { 4.0 };
        let n_taps = step * (LENGTH_PER_BETA * beta * taps_rate / step).ceil() + 1.0;
        let sharp = LowPass { cutoff: CUTOFF, half: n_taps / taps_rate / 2.0, beta };
        let wide_first = !single && ratio > 1.5 && ratio < 2.0;
        let between = if single { target } else { taps_rate };
        // Half the length of a half-band filter, in samples of its input; longer where it must attenuate more.
        let half_band = if single { 17.5 } else { 19.5 };
        let halvings = (1..=n_halvings).map(|s| {
            let rate = rate / (1_u64 << s) as f64;
            let filter = LowPass { cutoff: rate, half: half_band / rate / 2.0, beta };
            Stage { filter, rate }
        });
        Self {
            rate,
            halvings: halvings.collect(),
            sharp: Stage { filter: sharp, rate: if wide_first { target } else { between } },
            wide: (!single).then(|| Stage {
                filter: interpolator(ratio, taps_rate),
                rate: if wide_first { between } else { target },
            }),
            wide_first,
        }
    }

    fn stages(&self) -> impl Iterator<Item = Stage> {
        let (first, last) =
            if self.wide_first { (self.wide, Some(self.sharp)) } else { (Some(self.sharp), self.wide) };
        self.halvings.iter().copied().chain(first).chain(last)
    }

    /// Half the length of the whole chain, in samples of the lower rate.
    pub(super) fn half(&self) -> f64 {
        self.stages().map(|stage| stage.filter.half).sum()
    }

    /// The response at the frequencies of a transform of `n` points at the higher rate, which is `ratio` times the lower
    /// one, up to half the lower rate. It is 1 in the pass band.
    pub(super) fn response(&self, n: usize, ratio: f64) -> Vec<f64> {
        let mut response = self.sharp.filter.sampled_response(n, ratio);
        // The stop band begins at 1: everything beyond is noise below -126 dB.
        response.truncate((n as f64 / ratio / 2.0).floor() as usize + 1);
        if let Some(wide) = self.wide {
            let taps = wide.filter.taps();
            let unit = taps.response(0.0);
            for (k, h) in response.iter_mut().enumerate() {
                *h *= taps.response(2.0 * k as f64 * ratio / n as f64) / unit;
            }
        }
        response
    }

    /// The correction for the beginning of a signal; `None` for a chain of a single filter.
    pub(super) fn pre_ringing(&self) -> Option<PreRinging> {
        let tables = || self.stages().map(|stage| (stage.filter.table(), stage.rate)).collect();
        (self.stages().count() > 1).then(|| PreRinging::new(self.rate, tables()))
    }
}

/// Returns whether a single filter covers the whole ratio.
fn is_simple(l: usize, m: usize) -> bool {
    l.max(m) <= 4 || l * m <= 5
}

/// The wide stage. Measured: its number of taps is even where the rate falls.
fn interpolator(ratio: f64, taps_rate: f64) -> LowPass {
    let (n_taps, rate, cutoff) = match ratio {
        r if r < 1.0 => (15.0, taps_rate, RISING),
        r if r > 1.5 && r < 2.0 => ((7.55 * r).ceil(), r, FALLING_FAR),
        _ if taps_rate < 2.16 => (16.0, taps_rate, between_nodes(taps_rate)),
        _ if taps_rate < 2.73 => (14.0, taps_rate, between_nodes(taps_rate)),
        _ => (12.0, taps_rate, between_nodes(taps_rate)),
    };
    LowPass { cutoff, half: n_taps / rate / 2.0, beta: WIDE_BETA }
}

/// Interpolates [`FALLING`] linearly.
fn between_nodes(x: f64) -> f64 {
    let right = FALLING.iter().position(|&(node, _)| x < node).unwrap_or(FALLING.len());
    let right = right.clamp(1, FALLING.len() - 1);
    let ((x0, y0), (x1, y1)) = (FALLING[right - 1], FALLING[right]);
    y0 + (x - x0) / (x1 - x0) * (y1 - y0)
}
