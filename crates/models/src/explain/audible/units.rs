//! Harmonic and percussive parts, bands and spans as the units of explanation.

use std::fmt;

use cepstrum_dataset::cepstrum_features::dsp::{Complex, InverseStft, Stft, StftConfig};
use cepstrum_dataset::cepstrum_features::{BeatTracker, BeatTrackerConfig, Hpss, HpssConfig};

use super::joiner::Joiner;
use crate::{Classification, Error, GenreClassifier, Result, argmax};

/// A part of a song that can be taken away.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Unit {
    /// What lasts: notes, by [harmonic-percussive separation](Hpss).
    Harmonic,
    /// What is broad and short: drums.
    Percussive,
    /// All frequencies from `low` to below `high`, Hz; infinity for no upper bound.
    Band {
        /// Lowest frequency.
        low: f64,
        /// Frequency behind the highest.
        high: f64,
    },
    /// The time from `start` to `end`, seconds, which becomes silent.
    Span {
        /// Begin.
        start: f64,
        /// End.
        end: f64,
    },
    /// Some bars of four beats, from `start` to `end` seconds, which become silent.
    Bars {
        /// The first bar, from 1.
        first: usize,
        /// The last bar.
        last: usize,
        /// Begin.
        start: f64,
        /// End.
        end: f64,
    },
}

/// The verdict on a song without one of its parts.
#[derive(Clone, Debug)]
pub struct UnitEffect {
    /// The part that is missing.
    pub unit: Unit,
    /// The verdict without it.
    pub classification: Classification,
}

/// Beats per bar of most popular music; the bars of a waltz are others.
const BEATS_PER_BAR: usize = 4;
/// Length of the blocks in which parts are separated, seconds.
const BLOCK_SECONDS: f64 = 20.0;
/// What is separated with a block at either side and thrown away, seconds: medians and frames reach that far.
const CONTEXT_SECONDS: f64 = 1.0;
/// Time over which a span fades, seconds: shorter ones click.
const FADE_SECONDS: f64 = 0.01;
/// Width over which a band fades, in bins to either side of its bound.
const FADE_BINS: f64 = 2.0;

impl Unit {
    /// The units of a song of `seconds`: both parts, the bands below 200 Hz, to 2 kHz and above, and `n_spans` spans of equal
    /// length.
    pub fn of_song(seconds: f64, n_spans: usize) -> Vec<Self> {
        let mut units = vec![Self::Harmonic, Self::Percussive];
        let bounds = [0.0, 200.0, 2_000.0, f64::INFINITY];
        units.extend(bounds.windows(2).map(|pair| Self::Band { low: pair[0], high: pair[1] }));
        let bound = |i: usize| seconds * i as f64 / n_spans as f64;
        units.extend((0..n_spans).map(|i| Self::Span { start: bound(i), end: bound(i + 1) }));
        units
    }

    /// The units of a song as [`of_song`](Self::of_song), with spans of whole bars: four beats each, as
    /// [`BeatTracker`] finds them, counted from the first beat. A song of fewer bars than spans is divided by time.
    ///
    /// # Errors
    /// [`Error::Dataset`] for samples that are none or not finite.
    pub fn of_song_in_bars(samples: &[f32], sample_rate: u32, n_spans: usize) -> Result<Vec<Self>> {
        let seconds = samples.len() as f64 / f64::from(sample_rate);
        let mut units = Self::of_song(seconds, n_spans);
        let bars = bar_starts(samples, sample_rate)?;
        if n_spans == 0 || bars.len() < n_spans {
            return Ok(units);
        }
        units.retain(|unit| !matches!(unit, Self::Span { .. }));
        let bound = |span: usize| span * bars.len() / n_spans;
        units.extend((0..n_spans).map(|span| {
            let (first, behind) = (bound(span), bound(span + 1));
            // What precedes the first beat belongs to the first bar, and what follows the last bar to it.
            let start = if first == 0 { 0.0 } else { bars[first] };
            let end = bars.get(behind).copied().unwrap_or(seconds);
            Self::Bars { first: first + 1, last: behind, start, end }
        }));
        Ok(units)
    }

    /// Returns the sound without this part. Memory beyond the result does not depend on its length.
    ///
    /// # Errors
    /// [`Error::Setting`] for a band or a span that ends before it begins or begins below 0, [`Error::Dataset`] for samples that
    /// are none or not finite.
    pub fn remove(self, samples: &[f32], sample_rate: u32) -> Result<Vec<f32>> {
        let rate = f64::from(sample_rate);
        match self {
            Self::Harmonic => by_blocks(samples, rate, &mut separation(Hpss::percussive)?),
            Self::Percussive => by_blocks(samples, rate, &mut separation(Hpss::harmonic)?),
            Self::Band { low, high } => {
                check_order("band", low, high)?;
                by_blocks(samples, rate, &mut band_stop(low, high, rate)?)
            }
            Self::Span { start, end } | Self::Bars { start, end, .. } => {
                check_order("span", start, end)?;
                // The distance from the span in fades, 0 to 1.
                let outside = |i: usize| {
                    let time = i as f64 / rate;
                    ((start - time).max(time - end) / FADE_SECONDS).clamp(0.0, 1.0) as f32
                };
                Ok(samples.iter().enumerate().map(|(i, x)| x * outside(i)).collect())
            }
        }
    }
}

/// The part in words: "the drums (percussive part)", "everything below 200 Hz".
impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Harmonic => f.write_str("the notes (harmonic part)"),
            Self::Percussive => f.write_str("the drums (percussive part)"),
            Self::Band { low, high } if low <= 0.0 => write!(f, "everything below {high} Hz"),
            Self::Band { low, high } if high.is_infinite() => write!(f, "everything above {low} Hz"),
            Self::Band { low, high } => write!(f, "everything from {low} to {high} Hz"),
            Self::Span { start, end } => write!(f, "the time from {start:.1} to {end:.1} s"),
            Self::Bars { first, last, start, end } if first == last => {
                write!(f, "bar {first} ({start:.1} to {end:.1} s)")
            }
            Self::Bars { first, last, start, end } => {
                write!(f, "bars {first} to {last} ({start:.1} to {end:.1} s)")
            }
        }
    }
}

/// The second at which each whole bar of four beats begins.
fn bar_starts(samples: &[f32], sample_rate: u32) -> Result<Vec<f64>> {
    let mut config = BeatTrackerConfig::default();
    config.onset.log_mel.sample_rate = sample_rate;
    let hop = config.onset.log_mel.stft.hop_length as f64 / f64::from(sample_rate);
    let beats = BeatTracker::new(&config).and_then(|mut tracker| tracker.process(samples));
    let beats = beats.map_err(cepstrum_dataset::Error::from)?;
    Ok(beats.frames.chunks_exact(BEATS_PER_BAR).map(|bar| bar[0] as f64 * hop).collect())
}

impl GenreClassifier {
    /// Classifies a song again without each of its parts.
    ///
    /// `samples` is mono at [`sample_rate`](Self::sample_rate).
    ///
    /// # Errors
    /// As [`classify_samples`](Self::classify_samples) and [`Unit::remove`].
    pub fn classify_without(&self, samples: &[f32], units: &[Unit]) -> Result<Vec<UnitEffect>> {
        let effect = |&unit: &Unit| {
            let rest = unit.remove(samples, self.sample_rate())?;
            Ok(UnitEffect { unit, classification: self.classify_samples(&rest)? })
        };
        units.iter().map(effect).collect()
    }
}

impl UnitEffect {
    /// The effect in words, beside the verdict on the whole song: "without everything below 200 Hz it is still techno, 84 %
    /// instead of 91 %", "without the drums (percussive part) it becomes ambient (62 %); techno falls from 91 to 7 %".
    pub fn in_words(&self, whole: &Classification) -> String {
        let percent = |classification: &Classification, class: usize| 100.0 * classification.song()[class];
        let class = |of: &Classification| argmax(&of.song().to_vec());
        let (before, after) = (class(whole), class(&self.classification));
        let name = |class: usize| &whole.classes()[class];
        let (was, is) = (percent(whole, before), percent(&self.classification, before));
        if before == after {
            return format!(
                "without {} it is still {}, {is:.0} % instead of {was:.0} %",
                self.unit,
                name(before)
            );
        }
        format!(
            "without {} it becomes {} ({:.0} %); {} goes from {was:.0} to {is:.0} %",
            self.unit,
            name(after),
            percent(&self.classification, after),
            name(before)
        )
    }
}

fn check_order(setting: &'static str, first: f64, last: f64) -> Result<()> {
    let bound = "a range that begins at 0 or later and before its end";
    if first >= 0.0 && last > first {
        return Ok(());
    }
    Err(Error::Setting { setting, bound, value: if first >= 0.0 { last } else { first } })
}

/// A step from a block of samples to as many others.
type Step<'a> = Box<dyn FnMut(&[f32]) -> Result<Vec<f32>> + 'a>;

/// One part of the harmonic-percussive separation.
fn separation(
    part: fn(&mut Hpss<f32>, &[f32]) -> cepstrum_dataset::cepstrum_features::Result<Vec<f32>>,
) -> Result<Step<'static>> {
    let mut hpss = Hpss::new(&HpssConfig::default()).map_err(cepstrum_dataset::Error::from)?;
    Ok(Box::new(move |samples| Ok(part(&mut hpss, samples).map_err(cepstrum_dataset::Error::from)?)))
}

/// The removal of a band of frequencies, which leaves the phases of the others as they are.
fn band_stop(low: f64, high: f64, rate: f64) -> Result<Step<'static>> {
    let config = StftConfig::default();
    let mut stft = Stft::<f32>::new(&config).map_err(cepstrum_dataset::Error::from)?;
    let mut inverse = InverseStft::new(&config).map_err(cepstrum_dataset::Error::from)?;
    let width = rate / config.n_fft as f64;
    let outside = move |bin: usize| {
        let hertz = bin as f64 * width;
        // A band from 0 Hz takes the constant along.
        let below = if low > 0.0 { low - hertz } else { f64::NEG_INFINITY };
        (below.max(hertz - high) / (FADE_BINS * width) + 0.5).clamp(0.0, 1.0) as f32
    };
    Ok(Box::new(move |samples| {
        let mut spectra: Vec<Complex<f32>> = stft.process(samples).map_err(cepstrum_dataset::Error::from)?;
        let n_bins = stft.n_bins();
        for frame in spectra.chunks_exact_mut(n_bins) {
            frame.iter_mut().enumerate().for_each(|(bin, z)| *z *= outside(bin));
        }
        Ok(inverse.process(&spectra, samples.len()).map_err(cepstrum_dataset::Error::from)?)
    }))
}

/// Applies a step to blocks with context at either side, and joins the results.
fn by_blocks(samples: &[f32], rate: f64, step: &mut Step<'_>) -> Result<Vec<f32>> {
    let [block, context] = [BLOCK_SECONDS, CONTEXT_SECONDS].map(|seconds| ((seconds * rate) as usize).max(1));
    let mut joiner = Joiner::new(context / 2);
    let mut joined = Vec::with_capacity(samples.len());
    let mut first = 0;
    loop {
        // A rest that is shorter than the context belongs to the last block.
        let boundary = Some(first + block).filter(|boundary| boundary + 2 * context < samples.len());
        let start = first.saturating_sub(context);
        let end = boundary.map_or(samples.len(), |boundary| boundary + context);
        joined.extend(joiner.join(start, &step(&samples[start..end])?, boundary));
        match boundary {
            Some(boundary) => first = boundary,
            None => return Ok(joined),
        }
    }
}
