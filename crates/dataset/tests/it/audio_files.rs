//! The list of audio files in a folder.

use std::fs;

use cepstrum_dataset::decode::EXTENSIONS;
use cepstrum_dataset::{audio_files, load_audio};

use crate::common;

#[test]
fn the_audio_files_of_a_folder_are_sorted_and_a_file_is_its_own_list() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::create_dir_all(root.join("b/deep")).unwrap();
    for name in
        ["z.MP3", "a.wav", "cover.jpg", ".hidden.wav", "b/deep/song.ogg", "b/notes.txt", "noextension"]
    {
        fs::write(root.join(name), b"").unwrap();
    }
    let names = ["a.wav", "b/deep/song.ogg", "z.MP3"].map(|name| root.join(name));
    assert_eq!(audio_files(root).unwrap(), names);
    let odd = root.join("noextension");
    assert_eq!(audio_files(&odd).unwrap(), [odd]);
}

#[test]
fn every_extension_that_is_decoded_is_found() {
    let folder = tempfile::tempdir().unwrap();
    for extension in EXTENSIONS {
        fs::write(folder.path().join(format!("song.{extension}")), b"").unwrap();
    }
    assert_eq!(audio_files(folder.path()).unwrap().len(), EXTENSIONS.len());
}

#[test]
fn matroska_files_are_found_and_decoded() {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(common::golden("tone_flac.mka"), folder.path().join("a.mka")).unwrap();
    fs::copy(common::golden("tone_flac.mka"), folder.path().join("b.mkv")).unwrap();
    fs::copy(common::golden("tone_vorbis.webm"), folder.path().join("c.webm")).unwrap();
    let files = audio_files(folder.path()).unwrap();
    assert_eq!(files.len(), 3);
    for file in files {
        assert!(load_audio(&file, 22_050).unwrap().len() > 5_000, "{}", file.display());
    }
}

#[test]
fn an_empty_list_is_an_error_that_names_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let empty = audio_files(folder.path()).unwrap_err().to_string();
    assert_eq!(empty, format!("{}: no audio file in this folder", folder.path().display()));
    let missing = folder.path().join("nowhere");
    assert!(audio_files(&missing).unwrap_err().to_string().contains("nowhere"));
}
