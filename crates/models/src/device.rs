//! Devices by name.

use candle_core::Device;

use crate::{DeviceProblem, Error, Result};

/// The device of this name: `cpu`, `cuda` or `cuda:0` (the first card), `cuda:1`, ..., `metal`.
///
/// Networks are built on a device ([`SequentialBuilder::device`](crate::SequentialBuilder::device),
/// [`Architecture::build_on`](crate::zoo::Architecture::build_on)) or read for one
/// ([`Classifier::load_on`](crate::Classifier::load_on)); they train, predict and are explained there. Ask once and clone the
/// device: candle takes the answers of two calls for two devices, even of one card.
///
/// ```
/// use cepstrum_models::device;
///
/// assert!(device("cpu")?.is_cpu());
/// assert!(device("tpu").unwrap_err().to_string().starts_with("device `tpu`: not a name of a device"));
/// # Ok::<(), cepstrum_models::Error>(())
/// ```
///
/// # Errors
/// [`Error::NoDevice`]: with [`DeviceProblem::Unknown`] for any other name, [`DeviceProblem::NotBuilt`] where the Cargo
/// feature `cuda` or `metal` is off, [`DeviceProblem::Unavailable`] where the device or its driver is missing.
pub fn device(name: &str) -> Result<Device> {
    let refuse = |problem| Error::NoDevice { name: name.to_owned(), problem };
    let (kind, ordinal) = name.split_once(':').unwrap_or((name, "0"));
    let ordinal = ordinal.parse::<usize>().map_err(|_| refuse(DeviceProblem::Unknown))?;
    let unavailable = |cause| refuse(DeviceProblem::Unavailable { cause });
    match kind {
        "cpu" if name == "cpu" => Ok(Device::Cpu),
        "cuda" if !cfg!(feature = "cuda") => Err(refuse(DeviceProblem::NotBuilt { feature: "cuda" })),
        "metal" if !cfg!(feature = "metal") => Err(refuse(DeviceProblem::NotBuilt { feature: "metal" })),
        "cuda" => Device::new_cuda(ordinal).map_err(unavailable),
        "metal" => Device::new_metal(ordinal).map_err(unavailable),
        _ => Err(refuse(DeviceProblem::Unknown)),
    }
}
