//! The HTML of a report, element by element.

use std::fmt::Write as _;

use super::super::Figure;
use super::super::data_uri::data_uri;
use crate::Result;
use crate::plot::{Picture, Style, escaped};

/// The width in points above which a picture scrolls on a phone instead of shrinking.
const MAX_SHRUNK_WIDTH: f32 = 800.0;

/// A page under construction.
#[derive(Debug, Default)]
pub(super) struct Html {
    text: String,
    /// Identifier and title of every section.
    contents: Vec<(String, String)>,
}

impl Html {
    /// Appends HTML.
    pub(super) fn raw(&mut self, html: &str) {
        self.text.push_str(html);
        self.text.push('\n');
    }

    /// Appends a heading that the table of contents lists.
    pub(super) fn section(&mut self, title: &str) {
        let id: String =
            title.chars().map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
        self.raw(&format!("<h2 id=\"{id}\">{}</h2>", escaped(title)));
        self.contents.push((id, title.to_owned()));
    }

    /// Appends a heading within a section.
    pub(super) fn heading(&mut self, title: &str) {
        self.raw(&format!("<h3>{}</h3>", escaped(title)));
    }

    /// Appends a paragraph.
    pub(super) fn paragraph(&mut self, text: &str) {
        self.raw(&format!("<p>{}</p>", escaped(text)));
    }

    /// Appends a paragraph in a softer color.
    pub(super) fn soft(&mut self, text: &str) {
        self.raw(&format!("<p class=\"soft\">{}</p>", escaped(text)));
    }

    /// Appends a table of numbers; the class `words` aligns all its columns left.
    pub(super) fn table(
        &mut self,
        class: &str,
        header: &[&str],
        rows: impl IntoIterator<Item = Vec<String>>,
    ) {
        let mut html = format!("<div class=\"scroll\" tabindex=\"0\"><table class=\"{class}\">");
        if !header.is_empty() {
            let cells = joined(header, |cell| format!("<th scope=\"col\">{}</th>", escaped(cell)));
            // Writing to a `String` cannot fail.
            let _ = write!(html, "<thead><tr>{cells}</tr></thead>");
        }
        html.push_str("<tbody>");
        for row in rows {
            let cells = joined(&row, |cell| format!("<td>{}</td>", escaped(cell)));
            let _ = write!(html, "<tr>{cells}</tr>");
        }
        html.push_str("</tbody></table></div>");
        self.raw(&html);
    }

    /// Appends a picture in both themes: a screen shows the one of its color scheme, paper the light one.
    pub(super) fn picture(&mut self, caption: &str, draw: impl Fn(&Style) -> Picture) -> Result<()> {
        let [light, dark] = [Style::default(), Style::dark()].map(|style| draw(&style));
        let svgs = [&*light.to_svg()?, &*dark.to_svg()?];
        self.embed(svgs, light.size(), [light.description(), caption], &|picture| picture);
        Ok(())
    }

    /// Appends a picture of the record.
    pub(super) fn figure(&mut self, figure: &Figure) {
        let svgs = [&*figure.light, &*figure.dark];
        self.embed(svgs, figure.size, [&figure.caption, &figure.caption], &|picture| picture);
    }

    /// Appends a picture of the record over which a cursor moves while a sound of the same [`listen`](Self::listen) plays.
    /// Its time axis begins at `start` seconds of the song and ends `seconds` later.
    pub(super) fn scene(&mut self, figure: &Figure, description: &str, start: f64, seconds: f64) {
        let svgs = [&*figure.light, &*figure.dark];
        let [left, right] = figure.time_axis.unwrap_or([0.0, 1.0]);
        self.embed(svgs, figure.size, [description, &figure.caption], &|picture| {
            format!(
                "<div class=\"scene\" data-left=\"{left:.5}\" data-right=\"{right:.5}\" data-start=\"{start:.3}\" \
                 data-seconds=\"{seconds:.3}\">{picture}<span class=\"cursor\" aria-hidden=\"true\" hidden></span></div>"
            )
        });
    }

    /// Begins a group of pictures and sounds that play together, and ends it.
    pub(super) fn listen(&mut self, fill: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        self.raw("<div class=\"listen\">");
        fill(self)?;
        self.raw("</div>");
        Ok(())
    }

    /// Appends a player; `start` is the second of the song at which the sound begins.
    pub(super) fn player(&mut self, name: &str, audio: &str, start: f64) {
        let (name, audio) = (escaped(name), escaped(audio));
        self.raw(&format!(
            "<audio controls preload=\"metadata\" aria-label=\"{name}\" data-start=\"{start:.3}\" src=\"{audio}\"></audio>"
        ));
    }

    fn embed(
        &mut self,
        svgs: [&str; 2],
        [width, height]: [f32; 2],
        [description, caption]: [&str; 2],
        around: &dyn Fn(String) -> String,
    ) {
        let [light, dark] = svgs.map(|svg| data_uri("image/svg+xml", svg.as_bytes()));
        let dark = format!("<source media=\"screen and (prefers-color-scheme: dark)\" srcset=\"{dark}\">");
        // A wide picture keeps a readable size on a phone and scrolls by itself.
        let wide = width > MAX_SHRUNK_WIDTH;
        let size = format!(" width=\"{width:.0}\" height=\"{height:.0}\"");
        let caption = if caption.is_empty() {
            String::new()
        } else {
            format!("<figcaption>{}</figcaption>", escaped(caption))
        };
        let alt = escaped(description);
        let picture = around(format!("<picture>{dark}<img src=\"{light}\" alt=\"{alt}\"{size}></picture>"));
        self.raw(&if wide {
            format!("<figure class=\"wide\"><div class=\"scroll\" tabindex=\"0\">{picture}</div>{caption}</figure>")
        } else {
            format!("<figure>{picture}{caption}</figure>")
        });
    }

    /// Returns the page.
    pub(super) fn page(self, title: &str, lead: &str) -> String {
        let links = joined(&self.contents, |(id, title)| {
            format!("<li><a href=\"#{id}\">{}</a></li>", escaped(title))
        });
        let (style, title) = (include_str!("style.css"), escaped(title));
        // A page without sounds needs no script.
        let script = if self.text.contains("<audio") {
            format!("<script>\n{}</script>\n", include_str!("cursor.js"))
        } else {
            String::new()
        };
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
             <link rel=\"icon\" href=\"data:,\">\n<style>\n{style}</style>\n</head>\n<body>\n<h1>{title}</h1>\n{lead}\n\
             <nav aria-label=\"Contents\"><ol>{links}</ol></nav>\n<main>\n{}</main>\n{script}</body>\n</html>\n",
            self.text
        )
    }
}

/// Concatenates the pieces of all items.
pub(super) fn joined<T>(items: &[T], piece: impl Fn(&T) -> String) -> String {
    items.iter().map(piece).collect::<Vec<_>>().concat()
}

/// A list of sentences, given without their full stops.
pub(super) fn list(sentences: &[impl ToString]) -> String {
    let items = joined(sentences, |sentence| format!("<li>{}.</li>", escaped(&sentence.to_string())));
    format!("<ul>{items}</ul>")
}
