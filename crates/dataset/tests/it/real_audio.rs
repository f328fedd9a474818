//! Tests on real recordings, skipped where they are missing.

use cepstrum_dataset::decode::AudioReader;
use cepstrum_dataset::{AudioFolder, Collection, Damage, Error, ExtractConfig, Extraction, Segment};

use crate::common;

#[test]
fn whole_recordings_are_decoded_whole() {
    let Some(root) = common::real_audio("esc10") else { return };
    let folder = AudioFolder::scan(root).unwrap();
    assert_eq!((folder.classes().len(), folder.n_tracks()), (10, 400));
    for index in (0..400).step_by(10) {
        let mut reader = AudioReader::open(folder.file(index).unwrap()).unwrap();
        while reader.next_block().unwrap().is_some() {}
        assert_eq!(reader.sample_rate(), 44_100);
        assert_eq!(reader.declared_len(), Some(reader.decoded()));
        let seconds = reader.decoded() as f64 / 44_100.0;
        assert!((4.9..5.1).contains(&seconds), "{}: {seconds} s", folder.track(index).name);
    }
}

#[test]
fn real_clips_become_segments_of_one_second() {
    let Some(root) = common::real_audio("esc10") else { return };
    let small = tempfile::tempdir().unwrap();
    for class in ["001 - Dog bark", "009 - Rooster"] {
        let class_folder = small.path().join(class);
        std::fs::create_dir(&class_folder).unwrap();
        for entry in std::fs::read_dir(root.join(class)).unwrap().take(3) {
            let path = entry.unwrap().path();
            std::fs::copy(&path, class_folder.join(path.file_name().unwrap())).unwrap();
        }
    }
    let config = ExtractConfig { segment: Segment::Seconds(1.0), ..ExtractConfig::default() };
    let extracted = Extraction::new(config).run(&AudioFolder::scan(small.path()).unwrap()).unwrap();
    assert!(extracted.skipped.is_empty());
    assert_eq!(extracted.features.features().dim(), (30, 44, 13));
}

#[test]
fn an_ogg_cut_anywhere_is_damaged() {
    let Some(music) = common::real_audio("music") else { return };
    let whole = std::fs::read(music.join("solo_trumpet.ogg")).unwrap();
    let pages: Vec<usize> = (0..whole.len() - 4).filter(|&i| whole[i..].starts_with(b"OggS")).collect();
    assert!(pages.len() > 8);
    let middle = pages[pages.len() / 2];
    for length in [middle, middle + 100, *pages.last().unwrap(), whole.len() - 1] {
        let mut reader =
            AudioReader::new(std::io::Cursor::new(whole[..length].to_vec()), Some("ogg")).unwrap();
        let error = loop {
            match reader.next_block() {
                Ok(Some(_)) => {}
                Ok(None) => panic!("{length} of {} bytes count as whole", whole.len()),
                Err(error) => break error,
            }
        };
        let Error::Damaged { damage, decoded: 1.. } = error else { panic!("{error}") };
        assert!(matches!(damage, Damage::CutOff | Damage::NoLastPage), "{length} bytes: {damage}");
    }
}
