//! The texts of every picture, at 5 and at 50 classes: inside the picture, apart from each other, readable on their
//! background.

use cepstrum_eval::plot::{Picture, Style, Theme};

use crate::gallery;
use crate::pixels::Pixels;
use crate::pixels::boxes::{self, TextBox};

/// The allowed overlap of two boxes in points: a box has the height of its tallest glyph over its whole width.
const SLACK: f64 = 0.5;
/// WCAG 2.1, level AA, text of any size.
const CONTRAST: f64 = 4.5;

fn pictures(numbers_of_classes: &[usize]) -> Vec<(String, Picture, Theme)> {
    let mut all = Vec::new();
    for theme in [Theme::Light, Theme::Dark] {
        for &n_classes in numbers_of_classes {
            let style = Style { theme, scale: 1.0, ..Style::default() };
            let named =
                |(name, picture)| (format!("{name} of {n_classes} classes, {theme:?}"), picture, theme);
            all.extend(gallery::all(n_classes, &style).unwrap().into_iter().map(named));
        }
    }
    all
}

#[test]
fn texts_are_inside_the_picture_and_do_not_overlap() {
    let mut wrong = Vec::new();
    for (name, picture, _) in pictures(&[5, 50]) {
        let boxes = boxes::of(&picture.to_svg().unwrap());
        assert!(boxes.len() > 5, "{name}");
        wrong.extend(outside(&boxes, picture.size()).map(|text| format!("{name}: {text:?} is outside")));
        for (i, one) in boxes.iter().enumerate() {
            let touching = boxes[i + 1..].iter().filter(|other| one.overlaps(other, SLACK));
            wrong.extend(touching.map(|other| format!("{name}: {:?} overlaps {:?}", one.text, other.text)));
        }
    }
    assert!(wrong.is_empty(), "{} problems:\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
}

fn outside(boxes: &[TextBox], size: [f32; 2]) -> impl Iterator<Item = &str> {
    boxes.iter().filter(move |text| !text.within(size)).map(|text| text.text.as_str())
}

#[test]
fn every_text_has_contrast_and_nothing_is_cut_off_at_the_border() {
    for (name, picture, theme) in pictures(&[5]) {
        let pixels = Pixels::of(&picture);
        let background = if theme == Theme::Light { [255; 3] } else { [0x16, 0x18, 0x1d] };
        assert!(pixels.border_is(background), "{name}");
        for text in boxes::of(&picture.to_svg().unwrap()) {
            let [x, y] = text.beside(1.6).map(|at| at.max(0.0) as u32);
            let written_on = pixels.at(x.min(pixels.width - 1), y.min(pixels.height - 1));
            let contrast = contrast(text.fill, written_on);
            assert!(contrast >= CONTRAST, "{name}: {:?} has {contrast:.1} on {written_on:?}", text.text);
        }
    }
}

/// The contrast ratio of WCAG 2.1.
fn contrast(a: [u8; 3], b: [u8; 3]) -> f64 {
    let luminance = |color: [u8; 3]| {
        let [r, g, b] = color.map(|channel| {
            let share = f64::from(channel) / 255.0;
            if share <= 0.040_45 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    };
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn overlap_is_measured_for_rotated_texts_too() {
    let svg = |second: &str| {
        format!(
            "<text x=\"10\" y=\"20\" font-size=\"10\" fill=\"#000000\">blues</text>\n\
             <text x=\"20\" y=\"{second}\" font-size=\"10\" fill=\"#000000\">jazz</text>"
        )
    };
    let overlap = |second: &str| {
        let boxes = boxes::of(&svg(second));
        boxes[0].overlaps(&boxes[1], 0.0)
    };
    assert!(overlap("22") && !overlap("40"));
    // Rotated upward about its start, the second text crosses the first; rotated downward, it does not.
    assert!(overlap("32\" transform=\"rotate(-90 20 32)"));
    assert!(!overlap("32\" transform=\"rotate(90 20 32)"));
}
