//! Sounds of explanations, beside the pictures over which their cursor moves.

use super::super::{ListeningRun, SongRun, TruthRun};
use super::html::{Html, list};
use crate::Result;
use crate::plot::escaped;
use crate::table::percent;

/// What the sounds are, once for all.
const INTRODUCTION: &str = "Masks on the short-time transform divide the sound of a segment into what spoke for a class and what \
    spoke against it; both keep the segment's own phases. What the features keep is the sound that the model hears at all: its \
    phases are found anew. Percentages are the probabilities of the class when the model hears nothing but that sound.";

/// The sounds of the explained segments.
pub(super) fn segments(page: &mut Html, listening: &[ListeningRun]) -> Result<()> {
    if listening.is_empty() {
        return Ok(());
    }
    page.heading("Listen to what the model hears");
    page.paragraph(INTRODUCTION);
    for run in listening {
        page.listen(|page| {
            segment(page, run);
            Ok(())
        })?;
    }
    Ok(())
}

/// The segment of a song, within the song's own group.
pub(super) fn of_song(page: &mut Html, song: &SongRun) {
    if let Some(run) = &song.listening {
        segment(page, run);
    }
    if !song.without.is_empty() {
        page.paragraph("Without parts of the song:");
        page.raw(&list(&song.without));
    }
}

fn segment(page: &mut Html, run: &ListeningRun) {
    let description = format!("{}: spectrogram and mask", run.title);
    page.scene(&run.figure, &description, run.start, run.seconds);
    page.raw("<ul class=\"sounds\">");
    for sound in &run.sounds {
        let share = percent(f64::from(sound.probability));
        page.raw(&format!("<li><span>{}: {} {share} %</span>", escaped(&sound.name), escaped(&run.class)));
        if sound.audio.starts_with("data:audio/") {
            page.player(&format!("{}, {}", run.title, sound.name), &sound.audio, run.start);
        }
        if sound.factor < 1.0 {
            page.soft(&format!("Scaled by {:.2}: it was too loud for the file.", sound.factor));
        }
        page.raw("</li>");
    }
    page.raw("</ul>");
    if let Some(truth) = &run.truth {
        page.paragraph(&truth_in_words(truth, &run.class));
    }
    page.soft(&format!(
        "{:.1} s each; {} kB of mono 16-bit WAV together.",
        run.seconds,
        run.bytes().div_ceil(1000)
    ));
}

/// The test of an explanation, and what it means where it fails.
fn truth_in_words(truth: &TruthRun, class: &str) -> String {
    let share = |value: f32| percent(f64::from(value));
    let [kept, removed] =
        [0, 1].map(|part| [truth.relevance, truth.loudness, truth.chance].map(|pair| share(pair[part])));
    let measured = format!(
        "The {:.0} % of the energy that matter most leave {} % for {class} (the loudest {} %, a random choice {} %); without them {} % \
         are left ({} and {} %).",
        100.0 * truth.share,
        kept[0],
        kept[1],
        kept[2],
        removed[0],
        removed[1],
        removed[2]
    );
    if truth.holds {
        return measured;
    }
    format!(
        "{measured} Here the explanation fails its test: the model responds to something else than what is played."
    )
}
