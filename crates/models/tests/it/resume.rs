//! A run that is interrupted at any step resumes to the bits of one that never was.

use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use crate::common::{SHAPE, Tensors, rewritten, set};
use cepstrum_dataset::rng::stream;
use cepstrum_models::{
    Adam, Augmentation, BatchNorm, Callback, Checkpoint, ClassWeights, Classifier, Clipping, Control, Conv2d,
    Dense, Dropout, EarlyStopping, Error, Flatten, LearningRateSchedule, Masks, MaxPool2d, ModelCheckpoint,
    OnEpoch, PlateauConfig, ReduceOnPlateau, Result, Sequential, Sgd, StateProblem, StepReport, StopReason,
    TrainConfig, TrainReport, Trainer, ops::Momentum,
};
use rand::Rng;
use safetensors::Dtype;
use safetensors::tensor::TensorView;

const EPOCHS: usize = 12;

fn model(filters: usize) -> Classifier {
    let network = Sequential::builder([SHAPE[0], SHAPE[1], 1])
        .layer(Conv2d::new(filters, [3, 3]).relu().l2(1e-3))
        .layer(MaxPool2d::new([2, 2]))
        .layer(BatchNorm::new())
        .layer(Dropout::new(0.2))
        .layer(Flatten::new())
        .layer(Dense::new(16).relu())
        .layer(Dense::new(3))
        .seed(5)
        .build()
        .unwrap();
    Classifier::new(network).unwrap()
}

/// Settings with everything on that has a state or draws random values.
fn config(epochs: usize) -> TrainConfig {
    let masks = Masks { count: 1, longest: 4 };
    let augmentation = Augmentation { shift: 3, time_masks: masks, coefficient_masks: masks, mixup: 0.3 };
    TrainConfig {
        epochs,
        batch_size: 8,
        seed: 11,
        class_weights: ClassWeights::Balanced,
        label_smoothing: 0.1,
        clipping: Clipping::GlobalNorm(2.0),
        augmentation,
        ..TrainConfig::default()
    }
}

fn trainer(config: TrainConfig, folder: &Path) -> Trainer<'static> {
    let path = folder.join("run.checkpoint");
    let plateau = PlateauConfig { factor: 0.5, patience: 1, ..PlateauConfig::default() };
    let trainer = Trainer::new(config)
        .optimizer(Adam::new(1e-2).weight_decay(1e-3))
        .callback(LearningRateSchedule::ExponentialAfter { after: 2, decay: 0.05 })
        .callback(ReduceOnPlateau::new(plateau))
        .callback(ModelCheckpoint::best(folder.join("best.safetensors")))
        .callback(EarlyStopping::on_validation_loss(50).restore_best())
        .checkpoint(&path);
    if path.exists() { trainer.resume(&path) } else { trainer }
}

fn train(epochs: usize, folder: &Path) -> Result<TrainReport> {
    let mut model = model(6);
    let trainer = trainer(config(epochs), folder).callback(DieAfter::from_env());
    let report = trainer.fit(&mut model, &set(90, 1), &set(30, 2))?;
    model.save(folder.join("model.safetensors"))?;
    Ok(report)
}

/// Kills the process after as many steps as the variable [`DIE_AFTER`] holds, or never.
struct DieAfter(Option<usize>);

const DIE_AFTER: &str = "CEPSTRUM_TEST_DIE_AFTER";

impl DieAfter {
    fn from_env() -> Self {
        Self(std::env::var(DIE_AFTER).ok().map(|steps| steps.parse().unwrap()))
    }
}

impl Callback for DieAfter {
    fn on_step_end(&mut self, _: &StepReport) -> Result<()> {
        if let Self(Some(steps)) = self {
            *steps -= 1;
            if *steps == 0 {
                std::process::abort(); // nothing is dropped, flushed or cleaned up
            }
        }
        Ok(())
    }
}

/// The bytes of the final model, with the best epoch's weights, and of the best model saved on the way.
fn outcome(folder: &Path) -> [Vec<u8>; 2] {
    ["model.safetensors", "best.safetensors"].map(|name| outcome_of(folder, name))
}

fn outcome_of(folder: &Path, name: &str) -> Vec<u8> {
    std::fs::read(folder.join(name)).unwrap()
}

/// The process that is killed; the test below starts it.
#[test]
#[ignore = "runs in a process of its own, started by another test"]
fn child() {
    let folder = std::env::var_os("CEPSTRUM_TEST_RESUME_IN").unwrap();
    train(EPOCHS, Path::new(&folder)).unwrap();
}

/// The full name of a test of this file.
fn named(test: &str) -> String {
    let path = format!("{}::{test}", module_path!());
    path.split_once("::").unwrap().1.to_owned()
}

/// Runs the child, which dies after the given number of steps unless it finishes first.
fn run_child(folder: &Path, die_after: Option<usize>) -> ExitStatus {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", &named("child"), "--ignored", "--quiet"]).env("CEPSTRUM_TEST_RESUME_IN", folder);
    if let Some(steps) = die_after {
        command.env(DIE_AFTER, steps.to_string());
    }
    command.stdout(Stdio::null()).status().unwrap()
}

#[test]
fn killed_at_any_step_it_resumes_to_the_same_bits() {
    let undisturbed = tempfile::tempdir().unwrap();
    assert!(run_child(undisturbed.path(), None).success());
    let expected = outcome(undisturbed.path());

    let steps_per_epoch = 90_usize.div_ceil(8);
    let mut rng = stream(1, "test/kills");
    let (mut kills, mut finished, mut mid_way) = (0, 0, 0);
    while kills < 30 || finished < 3 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.checkpoint");
        // A process killed while writing leaves a partial file under a temporary name.
        std::fs::write(folder.path().join(".run.checkpointAbCdEf.tmp"), b"a part").unwrap();
        loop {
            let die_after = rng.random_range(1..=6 * steps_per_epoch);
            if run_child(folder.path(), Some(die_after)).success() {
                break;
            }
            kills += 1;
            if path.exists() {
                let epoch = Checkpoint::load(&path).unwrap().epoch();
                mid_way += usize::from(epoch < EPOCHS);
            } else {
                assert!(die_after <= steps_per_epoch, "no checkpoint after {die_after} steps");
            }
        }
        assert!(outcome(folder.path()) == expected, "after {kills} kills");
        finished += 1;
    }
    assert!(mid_way >= 15, "only {mid_way} of {kills} kills left a checkpoint to resume from");
}

#[test]
fn a_run_in_parts_is_a_run_in_one() {
    let (whole, parts) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    train(6, whole.path()).unwrap();
    for epochs in [1, 2, 5, 6] {
        let report = train(epochs, parts.path()).unwrap();
        assert_eq!((report.epochs, report.stop_reason), (epochs, StopReason::Completed));
    }
    assert!(outcome(whole.path()) == outcome(parts.path()));
}

#[test]
fn gradient_descent_with_momentum_resumes_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.checkpoint");
    let run = |epochs, resumes: bool| {
        let mut model = model(4);
        let trainer = Trainer::new(TrainConfig { epochs, ..config(1) })
            .optimizer(Sgd::new(1e-2).momentum(Momentum::Nesterov(0.9)))
            .checkpoint(&path);
        let trainer = if resumes { trainer.resume(&path) } else { trainer };
        trainer.fit_unvalidated(&mut model, &set(40, 1)).unwrap();
        model.predict_proba(&set(9, 3)).unwrap()
    };
    let expected = run(4, false);
    run(2, false);
    assert_eq!(run(4, true), expected);
}

#[test]
fn a_stopped_run_stays_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.checkpoint");
    let mut model = model(4);
    let stop = OnEpoch(|report| if report.epoch == 2 { Control::Stop } else { Control::Continue });
    let trainer = Trainer::new(config(9)).callback(stop).checkpoint(&path);
    trainer.fit_unvalidated(&mut model, &set(20, 1)).unwrap();
    let expected = model.predict_proba(&set(9, 3)).unwrap();

    let mut other = self::model(4);
    let trainer = Trainer::new(config(9)).resume(&path);
    let report = trainer.fit_unvalidated(&mut other, &set(20, 1)).unwrap();
    assert_eq!((report.epochs, report.stop_reason), (2, StopReason::Stopped));
    assert_eq!(other.predict_proba(&set(9, 3)).unwrap(), expected);
    let held = Checkpoint::load(&path).unwrap();
    assert_eq!((held.epoch(), held.stop_reason()), (2, Some(StopReason::Stopped)));
    assert_eq!(held.into_model().unwrap().predict_proba(&set(9, 3)).unwrap(), expected);
}

#[test]
fn a_checkpoint_of_another_run_is_refused_and_nothing_changes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.checkpoint");
    Trainer::new(config(1)).checkpoint(&path).fit_unvalidated(&mut model(6), &set(20, 1)).unwrap();
    let refused = |trainer: Trainer<'_>, filters: usize, data_seed: u64| {
        let mut model = model(filters);
        let before = model.predict_proba(&set(9, 3)).unwrap();
        let error = trainer.resume(&path).fit_unvalidated(&mut model, &set(20, data_seed)).unwrap_err();
        assert_eq!(model.predict_proba(&set(9, 3)).unwrap(), before);
        let message = error.to_string();
        let start = format!("{}: ", path.display());
        assert!(message.starts_with(&start), "{message}");
        message[start.len()..].to_owned()
    };
    let message = refused(Trainer::new(config(2)), 5, 1);
    let expected = "belongs to another architecture: its layer 0 is Conv2d(Conv2d { filters: 6";
    assert!(message.contains(expected), "{message}");
    assert_eq!(
        refused(Trainer::new(TrainConfig { batch_size: 4, ..config(2) }), 6, 1),
        "the checkpoint belongs to another training run: its settings.batch_size is 8, expected 4"
    );
    let message = refused(Trainer::new(config(2)), 6, 2);
    assert!(message.contains("its training data.hash is "), "{message}");
    let message = refused(Trainer::new(config(2)).optimizer(Sgd::new(0.1)), 6, 1);
    assert!(message.contains("the optimizer: it was saved by adam, not by sgd"), "{message}");
    let message = refused(Trainer::new(config(2)).optimizer(Adam::new(0.1).weight_decay(0.5)), 6, 1);
    assert!(message.contains("it was saved with weight_decay = 0, not 0.5"), "{message}");
    let stateful = ModelCheckpoint::best(folder.path().join("best.safetensors"));
    let message = refused(Trainer::new(config(2)).callback(stateful), 6, 1);
    assert!(message.contains("the callbacks: it has 0 callback states, expected 1"), "{message}");
}

#[test]
fn bytes_and_readers_hold_the_same_as_a_checkpoint_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.checkpoint");
    train(2, folder.path()).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let of_bytes = Checkpoint::from_bytes(&bytes).unwrap();
    let of_reader = Checkpoint::read_from(bytes.as_slice()).unwrap();
    for checkpoint in [&of_bytes, &of_reader] {
        let mut written = Vec::new();
        checkpoint.write_to(&mut written).unwrap();
        assert!(written == bytes);
        checkpoint.save(folder.path().join("again")).unwrap();
        assert!(std::fs::read(folder.path().join("again")).unwrap() == bytes);
    }
    assert!(Checkpoint::from_bytes(b"something else").is_err());

    // A run resumes from memory as from a file.
    train(4, folder.path()).unwrap();
    let aside = tempfile::tempdir().unwrap();
    let mut model = model(6);
    let trainer = trainer(config(4), aside.path()).resume_from(of_bytes);
    trainer.fit(&mut model, &set(90, 1), &set(30, 2)).unwrap();
    let mut written = Vec::new();
    model.write_to(&mut written).unwrap();
    assert!(written == outcome_of(folder.path(), "model.safetensors"));
}

/// Resumes from a checkpoint of one epoch that was changed; returns the error, which names the file.
fn resume_changed(
    optimizer: impl Fn() -> Trainer<'static>,
    change: impl FnOnce(&mut String, &mut Tensors<'_>),
) -> Error {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.checkpoint");
    optimizer().checkpoint(&path).fit_unvalidated(&mut model(6), &set(20, 1)).unwrap();
    let bytes = rewritten(&std::fs::read(&path).unwrap(), |entries, tensors| {
        change(entries.get_mut("cepstrum-checkpoint").unwrap(), tensors);
    });
    std::fs::write(&path, bytes).unwrap();
    let mut model = model(6);
    let before = model.predict_proba(&set(9, 3)).unwrap();
    let error = optimizer().resume(&path).fit_unvalidated(&mut model, &set(20, 1)).unwrap_err();
    assert_eq!(model.predict_proba(&set(9, 3)).unwrap(), before, "{error}");
    assert!(error.to_string().starts_with(&format!("{}: ", path.display())), "{error}");
    error
}

/// The problem of a state that was refused.
fn problem(error: &Error) -> StateProblem {
    match error.cause() {
        Error::State { problem, .. } => problem.clone(),
        other => panic!("{other}"),
    }
}

#[test]
fn a_checkpoint_with_missing_or_surplus_values_is_refused() {
    let adam = || Trainer::new(config(1)).optimizer(Adam::new(1e-2));
    let sgd = || Trainer::new(config(1)).optimizer(Sgd::new(1e-2).momentum(Momentum::Classic(0.9)));
    // The network has eight trainable weights: kernel and bias of three layers, gamma and beta.
    for (trainer, slot) in [(&adam as &dyn Fn() -> Trainer<'static>, "second"), (&sgd, "velocity")] {
        let key = format!("optimizer/{slot}/7");
        let count = |description: &mut String, from: usize, to: usize| {
            let (from, to) = (format!("[\"{slot}\",{from}]"), format!("[\"{slot}\",{to}]"));
            assert!(description.contains(&from), "{description}");
            *description = description.replace(&from, &to);
        };
        // A vector that the description names is not in the file.
        let error = resume_changed(trainer, |_, tensors| tensors.retain(|(name, _)| *name != key));
        assert_eq!(problem(&error), StateProblem::Missing { what: format!("vector 7 in slot `{slot}`") });
        // A vector in the file that the description does not name.
        let error = resume_changed(trainer, |description, _| count(description, 8, 7));
        assert_eq!(problem(&error), StateProblem::Surplus { what: format!("tensor `{key}`") });
        // Description and file agree on one vector too few, and on one too many.
        let error = resume_changed(trainer, |description, tensors| {
            count(description, 8, 7);
            tensors.retain(|(name, _)| *name != key);
        });
        let what = format!("vectors in slot `{slot}`");
        assert_eq!(problem(&error), StateProblem::Count { what: what.clone(), expected: 8, actual: 7 });
        let error = resume_changed(trainer, |description, tensors| {
            count(description, 8, 9);
            let last = tensors.iter().find(|(name, _)| *name == key).unwrap().1.clone();
            tensors.push((format!("optimizer/{slot}/8"), last));
        });
        assert_eq!(problem(&error), StateProblem::Count { what, expected: 8, actual: 9 });
        // A vector of another length: the last bias has three values.
        let error = resume_changed(trainer, |_, tensors| {
            let last = tensors.iter_mut().find(|(name, _)| *name == key).unwrap();
            last.1 = TensorView::new(Dtype::F32, vec![2], &[0; 8]).unwrap();
        });
        let what = format!("values in vector 7 of slot `{slot}`");
        assert_eq!(problem(&error), StateProblem::Count { what, expected: 3, actual: 2 });
        // A slot of another name.
        let error = resume_changed(trainer, |description, tensors| {
            *description = description.replace(&format!("[\"{slot}\","), "[\"third\",");
            for (name, _) in tensors.iter_mut().filter(|(name, _)| name.contains(slot)) {
                *name = name.replace(slot, "third");
            }
        });
        assert_eq!(problem(&error), StateProblem::Missing { what: format!("slot `{slot}`") });
    }
    let error = resume_changed(adam, |_, tensors| {
        let copy = tensors[0].1.clone();
        tensors.push(("callback/7/dense/bias".into(), copy));
    });
    assert!(matches!(error.cause(), Error::UnknownWeight { weight } if weight == "callback/7/dense/bias"));
}

#[test]
fn a_damaged_checkpoint_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.checkpoint");
    Trainer::new(config(1)).checkpoint(&path).fit_unvalidated(&mut model(6), &set(20, 1)).unwrap();
    let whole = std::fs::read(&path).unwrap();
    for length in (0..whole.len()).step_by(whole.len() / 23) {
        std::fs::write(&path, &whole[..length]).unwrap();
        let message = Checkpoint::load(&path).unwrap_err().to_string();
        assert!(message.starts_with(&format!("{}: not a readable", path.display())), "{message}");
    }
    let model_file = folder.path().join("model.safetensors");
    model(6).save(&model_file).unwrap();
    let message = Checkpoint::load(&model_file).unwrap_err().to_string();
    assert!(message.contains("not a cepstrum-checkpoint file"), "{message}");
    let missing = folder.path().join("missing");
    assert!(matches!(Checkpoint::load(&missing).unwrap_err().cause(), Error::Io(_)));
}

/// The process that fills its disk; the test below starts it under a limit on the size of files.
#[test]
#[ignore = "runs in a process of its own, started by another test"]
fn child_on_a_full_disk() {
    let folder = std::env::var_os("CEPSTRUM_TEST_RESUME_IN").unwrap();
    let path = Path::new(&folder).join("run.checkpoint");
    let trainer = Trainer::new(config(2)).checkpoint(&path).resume(&path);
    let error = trainer.fit_unvalidated(&mut model(6), &set(20, 1)).unwrap_err();
    assert!(error.to_string().starts_with(&format!("{}: ", path.display())), "{error}");
    std::fs::write(Path::new(&folder).join("refused"), error.to_string()).unwrap();
}

#[test]
#[cfg(unix)]
fn a_checkpoint_that_cannot_be_written_leaves_the_old_one_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.checkpoint");
    Trainer::new(config(1)).checkpoint(&path).fit_unvalidated(&mut model(6), &set(20, 1)).unwrap();
    let before = std::fs::read(&path).unwrap();
    // Files are limited to 20 blocks of 512 bytes, and the signal is ignored: writing fails in the middle of the file.
    assert!(before.len() > 3 * 20 * 512);
    let status = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 20; exec \"$0\" --exact \"$1\" --ignored --quiet"])
        .arg(std::env::current_exe().unwrap())
        .arg(named("child_on_a_full_disk"))
        .env("CEPSTRUM_TEST_RESUME_IN", folder.path())
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
    assert!(std::fs::read(&path).unwrap() == before);
    assert!(folder.path().join("refused").exists(), "the child did not run");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "a part of a file was left behind");
}
