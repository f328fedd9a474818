//! A check of folders that should be GTZAN, its published faults, and the layouts of published tables of its features.
//!
//! [`REPETITIONS`] and [`DISTORTIONS`] are the files that Foleis and Tavares leave out of their GTZAN folds on the
//! advice of Sturm (2013): exact repetitions of another file, and audio distorted beyond recognition. The repeated file
//! follows from Sturm's index of artists and titles (2012) where that index leaves exactly one candidate; elsewhere it
//! is `None`. [`MISLABELINGS`] is far from complete: Sturm counts 43 conspicuous and 63 contentious mislabelings (2012),
//! but his tables identify them by artist and title, and only the one listed here was found published with its number.
//!
//! No file is left out of a set unless [`faulty_tracks`], or another list, is passed to
//! [`FeatureSet::excluding`](crate::FeatureSet::excluding).
//!
//! # References
//! - G. Tzanetakis and P. Cook, Musical genre classification of audio signals (2002), doi:10.1109/TSA.2002.800560
//! - B. L. Sturm, An analysis of the GTZAN music genre dataset (2012), doi:10.1145/2390848.2390851
//! - B. L. Sturm, The GTZAN dataset: its contents, its faults, their effects on evaluation, and its future use (2013),
//!   arXiv:1306.1461
//! - B. L. Sturm, These algorithms do not embody anything related to music genre (2012),
//!   <https://highnoongmt.wordpress.com/2012/03/30/these_algorithms_do_not_embody_anything_related_to_music_genre/>
//! - J. H. Foleis and T. F. Tavares, Texture selection for automatic music genre classification (2020),
//!   doi:10.1016/j.asoc.2020.106127

mod tables;

use std::fmt;

use crate::decode::AudioReader;
use crate::{Collection, Error, TrackList};

pub use tables::{FEATURE_COLUMNS, feature_table, filtered_split, tag_table};

/// The ten genres, in the order of their labels.
pub const GENRES: [&str; 10] =
    ["blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock"];
/// Number of tracks per genre.
pub const TRACKS_PER_GENRE: usize = 100;
/// Sample rate of every track, in Hz.
pub const SAMPLE_RATE: u32 = 22_050;
/// Shortest and longest track in seconds, with a margin for rounding.
pub const SECONDS: [f64; 2] = [29.8, 30.7];

/// A file that repeats another file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repetition {
    /// Genre of the file.
    pub genre: &'static str,
    /// Its number.
    pub number: u8,
    /// Genre and number of the repeated file, where the index of titles identifies it.
    pub of: Option<(&'static str, u8)>,
}

const fn repeats(genre: &'static str, number: u8, of: u8) -> Repetition {
    Repetition { genre, number, of: Some((genre, of)) }
}

const fn repeats_unnamed(genre: &'static str, number: u8) -> Repetition {
    Repetition { genre, number, of: None }
}

/// Files that exactly repeat another file; see the [module](self) for the sources.
pub const REPETITIONS: [Repetition; 50] = [
    repeats("disco", 51, 50),
    repeats("disco", 60, 55),
    repeats("disco", 70, 50),
    repeats("disco", 74, 71),
    repeats("disco", 89, 55),
    repeats("disco", 99, 98),
    repeats("hiphop", 45, 39),
    repeats("hiphop", 78, 76),
    repeats("jazz", 51, 33),
    repeats("jazz", 53, 34),
    repeats("jazz", 55, 35),
    repeats("jazz", 58, 36),
    repeats("jazz", 60, 37),
    repeats("jazz", 62, 38),
    repeats("jazz", 65, 39),
    repeats("jazz", 67, 40),
    repeats("jazz", 68, 42),
    repeats("jazz", 69, 43),
    repeats("jazz", 70, 44),
    repeats_unnamed("jazz", 71),
    repeats("jazz", 72, 46),
    repeats("metal", 13, 4),
    Repetition { genre: "metal", number: 58, of: Some(("rock", 16)) },
    repeats("metal", 61, 40),
    repeats("metal", 62, 41),
    repeats_unnamed("metal", 63),
    repeats("metal", 64, 43),
    repeats("metal", 65, 44),
    repeats("metal", 66, 45),
    repeats("metal", 94, 34),
    repeats_unnamed("pop", 22),
    repeats("pop", 31, 30),
    repeats("pop", 46, 45),
    repeats_unnamed("pop", 57),
    repeats("pop", 59, 56),
    repeats_unnamed("pop", 60),
    repeats("pop", 71, 67),
    repeats_unnamed("pop", 80),
    repeats("pop", 90, 87),
    repeats("reggae", 56, 5),
    repeats("reggae", 57, 8),
    repeats("reggae", 58, 13),
    repeats("reggae", 60, 10),
    repeats_unnamed("reggae", 65),
    repeats("reggae", 69, 41),
    repeats("reggae", 74, 73),
    repeats("reggae", 81, 80),
    repeats("reggae", 82, 80),
    repeats("reggae", 91, 75),
    repeats("reggae", 92, 75),
];

/// Genre and number of the files distorted beyond recognition; see the [module](self) for the sources.
pub const DISTORTIONS: [(&str, u8); 2] = [("pop", 37), ("reggae", 86)];

/// A file in the folder of the wrong genre.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mislabeling {
    /// Genre of its folder.
    pub genre: &'static str,
    /// Its number.
    pub number: u8,
    /// Genre of the recording.
    pub belongs_to: &'static str,
    /// Artist and title, which identify the recording.
    pub title: &'static str,
}

/// Files whose label is wrong beyond doubt; see the [module](self) for the source and the gaps.
///
/// [`faulty_tracks`] does not include them, since the published lists keep mislabeled files.
pub const MISLABELINGS: [Mislabeling; 1] = [Mislabeling {
    genre: "disco",
    number: 27,
    belongs_to: "hiphop",
    title: "The Sugarhill Gang, Rapper's Delight",
}];

/// Names of all files in [`REPETITIONS`] and [`DISTORTIONS`].
#[must_use]
pub fn faulty_tracks() -> TrackList {
    let repetitions = REPETITIONS.iter().map(|repetition| (repetition.genre, repetition.number));
    repetitions.chain(DISTORTIONS).map(|(genre, number)| file_stem(genre, number)).collect()
}

/// The differences between a folder and GTZAN as it was published.
#[derive(Debug, Default)]
#[must_use]
pub struct Report {
    /// Genres that are missing.
    pub missing_genres: Vec<&'static str>,
    /// Classes that GTZAN does not have.
    pub other_classes: Vec<String>,
    /// Tracks of GTZAN that are missing.
    pub missing_tracks: Vec<String>,
    /// Tracks that GTZAN does not have.
    pub other_tracks: Vec<String>,
    /// Tracks that cannot be decoded, with their causes; in the Kaggle copy `jazz/jazz.00054.wav`.
    pub undecodable: Vec<(String, Error)>,
    /// Tracks with another sample rate, in Hz.
    pub other_rates: Vec<(String, u32)>,
    /// Tracks with another length, in seconds.
    pub other_lengths: Vec<(String, f64)>,
}

impl Report {
    /// Returns whether the folder is GTZAN as it was published.
    pub fn is_empty(&self) -> bool {
        self.missing_genres.is_empty()
            && self.other_classes.is_empty()
            && self.missing_tracks.is_empty()
            && self.other_tracks.is_empty()
            && self.undecodable.is_empty()
            && self.other_rates.is_empty()
            && self.other_lengths.is_empty()
    }
}

/// Compares a collection with GTZAN: its genres, its tracks, and the sample rate and length of every track.
///
/// Every track is decoded to its end.
pub fn check(collection: &impl Collection) -> Report {
    let classes = collection.classes();
    let is_genre = |class: &str| GENRES.contains(&class);
    let mut report = Report {
        missing_genres: GENRES
            .into_iter()
            .filter(|genre| !classes.iter().any(|class| class == genre))
            .collect(),
        other_classes: classes.iter().filter(|class| !is_genre(class)).cloned().collect(),
        ..Report::default()
    };
    let mut expected: Vec<String> = GENRES
        .iter()
        .filter(|genre| !report.missing_genres.contains(genre))
        .flat_map(|genre| (0..TRACKS_PER_GENRE).map(|number| file_stem(genre, number as u8)))
        .collect();
    for index in 0..collection.n_tracks() {
        let track = collection.track(index);
        if !is_genre(&classes[track.class]) {
            continue;
        }
        let stem = track.name.rsplit_once('.').map_or(track.name.as_str(), |(stem, _)| stem);
        match expected.iter().position(|expected| expected == stem) {
            Some(position) => {
                expected.swap_remove(position);
                check_audio(collection, index, track.name, &mut report);
            }
            None => report.other_tracks.push(track.name),
        }
    }
    expected.sort_unstable();
    report.missing_tracks = expected;
    report
}

fn check_audio(collection: &impl Collection, index: usize, name: String, report: &mut Report) {
    match measure(collection, index) {
        Ok((rate, _)) if rate != SAMPLE_RATE => report.other_rates.push((name, rate)),
        Ok((_, seconds)) if !(SECONDS[0]..=SECONDS[1]).contains(&seconds) => {
            report.other_lengths.push((name, seconds));
        }
        Ok(_) => {}
        Err(error) => report.undecodable.push((name, error.into_cause())),
    }
}

/// Sample rate and length in seconds.
fn measure(collection: &impl Collection, index: usize) -> Result<(u32, f64), Error> {
    let Some(file) = collection.file(index) else {
        let n_samples = collection.load(index, SAMPLE_RATE)?.len();
        return Ok((SAMPLE_RATE, n_samples as f64 / f64::from(SAMPLE_RATE)));
    };
    let mut reader = AudioReader::open(file)?;
    while reader.next_block()?.is_some() {}
    Ok((reader.sample_rate(), reader.decoded() as f64 / f64::from(reader.sample_rate())))
}

/// `jazz/jazz.00054`.
fn file_stem(genre: &str, number: u8) -> String {
    format!("{genre}/{genre}.{number:05}")
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return writeln!(f, "this is GTZAN: 10 genres of 100 tracks of 30 s at 22,050 Hz");
        }
        for genre in &self.missing_genres {
            writeln!(f, "{genre}: the genre is missing")?;
        }
        for class in &self.other_classes {
            writeln!(f, "{class}: not a genre of GTZAN")?;
        }
        for track in &self.missing_tracks {
            writeln!(f, "{track}: missing")?;
        }
        for track in &self.other_tracks {
            writeln!(f, "{track}: not a track of GTZAN")?;
        }
        for (track, error) in &self.undecodable {
            writeln!(f, "{track}: {error}")?;
        }
        for (track, rate) in &self.other_rates {
            writeln!(f, "{track}: {rate} Hz instead of {SAMPLE_RATE}")?;
        }
        for (track, seconds) in &self.other_lengths {
            writeln!(f, "{track}: {seconds:.2} s instead of 30")?;
        }
        Ok(())
    }
}
