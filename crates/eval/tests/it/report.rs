//! The report of a run.

use cepstrum_dataset::{ExtractConfig, Segment};
use cepstrum_eval::metrics::{Bootstrap, Spread};
use cepstrum_eval::{
    CalibrationRun, ClassCount, Comparison, CrossValidationRun, DataSummary, Evaluation, Figure, LeakageRun,
    Listening, ListeningRun, ModelRun, Run, Section, SkippedFile, SongRun, SplitBy, TruthRun, plot, report,
};
use cepstrum_models::explain::audible::{Audible, AudibleConfig};
use cepstrum_models::{Classifier, ModelMetadata, zoo};
use ndarray::array;

fn run() -> Run {
    // Audio by name only; nothing here plays it.
    let song = tempfile::Builder::new().suffix(".wav").tempfile().unwrap();
    std::fs::write(song.path(), b"RIFF").unwrap();
    let classes = ["R&B".to_owned(), "<rock>".to_owned()];
    let probabilities = array![[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.7, 0.3]];
    let test = Evaluation::from_probabilities(&[0, 0, 1, 1], probabilities, &classes).unwrap();
    let test = test.with_tracks(&[0, 0, 1, 1]).unwrap();
    let bootstrap = Bootstrap { resamples: 200, ..Bootstrap::default() };
    let model = |split, seed| {
        let calibration = Some(CalibrationRun::fit(&test, &test).unwrap());
        ModelRun {
            calibration,
            ..ModelRun::new("ffnn5", split, seed).with_evaluation(&test, &bootstrap).unwrap()
        }
    };
    let [mut by_segment, by_track] = [model(SplitBy::Segment, 7), model(SplitBy::Track, 7)];
    by_segment.test_accuracy = 0.9;
    let count = |name: &String| ClassCount { name: name.clone(), tracks: 1, segments: 2 };
    Run {
        command: "notebook --data 'my <music>'".into(),
        seed: 7,
        data: DataSummary {
            source: "a test".into(),
            classes: classes.iter().map(count).collect(),
            ..DataSummary::default()
        },
        skipped: vec![SkippedFile { path: "jazz/54.wav".into(), cause: "not audio".into() }],
        leakage: vec![LeakageRun {
            split: SplitBy::Segment,
            test_tracks: 2,
            shared_tracks: 1,
            near_duplicates: vec![["jazz/1.wav".into(), "jazz/2.wav".into()]],
        }],
        comparisons: vec![Comparison {
            chosen_by: "validation accuracy".into(),
            ..Comparison::from_evaluations(SplitBy::Track, [("ffnn5", &test), ("cnn", &test)]).unwrap()
        }],
        folds: vec![CrossValidationRun {
            name: "ffnn5".into(),
            split: SplitBy::Track,
            accuracy: Spread::from_values(&[0.5, 0.7]).unwrap(),
            track_accuracy: None,
        }],
        models: vec![by_segment, by_track],
        songs: vec![
            SongRun {
                name: "song.mp3".into(),
                classes: classes.to_vec(),
                verdict: vec![0.3, 0.7],
                segments: vec![vec![0.4, 0.6], vec![0.2, 0.8]],
                segment_seconds: 3.0,
                ..SongRun::default()
            }
            .with_audio(song.path())
            .unwrap(),
        ],
        ..Run::default()
    }
}

#[test]
fn an_evaluation_fills_in_the_record() {
    let model = &run().models[1];
    assert!((model.test_accuracy - 0.75).abs() < 1e-12);
    // Track 1: geometric means sqrt(0.2 * 0.7) against sqrt(0.8 * 0.3): rock.
    assert_eq!(model.track_accuracy, Some(1.0));
    assert_eq!(model.top_3, None);
    let interval = model.interval.unwrap();
    assert!(interval.low <= model.test_accuracy && model.test_accuracy <= interval.high);
    assert_eq!(model.calibration.as_ref().unwrap().before.bins.len(), 10);
}

#[test]
fn the_gap_between_the_splits_is_a_sentence() {
    let gaps = run().gaps();
    assert_eq!(gaps.len(), 1);
    assert_eq!(
        gaps[0].to_string(),
        "ffnn5 classifies 90.0 % of the test segments correctly when split by segment, 75.0 % when split by track: \
         training on other segments of the same tracks adds 15.0 percentage points"
    );
}

#[test]
fn the_page_is_complete_and_loads_nothing() {
    let page = report::html(&run()).unwrap();
    for title in [
        "Data",
        "Split and leakage",
        "Results",
        "Confusion matrices",
        "Calibration",
        "Classified songs",
        "Provenance",
    ] {
        let id: String = title.to_lowercase().replace(' ', "-");
        assert!(page.contains(&format!("<h2 id=\"{id}\">{title}</h2>")), "{title}");
        assert!(page.contains(&format!("href=\"#{id}\"")), "{title}");
    }
    for address in page.split("src=\"").skip(1).chain(page.split("srcset=\"").skip(1)) {
        assert!(address.starts_with("data:"), "{}", &address[..60]);
    }
    // The one script follows the sounds, and loads nothing.
    assert_eq!(page.matches("<script").count(), 1);
    for tag in [
        "<script src",
        "import",
        "fetch(",
        "<link rel=\"stylesheet",
        "http://",
        "https://",
        "<rock>",
        "my <music>",
    ] {
        assert!(!page.contains(tag), "{tag}");
    }
    assert!(page.contains("src=\"data:audio/wav;base64,UklGRg==\""));
    for sentence in [
        "split by segment: 1 of 2 test tracks have segments in training, 1 pair of near-duplicates with different names.",
        "split by track: only ffnn5 is correct on 0 tracks, only cnn on 0; the difference may be chance (exact \
         McNemar test, p = 1.000); models chosen by validation accuracy.",
        "60.0 ± 14.1",
        "<td>jazz/1.wav</td><td>jazz/2.wav</td>",
    ] {
        assert!(page.contains(sentence), "{sentence}");
    }
    // Every picture has a light and a dark version.
    assert_eq!(page.matches("<img ").count(), page.matches("<source ").count());
}

#[test]
fn an_empty_run_has_a_page() {
    let page = report::html(&Run::default()).unwrap();
    assert!(page.contains("No model was trained.") && !page.contains("NaN"));
    assert!(!page.contains("<script"), "a page without sounds needs no script");
}

/// A network on 1 s of MFCCs that has learned nothing.
fn model() -> Classifier {
    let config = ExtractConfig { segment: Segment::Seconds(1.0), ..ExtractConfig::default() };
    let metadata = ModelMetadata {
        classes: vec!["R&B".into(), "<rock>".into()],
        config: Some(config),
        standardizer: None,
    };
    zoo::ffnn(1, [44, 13], 2, 7).unwrap().with_metadata(metadata).unwrap()
}

/// The page plays every sound of an explanation, names it for a screen reader, states its size and follows it on the pictures.
#[test]
fn explanations_are_played() {
    let model = model();
    let mut audible = Audible::new(&model, AudibleConfig::default()).unwrap();
    // Louder than a file can hold.
    let samples: Vec<f32> = (0..22_050).map(|i| 2.0 * (i as f32 * 0.05).sin()).collect();
    let listening = Listening::compute(&mut audible, &samples, 1, "a <loud> tone").unwrap();
    assert_eq!(listening.sounds.len(), 5);
    assert!(listening.sounds.iter().all(|sound| sound.samples.len() == samples.len()));
    let record = ListeningRun::new(&listening, 3.0).unwrap();
    assert!((record.sounds[0].factor - 0.5).abs() < 1e-3);
    assert_eq!(record.bytes(), 5 * (44 + 2 * 22_050));
    let truth = record.truth.unwrap();
    assert!(
        (truth.share - 0.2).abs() < 1e-9
            && [truth.relevance, truth.loudness, truth.chance].concat().iter().all(|p| *p > 0.0)
    );
    let fails = |holds| TruthRun { relevance: [0.25, 0.5], holds, ..truth };

    let mut run = run();
    run.listening = vec![ListeningRun { truth: Some(fails(true)), ..record.clone() }];
    run.songs[0].listening = Some(ListeningRun { truth: Some(fails(false)), ..record });
    run.songs[0].without = vec!["without the drums it is still R&B".into()];
    let mut json = Vec::new();
    run.save_to(&mut json).unwrap();
    assert_eq!(Run::from_bytes(&json).unwrap(), run);
    let page = report::html(&run).unwrap();
    assert_eq!(page.matches("<audio controls").count(), 11);
    assert_eq!(
        page.matches("<audio").count(),
        page.matches("aria-label=\"").count() - 1,
        "one for the contents"
    );
    for text in [
        "aria-label=\"a &lt;loud&gt; tone, what spoke for &lt;rock&gt;\" data-start=\"3.000\"",
        "data-start=\"3.000\" data-seconds=\"1.000\"",
        "Scaled by 0.50: it was too loud for the file.",
        "1.0 s each; 221 kB of mono 16-bit WAV together.",
        "<li>without the drums it is still R&amp;B.</li>",
    ] {
        assert!(page.contains(text), "{text}");
    }
    assert_eq!(
        page.matches("The 20 % of the energy that matter most leave 25.0 % for &lt;rock&gt;").count(),
        2
    );
    assert_eq!(page.matches("Here the explanation fails its test").count(), 1);
    // A cursor over each spectrogram and over the song's timeline.
    assert_eq!(page.matches("class=\"cursor\"").count(), 3);

    let folder = tempfile::tempdir().unwrap();
    let files = listening.save(folder.path()).unwrap();
    assert_eq!(files.len(), 5);
    assert!(files.iter().all(|(path, factor)| path.is_file() && (0.0..=1.0).contains(factor)));
}

#[test]
fn a_page_is_made_from_its_record_alone() {
    let folder = tempfile::tempdir().unwrap();
    let [record, page] = ["run.json", "index.html"].map(|name| folder.path().join(name));
    let counts = run().data.classes;
    let counts: Vec<_> = counts.iter().map(|it| (it.name.as_str(), it.tracks)).collect();
    let draw = |style: &plot::Style| plot::class_counts(&counts, style);
    let figure = Figure::draw(Section::Tracks, "A caption.", draw).unwrap();
    assert!(figure.light.starts_with("<svg ") && figure.light != figure.dark);
    let whole = Run { figures: vec![figure], ..run() };
    whole.save(&record).unwrap();
    assert_eq!(Run::load(&record).unwrap(), whole);
    report::write(&record, &page).unwrap();
    let text = std::fs::read_to_string(&page).unwrap();
    assert_eq!(text, report::html(&whole).unwrap());
    assert!(text.contains("A caption.") && text.contains("Views of a track"));

    std::fs::write(&record, "{\"models\": 3}").unwrap();
    let error = report::write(&record, &page).unwrap_err().to_string();
    assert!(error.contains("run.json"), "{error}");
    assert_eq!(std::fs::read_to_string(&page).unwrap(), text);
}
