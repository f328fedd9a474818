//! Draws every picture of this crate, and a report, from made-up data: `cargo run -p cepstrum-eval --example gallery -- FOLDER`.

use std::path::Path;

use cepstrum_eval::metrics::{Bootstrap, Calibration, Temperature};
use cepstrum_eval::plot::{self, Colormap, Explained, FrameRate, Picture, Style, Theme, TrackViews};
use cepstrum_eval::{
    ClassCount, ConfusionMatrix, DataSummary, EpochReport, Error, Evaluation, Figure, History, ModelRun,
    Protocol, Run, Section, SkippedFile, SongRun, report,
};
use ndarray::Array2;

const GENRES: [&str; 10] =
    ["blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock"];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "gallery".to_owned());
    std::fs::create_dir_all(&folder)?;
    let folder = Path::new(&folder);
    let themes = [(Theme::Light, "light"), (Theme::Dark, "dark")];
    for (theme, suffix) in themes {
        let style = Style { theme, ..Style::default() };
        for (name, picture) in pictures(&style)? {
            for extension in ["png", "svg"] {
                picture.save(folder.join(format!("{name}-{suffix}.{extension}")))?;
            }
        }
    }
    record()?.save(folder.join("run.json"))?;
    report::write(folder.join("run.json"), folder.join("index.html"))?;
    println!("pictures and index.html in {}", folder.display());
    Ok(())
}

/// A run that holds every section of a report; its figures are the gallery's own.
fn record() -> Result<Run, Error> {
    let evaluation =
        evaluation()?.with_tracks(&(0..400).map(|i| i / 10 * 10 + i * 7 % 10).collect::<Vec<_>>())?;
    let mut run = Run {
        command: "gallery FOLDER".to_owned(),
        seed: 7,
        data: DataSummary {
            source: "made up".to_owned(),
            tracks: 800,
            segments: 8000,
            segment_seconds: 3.0,
            shape: [130, 13],
            classes: counts(10),
        },
        models: results(),
        ..Run::default()
    };
    run.skipped.push(SkippedFile {
        path: "jazz/jazz.00054.wav".into(),
        cause: "not audio: no known format".to_owned(),
    });
    let first = run
        .models
        .remove(0)
        .measured(&evaluation, &Bootstrap::default())?
        .calibrated(&evaluation, &evaluation)?;
    let layers = "dense (Dense)   [256]   432,896\n".repeat(3);
    run.models.insert(0, ModelRun { history: Some(history(60)), layers, ..first });
    run.models[1].history = Some(history(45));
    let figure = |section, name: &str, caption: &str| Figure {
        section,
        caption: caption.to_owned(),
        file: format!("{name}-light.png").into(),
        dark: Some(format!("{name}-dark.png").into()),
    };
    run.figures = vec![
        figure(
            Section::Tracks,
            "overview",
            "Waveform, spectrum, spectrogram and MFCCs of one track of every class.",
        ),
        figure(
            Section::Explanations,
            "explanation",
            "A segment that was classified right, and one that was not.",
        ),
    ];
    let rows = evaluation.probabilities().outer_iter().take(40).map(|row| row.to_vec());
    run.songs.push(SongRun {
        name: "a song <of mine> & yours.mp3".to_owned(),
        classes: evaluation.classes().to_vec(),
        verdict: vec![0.61, 0.2, 0.1, 0.09, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        segments: rows.collect(),
        segment_seconds: 3.0,
        truth: Some("jazz".to_owned()),
        ..SongRun::default()
    });
    Ok(run)
}

fn pictures(style: &Style) -> Result<Vec<(String, Picture)>, Error> {
    let mut all = Vec::new();
    for n_classes in [2, 5, 10, 50] {
        all.push((format!("confusion-{n_classes}"), plot::confusion(&matrix(n_classes)?, style)));
    }
    let greens = Style { colormap: Colormap::Greens, ..style.clone() };
    all.push(("confusion-greens".to_owned(), plot::confusion(&matrix(10)?, &greens)));
    let [first, second, third] = [60, 45, 80].map(history);
    all.push(("history".to_owned(), plot::history(&first, style)));
    let runs = [
        ("cnn:256-128-64-32 by track", &first),
        ("cnn:32-32-32-32 by track", &second),
        ("ffnn5 by segment", &third),
    ];
    all.push(("histories".to_owned(), plot::histories(&runs, style)));
    for n_classes in [5, 50] {
        all.push((format!("counts-{n_classes}"), plot::class_counts(&counts(n_classes), style)));
    }
    all.push(("results".to_owned(), plot::results(&results(), style)));
    all.extend(of_a_track(style));
    all.extend(of_an_evaluation(style)?);
    Ok(all)
}

fn counts(n_classes: usize) -> Vec<ClassCount> {
    let name = |class: usize| {
        GENRES.get(class).map_or_else(|| format!("R&B no. {class}"), |&genre| genre.to_owned())
    };
    let count = |class: usize| ClassCount { name: name(class), tracks: 100 - class * 7 % 40, segments: 1000 };
    (0..n_classes).map(count).collect()
}

fn results() -> Vec<ModelRun> {
    let models = [("ffnn1", 0.52), ("ffnn5", 0.66), ("cnn:32-32-32-32", 0.70), ("cnn:256-128-64-32", 0.87)];
    let mut runs = Vec::new();
    for (name, accuracy) in models {
        for seed in 0..3 {
            for (split, loss) in [(Protocol::Segment, 0.0), (Protocol::Track, 0.17)] {
                let test_accuracy = accuracy - loss + 0.02 * (seed as f64 - 1.0);
                runs.push(ModelRun { test_accuracy, ..ModelRun::new(name, split, seed) });
            }
        }
    }
    runs
}

const RATE: FrameRate = FrameRate { hop_length: 512, sample_rate: 22_050 };

fn of_a_track(style: &Style) -> Vec<(String, Picture)> {
    let samples: Vec<f32> = (0..22_050 * 8).map(|i| sample(i as f32 / 22_050.0)).collect();
    let frequencies: Vec<f32> = (0..20_000).map(|i| i as f32 * 11_025.0 / 20_000.0).collect();
    let magnitudes: Vec<f32> =
        frequencies.iter().map(|f| 900.0 * (-f / 900.0).exp() * (1.0 + (f / 37.0).sin()).abs()).collect();
    let spectrogram = Array2::from_shape_fn((345, 1025), |(t, bin)| {
        -(bin as f32) / 14.0 + 12.0 * (t as f32 / 9.0).sin() + 6.0 * (bin as f32 / 5.0).cos()
    });
    let coefficients = Array2::from_shape_fn((345, 13), |(t, c)| match c {
        0 => -320.0 + 60.0 * (t as f32 / 8.0).sin(),
        _ => 90.0 / c as f32 * (t as f32 / (5 + c) as f32).cos(),
    });
    let views = |name| TrackViews {
        name,
        samples: &samples,
        frequencies: &frequencies,
        magnitudes: &magnitudes,
        spectrogram: &spectrogram,
        mfcc: &coefficients,
        rate: RATE,
    };
    let rows = [views("blues"), views("a class of a very long name"), views("rock")];
    let input = coefficients.slice(ndarray::s![..130, ..]);
    let saliency = input.mapv(|v| (v / 40.0).sin().abs() * 0.02);
    let signed = input.mapv(|v| (v / 30.0).sin() * 0.02);
    let cam = Array2::from_shape_fn((15, 1), |(t, _)| (t as f32 / 3.0).sin().max(0.0));
    let explained = |title| Explained {
        title,
        input: &input,
        maps: vec![("SmoothGrad", &*saliency), ("Integrated Gradients", &*signed)],
        overlays: vec![("Grad-CAM", &*cam)],
        rate: RATE,
    };
    let segments = [
        explained("jazz.00012, segment 3: true jazz, predicted jazz (81 %)"),
        explained("true rock, predicted metal"),
    ];
    vec![
        ("waveform".to_owned(), plot::waveform(&samples, RATE.sample_rate, style)),
        ("spectrum".to_owned(), plot::spectrum(&frequencies, &magnitudes, style)),
        ("spectrogram".to_owned(), plot::spectrogram(&spectrogram, RATE, style)),
        ("mfcc".to_owned(), plot::mfcc(&coefficients, RATE, style)),
        ("overview".to_owned(), plot::overview(&rows, style)),
        ("explanation".to_owned(), plot::explanation(&segments, style)),
    ]
}

fn sample(seconds: f32) -> f32 {
    let beat = (-(seconds * 2.0).fract() * 6.0).exp();
    0.7 * beat * (seconds * 1400.0).sin() + 0.1 * (seconds * 9000.0).sin()
}

fn evaluation() -> Result<Evaluation, Error> {
    let classes: Vec<String> = GENRES.iter().map(|&genre| genre.to_owned()).collect();
    let truth: Vec<usize> = (0..400).map(|i| i * 7 % 10).collect();
    let mut probabilities = Array2::from_shape_fn((400, 10), |(i, class)| {
        let score =
            ((i * 131 + class * 977) as f32 * 0.7).sin() * 2.2 + if class == truth[i] { 2.6 } else { 0.0 };
        (1.6 * score).exp()
    });
    for mut row in probabilities.outer_iter_mut() {
        let sum = row.sum();
        row.mapv_inplace(|value| value / sum);
    }
    Evaluation::from_probabilities(&truth, probabilities, &classes)
}

fn of_an_evaluation(style: &Style) -> Result<Vec<(String, Picture)>, Error> {
    let before = evaluation()?;
    let song = before.probabilities().slice(ndarray::s![..70, ..]);
    let timeline = plot::timeline(&song, before.classes(), 3.0, style);
    let after = Temperature::fit(&before).recalibrated(&before)?;
    let [raw, tempered] = [Calibration::of(&before, 10)?, Calibration::of(&after, 10)?];
    let curves: Vec<_> =
        (0..10).filter_map(|class| before.roc_curve(class).ok().map(|roc| (GENRES[class], roc))).collect();
    let curves: Vec<_> = curves.iter().map(|(name, curve)| (*name, curve)).collect();
    Ok(vec![
        ("timeline".to_owned(), timeline),
        (
            "reliability".to_owned(),
            plot::reliability(&[("as trained", &raw), ("temperature", &tempered)], style),
        ),
        ("roc".to_owned(), plot::roc(&curves, style)),
    ])
}

/// A matrix with a strong diagonal, an empty row and a long name.
fn matrix(n_classes: usize) -> Result<ConfusionMatrix, Error> {
    let name = |class: usize| match (class, GENRES.get(class)) {
        (3, _) if n_classes == 5 => "a very long class name that nobody could fit anywhere".to_owned(),
        (_, Some(genre)) => (*genre).to_owned(),
        (_, None) => format!("R&B no. {class}"),
    };
    let classes: Vec<String> = (0..n_classes).map(name).collect();
    let count = |truth: usize, predicted: usize| match () {
        () if truth + 1 == n_classes && n_classes > 2 => 0,
        () if truth == predicted => 180 + (truth * 37 % 90) as u64,
        () => {
            (truth * 31 + predicted * 17 + truth * predicted * 7) as u64 % 23
                * u64::from((truth + predicted).is_multiple_of(3))
        }
    };
    let counts = (0..n_classes).map(|t| (0..n_classes).map(|p| count(t, p)).collect()).collect();
    ConfusionMatrix::from_counts(counts, &classes)
}

fn history(epochs: usize) -> History {
    let wave = |epoch: usize, factor: f64| (epoch as f64 * factor).sin();
    let epoch = |epoch: usize| {
        let t = epoch as f64 / 18.0;
        EpochReport {
            epoch,
            epochs: 60,
            train_loss: 2.2 * (-t).exp() + 0.12,
            train_accuracy: 1.0 - 0.88 * (-t).exp() - 0.03,
            validation_loss: Some(
                1.6 * (-1.3 * t).exp() + 0.55 + 0.08 * t * t / 4.0 + 0.05 * wave(epoch, 1.9),
            ),
            validation_accuracy: Some(0.78 - 0.6 * (-1.2 * t).exp() + 0.02 * wave(epoch, 2.3)),
            learning_rate: 1e-4,
            seconds: 1.5,
        }
    };
    (1..=epochs).map(epoch).collect::<History>().with_trivial_accuracy(0.1)
}
