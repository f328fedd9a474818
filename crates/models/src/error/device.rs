//! Devices that cannot be used.

/// The reason why a device cannot be used; [`Error::NoDevice`](super::Error::NoDevice) names the device.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceProblem {
    /// The name is none of a device.
    #[error("not a name of a device: cpu, cuda, cuda:1 (the second card) and metal are")]
    Unknown,
    /// The program was compiled without the code for such devices.
    #[error("built without the feature `{feature}`: build with `--features {feature}`")]
    NotBuilt {
        /// The Cargo feature.
        feature: &'static str,
    },
    /// There is no such device here, or its driver does not work.
    #[error("it is not here, or its driver is missing or too old: {cause}")]
    Unavailable {
        /// The error of the driver.
        cause: candle_core::Error,
    },
}
