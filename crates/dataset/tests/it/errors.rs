//! The messages of errors.

use cepstrum_dataset::{Error, FeatureSet, Groups, StoreFormat, load_audio};

/// The whole chain of causes in one line, as `anyhow` prints it for `main`.
fn chain(error: Error) -> String {
    format!("{:#}", anyhow::Error::from(error))
}

#[test]
fn a_report_of_the_whole_chain_repeats_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let missing = folder.path().join("missing.wav");
    let of_bytes = |bytes: &[u8], format| FeatureSet::read_from(bytes, format).unwrap_err();
    // The global pool can be built once only.
    let build = || rayon::ThreadPoolBuilder::new().build_global();
    let threads = build().and_then(|()| build());
    let errors = [
        load_audio(&missing, 22_050).unwrap_err(),
        load_audio(file("words.wav", b"words"), 22_050).unwrap_err(),
        load_audio(file("bad.au", b".snd\0\0"), 22_050).unwrap_err(),
        FeatureSet::load(file("bad.json", b"{")).unwrap_err(),
        FeatureSet::load(file("bad.safetensors", b"{")).unwrap_err(),
        Groups::read(file("bad.tsv", b"a\tb\xff")).unwrap_err(),
        of_bytes(b"[]", StoreFormat::Json),
        of_bytes(b"", StoreFormat::SafeTensors),
        Error::Threads { cause: threads.unwrap_err().into() },
    ];
    for error in errors {
        let message = error.to_string();
        assert_eq!(chain(error), message);
    }
}
