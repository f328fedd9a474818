//! Bad input is refused with an error that names the problem, and the model stays as it was.

use crate::common::{SHAPE, classes, set};
use cepstrum_dataset::{ExtractConfig, FeatureSet, Segment};
use cepstrum_models::{
    Adam, Augmentation, Checkpoint, ClassWeights, Classifier, Clipping, Control, DataSource, Dense, Error,
    Flatten, LearningRateSchedule, OnEpoch, Result, Sequential, Standardization, TrainConfig, Trainer,
};
use ndarray::Array3;

fn model() -> Classifier {
    let network = Sequential::builder(SHAPE).layer(Flatten::new()).layer(Dense::new(3)).build().unwrap();
    Classifier::new(network).unwrap()
}

fn config() -> TrainConfig {
    TrainConfig { epochs: 2, batch_size: 8, ..TrainConfig::default() }
}

fn fit(config: TrainConfig, training: &FeatureSet, validation: &FeatureSet) -> Error {
    let mut model = model();
    let before = model.predict_proba(&set(6, 9)).unwrap();
    let error = Trainer::new(config).fit(&mut model, training, validation).unwrap_err();
    assert_eq!(model.predict_proba(&set(6, 9)).unwrap(), before, "{error}");
    error
}

/// The set with other features, labels and settings.
fn remade(
    set: &FeatureSet,
    features: Array3<f32>,
    labels: Vec<usize>,
    config: Option<ExtractConfig>,
) -> FeatureSet {
    FeatureSet::new(features, labels, set.classes().to_vec(), Vec::new(), config).unwrap()
}

#[test]
fn a_value_that_is_not_finite_is_named() {
    let spoiled = |value| {
        Spoiled::new(set(300, 1), move |segments: &[usize], features: &mut [f32], _: &mut [u32]| {
            if let Some(at) = segments.iter().position(|segment| *segment == 290) {
                features[at * SHAPE[0] * SHAPE[1] + 7 * SHAPE[1] + 3] = value;
            }
        })
    };
    let (good, mut model) = (set(12, 1), model());
    let error = Trainer::new(config()).fit(&mut model, &spoiled(f32::NAN), &good).unwrap_err();
    let expected = "training: segment 290, frame 7, coefficient 3 is NaN, not a finite number";
    assert_eq!(error.to_string(), expected);
    let error = Trainer::new(config()).fit(&mut model, &good, &spoiled(f32::INFINITY)).unwrap_err();
    let expected = "validation: segment 290, frame 7, coefficient 3 is inf, not a finite number";
    assert_eq!(error.to_string(), expected);
    assert!(matches!(
        model.predict_proba(&spoiled(f32::NAN)),
        Err(Error::NonFiniteFeature { segment: 290, .. })
    ));
}

#[test]
fn settings_out_of_bounds_are_named() {
    let data = set(12, 1);
    let error = fit(TrainConfig { epochs: 0, ..config() }, &data, &data);
    assert_eq!(error.to_string(), "epochs must be at least 1, is 0");
    let error = fit(TrainConfig { batch_size: 0, ..config() }, &data, &data);
    assert_eq!(error.to_string(), "batch_size must be at least 1, is 0");
    let smooth = |label_smoothing| fit(TrainConfig { label_smoothing, ..config() }, &data, &data).to_string();
    assert_eq!(smooth(1.0), "label_smoothing must be at least 0 and below 1, is 1");
    assert_eq!(smooth(f64::NAN), "label_smoothing must be at least 0 and below 1, is NaN");
    for limit in [0.0, f64::INFINITY] {
        let error = fit(TrainConfig { clipping: Clipping::Norm(limit), ..config() }, &data, &data);
        assert_eq!(error.to_string(), format!("clipping must be above 0 and finite, is {limit}"));
    }
    let weigh = |weights: &[f64]| {
        let class_weights = ClassWeights::Given(weights.to_vec());
        fit(TrainConfig { class_weights, ..config() }, &data, &data).to_string()
    };
    assert_eq!(weigh(&[1.0, 2.0]), "2 class weights for 3 classes");
    assert_eq!(weigh(&[1.0, -2.0, 1.0]), "class_weights must be finite and not negative, is -2");
    let augment = |augmentation| fit(TrainConfig { augmentation, ..config() }, &data, &data).to_string();
    let shift = Augmentation { shift: 21, ..Augmentation::default() };
    assert_eq!(augment(shift), "augmentation.shift must be at most the frames of a segment, is 21");
    let mixup = Augmentation { mixup: 1.5, ..Augmentation::default() };
    assert_eq!(augment(mixup), "augmentation.mixup must be between 0 and 1, is 1.5");
    for rate in [0.0, -1e-3, f64::NAN, f64::INFINITY] {
        let trainer = Trainer::new(config()).optimizer(Adam::new(rate));
        let error = trainer.fit(&mut model(), &data, &data).unwrap_err();
        assert_eq!(error.to_string(), format!("learning_rate must be above 0 and finite, is {rate}"));
    }
}

#[test]
fn data_that_cannot_be_trained_on_is_refused() {
    let data = set(12, 1);
    let empty = data.select(&[]);
    assert!(matches!(fit(config(), &empty, &data), Error::NoData { part: "training" }));
    assert!(matches!(fit(config(), &data, &empty), Error::NoData { part: "validation" }));
    let one_class = data.select(&[1, 4, 7]);
    let error = fit(config(), &one_class, &data);
    assert!(matches!(&error, Error::OneClass { class, n_segments: 3 } if class == "metal"), "{error}");
}

#[test]
fn data_of_another_kind_is_refused() {
    let data = set(12, 1);
    let wide = remade(&data, Array3::zeros((12, 20, 14)), data.labels().to_vec(), None);
    let error = fit(config(), &wide, &wide);
    let expected = "the network takes segments of shape [20, 13], the features have [20, 14]";
    assert_eq!(error.to_string(), expected);
    let names = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
    let four =
        FeatureSet::new(data.features().clone(), data.labels().to_vec(), names, Vec::new(), None).unwrap();
    assert!(matches!(fit(config(), &four, &four), Error::Classes { part: "training", .. }));
    assert!(matches!(fit(config(), &data, &four), Error::Classes { part: "validation", .. }));
}

#[test]
fn features_of_other_settings_are_refused_by_the_setting() {
    let data = set(12, 1);
    let other = ExtractConfig { segment: Segment::Seconds(1.0), ..ExtractConfig::default() };
    let other = remade(&data, data.features().clone(), data.labels().to_vec(), Some(other));
    assert!(matches!(fit(config(), &data, &other), Error::Config { part: "validation", .. }));

    let mut model = model();
    Trainer::new(config()).fit(&mut model, &data, &data).unwrap();
    for error in [model.predict_proba(&other).unwrap_err(), model.evaluate(&other).unwrap_err()] {
        assert!(matches!(&error, Error::Config { field, .. } if field.starts_with("segment")), "{error}");
    }
}

#[test]
fn a_label_out_of_range_is_named() {
    let data = Spoiled::new(set(12, 1), |segments, _, labels| {
        if let Some(at) = segments.iter().position(|segment| *segment == 5) {
            labels[at] = 3;
        }
    });
    let error = Trainer::new(config()).fit_unvalidated(&mut model(), &data).unwrap_err();
    assert_eq!(error.to_string(), "training: segment 5 has label 3, but there are 3 classes");
}

/// A source with values or labels that a [`FeatureSet`] would refuse.
struct Spoiled<F> {
    set: FeatureSet,
    spoil: F,
}

impl<F: Fn(&[usize], &mut [f32], &mut [u32])> Spoiled<F> {
    fn new(set: FeatureSet, spoil: F) -> Self {
        Self { set, spoil }
    }
}

impl<F: Fn(&[usize], &mut [f32], &mut [u32])> DataSource for Spoiled<F> {
    fn len(&self) -> usize {
        DataSource::len(&self.set)
    }

    fn segment_shape(&self) -> [usize; 2] {
        self.set.segment_shape()
    }

    fn classes(&self) -> &[String] {
        self.set.classes()
    }

    fn config(&self) -> Option<&ExtractConfig> {
        self.set.config()
    }

    fn read(&self, segments: &[usize], features: &mut [f32], labels: &mut [u32]) -> Result<()> {
        DataSource::read(&self.set, segments, features, labels)?;
        (self.spoil)(segments, features, labels);
        Ok(())
    }
}

#[test]
fn a_diverging_loss_stops_the_training_with_the_last_good_weights() {
    let data = set(12, 1);
    let mut model = model();
    let config = TrainConfig { standardize: Standardization::Off, ..config() };
    let trainer = Trainer::new(config).optimizer(Adam::new(1e38));
    let error = trainer.fit_unvalidated(&mut model, &data).unwrap_err();
    assert!(matches!(error, Error::Diverged { epoch: 1, step: 2, .. }), "{error}");
    assert!(error.to_string().contains("in epoch 1, step 2"), "{error}");
    let finite = |weight: &cepstrum_models::Weight| {
        let values = weight.var().flatten_all().unwrap().to_vec1::<f32>().unwrap();
        values.iter().all(|value| value.is_finite())
    };
    assert!(model.network().weights().all(finite));
}

#[test]
fn a_diverging_loss_keeps_the_last_good_checkpoint() {
    let (data, folder) = (set(12, 1), tempfile::tempdir().unwrap());
    let path = folder.path().join("run.checkpoint");
    let schedule = LearningRateSchedule::Steps(vec![(1, 1e-3), (3, 1e38)]);
    let trainer = Trainer::new(TrainConfig { epochs: 5, ..config() }).callback(schedule).checkpoint(&path);
    let error = trainer.fit_unvalidated(&mut model(), &data).unwrap_err();
    assert!(matches!(error, Error::Diverged { epoch: 3, step: 2, .. }), "{error}");
    let good = Checkpoint::load(&path).unwrap();
    assert_eq!(good.epoch(), 2);
    assert!(good.into_model().unwrap().evaluate(&data).unwrap().loss.is_finite());
}

#[test]
fn a_failing_callback_ends_the_training_with_its_error() {
    struct Failing;
    impl cepstrum_models::Callback for Failing {
        fn on_epoch_end(&mut self, _: &cepstrum_models::EpochReport, _: &Classifier) -> Result<Control> {
            Err(Error::callback(std::io::Error::other("disk full")))
        }
    }
    let data = set(12, 1);
    let mut epochs = 0;
    let count = OnEpoch(|_| {
        epochs += 1;
        Control::Continue
    });
    let trainer = Trainer::new(config()).callback(count).callback(Failing);
    let error = trainer.fit(&mut model(), &data, &data).unwrap_err();
    assert_eq!(error.to_string(), "callback: disk full");
    assert_eq!(epochs, 1);
}

#[test]
fn a_network_that_is_no_classifier_is_refused() {
    let one = Sequential::builder([4]).layer(Dense::new(1)).build().unwrap();
    assert!(matches!(Classifier::new(one).unwrap_err(), Error::NotClassifier { .. }));
    let image = Sequential::builder([4, 4]).layer(Dense::new(1));
    assert!(image.build().is_err());
    let context = cepstrum_models::ModelMetadata { classes: classes()[..2].to_vec(), ..Default::default() };
    assert!(matches!(model().with_metadata(context).unwrap_err(), Error::Classes { .. }));
}
