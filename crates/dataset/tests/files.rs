//! Listing audio files without labels.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;

use cepstrum_dataset::audio_files;

#[test]
fn a_folder_gives_its_audio_files_by_path_and_a_file_itself() {
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
fn nothing_to_list_is_an_error_that_names_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let empty = audio_files(folder.path()).unwrap_err().to_string();
    assert_eq!(empty, format!("{}: no audio file in this folder", folder.path().display()));
    let missing = folder.path().join("nowhere");
    assert!(audio_files(&missing).unwrap_err().to_string().contains("nowhere"));
}
