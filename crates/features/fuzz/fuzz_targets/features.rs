//! Every feature with any settings, legal or absurd, and any samples: the result is an error, or finite values. MFCCs have a
//! target of their own, `config`.
#![no_main]

use cepstrum_dsp::{MelConfig, Padding, StftConfig, Window};
use cepstrum_features::{
    BeatTracker, BeatTrackerConfig, ChromaConfig, ChromaCqt, ChromaCqtConfig, Cqt, CqtConfig, DescriptorsConfig,
    Fbank, FbankConfig, Feature, FeaturePlan, Hpss, HpssConfig, KaldiMfcc, KaldiMfccConfig, LogMelConfig,
    OnsetStrengthConfig, PcenConfig, PolyFeaturesConfig, Pyin, PyinConfig, SilenceConfig, SpectralContrastConfig,
    SpectralFlatnessConfig, Summary, SummaryConfig, Tempo, TempoConfig, Tempogram, TempogramConfig, Yin, YinConfig,
    delta, pcen, pitch_shift, split, time_stretch, tonnetz,
};
use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use cepstrum_features::ndarray::Array2;

/// A count: mostly legal and small, sometimes absurd. Large legal counts are left out, as they only cost time and memory.
fn count(data: &mut Unstructured<'_>, most: usize) -> Result<usize> {
    if data.ratio(7, 8)? { data.int_in_range(1..=most) } else { Ok(data.arbitrary::<usize>()? | (1 << 40)) }
}

/// A setting: mostly up to `most`, sometimes any `f64`.
fn number(data: &mut Unstructured<'_>, most: u32) -> Result<f64> {
    if data.ratio(7, 8)? { Ok(f64::from(data.int_in_range(0..=1000 * most)?) / 1000.0) } else { data.arbitrary() }
}

fn stft(data: &mut Unstructured<'_>) -> Result<StftConfig> {
    Ok(StftConfig {
        n_fft: if data.ratio(1, 2)? { 1 << data.int_in_range(0..=12)? } else { count(data, 1500)? },
        hop_length: count(data, 1000)?,
        win_length: None,
        window: data.choose(&[Window::Hann, Window::Povey, Window::Rectangular])?.clone(),
        padding: *data.choose(&[Padding::None, Padding::Zero, Padding::Reflect, Padding::Edge])?,
    })
}

/// Samples within 1: of louder ones some values are documented to overflow.
fn samples(data: &mut Unstructured<'_>) -> Result<Vec<f32>> {
    let few: Vec<i16> = data.arbitrary()?;
    Ok(few.iter().cycle().take(50 * few.len().min(60)).map(|&x| f32::from(x) / 32_768.0).collect())
}

fn finite<'a>(values: impl IntoIterator<Item = &'a f32>) {
    assert!(values.into_iter().all(|x| x.is_finite()));
}

/// Asserts that the values of a result are finite; an error is legal.
macro_rules! check {
    ($found:expr) => {
        let found: cepstrum_features::Result<_> = (|| Ok($found))();
        if let Ok(found) = found {
            finite(found.iter());
        }
    };
}

fn run(data: &mut Unstructured<'_>) -> Result<()> {
    let (sample_rate, stft) = (data.arbitrary::<u32>()? % 100_000, stft(data)?);
    let mel = MelConfig { n_mels: count(data, 100)?, f_min: number(data, 1000)?, ..MelConfig::default() };
    let log_mel = LogMelConfig { sample_rate, stft: stft.clone(), mel, ..LogMelConfig::default() };
    let (lag, max_size) = (count(data, 5)?, count(data, 9)?);
    let (f_min, n_bands, quantile) = (number(data, 3000)?, count(data, 8)?, number(data, 1)?);
    let (power, order) = (number(data, 4)?, count(data, 9)?);
    let n_bins = count(data, 30)?;
    let (hop_length, length) = (count(data, 500)?, count(data, 600)?);
    let (rate, n_steps) = (number(data, 4)?, number(data, 80)?);
    let samples = samples(data)?;
    let onset = OnsetStrengthConfig { log_mel, lag, max_size, ..OnsetStrengthConfig::default() };
    let chroma = ChromaConfig { sample_rate, stft: stft.clone(), ..ChromaConfig::default() };
    let contrast = SpectralContrastConfig { sample_rate, stft: stft.clone(), f_min, n_bands, quantile, ..Default::default() };
    for feature in [
        Feature::Chroma(chroma),
        Feature::Descriptors(DescriptorsConfig { sample_rate, stft: stft.clone(), ..DescriptorsConfig::default() }),
        Feature::SpectralContrast(contrast),
        Feature::SpectralFlatness(SpectralFlatnessConfig { stft: stft.clone(), power, amin: 1e-10 }),
        Feature::PolyFeatures(PolyFeaturesConfig { sample_rate, stft: stft.clone(), order }),
        Feature::OnsetStrength(onset.clone()),
    ] {
        if let Ok(found) = FeaturePlan::new(&[feature]).and_then(|mut plan| plan.process(&samples)) {
            found.iter().for_each(|values| finite(values));
            check!(delta(found[0].view(), length | 1, 1)?);
            if let Ok(found) = Summary::new(found[0].view(), &SummaryConfig::default()) {
                assert!(found.mean.iter().all(|x| x.is_finite()));
            }
        }
    }
    check!(Cqt::new(&CqtConfig { hop_length, f_min: f_min.max(50.0), n_bins, ..CqtConfig::default() })?.magnitudes(&samples)?);
    let octaves = ChromaCqtConfig { hop_length, f_min: f_min.max(50.0), n_octaves: n_bins % 4, ..ChromaCqtConfig::default() };
    check!(tonnetz(ChromaCqt::new(&octaves)?.process(&samples)?.view())?);
    check!(Hpss::new(&HpssConfig { stft: stft.clone(), harmonic_length: length, ..HpssConfig::default() })?.harmonic(&samples)?);
    let fbank = FbankConfig { frame_length: length, hop_length, n_mels: n_bins, f_min, ..FbankConfig::default() };
    check!(Fbank::new(&fbank)?.process(&samples)?);
    check!(KaldiMfcc::new(&KaldiMfccConfig { fbank, ..KaldiMfccConfig::default() })?.process(&samples)?);
    check!(Tempogram::new(&TempogramConfig { win_length: length, ..TempogramConfig::default() })?.process(&samples)?);
    check!(time_stretch(&samples, if rate < 0.05 { 1.0 } else { rate }, &stft)?);
    check!(pitch_shift(&samples, if n_steps > 24.0 { -n_steps / 4.0 } else { n_steps }, &stft)?);
    let energies = Array2::from_shape_fn((samples.len() / 2, 2), |(t, k)| samples[2 * t + k].abs());
    check!(pcen(energies.view(), &PcenConfig { hop_length, power, ..PcenConfig::default() })?);
    let (envelope, tempo) = (&samples[..samples.len().min(400)], TempoConfig { hop_length, ..TempoConfig::default() });
    if let Ok(tempo) = Tempo::new(&tempo).and_then(|mut tempo| tempo.process(envelope)) {
        assert!(tempo.is_finite());
    }
    if let Ok(beats) = BeatTracker::new(&BeatTrackerConfig { onset, ..BeatTrackerConfig::default() })
        .and_then(|mut beats| beats.process(&samples))
    {
        assert!(beats.tempo.is_finite() && beats.frames.is_sorted());
    }
    let yin = YinConfig { frame_length: length, hop_length, ..YinConfig::default() };
    if let Ok(pitches) = Yin::new(&yin).and_then(|mut worker| worker.process(&samples)) {
        assert!(pitches.iter().all(|hz| hz.is_finite()));
    }
    if let Ok(track) = Pyin::new(&PyinConfig { yin, ..PyinConfig::default() }).and_then(|mut worker| worker.process(&samples)) {
        assert!(track.voiced_probability.iter().all(|p| (0.0..=1.0).contains(p)));
    }
    let silence = SilenceConfig { frame_length: length, hop_length, ..SilenceConfig::default() };
    if let Ok(parts) = split(&samples, &silence) {
        assert!(parts.iter().all(|part| part.start < part.end && part.end <= samples.len()));
    }
    Ok(())
}

fuzz_target!(|data: &[u8]| {
    // Inputs too short for the settings are of no interest.
    let _ = run(&mut Unstructured::new(data));
});
