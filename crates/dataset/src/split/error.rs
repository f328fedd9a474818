//! The errors of splits and of lists of tracks.

/// Everything that can be wrong with a split, with a list of tracks or with groups.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SplitError {
    /// A split by track needs the track of each segment, and the set does not have it.
    #[error("the features have no track names: only a split by segment is possible")]
    TracksUnknown,
    /// A name in a list matches no track.
    #[error("entry {entry} of the list, \"{name}\", is not a track of the set")]
    UnknownTrack {
        /// Number of the entry, from 1; empty lines and comments do not count.
        entry: usize,
        /// The name.
        name: String,
    },
    /// A list names a track twice.
    #[error("entry {entry} of the list, \"{name}\", repeats an earlier one")]
    RepeatedTrack {
        /// Number of the entry, from 1; empty lines and comments do not count.
        entry: usize,
        /// The name.
        name: String,
    },
    /// A name in a list matches more than one track.
    #[error("the name \"{name}\" matches several tracks: add the class folder")]
    AmbiguousTrack {
        /// The name.
        name: String,
    },
    /// A line of a group file has no group.
    #[error("line {line} has no group: expected track<TAB>group")]
    NoGroupInLine {
        /// Line number, from 1.
        line: usize,
    },
    /// A track of the set is in no group.
    #[error("track \"{track}\" has no group")]
    TrackWithoutGroup {
        /// The track.
        track: String,
    },
    /// A track is in two groups.
    #[error("track \"{track}\" is in group \"{first}\" and in group \"{second}\"")]
    TrackInTwoGroups {
        /// The track.
        track: String,
        /// Its first group.
        first: String,
        /// Its second group.
        second: String,
    },
    /// A track is listed in two parts of a fixed split.
    #[error("track \"{track}\" is in two parts of the split")]
    TrackInTwoParts {
        /// The track.
        track: String,
    },
    /// A class has too few units to be in every part that needs it.
    #[error("class \"{class}\" has {available} {unit}{}: too few for {parts} parts", in_brackets(names))]
    TooFewInClass {
        /// The class.
        class: String,
        /// Number of its units.
        available: usize,
        /// The kind of unit: tracks, segments or groups.
        unit: &'static str,
        /// Names of the units; empty for segments.
        names: Vec<String>,
        /// Number of parts that need at least one unit each.
        parts: usize,
    },
    /// No assignment of whole groups was found that puts a class into every part.
    #[error(
        "class \"{class}\" cannot be represented in all {parts} parts: its groups also contain other classes{}",
        in_brackets(groups)
    )]
    EntangledGroups {
        /// The class.
        class: String,
        /// The groups with tracks of the class.
        groups: Vec<String>,
        /// Number of parts.
        parts: usize,
    },
    /// A split leaves one part without a segment.
    #[error("{total} segments are too few to split: the {part} part would be empty")]
    EmptyPart {
        /// The part.
        part: &'static str,
        /// Number of segments in the whole set.
        total: usize,
    },
}

/// Up to five names in parentheses.
fn in_brackets(names: &[String]) -> String {
    const SHOWN: usize = 5;
    if names.is_empty() {
        return String::new();
    }
    let more = if names.len() > SHOWN { ", ..." } else { "" };
    format!(" ({}{more})", names[..names.len().min(SHOWN)].join(", "))
}
