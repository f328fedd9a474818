//! The file name extensions of the formats that are decoded.

/// Extensions, in lower case, of the formats that [`load_audio`](super::load_audio) decodes, sorted.
///
/// [`audio_files`](crate::audio_files) finds the files of a folder by this list. Decoding itself goes by the contents.
pub const EXTENSIONS: [&str; 31] = [
    "aac", "aif", "aifc", "aiff", "au", "caf", "flac", "m4a", "m4b", "m4r", "m4v", "mka", "mkv", "mov",
    "mp1", "mp2", "mp3", "mp4", "mpga", "oga", "ogg", "ogm", "ogv", "ogx", "opus", "rf64", "snd", "w64",
    "wav", "wave", "webm",
];

#[cfg(test)]
mod tests {
    use symphonia::core::formats::probe::ProbeableFormat;
    use symphonia::default::formats::{
        AdtsReader, FlacReader, IsoMp4Reader, MkvReader, MpaReader, OggReader, WavReader,
    };

    use super::EXTENSIONS;

    /// Extensions that symphonia's demuxers claim and whose contents are not decoded: encrypted files and Speex.
    const NOT_DECODED: [&str; 2] = ["m4p", "spx"];

    fn claimed<F: ProbeableFormat<'static>>() -> impl Iterator<Item = &'static str> {
        F::probe_data().iter().flat_map(|format| format.spec.extensions.iter().copied())
    }

    #[test]
    fn every_extension_of_a_demuxer_is_listed() {
        let all = claimed::<AdtsReader>()
            .chain(claimed::<FlacReader>())
            .chain(claimed::<IsoMp4Reader>())
            .chain(claimed::<MkvReader>())
            .chain(claimed::<MpaReader>())
            .chain(claimed::<OggReader>())
            .chain(claimed::<WavReader>());
        let missing: Vec<_> =
            all.filter(|name| !EXTENSIONS.contains(name) && !NOT_DECODED.contains(name)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn the_list_is_sorted_and_in_lower_case() {
        assert!(EXTENSIONS.is_sorted());
        assert!(EXTENSIONS.iter().all(|name| name.to_ascii_lowercase() == *name));
    }
}
