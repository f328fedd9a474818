//! Every picture against `golden/pictures.txt`: size, all texts, and the mean colors of 8 x 6 blocks of its pixels.
//!
//! After an intended change run `CEPSTRUM_UPDATE_GOLDEN=1 cargo test -p cepstrum-eval --test it pictures_golden`, then
//! read the difference and look at the gallery.

use std::fmt::Write as _;
use std::path::Path;

use cepstrum_eval::plot::{Picture, Style, Theme};

use crate::gallery;
use crate::pixels::{Pixels, texts};

/// Columns and rows of blocks whose mean colors the golden file contains.
const BLOCKS: [u32; 2] = [8, 6];
/// The tolerance of a block in levels of 255: edges are anti-aliased in `f32`, which other processors may round
/// differently.
const TOLERANCE: u8 = 2;

struct Drawn {
    /// Name, size and texts.
    words: String,
    colors: Vec<[u8; 3]>,
}

fn drawn(name: &str, picture: &Picture) -> Drawn {
    let pixels = Pixels::of(picture);
    let [columns, rows] = BLOCKS;
    let part = |i: u32, parts: u32, length: u32| i * length / parts..(i + 1) * length / parts;
    let blocks = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
    let mean =
        |(row, column)| pixels.mean(part(column, columns, pixels.width), part(row, rows, pixels.height));
    let texts = texts(&picture.to_svg().unwrap()).join(" | ");
    let words = format!("{name}, {} x {}\n{texts}", pixels.width, pixels.height);
    Drawn { words, colors: blocks.map(mean).collect() }
}

fn all() -> Vec<Drawn> {
    let mut all = Vec::new();
    for theme in [Theme::Light, Theme::Dark] {
        let style = Style { theme, scale: 1.0, ..Style::default() };
        let pictures = gallery::all(5, &style).unwrap();
        all.extend(pictures.iter().map(|(name, picture)| drawn(&format!("{name}, {theme:?}"), picture)));
    }
    all
}

fn written(all: &[Drawn]) -> String {
    let mut text = String::new();
    for Drawn { words, colors } in all {
        let colors: Vec<String> = colors.iter().map(|[r, g, b]| format!("{r:02x}{g:02x}{b:02x}")).collect();
        writeln!(text, "{words}\n{}\n", colors.join(" ")).unwrap();
    }
    text
}

fn read(text: &str) -> Vec<Drawn> {
    let one = |entry: &str| {
        let (words, colors) = entry.rsplit_once('\n').unwrap();
        let color = |hex: &str| {
            let [_, channels @ ..] = u32::from_str_radix(hex, 16).unwrap().to_be_bytes();
            channels
        };
        Drawn { words: words.to_owned(), colors: colors.split(' ').map(color).collect() }
    };
    text.trim_end().split("\n\n").map(one).collect()
}

#[test]
fn no_picture_has_changed() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/pictures.txt");
    let all = all();
    if std::env::var_os("CEPSTRUM_UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, written(&all)).unwrap();
        return;
    }
    let golden = read(&std::fs::read_to_string(&path).unwrap());
    assert_eq!(all.len(), golden.len(), "another number of pictures");
    for (now, then) in all.iter().zip(&golden) {
        assert_eq!(now.words, then.words);
        for (i, (now_color, then_color)) in now.colors.iter().zip(&then.colors).enumerate() {
            let near = now_color.iter().zip(then_color).all(|(a, b)| a.abs_diff(*b) <= TOLERANCE);
            assert!(near, "{}\nblock {i} is {now_color:?}, was {then_color:?}", now.words);
        }
    }
}
