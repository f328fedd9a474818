//! How the program behaves where something is wrong or narrow.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::{cepstrum, fails, objects, program, succeeds, trained};

#[test]
fn what_makes_no_sense_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    assert!(fails(dir, &["clasify"], 2).contains("'classify'"));
    assert!(fails(dir, &["check", "nowhere"], 1).contains("nowhere"));
    assert!(fails(dir, &["train", "nowhere"], 1).contains("nowhere"));
    assert!(fails(dir, &["train", "nowhere", "--models", "lojistic"], 2).contains("lojistic"));
    assert!(fails(dir, &["evaluate", "no.safetensors", "set.safetensors"], 1).contains("no.safetensors"));
    assert!(fails(dir, &["listen", "no.safetensors", "--rate", "44100"], 1).contains("no.safetensors"));
    fs::create_dir_all(dir.join("empty/jazz")).unwrap();
    assert!(fails(dir, &["check", "empty"], 1).contains("empty"));
}

#[test]
fn every_command_has_a_page_of_help_with_an_example() {
    let dir = Path::new(".");
    let help = succeeds(dir, &["--help"]);
    assert!(help.contains("Exit codes:") && help.contains("130"), "{help}");
    let commands =
        help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names: Vec<&str> = commands
        .filter(|line| !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(names.len() > 14, "{help}");
    for name in names.into_iter().filter(|name| *name != "help") {
        assert!(succeeds(dir, &[name, "--help"]).contains("Example"), "{name}");
    }
}

#[test]
fn a_model_of_a_newer_version_is_refused_by_its_name() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = fs::read(trained().join("genre.safetensors")).unwrap();
    // The description is a JSON text in the header's JSON; its first field is the version.
    let before = br#"{\"version\":"#;
    let at = bytes.windows(before.len()).position(|window| window == before).unwrap() + before.len();
    let newer = [&bytes[..at], b"9", &bytes[at + 1..]].concat();
    fs::write(dir.path().join("newer.safetensors"), newer).unwrap();
    for arguments in
        [&["classify", "newer.safetensors", "x.wav"][..], &["export", "newer.safetensors", "--onnx", "x"]]
    {
        let error = fails(dir.path(), arguments, 1);
        assert!(error.contains("newer.safetensors") && error.contains("version 9"), "{error}");
    }
}

#[test]
fn devices_are_named() {
    let error = fails(trained(), &["classify", "genre.safetensors", "x.wav", "--device", "tpu"], 2);
    assert!(error.contains("tpu") && error.contains("not a name of a device"), "{error}");
    let error = fails(trained(), &["train", "music", "--device", "cuda:1"], 2);
    assert!(error.contains("cuda"), "{error}");
    let song = "music/dub/dub.00000.wav";
    let told = |options: &[&str]| {
        objects(&succeeds(trained(), &[&["classify", "genre.safetensors", song, "--json"], options].concat()))
    };
    assert_eq!(told(&["--device", "cpu"]), told(&[]));
}

#[test]
fn threads_and_seeds_decide_what_they_should() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let (music, train) =
        (trained().join("music"), ["train", "--models", "ffnn1", "--epochs", "1", "--quiet"]);
    let mut models = Vec::new();
    for options in [["--threads", "1"], ["--threads", "2"], ["--seed", "1"]] {
        succeeds(dir, &[&train[..], &[music.to_str().unwrap()], &options].concat());
        models.push(fs::read(dir.join("genre.safetensors")).unwrap());
    }
    assert!(models[0] == models[1], "the number of threads changes a model");
    assert!(models[0] != models[2], "the seed does not change a model");
}

#[test]
fn quiet_leaves_only_results() {
    let dir = tempfile::tempdir().unwrap();
    let music = trained().join("music");
    let told = |quiet: &[&str]| {
        let arguments = ["train", music.to_str().unwrap(), "--models", "majority"];
        cepstrum(dir.path(), &[&arguments[..], quiet].concat())
    };
    assert!(told(&["--quiet"]).stderr.is_empty());
    assert!(String::from_utf8_lossy(&told(&[]).stderr).contains("training majority"));
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let store = trained().join("set.safetensors");
    let store = store.to_str().unwrap();
    let dir = tempfile::tempdir().unwrap();
    for arguments in [
        &["classify", "genre.safetensors", "music"][..],
        &["notebook", "--features", store, "--models", "majority,logistic"],
        &["completions", "bash"],
    ] {
        let here = if arguments[0] == "classify" { trained() } else { dir.path() };
        let mut child =
            program(here, arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let mut told = String::new();
        child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
        assert!(child.wait().unwrap().success(), "{arguments:?}: {told}");
        assert!(!told.contains("panicked") && !told.contains("Broken pipe"), "{arguments:?}: {told}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_told_and_leaves_no_half_files() {
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output =
        program(trained(), &["classify", "genre.safetensors", "music/dub"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("No space left"));

    // A disk of 300 kB, if this system lets its users mount one.
    let mount = "mkdir disk && mount -t tmpfs -o size=300k none disk";
    let in_namespace = |script: &str, dir: &Path| {
        Command::new("unshare").args(["-rm", "sh", "-c", script]).current_dir(dir).output()
    };
    let dir = tempfile::tempdir().unwrap();
    if !in_namespace(mount, dir.path()).is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: no file system can be mounted here");
        return;
    }
    fs::remove_dir(dir.path().join("disk")).unwrap();
    let (binary, music) = (env!("CARGO_BIN_EXE_cepstrum"), trained().join("music"));
    let music = music.display();
    let script = format!(
        "{mount} || exit 9
        {binary} synth disk/set --tracks 1 --seconds 6 --quiet && exit 8
        ls disk/set/*/* | wc -l; rm -r disk/set
        {binary} extract {music} disk/set.safetensors --quiet && exit 7
        {binary} classify {model} {music} --out disk/all.csv --sound disk/sound --quiet >/dev/null && exit 6
        ls -A disk | grep -v sound",
        model = trained().join("genre.safetensors").display(),
    );
    let output = in_namespace(&script, dir.path()).unwrap();
    let (told, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(errors.matches("No space left").count() >= 3, "{errors}");
    // One song of 265 kB fits, the next does not, and what was begun is gone; the table has its header at least.
    assert_eq!(told.lines().collect::<Vec<_>>(), ["1", "all.csv"], "{errors}");
}

#[test]
#[cfg(unix)]
fn a_folder_without_permission_is_named() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::os::unix::process::CommandExt;

    let dir = tempfile::tempdir().unwrap();
    let locked = dir.path().join("locked");
    fs::create_dir_all(locked.join("jazz")).unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).unwrap();
    let is_root = fs::metadata(dir.path()).unwrap().uid() == 0;
    let store = trained().join("set.safetensors");
    for arguments in [
        &["check", "locked"][..],
        &["train", "locked"],
        &["synth", "locked/set", "--tracks", "1", "--seconds", "3", "--quiet"],
        &["notebook", "--features", store.to_str().unwrap(), "--out", "locked/out"],
    ] {
        let mut command = program(dir.path(), arguments);
        if is_root {
            // Root may read everything; nobody may not.
            command.uid(65_534).gid(65_534);
        }
        let Ok(output) = command.output() else {
            eprintln!("skipped: another user cannot start the program here");
            break;
        };
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {error}");
        assert!(error.contains("locked") && error.contains("ermission denied"), "{arguments:?}: {error}");
    }
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o755)).unwrap();
}

/// What the program writes to a terminal of some width, if this system has `script`.
#[cfg(target_os = "linux")]
fn on_a_terminal(columns: u32, environment: &str, arguments: &str) -> Option<String> {
    let binary = env!("CARGO_BIN_EXE_cepstrum");
    let command = format!("stty cols {columns} rows 24 && {environment} {binary} {arguments}");
    let mut script = Command::new("script");
    script.args(["-qec", &command, "/dev/null"]).stdin(Stdio::null()).current_dir(trained());
    // `script` itself decides by these what the terminal can do.
    let output = script.env_remove("NO_COLOR").env("TERM", "xterm-256color").output();
    let Ok(output) = output else {
        eprintln!("skipped: no `script` here");
        return None;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
#[cfg(target_os = "linux")]
fn colors_are_for_terminals_that_want_them() {
    let song = "classify genre.safetensors music/dub/dub.00000.wav";
    let Some(colored) = on_a_terminal(80, "", song) else { return };
    assert!(colored.contains("\x1b[30;48;5;"), "{colored}");
    assert!(!on_a_terminal(80, "NO_COLOR=1", song).unwrap().contains('\x1b'));
    assert!(on_a_terminal(80, "NO_COLOR=", song).unwrap().contains('\x1b'), "empty counts as not set");
    assert!(!on_a_terminal(80, "NO_COLOR=1", "--help").unwrap().contains('\x1b'));
    assert!(
        !succeeds(trained(), &["classify", "genre.safetensors", "music/dub/dub.00000.wav"]).contains('\x1b')
    );
}

#[test]
#[cfg(target_os = "linux")]
fn forty_columns_are_enough() {
    let dir = tempfile::tempdir().unwrap();
    let long = dir.path().join("long");
    succeeds(dir.path(), &["synth", "long", "--tracks", "1", "--seconds", "200", "--quiet"]);
    let song = long.join("dub/dub.00000.wav");
    let song = format!("classify genre.safetensors {}", song.display());
    let Some(told) = on_a_terminal(40, "NO_COLOR=1", &song) else { return };
    // 66 segments: the line of the verdict may be long, the timeline is as wide as the terminal.
    let timeline: Vec<&str> = told.lines().skip(1).map(str::trim_end).collect();
    assert!(timeline.len() > 2 && timeline.iter().all(|line| line.chars().count() <= 40), "{told}");
    let letters = timeline.iter().take_while(|line| line.contains(':')).map(|line| line.chars().count() - 7);
    assert_eq!(letters.sum::<usize>(), 66, "{told}");
    // Help is broken between words.
    let help = on_a_terminal(40, "NO_COLOR=1", "train --help").unwrap();
    for line in help.lines().map(str::trim_end) {
        assert!(line.chars().count() <= 40 || line.split_whitespace().any(|word| word.len() > 24), "{line}");
    }
}
