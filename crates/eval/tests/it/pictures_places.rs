//! Positions and colors that follow from the data, picture by picture.

use cepstrum_eval::metrics::{Calibration, RocCurve};
use cepstrum_eval::plot::{self, AttributionExample, Colormap, FrameRate, Picture, Style, TrackViews};
use cepstrum_eval::{Evaluation, ModelRun, SplitBy, results_chart};
use cepstrum_models::explain::DeletionInsertion;
use ndarray::{Array2, array};

use crate::pixels::{Pixels, elements, frames, images, number, points, texts};

/// The first series of the light theme, and its background.
const BLUE: [u8; 3] = [0x00, 0x72, 0xb2];
const WHITE: [u8; 3] = [0xff; 3];
/// Coordinates have two decimals in SVG; a shape may reach half a point beyond its value.
const NEAR: f64 = 0.6;
/// One frame per second.
const RATE: FrameRate = FrameRate { hop_length: 1, sample_rate: 1 };

fn style() -> Style {
    Style { scale: 1.0, ..Style::default() }
}

fn svg(picture: &Picture) -> String {
    picture.to_svg().unwrap()
}

fn contains(svg: &str, wanted: &[&str]) {
    let texts = texts(svg);
    for wanted in wanted {
        assert!(texts.iter().any(|text| text == wanted), "{wanted:?} is not among {texts:?}");
    }
}

fn near(a: f64, b: f64) {
    assert!((a - b).abs() < NEAR, "{a} is not {b}");
}

#[test]
fn bars_are_as_long_as_the_counts() {
    let picture = plot::class_counts(&[("blues", 80), ("jazz", 20)], &style());
    let svg = svg(&picture);
    // The first rectangle is the background.
    let bars = &elements(&svg, "rect")[1..];
    assert_eq!(bars.len(), 2);
    near(number(bars[0], "width"), 4.0 * number(bars[1], "width"));
    let middle = (number(bars[1], "x") as u32 + 20, number(bars[1], "y") as u32 + 6);
    assert_eq!(Pixels::of(&picture).at(middle.0, middle.1), BLUE);
    contains(&svg, &["blues", "jazz", "80", "20", "tracks", "Tracks of every class"]);
}

#[test]
fn whiskers_reach_one_deviation_to_either_side() {
    let run = |seed, split, test_accuracy| ModelRun { test_accuracy, ..ModelRun::new("cnn", split, seed) };
    let runs = [
        run(0, SplitBy::Segment, 0.7),
        run(1, SplitBy::Segment, 0.8),
        run(2, SplitBy::Segment, 0.9),
        run(0, SplitBy::Track, 0.6),
    ];
    let svg = svg(&results_chart(&runs, &style()));
    contains(&svg, &["80.0 ± 10.0", "60.0", "split by segment", "split by track", "accuracy (%)", "cnn"]);
    let wide = |rect: &&&str| number(rect, "width") > 50.0 && number(rect, "height") < 20.0;
    let all = elements(&svg, "rect");
    let bars: Vec<_> = all.iter().filter(wide).collect();
    let percent = number(bars[0], "width") / 80.0;
    near(number(bars[1], "width"), 60.0 * percent);
    let (left, middle) = (number(bars[0], "x"), number(bars[0], "y") + number(bars[0], "height") / 2.0);
    let whisker = elements(&svg, "polyline")
        .into_iter()
        .map(points)
        .find(|points| points.len() == 2 && points.iter().all(|point| (point[1] - middle).abs() < 0.1));
    let whisker = whisker.unwrap();
    near(whisker[0][0], left + 70.0 * percent);
    near(whisker[1][0], left + 90.0 * percent);
}

#[test]
fn a_waveform_is_filled_where_it_is_loud_and_a_line_where_it_is_silent() {
    let samples: Vec<f32> = (0..8000).map(|i| if i < 4000 { [0.5, -0.5][i % 2] } else { 0.0 }).collect();
    let picture = plot::waveform(&samples, 1000, &style());
    let svg = svg(&picture);
    contains(&svg, &["time (s)", "amplitude", "0", "4", "8", "Waveform"]);
    let [left, top, right, bottom] = frames(&svg)[0];
    let pixels = Pixels::of(&picture);
    let at =
        |x: f64, y: f64| pixels.at((left + x * (right - left)) as u32, (top + y * (bottom - top)) as u32);
    // Positions between grid lines: 0.29 and 0.21 of the way.
    assert_eq!([at(0.29, 0.21), at(0.29, 0.79), at(0.79, 0.21)], [BLUE, BLUE, WHITE]);
    assert_ne!(at(0.79, 0.5), WHITE);
}

#[test]
fn a_spectrum_peaks_where_its_largest_bin_is() {
    let frequencies: Vec<f32> = (0..=100).map(|bin| bin as f32 * 10.0).collect();
    let magnitudes: Vec<f32> = (0..=100).map(|bin| if bin == 25 { 40.0 } else { 1.0 }).collect();
    let svg = svg(&plot::spectrum(&frequencies, &magnitudes, &style()));
    contains(&svg, &["frequency (Hz)", "magnitude", "Magnitude spectrum"]);
    let [left, top, right, bottom] = frames(&svg)[0];
    let line = elements(&svg, "polyline").into_iter().map(points).max_by_key(Vec::len).unwrap();
    let peak = line.iter().min_by(|a, b| a[1].total_cmp(&b[1])).unwrap();
    near(peak[0], left + 0.25 * (right - left));
    near(peak[1], bottom - (bottom - top) / 1.05);
}

#[test]
fn a_heat_map_is_one_image_with_the_first_row_at_the_bottom_and_time_to_the_right() {
    let values = array![[0.0, 10.0], [5.0, f32::NAN], [2.5, 7.5]];
    for (colormap, picture) in [
        (Colormap::Viridis, plot::mfcc(&values, RATE, &style())),
        (Colormap::Magma, plot::spectrogram(&values, RATE, &Style { colormap: Colormap::Magma, ..style() })),
    ] {
        let svg = svg(&picture);
        assert_eq!(elements(&svg, "rect").len(), 1, "only the background is a rectangle");
        let images = images(&svg);
        assert_eq!(images.len(), 2);
        let (map, bar) = (&images[0], &images[1]);
        assert_eq!((map.width, map.height), (3, 2));
        let bottom = [0, 1, 2].map(|x| map.at(x, 1));
        assert_eq!(bottom, [0.0, 0.5, 0.25].map(|share| colormap.at(share)));
        assert_eq!([map.at(0, 0), map.at(1, 0)], [colormap.at(1.0), [0xee; 3]]);
        assert_eq!([bar.at(0, 0), bar.at(0, 255)], [colormap.at(1.0), colormap.at(0.0)]);
        // The same in the PNG.
        let [left, top, right, bottom] = frames(&svg)[0];
        let (x, y) = (left + (right - left) / 6.0, top + 0.75 * (bottom - top));
        assert_eq!(Pixels::of(&picture).at(x as u32, y as u32), colormap.at(0.0));
    }
    contains(&svg(&plot::mfcc(&values, RATE, &style())), &["time (s)", "coefficient", "MFCC", "0", "10"]);
    contains(&svg(&plot::spectrogram(&values, RATE, &style())), &["time (s)", "frequency (kHz)", "dB"]);
}

#[test]
fn empty_data_is_still_a_picture() {
    let none = Array2::zeros((0, 0));
    for picture in [
        plot::mfcc(&none, RATE, &style()),
        plot::spectrogram(&none, RATE, &style()),
        plot::timeline(&none, &[], 3.0, &style()),
        plot::waveform(&[], 22_050, &style()),
        plot::spectrum(&[], &[], &style()),
        plot::class_counts(&[], &style()),
        plot::results(&[], &style()),
        plot::roc(&[], &style()),
        plot::reliability(&[], &style()),
        plot::deletion_insertion(&[], &style()),
        plot::overview(&[], &style()),
        plot::attributions(&[], &style()),
    ] {
        let svg = svg(&picture);
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{}", picture.description());
        assert!(Pixels::of(&picture).width > 100);
    }
}

#[test]
fn the_overview_has_four_panels_per_track() {
    let (spectrogram, mfcc) = (Array2::zeros((20, 9)), Array2::ones((20, 13)));
    let views = |name| TrackViews {
        name,
        samples: &[0.1, -0.2, 0.3],
        frequencies: &[0.0, 100.0],
        magnitudes: &[1.0, 2.0],
        spectrogram: &spectrogram,
        mfcc: &mfcc,
        rate: RATE,
    };
    let svg = svg(&plot::overview(&[views("blues"), views("jazz")], &style()));
    // Per row, two heat maps and two color bars, each with a frame, and two panels of lines.
    assert_eq!((images(&svg).len(), frames(&svg).len()), (8, 12));
    contains(&svg, &["blues", "jazz", "amplitude", "magnitude", "frequency (kHz)", "coefficient"]);
}

#[test]
fn an_attribution_has_input_map_and_overlay_with_time_to_the_right() {
    let input = Array2::from_shape_fn((40, 13), |(t, c)| (t + c) as f32);
    let signed = Array2::from_shape_fn((40, 13), |(t, _)| if t < 20 { -1.0 } else { 1.0 });
    let cam = Array2::from_shape_fn((40, 13), |(t, _)| if t < 20 { 0.0 } else { 2.0 });
    let explained = |title| AttributionExample {
        title,
        input: &input,
        maps: vec![("saliency", &*signed)],
        overlays: vec![("Grad-CAM", &*cam)],
        rate: RATE,
    };
    let svg = svg(&plot::attributions(&[explained("right"), explained("wrong")], &style()));
    contains(&svg, &["right", "wrong", "input", "saliency", "Grad-CAM", "time (s)", "coefficient"]);
    let images = images(&svg);
    assert_eq!(images.len(), 12);
    let maps: Vec<&Pixels> = images.iter().step_by(2).take(3).collect();
    assert!(maps.iter().all(|map| (map.width, map.height) == (40, 13)));
    assert_eq!(maps[0].at(0, 12), Colormap::Viridis.at(0.0));
    assert_eq!([maps[1].at(0, 0), maps[1].at(39, 0)], [0.0, 1.0].map(|share| Colormap::BlueRed.at(share)));
    // A large value of the map covers the gray input.
    let [weak, strong] = [maps[2].at(10, 6), maps[2].at(30, 6)];
    assert!(strong[0] > weak[0] && strong[0] > strong[2] + 20, "{weak:?} {strong:?}");
}

#[test]
fn a_timeline_has_the_most_probable_class_on_top_and_a_dot_on_each_predicted_one() {
    let probabilities = array![[0.1, 0.9], [0.2, 0.8], [0.75, 0.25]];
    let classes = ["blues".to_owned(), "jazz".to_owned()];
    let svg = svg(&plot::timeline(&probabilities, &classes, 3.0, &style()));
    contains(&svg, &["blues", "jazz", "time (s)", "probability", "Genre over time", "0", "9"]);
    let map = &images(&svg)[0];
    assert_eq!([0, 1, 2].map(|x| map.at(x, 0)), [0.9, 0.8, 0.25].map(|share| Colormap::Viridis.at(share)));
    let [left, top, right, bottom] = frames(&svg)[0];
    for ((x, y), dot) in [(0.5, 0.25), (1.5, 0.25), (2.5, 0.75)].into_iter().zip(elements(&svg, "circle")) {
        near(points(dot)[0][0], left + x / 3.0 * (right - left));
        near(points(dot)[0][1], top + y * (bottom - top));
    }
}

#[test]
fn a_timeline_marks_no_class_without_a_row() {
    // Thirteen classes have twelve rows; the least probable class is predicted for the last of twenty segments.
    let probabilities = Array2::from_shape_fn((20, 13), |(t, class)| match (t, class) {
        (19, 12) => 1.0,
        (19, _) | (_, 12) => 0.0,
        (t, class) => {
            if t % 12 == class {
                0.56
            } else {
                0.04
            }
        }
    });
    let classes: Vec<String> = (0..13).map(|class| format!("class {class}")).collect();
    let svg = svg(&plot::timeline(&probabilities, &classes, 3.0, &style()));
    assert!(!texts(&svg).iter().any(|text| text == "class 12"));
    assert_eq!(elements(&svg, "circle").len(), 19);
}

#[test]
fn of_many_roc_curves_the_worst_have_colors_of_their_own() {
    let curve = |i: usize| {
        let rate = i as f64 / 20.0;
        RocCurve { false_positive: vec![0.0, 0.0, 1.0], true_positive: vec![0.0, rate, 1.0] }
    };
    let curves: Vec<(String, RocCurve)> = (0..20).map(|i| (format!("class {i}"), curve(i))).collect();
    let curves: Vec<(&str, &RocCurve)> = curves.iter().map(|(name, curve)| (name.as_str(), curve)).collect();
    let svg = svg(&plot::roc(&curves, &style()));
    contains(&svg, &["class 0 (0.500)", "class 13 (0.825)", "6 others (0.850 to 0.975)"]);
    assert!(!texts(&svg).iter().any(|text| text.starts_with("class 14")));
    assert_eq!(elements(&svg, "polyline").into_iter().filter(|line| points(line).len() == 3).count(), 20);
}

#[test]
fn calibration_and_roc_lie_where_their_shares_are() {
    let probabilities = array![[0.95, 0.05], [0.85, 0.15], [0.65, 0.35], [0.75, 0.25]];
    let classes = ["blues".to_owned(), "jazz".to_owned()];
    let evaluation = Evaluation::from_probabilities(&[0, 0, 1, 0], probabilities, &classes).unwrap();
    let calibration = Calibration::from_evaluation(&evaluation, 2).unwrap();
    let drawn = svg(&plot::reliability(&[("as trained", &calibration)], &style()));
    contains(&drawn, &["confidence (%)", "accuracy (%)", "Reliability"]);
    let [left, top, right, bottom] = frames(&drawn)[0];
    let dot = points(elements(&drawn, "circle").last().unwrap())[0];
    near(dot[0], left + 0.8 * (right - left));
    near(dot[1], bottom - 0.75 * (bottom - top));

    let curve: RocCurve = evaluation.roc_curve(1).unwrap();
    let drawn = svg(&plot::roc(&[("jazz", &curve)], &style()));
    contains(&drawn, &["false positives (%)", "true positives (%)", "jazz (1.000)"]);
    let [left, top, ..] = frames(&drawn)[0];
    let line = elements(&drawn, "polyline").into_iter().map(points);
    assert!(
        line.into_iter().any(|line| line.iter().any(|&[x, y]| (x - left).abs() + (y - top).abs() < NEAR))
    );
}

#[test]
fn deletion_is_at_the_left_and_insertion_at_the_right() {
    let curves = |deletion: &[f32], insertion: &[f32]| DeletionInsertion {
        deletion: deletion.to_vec(),
        insertion: insertion.to_vec(),
    };
    let (good, random) =
        (curves(&[0.9, 0.2, 0.1], &[0.1, 0.8, 0.9]), curves(&[0.9, 0.5, 0.1], &[0.1, 0.5, 0.9]));
    let svg = svg(&plot::deletion_insertion(&[("Grad-CAM", &good), ("random", &random)], &style()));
    contains(&svg, &["Grad-CAM (areas 0.350, 0.650)", "random (areas 0.500, 0.500)", "mean probability"]);
    contains(&svg, &["replaced (% of the input)", "shown (% of the input)", "0", "100"]);
    let lines: Vec<_> =
        elements(&svg, "polyline").into_iter().map(points).filter(|line| line.len() == 3).collect();
    assert_eq!(lines.len(), 4);
    for (panel, (line, middle)) in frames(&svg).into_iter().zip([(&lines[0], 0.2), (&lines[2], 0.8)]) {
        let [left, top, right, bottom] = panel;
        near(line[1][0], f64::midpoint(left, right));
        near(line[1][1], bottom - middle * (bottom - top));
    }
}
