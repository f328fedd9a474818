#![doc = include_str!("../README.md")]

mod augment;
mod callbacks;
mod checkpoint;
mod classifier;
mod classify;
mod data;
mod error;
pub mod explain;
mod layers;
mod network;
mod noise;
pub mod ops;
mod optimizer;
mod standardize;
mod store;
mod train;
pub mod zoo;

pub use augment::{Augmentation, Masks};
pub use callbacks::{
    Callback, CallbackState, Control, EarlyStopping, LearningRateSchedule, ModelCheckpoint, OnEpoch,
    PlateauConfig, ReduceOnPlateau, ShowProgress, TrainPlan,
};
pub use checkpoint::Checkpoint;
pub use classifier::{Classifier, Context};
pub use classify::{Classification, Familiarity, GenreClassifier, Strangeness, Temperatures, Vote};
pub use data::DataSource;
pub use error::{Error, Result, StateProblem};
pub use layers::{
    BatchNorm, Conv2d, Dense, Dropout, Flatten, GlobalAveragePool, Gru, GruOutput, LayerProblem, LayerSpec,
    MaxPool2d,
};
pub use network::{
    Layer, MovingStatistics, Sequential, SequentialBuilder, Summary, TrainingPass, Weight, Weights,
};
pub use noise::Noise;
pub use ops::Activation;
pub use optimizer::{Adam, Optimizer, OptimizerState, Sgd};
pub use standardize::{Standardization, Standardizer};
pub use train::{
    ClassWeights, Clipping, Ending, EpochReport, Metrics, StepReport, TrainConfig, TrainReport, Trainer,
};
