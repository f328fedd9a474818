//! Augmentation: seeded, one kind independent of another, and only during training.

use std::cell::RefCell;

use crate::common::{SHAPE, set};
use cepstrum_dataset::{ExtractConfig, FeatureSet};
use cepstrum_models::{
    Augmentation, ClassWeights, Classifier, DataSource, Dense, Flatten, Masks, Result, Sequential,
    Standardization, TrainConfig, Trainer,
};

fn model() -> Classifier {
    let network = Sequential::builder(SHAPE).layer(Flatten::new()).layer(Dense::new(3)).build().unwrap();
    Classifier::new(network).unwrap()
}

fn config(augmentation: Augmentation) -> TrainConfig {
    let standardize = Standardization::Off;
    TrainConfig { epochs: 2, batch_size: 8, seed: 3, standardize, augmentation, ..TrainConfig::default() }
}

fn trained(config: TrainConfig) -> (Vec<u32>, f64) {
    let mut model = model();
    let report = Trainer::new(config).fit_unvalidated(&mut model, &set(30, 1)).unwrap();
    let weight = model.network().weights().next().unwrap().var().flatten_all().unwrap();
    let bits = weight.to_vec1::<f32>().unwrap().into_iter().map(f32::to_bits).collect();
    (bits, report.last.train_loss)
}

fn kinds() -> Vec<Augmentation> {
    let (none, masks) = (Augmentation::default(), Masks { count: 2, longest: 5 });
    vec![
        Augmentation { shift: 4, ..none },
        Augmentation { time_masks: masks, ..none },
        Augmentation { coefficient_masks: masks, ..none },
        Augmentation { mixup: 0.4, ..none },
    ]
}

#[test]
fn every_kind_changes_the_training_and_repeats_to_the_bit() {
    let plain = trained(config(Augmentation::default()));
    for augmentation in kinds() {
        let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let one = pool(1).install(|| trained(config(augmentation)));
        assert_eq!(one, pool(3).install(|| trained(config(augmentation))), "{augmentation:?}");
        assert_ne!(one, plain, "{augmentation:?}");
        assert_ne!(one, trained(TrainConfig { seed: 4, ..config(augmentation) }), "{augmentation:?}");
    }
}

#[test]
fn the_data_itself_and_predictions_are_not_touched() {
    let (data, model) = (set(12, 1), model());
    let before = model.predict_proba(&data).unwrap();
    let mut trained = model.try_clone().unwrap();
    let all = Augmentation { shift: 4, mixup: 0.4, ..Augmentation::default() };
    Trainer::new(config(all)).fit_unvalidated(&mut trained, &data).unwrap();
    assert_eq!(data.features(), set(12, 1).features());
    assert_eq!(model.predict_proba(&data).unwrap(), before);
    assert_eq!(trained.predict_proba(&data).unwrap(), trained.predict_proba(&data).unwrap());
}

#[test]
fn weights_of_classes_and_smoothing_have_the_closed_form() {
    // With a zero kernel all logits are 0, and every class has probability 1/3.
    let first_loss = |config: TrainConfig| {
        let (mut model, data) = (model(), set(30, 1));
        let kernel = model.network_mut().weights().next().unwrap().var().clone();
        kernel.set(&kernel.zeros_like().unwrap()).unwrap();
        let config = TrainConfig { epochs: 1, batch_size: 30, ..config };
        Trainer::new(config).fit_unvalidated(&mut model, &data).unwrap().last.train_loss
    };
    let (plain, third) = (config(Augmentation::default()), 3.0_f64.ln());
    let close = |loss: f64, expected: f64| assert!((loss / expected - 1.0).abs() < 1e-6, "{loss} {expected}");
    close(first_loss(plain.clone()), third);
    close(first_loss(TrainConfig { label_smoothing: 0.2, ..plain.clone() }), third);
    let class_weights = ClassWeights::Given(vec![1.0, 2.0, 6.0]);
    close(first_loss(TrainConfig { class_weights, ..plain.clone() }), 3.0 * third);
    let class_weights = ClassWeights::Balanced;
    close(first_loss(TrainConfig { class_weights, ..plain }), third);
}

/// Segments that stay on disk: only those of a batch are read.
struct OnDisk {
    file: RefCell<std::fs::File>,
    labels: Vec<u32>,
    classes: Vec<String>,
    config: Option<ExtractConfig>,
}

impl OnDisk {
    fn write(set: &FeatureSet) -> Self {
        use std::io::Write;
        let mut file = tempfile::tempfile().unwrap();
        for value in set.features() {
            file.write_all(&value.to_le_bytes()).unwrap();
        }
        let labels = set.labels().iter().map(|label| *label as u32).collect();
        let (classes, config) = (set.classes().to_vec(), set.config().cloned());
        Self { file: RefCell::new(file), labels, classes, config }
    }
}

impl DataSource for OnDisk {
    fn len(&self) -> usize {
        self.labels.len()
    }

    fn segment_shape(&self) -> [usize; 2] {
        SHAPE
    }

    fn classes(&self) -> &[String] {
        &self.classes
    }

    fn config(&self) -> Option<&ExtractConfig> {
        self.config.as_ref()
    }

    fn read(&self, segments: &[usize], features: &mut [f32], labels: &mut [u32]) -> Result<()> {
        use std::io::{Read, Seek, SeekFrom};
        let size = SHAPE[0] * SHAPE[1];
        let (mut file, mut bytes) = (self.file.borrow_mut(), vec![0; 4 * size]);
        for ((row, label), &segment) in features.chunks_exact_mut(size).zip(labels).zip(segments) {
            file.seek(SeekFrom::Start((segment * 4 * size) as u64))?;
            file.read_exact(&mut bytes)?;
            for (value, bytes) in row.iter_mut().zip(bytes.chunks_exact(4)) {
                *value = f32::from_le_bytes(bytes.try_into().unwrap());
            }
            *label = self.labels[segment];
        }
        Ok(())
    }
}

#[test]
fn features_that_stay_on_disk_train_to_the_same_bits() {
    let data = set(30, 1);
    let on_disk = OnDisk::write(&data);
    let all = Augmentation { shift: 4, mixup: 0.4, ..Augmentation::default() };
    let (mut here, mut there) = (model(), model());
    Trainer::new(config(all)).fit(&mut here, &data, &data).unwrap();
    Trainer::new(config(all)).fit(&mut there, &on_disk, &on_disk).unwrap();
    assert_eq!(here.predict_proba(&data).unwrap(), there.predict_proba(&on_disk).unwrap());
}

#[test]
fn shifted_predictions_are_the_mean_over_rotated_segments() {
    // Rounding of a mean of four probabilities.
    const ROUNDING: f32 = 1e-6;
    let (data, model) = (set(6, 2), model());
    let rotated = |frames: usize| {
        let features =
            ndarray::Array3::from_shape_fn(data.features().dim(), |(segment, frame, coefficient)| {
                data.features()[[segment, (frame + frames) % SHAPE[0], coefficient]]
            });
        let (labels, classes) = (data.labels().to_vec(), data.classes().to_vec());
        FeatureSet::new(features, labels, classes, Vec::new(), data.config().cloned()).unwrap()
    };
    assert_eq!(model.predict_proba_shifted(&data, 1).unwrap(), model.predict_proba(&data).unwrap());
    let each: [ndarray::Array2<f32>; 4] =
        [0, 5, 10, 15].map(|frames| model.predict_proba(&rotated(frames)).unwrap());
    assert_ne!(each[0], each[1]);
    let mean = (&each[0] + &each[1] + &each[2] + &each[3]) / 4.0;
    let shifted = model.predict_proba_shifted(&data, 4).unwrap();
    assert!(shifted.iter().zip(&mean).all(|(left, right)| (left - right).abs() < ROUNDING));
    for n_shifts in [0, SHAPE[0] + 1] {
        let error = model.predict_proba_shifted(&data, n_shifts).unwrap_err().to_string();
        let expected = "n_shifts must be at least 1 and at most the frames of a segment, is ";
        assert_eq!(error, format!("{expected}{n_shifts}"));
    }
}
