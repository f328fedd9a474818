#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod device;
mod error;
pub mod explain;
mod layer;
mod model;
mod network;
pub mod ops;
pub mod pretrained;
mod random;
mod song;
mod train;
pub mod weights_layout;
pub mod zoo;

pub use candle_core;
pub use candle_nn;
pub use ndarray;

pub use device::device;
pub use error::{DeviceProblem, Error, Result, StateProblem, StepProblem};
pub use layer::{
    BatchNorm, CandleModule, Conv2d, Dense, Dropout, Flatten, GlobalAveragePool, Gru, GruOutput,
    LayerProblem, LayerSpec, MaxPool2d, NearestNeighbors, Summarized, TimeStatistics,
};
pub use model::{Classifier, ModelMetadata, OnnxInput, Standardization, Standardizer, argmax};
#[doc(hidden)]
pub use network::grouped;
pub use network::{
    DropoutRng, Inference, Layer, MovingStatistics, SeededInit, Sequential, SequentialBuilder, Summary, Tape,
    Weight, Weights,
};
pub use ops::{Activation, AdamConfig, Momentum};
pub use song::{CalibratedTemperatures, Classification, GenreClassifier, OodDetector, OodScore, Vote};
pub use train::augment::{Augmentation, Masks};
pub use train::callbacks::{
    AverageWeights, Callback, CallbackState, Control, EarlyStopping, LearningRateSchedule, ModelCheckpoint,
    OnEpoch, PlateauConfig, ReduceOnPlateau, ShowProgress, TrainPlan,
};
pub use train::checkpoint::Checkpoint;
pub use train::data::DataSource;
pub use train::optimizer::{Adam, AdamW, CandleOptimizer, Optimizer, OptimizerState, Sgd};
pub use train::{
    ClassWeights, Clipping, EpochReport, Metrics, StepReport, StopReason, TrainConfig, TrainReport, Trainer,
};
