//! Model files: round trips, and everything that can be wrong with one.

use std::collections::HashMap;
use std::path::Path;

use crate::common::{SHAPE, Tensors, rewritten, set};
use cepstrum_models::zoo;
use cepstrum_models::{Classifier, Error, GenreClassifier, ModelMetadata, TrainConfig, Trainer};
use safetensors::Dtype;
use safetensors::tensor::TensorView;

fn trained() -> Classifier {
    let mut model = zoo::cnn([8, 6, 4, 4], SHAPE, 3, 1).unwrap();
    let config = TrainConfig { epochs: 1, ..TrainConfig::default() };
    Trainer::new(config).fit_unvalidated(&mut model, &set(40, 1)).unwrap();
    model
}

fn load_error(path: &Path) -> String {
    let error = Classifier::load(path).unwrap_err();
    let message = error.to_string();
    assert!(message.starts_with(&format!("{}: ", path.display())), "{message}");
    assert_eq!(GenreClassifier::load(path).unwrap_err().to_string(), message);
    message
}

#[test]
fn a_model_comes_back_to_the_bit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("genre.safetensors");
    let model = trained();
    model.save(&path).unwrap();
    let loaded = Classifier::load(&path).unwrap();
    assert_eq!(loaded.classes(), model.classes());
    assert_eq!(loaded.config(), model.config());
    assert_eq!(loaded.standardizer(), model.standardizer());
    assert!(loaded.standardizer().is_some());
    assert_eq!(loaded.summary(), model.summary());
    let data = set(33, 5);
    assert_eq!(loaded.predict_proba(&data).unwrap(), model.predict_proba(&data).unwrap());

    let again = folder.path().join("again.safetensors");
    loaded.save(&again).unwrap();
    assert_eq!(std::fs::read(&again).unwrap(), std::fs::read(&path).unwrap());
}

#[test]
fn a_truncated_file_is_named_at_any_length() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("genre.safetensors");
    trained().save(&path).unwrap();
    let whole = std::fs::read(&path).unwrap();
    let lengths = (0..whole.len()).step_by(whole.len() / 37).chain([whole.len() - 1]);
    for length in lengths {
        std::fs::write(&path, &whole[..length]).unwrap();
        let message = load_error(&path);
        assert!(message.contains("not a readable model file"), "{length} bytes: {message}");
    }
}

#[test]
fn a_missing_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    load_error(&folder.path().join("nowhere.safetensors"));
}

/// The message for a file with other metadata or tensors.
fn changed(change: impl FnOnce(&mut HashMap<String, String>, &mut Tensors<'_>)) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("genre.safetensors");
    trained().save(&path).unwrap();
    let bytes = rewritten(&std::fs::read(&path).unwrap(), change);
    std::fs::write(&path, bytes).unwrap();
    load_error(&path)
}

/// A reader and writer that always fails.
struct Broken;

impl std::io::Write for Broken {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(std::io::Error::other("broken"))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl std::io::Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        Err(std::io::Error::other("broken"))
    }
}

#[test]
fn bytes_and_readers_hold_the_same_as_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("genre.safetensors");
    let (model, data) = (trained(), set(9, 5));
    model.save(&path).unwrap();
    let mut bytes = Vec::new();
    model.write_to(&mut bytes).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), bytes);

    let expected = model.predict_proba(&data).unwrap();
    let of_bytes = Classifier::from_bytes(&bytes).unwrap();
    let of_reader = Classifier::read_from(std::fs::File::open(&path).unwrap()).unwrap();
    for loaded in [of_bytes, of_reader] {
        assert_eq!(loaded.metadata(), model.metadata());
        assert_eq!(loaded.predict_proba(&data).unwrap(), expected);
    }

    // An error of bytes or a reader names no file.
    let error = Classifier::from_bytes(&bytes[..bytes.len() / 2]).unwrap_err();
    assert!(matches!(error, Error::SafeTensors(_)), "{error}");
    assert!(matches!(Classifier::read_from(Broken).unwrap_err(), Error::Io(_)));
    assert!(matches!(model.write_to(Broken).unwrap_err(), Error::Io(_)));
}

const KEY: &str = "cepstrum-model";

#[test]
fn a_file_of_another_format_is_named() {
    let message = changed(|entries, _| entries.clear());
    assert!(message.contains("not a cepstrum-model file"), "{message}");
    let message = changed(|entries, _| {
        entries.insert(KEY.into(), "{}".into());
    });
    assert!(
        message.contains("description in the file cannot be parsed: missing field `version`"),
        "{message}"
    );
    let message = changed(|entries, _| {
        let newer = entries[KEY].replace("\"version\":1", "\"version\":2");
        entries.insert(KEY.into(), newer);
    });
    assert!(message.contains("unknown format version 2: the newest supported one is 1"), "{message}");
    let message = changed(|entries, _| {
        let unknown = entries[KEY].replace("\"flatten\"", "\"attention\"");
        entries.insert(KEY.into(), unknown);
    });
    assert!(message.contains("unknown variant `attention`"), "{message}");
}

#[test]
fn weights_of_another_architecture_are_named() {
    let message = changed(|entries, _| {
        let wider = entries[KEY].replace("\"filters\":6", "\"filters\":7");
        entries.insert(KEY.into(), wider);
    });
    assert!(
        message.contains("weight `conv2d_1/kernel` must have shape [3, 3, 8, 7], got [3, 3, 8, 6]"),
        "{message}"
    );
    let message = changed(|_, tensors| tensors.retain(|(name, _)| name != "dense/bias"));
    assert!(message.contains("weight `dense/bias` is missing"), "{message}");
    let message = changed(|_, tensors| {
        let copy = tensors[0].1.clone();
        tensors.push(("dense_9/kernel".into(), copy));
    });
    assert!(message.contains("unexpected weight `dense_9/kernel`"), "{message}");
    let message = changed(|_, tensors| {
        let at = tensors.iter().position(|(name, _)| name == "dense/bias").unwrap();
        tensors[at].1 = TensorView::new(Dtype::F16, vec![64], &[0; 128]).unwrap();
    });
    assert!(message.contains("tensor `dense/bias` has type F16, expected F32"), "{message}");
    let message = changed(|_, tensors| tensors.retain(|(name, _)| name != "standardizer/mean"));
    assert!(message.contains("weight `standardizer/mean` is missing"), "{message}");
    let message = changed(|_, tensors| {
        let at = tensors.iter().position(|(name, _)| name == "standardizer/deviation").unwrap();
        tensors[at].1 = TensorView::new(Dtype::F32, vec![13], &[0; 52]).unwrap();
    });
    assert!(message.contains("the standardizer does not fit"), "{message}");
    let message = changed(|entries, _| {
        let fewer = entries[KEY].replace("[\"jazz\",", "[");
        entries.insert(KEY.into(), fewer);
    });
    assert!(message.contains("expected 3 names"), "{message}");
}

#[test]
fn a_failed_save_leaves_the_old_file_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("genre.safetensors");
    std::fs::create_dir(&path).unwrap();
    let error = trained().save(&path).unwrap_err();
    assert!(error.to_string().contains("genre.safetensors"), "{error}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "a temporary file was left behind");
}

#[test]
fn a_model_without_feature_settings_cannot_classify_audio() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("genre.safetensors");
    let metadata = ModelMetadata { classes: crate::common::classes(), ..ModelMetadata::default() };
    trained().with_metadata(metadata).unwrap().save(&path).unwrap();
    assert!(Classifier::load(&path).is_ok());
    let error = GenreClassifier::load(&path).unwrap_err();
    assert!(matches!(error.cause(), Error::NoExtractConfig), "{error}");
    assert!(error.to_string().contains("genre.safetensors"), "{error}");
}

#[test]
fn the_message_includes_the_cause_and_there_is_no_source() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("genre.safetensors");
    for bytes in [None, Some(b"not a model at all".as_slice())] {
        if let Some(bytes) = bytes {
            std::fs::write(&path, bytes).unwrap();
        }
        let error = Classifier::load(&path).unwrap_err();
        let source = std::error::Error::source(&error);
        assert!(source.is_none(), "{error}; source: {source:?}");
    }
}
