//! The scan of a folder with one subfolder per class.

use std::fs;

use cepstrum_dataset::{AudioFolder, Collection, Error};

fn names(folder: &AudioFolder) -> Vec<String> {
    (0..folder.n_tracks()).map(|i| folder.track(i).name).collect()
}

#[test]
fn classes_and_tracks_are_sorted_and_hidden_names_are_ignored() {
    let root = tempfile::tempdir().unwrap();
    for path in [
        "rock/b 2.wav",
        "rock/a.wav",
        "rock/.hidden.wav",
        "rock/live/c.wav",
        "jäzz é/ü.wav",
        "Blues/x.mp3",
        ".git/config",
        "LICENSE.md",
    ] {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, b"x").unwrap();
    }
    let folder = AudioFolder::scan(root.path()).unwrap();
    assert_eq!(folder.classes(), ["Blues", "jäzz é", "rock"]);
    assert_eq!(
        names(&folder),
        ["Blues/x.mp3", "jäzz é/ü.wav", "rock/a.wav", "rock/b 2.wav", "rock/live/c.wav"]
    );
    let classes: Vec<usize> = (0..folder.n_tracks()).map(|i| folder.track(i).class).collect();
    assert_eq!(classes, [0, 1, 2, 2, 2]);
    assert!(folder.file(4).unwrap().ends_with("rock/live/c.wav"));
    assert!(folder.skipped().is_empty());
}

#[test]
fn a_missing_folder_and_a_file_are_errors_that_name_it() {
    let root = tempfile::tempdir().unwrap();
    let missing = root.path().join("nowhere");
    let error = AudioFolder::scan(&missing).unwrap_err();
    assert!(matches!(error.cause(), Error::Io(_)));
    assert!(error.to_string().contains("nowhere"));

    let file = root.path().join("file.txt");
    fs::write(&file, b"x").unwrap();
    assert!(AudioFolder::scan(&file).unwrap_err().to_string().contains("file.txt"));
}

#[test]
fn a_folder_without_class_folders_is_an_error() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("loose.wav"), b"x").unwrap();
    let error = AudioFolder::scan(root.path()).unwrap_err();
    assert!(matches!(error.cause(), Error::NoClasses));
    assert_eq!(error.path(), Some(root.path()));
}

/// Makes empty files below a new folder.
fn folder_of(paths: &[&str]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for path in paths {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, b"x").unwrap();
    }
    root
}

#[test]
fn folders_without_audio_are_left_aside_and_listed() {
    let root = folder_of(&[
        "jazz/1.wav",
        "jazz/cover.jpg",
        "rock/2.opus",
        "__MACOSX/jazz/._1.wav",
        "images/jazz/1.PNG",
        "lists/songs.txt",
    ]);
    fs::create_dir(root.path().join("empty")).unwrap();
    let folder = AudioFolder::scan(root.path()).unwrap();
    assert_eq!(folder.classes(), ["jazz", "rock"]);
    assert_eq!(names(&folder), ["jazz/1.wav", "jazz/cover.jpg", "rock/2.opus"]);
    let skipped: Vec<_> = folder.skipped().iter().map(|skipped| skipped.path.to_str().unwrap()).collect();
    assert_eq!(skipped, ["__MACOSX", "empty", "images", "lists"]);
    assert!(folder.skipped().iter().all(|skipped| matches!(skipped.cause, Error::NoAudio)));

    let error = AudioFolder::scan(root.path().join("images")).unwrap_err();
    assert!(matches!(error.cause(), Error::NoClasses), "{error}");
}

#[test]
fn one_level_too_high_is_an_error_that_asks() {
    let root = folder_of(&[
        "genres_original/jazz/1.wav",
        "genres_original/rock/2.wav",
        "images_original/jazz/1.png",
    ]);
    let error = AudioFolder::scan(root.path()).unwrap_err();
    assert!(matches!(error.cause(), Error::OneLevelTooHigh { .. }), "{error}");
    let asked = format!("did you mean {}?", root.path().join("genres_original").display());
    assert!(error.to_string().ends_with(&asked), "{error}");

    // A class of its own may have folders beside its files.
    let root = folder_of(&["rock/1.wav", "rock/live/2.wav"]);
    assert_eq!(AudioFolder::scan(root.path()).unwrap().n_tracks(), 2);
}

#[cfg(unix)]
#[test]
fn links_are_followed_except_in_a_circle() {
    use std::os::unix::fs::symlink;

    let root = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    fs::write(elsewhere.path().join("far.wav"), b"x").unwrap();
    fs::create_dir_all(root.path().join("rock/live")).unwrap();
    fs::write(root.path().join("rock/near.wav"), b"x").unwrap();
    symlink(elsewhere.path(), root.path().join("jazz")).unwrap();
    symlink(root.path(), root.path().join("loop")).unwrap();
    symlink(root.path().join("rock"), root.path().join("rock/live/again")).unwrap();
    symlink(root.path().join("gone.wav"), root.path().join("rock/dangling.wav")).unwrap();

    let folder = AudioFolder::scan(root.path()).unwrap();
    assert_eq!(names(&folder), ["jazz/far.wav", "rock/near.wav"]);
    let skipped: Vec<_> = folder.skipped().iter().map(|skipped| skipped.path.to_str().unwrap()).collect();
    assert_eq!(skipped, ["loop", "rock/dangling.wav", "rock/live/again"]);
    assert!(matches!(folder.skipped()[0].cause, Error::FolderLoop));
    assert!(matches!(folder.skipped()[2].cause, Error::FolderLoop));
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_not_unicode_are_skipped() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("rock")).unwrap();
    fs::write(root.path().join("rock").join(OsStr::from_bytes(b"\xff.wav")), b"x").unwrap();
    let folder = AudioFolder::scan(root.path()).unwrap();
    assert_eq!(folder.n_tracks(), 0);
    assert!(matches!(folder.skipped()[0].cause, Error::NotUnicode));
}
