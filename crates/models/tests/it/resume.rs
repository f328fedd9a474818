//! A training that is interrupted at any moment goes on to the bits of one that never was.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::common::{SHAPE, set};
use cepstrum_dataset::rng::stream;
use cepstrum_models::{
    Adam, Augmentation, BatchNorm, Checkpoint, ClassWeights, Classifier, Clipping, Control, Conv2d, Dense,
    Dropout, EarlyStopping, Error, Flatten, LearningRateSchedule, Masks, MaxPool2d, ModelCheckpoint, OnEpoch,
    PlateauConfig, ReduceOnPlateau, Result, Sequential, Sgd, StopReason, TrainConfig, TrainReport, Trainer,
    ops::Momentum,
};
use rand::Rng;

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

/// Everything that has a memory or draws random numbers is switched on.
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
        .callback(LearningRateSchedule::ExponentialAfter { after: 2, rate: 0.05 })
        .callback(ReduceOnPlateau::new(plateau))
        .callback(ModelCheckpoint::best(folder.join("best.safetensors")))
        .callback(EarlyStopping::on_validation_loss(50).restore_best())
        .checkpoint(&path);
    if path.exists() { trainer.resume(&path) } else { trainer }
}

fn train(epochs: usize, folder: &Path) -> Result<TrainReport> {
    let mut model = model(6);
    let report = trainer(config(epochs), folder).fit(&mut model, &set(90, 1), &set(30, 2))?;
    model.save(folder.join("model.safetensors"))?;
    Ok(report)
}

/// The model at the end, with the best epoch's weights, and the best model as it was saved on the way.
fn outcome(folder: &Path) -> [Vec<u8>; 2] {
    ["model.safetensors", "best.safetensors"].map(|name| std::fs::read(folder.join(name)).unwrap())
}

/// What the killed process does. The test below starts it; on its own it is skipped.
#[test]
#[ignore = "runs in a process of its own, started by another test"]
fn child() {
    let folder = std::env::var_os("CEPSTRUM_TEST_RESUME_IN").unwrap();
    train(EPOCHS, Path::new(&folder)).unwrap();
}

/// Full name of a test of this file.
fn named(test: &str) -> String {
    let path = format!("{}::{test}", module_path!());
    path.split_once("::").unwrap().1.to_owned()
}

fn start_child(folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &named("child"), "--ignored", "--quiet"])
        .env("CEPSTRUM_TEST_RESUME_IN", folder)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn killed_at_any_moment_it_resumes_to_the_same_bits() {
    let undisturbed = tempfile::tempdir().unwrap();
    let begun = Instant::now();
    assert!(start_child(undisturbed.path()).wait().unwrap().success());
    let whole = begun.elapsed();
    let expected = outcome(undisturbed.path());

    let mut rng = stream(1, "test/kills");
    let (mut kills, mut finished, mut mid_way) = (0, 0, 0);
    while kills < 30 || finished < 3 {
        let folder = tempfile::tempdir().unwrap();
        loop {
            let mut child = start_child(folder.path());
            std::thread::sleep(whole.mul_f64(0.8 * rng.random::<f64>()).max(Duration::from_millis(1)));
            child.kill().unwrap(); // SIGKILL
            if child.wait().unwrap().success() {
                break;
            }
            kills += 1;
            let path = folder.path().join("run.checkpoint");
            if path.exists() {
                // Whatever was being written, the file is whole.
                let epoch = Checkpoint::load(&path).unwrap().epoch();
                mid_way += usize::from(epoch < EPOCHS);
            }
        }
        assert!(outcome(folder.path()) == expected, "after {kills} kills");
        finished += 1;
    }
    assert!(mid_way > 0, "no kill fell between two epochs: {kills} kills, {finished} trainings");
}

#[test]
fn a_training_in_parts_is_a_training_in_one() {
    let (whole, parts) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    train(6, whole.path()).unwrap();
    for epochs in [1, 2, 5, 6] {
        let report = train(epochs, parts.path()).unwrap();
        assert_eq!((report.epochs, report.stop_reason), (epochs, StopReason::Completed));
    }
    assert!(outcome(whole.path()) == outcome(parts.path()));
}

#[test]
fn gradient_descent_with_momentum_resumes_as_well() {
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
fn a_stopped_training_stays_stopped() {
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
fn a_checkpoint_of_another_training_is_refused_and_nothing_changes() {
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
    assert!(
        message.contains("of another architecture: its layer 0 is Conv2d(Conv2d { filters: 6"),
        "{message}"
    );
    assert_eq!(
        refused(Trainer::new(TrainConfig { batch_size: 4, ..config(2) }), 6, 1),
        "the checkpoint is of another training: its settings: batch_size is 8, here it is 4"
    );
    let message = refused(Trainer::new(config(2)), 6, 2);
    assert!(message.contains("its training data: hash is "), "{message}");
    let message = refused(Trainer::new(config(2)).optimizer(Sgd::new(0.1)), 6, 1);
    assert!(message.contains("the optimizer: it was saved by adam, not by sgd"), "{message}");
    let message = refused(Trainer::new(config(2)).optimizer(Adam::new(0.1).weight_decay(0.5)), 6, 1);
    assert!(message.contains("it was saved with weight_decay = 0, not 0.5"), "{message}");
    let stateful = ModelCheckpoint::best(folder.path().join("best.safetensors"));
    let message = refused(Trainer::new(config(2)).callback(stateful), 6, 1);
    assert!(message.contains("states of callbacks has 0 values, expected 1"), "{message}");
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

/// What fills a disk. The test below starts it under a limit on the size of files.
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
    // Files may have 20 blocks of 512 bytes, and the signal for more is off: writing fails in the middle of the file.
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
