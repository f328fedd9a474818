//! The genre in the tags of songs, and the way back.

use std::fs;
use std::path::Path;

use cepstrum::dataset::load_audio;
use lofty::config::WriteOptions;
use lofty::file::{AudioFile, TaggedFileExt};
use lofty::tag::{ItemKey, ItemValue, Tag, TagItem};

use crate::support::{objects, own_folder, succeeds};

/// Audio files of several formats in the repository; none in a package.
fn songs_of_all_formats(dir: &Path) -> Vec<String> {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/dataset/tests/golden");
    let files = ["tone.flac", "tone.mp3", "tone.ogg", "tone_aac.m4a", "tone_opus.opus", "tone.aiff"];
    let there = files.iter().filter(|file| fs::copy(golden.join(file), dir.join("songs").join(file)).is_ok());
    there.map(|file| format!("songs/{file}")).collect()
}

#[test]
fn tags_are_written_only_when_asked_and_can_be_taken_back() {
    let dir = own_folder();
    let dir = dir.path();
    fs::create_dir_all(dir.join("songs")).unwrap();
    fs::copy(dir.join("music/dub/dub.00000.wav"), dir.join("songs/dub.wav")).unwrap();
    let contents = |songs: &[String]| -> Vec<Vec<u8>> {
        songs.iter().map(|song| fs::read(dir.join(song)).unwrap()).collect()
    };
    let samples = |songs: &[String]| -> Vec<Vec<f32>> {
        songs.iter().map(|song| load_audio(dir.join(song), 22_050).unwrap()).collect()
    };
    let wav = vec!["songs/dub.wav".to_owned()];
    let (before, sound) = (contents(&wav), samples(&wav));
    let classify = ["classify", "genre.safetensors", "songs", "--quiet", "--sure", "0.1"];
    let run = |options: &[&str]| succeeds(dir, &[&classify[..4], options].concat());
    run(&[]);
    let told = run(&["--tag", "log.jsonl", "--sure", "0", "--dry-run"]);
    assert!(told.contains("would be changed from no genre to"), "{told}");
    assert!(contents(&wav) == before && !dir.join("log.jsonl").exists(), "a dry run writes nothing");
    assert!(!run(&["--tag", "log.jsonl", "--sure", "1"]).contains("changed"), "nobody is that sure");

    let told = run(&["--tag", "log.jsonl", "--sure", "0"]);
    assert!(told.contains("was changed from no genre to"), "{told}");
    assert!(contents(&wav) != before && samples(&wav) == sound, "the audio stays");
    let again = run(&["--tag", "log.jsonl", "--sure", "0"]);
    assert!(!again.contains("changed"), "{again}");
    assert_eq!(fs::read_to_string(dir.join("log.jsonl")).unwrap().lines().count(), 1);
    succeeds(dir, &["untag", "log.jsonl"]);
    assert!(samples(&wav) == sound);
    assert!(!run(&["--tag", "other.jsonl", "--sure", "0"]).is_empty());
    let log = fs::read_to_string(dir.join("other.jsonl")).unwrap();
    assert!(log.contains(r#""before":[],"had_tag":false"#), "the tag is gone without a trace: {log}");
    // A file that someone else has changed meanwhile stays.
    fs::write(dir.join("songs/dub.wav"), &before[0]).unwrap();
    assert!(succeeds(dir, &["untag", "other.jsonl"]).contains("left alone"));
    assert!(contents(&wav) == before);
}

#[test]
fn tags_of_every_format_keep_all_else() {
    let dir = own_folder();
    let dir = dir.path();
    fs::create_dir_all(dir.join("songs")).unwrap();
    let songs = songs_of_all_formats(dir);
    if songs.is_empty() {
        eprintln!("skipped: the songs are in the repository");
        return;
    }
    // The songs are shorter than a segment: the verdicts come from a table that an earlier run left.
    let hash = |model: &str| {
        fs::create_dir_all(dir.join("one")).unwrap();
        fs::copy(dir.join("music/dub/dub.00000.wav"), dir.join("one/dub.wav")).unwrap();
        succeeds(dir, &["classify", model, "one", "--out", "one.csv", "--quiet"]);
        fs::read_to_string(dir.join("one.csv")).unwrap().trim_end().rsplit(',').next().unwrap().to_owned()
    };
    let hash = hash("genre.safetensors");
    let rows: Vec<_> = songs.iter().map(|song| format!("{song},märz & co,0.9,false,,{hash}\n")).collect();
    let rows = rows.concat();
    fs::write(dir.join("all.csv"), format!("file,genre,confidence,unlike_training,error,model\n{rows}"))
        .unwrap();
    // Two genres and a title stand there already.
    for song in &songs {
        let mut tagged = lofty::read_from_path(dir.join(song)).unwrap();
        let mut tag = Tag::new(tagged.primary_tag_type());
        for genre in ["Rock", "Jazz"] {
            tag.push(TagItem::new(ItemKey::Genre, ItemValue::Text(genre.to_owned())));
        }
        tag.insert_text(ItemKey::TrackTitle, "Ton".to_owned());
        tagged.insert_tag(tag);
        tagged.save_to_path(dir.join(song), WriteOptions::default()).unwrap();
    }
    let read = |key: ItemKey| -> Vec<Vec<String>> {
        let tags = songs.iter().map(|song| lofty::read_from_path(dir.join(song)).unwrap());
        tags.map(|it| it.primary_tag().unwrap().get_strings(key).map(str::to_owned).collect()).collect()
    };
    let samples = || -> Vec<Vec<f32>> {
        songs.iter().map(|song| load_audio(dir.join(song), 22_050).unwrap()).collect()
    };
    let (genres, titles, sound) = (read(ItemKey::Genre), read(ItemKey::TrackTitle), samples());
    assert!(genres.iter().all(|genres| !genres.is_empty()), "{genres:?}");
    succeeds(dir, &["classify", "genre.safetensors", "songs", "--out", "all.csv", "--tag", "log.jsonl"]);
    assert!(read(ItemKey::Genre).iter().all(|genres| genres == &["märz & co"]), "{:?}", read(ItemKey::Genre));
    assert_eq!(read(ItemKey::TrackTitle), titles);
    assert!(samples() == sound, "the audio stays");
    let told = objects(&succeeds(dir, &["untag", "log.jsonl", "--json"]));
    assert!(told.len() == songs.len() && told.iter().all(|change| change["undone"] == true), "{told:?}");
    assert_eq!((read(ItemKey::Genre), read(ItemKey::TrackTitle)), (genres, titles));
    assert!(samples() == sound, "the audio stays");
}
